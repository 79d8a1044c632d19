// What to say about a game: pure sentences for the status, the tab's title and the screen reader.

import { freeSeat, other, winner } from "./game.js";
import { text } from "./text.js";

/** The name of who sits at `seat`, or the seat's own where there is none. */
export function nameOf(game, seat) {
  return game.players[seat]?.name || text.nameless[seat];
}

/**
 * What is going on, for who sits at `seat` (null for a spectator): `{ headline, detail, tone, mine }`, where `tone`
 * is the seat whose colour it has, or null, and `mine` says whether it is the reader's turn or the reader's win.
 */
export function status(game, seat) {
  if (game.version === 0) return { headline: text.loading, detail: "", tone: null, mine: false };
  if (game.status === "finished") return outcome(game, seat);
  if (game.status === "waiting") {
    return seat
      ? { headline: text.waitingForOpponent, detail: text.sendLink, tone: null, mine: false }
      : { headline: text.waitingForPlayer, detail: text.seatFree[freeSeat(game)] ?? "", tone: null, mine: false };
  }
  const { next } = game;
  return next === seat
    ? { headline: text.yourTurn, detail: text.youPlay[seat], tone: next, mine: true }
    : { headline: text.theirTurn(nameOf(game, next)), detail: text.theyPlay[next], tone: next, mine: false };
}

function outcome(game, seat) {
  const won = winner(game);
  if (!won) return { headline: text.drawn, detail: text.by[game.by] ?? "", tone: null, mine: false };
  const loser = other(won) === seat ? text.youInSentence : nameOf(game, other(won));
  const by = text.by[game.by] ?? "";
  return {
    headline: won === seat ? text.youWon : text.won(nameOf(game, won)),
    detail: typeof by === "function" ? by(loser) : by,
    tone: won,
    mine: won === seat,
  };
}

/** The tab's title, which says whose turn it is. */
export const title = (game, seat) => `${status(game, seat).headline} – ${text.title}`;

/** What is read out when `events` have made `game`: "Red, column 4. Your turn." */
export function announcement(game, events, seat) {
  const news = events.map(({ type, data }, index) => {
    if (type === "PlayerJoined") return text.joined(data.name || text.nameless[data.seat], data.seat);
    if (type !== "MoveMade") return "";
    // Players take turns, so the moves after this one in the same news tell whose it was.
    const later = events.slice(index).filter((event) => event.type === "MoveMade").length;
    const mover = (game.moves.length - later) % 2 ? "red" : "yellow";
    return text.dropped(mover, data.column);
  });
  const { headline, detail } = status(game, seat);
  const now = game.status === "finished" ? [text.sentence(headline), detail] : [text.sentence(headline)];
  return [...news, ...now].filter(Boolean).join(" ");
}

/** Why a command was refused, in words. */
export const refusal = ({ code, detail }) => text.rejections[code] ?? detail ?? text.problems.unknown;

/** Why a call failed, in words. */
export const problem = ({ code }) => text.problems[code] ?? text.problems.unknown;
