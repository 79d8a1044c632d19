INSERT INTO ratings_vN (
    id, kind, pool, rated, yellow, red, moves, player, rating, deviation, volatility, games, history, won, lost, drawn
)
SELECT id, kind, pool, rated, yellow, red, moves, player, rating, deviation, volatility, games, history, won, lost, drawn
FROM jsonb_to_recordset($1::jsonb) AS entry (
    id uuid, kind text, pool text, rated boolean, yellow uuid, red uuid, moves integer, player uuid, rating numeric,
    deviation numeric, volatility numeric, games integer, history jsonb, won jsonb, lost jsonb, drawn jsonb
)
ON CONFLICT (id) DO UPDATE SET
    pool = excluded.pool, rated = excluded.rated, yellow = excluded.yellow, red = excluded.red, moves = excluded.moves,
    player = excluded.player, rating = excluded.rating, deviation = excluded.deviation, volatility = excluded.volatility,
    games = excluded.games, history = excluded.history, won = excluded.won, lost = excluded.lost, drawn = excluded.drawn
