-- The games of pool $1 whose creator is there and is not $2, as far as they fit: with a player ($4) those that are
-- rated or not as $3 says, all where that is null; without one those that need not be rated. The one that has waited
-- longest first, but whom the player was given last, or who was given the player, last.
SELECT game_id, player_id
FROM waiting
WHERE pool = $1 AND here_until > clock_timestamp() AND player_id IS DISTINCT FROM $2
    AND CASE WHEN $4 THEN $3::boolean IS NULL OR rated = $3 ELSE NOT strictly END
ORDER BY EXISTS (
    SELECT FROM last_opponents AS last
    WHERE (last.player_id, last.opponent_id) IN (($2, waiting.player_id), (waiting.player_id, $2))
), since, game_id
