// What to say about a game: pure sentences for the status and the screen reader.

import { freeSeat, other, winner } from "../game/game.js";
import { absence, firstMoveIn } from "../game/manners.js";
import { isLive, lookedAt } from "../game/recorder.js";
import { isCurrent } from "../game/table.js";
import { say, text } from "./text.js";

/** The name of who sits at `seat`, or the seat's own where there is none. */
export function nameOf(game, seat) {
  return game.players[seat]?.name || text.seat[seat];
}

/**
 * What is going on, for who sits at `seat` (null for a spectator): `{ headline, detail, tone, mine }`, where `tone`
 * is the seat whose colour it has, or null, and `mine` says whether it is the reader's turn or the reader's win.
 */
export function status(game, seat) {
  if (game.version === 0) return { headline: text.loading, detail: "", tone: null, mine: false };
  if (game.status === "finished") return ended(game, seat);
  if (game.status === "waiting") {
    return seat
      ? { headline: text.waitingForOpponent, detail: text.sendLink, tone: null, mine: false }
      : { headline: text.waitingForPlayer, detail: text.seatFree[freeSeat(game)] ?? "", tone: null, mine: false };
  }
  const { next } = game;
  return next === seat
    ? { headline: text.yourTurn, detail: text.youPlay[seat], tone: next, mine: true }
    : { headline: say(text.theirTurn, { name: nameOf(game, next) }), detail: text.theyPlay[next], tone: next, mine: false };
}

/**
 * What is going on in what a page looks at, in its state (see table.js): as `status`, and `urgent` where that is more than
 * whose turn it is. `now` is the server's time, where there are seconds to be counted down.
 */
export function nowIn(state, now = null) {
  const { log, seat, end, move, stuck } = state;
  if (end === "tooOld") return { headline: text.pageTooOld, detail: "", tone: null, mine: false };
  if (!isLive(state)) return past(log.at(lookedAt(state)), log.game.version);
  if (!isCurrent(state) && !log.game.result) {
    const detail = log.game.version ? text.asLastSeen : "";
    return { headline: stuck ? text.noConnection : text.loading, detail, tone: null, mine: false };
  }
  if (move && log.game.status === "playing") return { headline: text.underWay, detail: landed(move), tone: move.seat, mine: false };
  const usual = status(log.game, seat);
  if (stuck) return usual.mine && !log.game.result ? { ...usual, detail: text.outOfReach, mine: false } : usual;
  const detail = log.game.status === "playing" ? opened(state, now) : "";
  return detail ? { ...usual, detail, urgent: true } : usual;
}

/** What is open between the players, and waits for somebody. */
function opened(state, now) {
  const { log, seat, end } = state;
  const { game } = log;
  const absent = end ? null : absence(state, now);
  const name = absent && nameOf(game, absent.seat);
  if (absent) return say(absent.wait ? text.claimIn : text.claimNow, { name, n: Math.ceil(absent.wait / 1000) });
  if (game.offer) return sentence(offerIn(game, game.offer, seat));
  const left = firstMoveIn(state, now);
  if (left === null) return "";
  return say(game.next === seat ? text.firstMove.ours : text.firstMove.theirs, { name: nameOf(game, game.next), n: Math.ceil(left / 1000) });
}

/** That an offer was made, to who sits at `seat`. */
export function offerIn(game, { kind, seat: by }, seat) {
  return by === seat ? text.offers.ours[kind] : say(text.offers.theirs[kind], { name: nameOf(game, by) });
}

/** The terms of a clock. */
export function termsIn({ initial, increment }) {
  const time = initial % 60 ? say(text.seconds, { n: initial }) : say(text.minutes, { n: initial / 60 });
  return increment ? say(text.withIncrement, { time, n: increment }) : time;
}

function ended(game, seat) {
  const won = winner(game);
  const by = text.by[game.by] ?? "";
  if (!won) return { headline: game.result ? text.drawn : text.aborted, detail: by, tone: null, mine: false };
  const loser = other(won) === seat ? text.youInSentence : nameOf(game, other(won));
  return {
    headline: won === seat ? text.youWon : say(text.won, { name: nameOf(game, won) }),
    detail: [say(by, { loser }), seat === other(won) && text.wellPlayed].filter(Boolean).join(" "),
    tone: won,
    mine: won === seat,
  };
}

/** In how many moves and what time the game of a log was played. */
export function played({ game, duration }) {
  const seconds = Math.round(duration / 1000);
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return sentence(say(text.played, { n: game.moves.length, time }));
}

/** That the game went back, by `n` moves that are lost. */
const wentBackBy = (n) => (n ? say(text.wentBack, { n }) : text.wentBackAlone);

/** What is shown of `game` when it is looked at as it was at its version, of `latest`: as `status`. */
export function past(game, latest) {
  const n = game.moves.length;
  return {
    headline: text.inPast,
    detail: say(text.inPastDetail, { n, at: game.version, of: latest }),
    tone: game.next ?? winner(game),
    mine: false,
  };
}

/** Where a move landed. */
export const landed = ({ seat, column, row }) => say(text.dropped[seat], { column: column + 1, row: row + 1 });

/** `words` with a full stop, where they have no end. */
export const sentence = (words) => (/[.!?]$/.test(words) ? words : `${words}.`);

/** Why a command, of `type` where it is no move, was refused, in words. */
export const refusal = ({ type, code, detail }) =>
  text.refusals[type]?.[code] ?? text.rejections[code] ?? detail ?? text.problems.unknown;

/** Why a call failed, in words. */
export const problem = ({ code }) => text.problems[code] ?? text.problems.unknown;

/** What was told, see table.js, in words. */
export function toldIn({ what, n, ...refused }) {
  if (what === "tookBack") return say(text.tookBack, { reason: refused.code === "went_back" ? wentBackBy(n) : refusal(refused) });
  if (what === "rejected") return refusal(refused);
  if (what === "problem") return problem(refused);
  return text[what];
}

/** What goes on for a while, see table.js, in words; `now` is for the countdown, in ms. */
export function ribbonIn({ what, n, until }, now) {
  if (what === "wentBack") return wentBackBy(n);
  if (what === "back" && !n) return text.ribbon.backAgain;
  const left = Math.ceil((until - now) / 1000);
  return say(text.ribbon[what === "lost" && left > 0 ? "lostFor" : what], { n: n ?? left });
}

/** What stands in the way of playing: `{ words, detail, choices }`, or null. */
export function noticeIn({ end, refused, stuck, behind, elsewhere, log }) {
  if (end === "tooOld") return { words: text.tooOld, choices: { reload: text.reload } };
  if (refused !== null) return { words: say(text.refused, { origin: location.origin }), detail: refused };
  if (stuck) return { words: text.stuck[stuck], detail: text.stuckTry[stuck], choices: { tryNow: text.tryNow } };
  if (behind) return { words: text.behind, choices: { reload: text.reload } };
  if (elsewhere && log.game.status === "playing") return { words: text.elsewhere, choices: { here: text.playHere } };
  return null;
}
