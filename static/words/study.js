// What an analysis says, in words. See game/study.js.

import { other } from "../game/game.js";
import { turningPoint } from "../game/analysis.js";
import { plies, solvedFrom, untried } from "../game/study.js";
import { language, say, text } from "./text.js";
import { nameOf } from "./words.js";

const either = new Intl.ListFormat(language, { type: "disjunction" });
const both = new Intl.ListFormat(language);

/** What the position of `game` is worth: `{ headline, detail }`; `ply` is its place in the study, or null. */
export function verdictOf(study, ply, game) {
  const { study: words } = text;
  if (ply === null) return { headline: words.takenBack, detail: words.takenBackHow };
  const value = study.values[ply];
  if (value) return { headline: worth(value, toMove(ply), game), detail: adviceFor(study, ply) };
  const pending = value === undefined && study.state === "running";
  return pending
    ? { headline: words.pending, detail: words.pendingHow }
    : { headline: words.unsolved, detail: value === null ? words.unsolvedHow : "" };
}

function worth({ outcome, plies: left }, next, game) {
  const { study: words } = text;
  const name = nameOf(game, outcome > 0 ? next : other(next));
  if (!left) return outcome ? say(words.hasWon, { name }) : words.full;
  return outcome ? say(words.wins, { name, n: Math.ceil(left / 2) }) : words.drawn;
}

/** What would have been better than the move that was made at `ply`. */
export function adviceFor({ moves, marks, values }, ply) {
  const { study: words } = text;
  const mark = marks[ply];
  if (!mark) return turned(marks);
  if (mark.kind === "unknown") return "";
  if (mark.kind === "kept") return say(words.kept, { column: moves[ply] });
  const atOnce = values[ply]?.outcome > 0 && values[ply].plies === 1;
  const template = words.missed[atOnce ? "atOnce" : mark.kind === "lost" ? outcomeOf(mark.from) : mark.kind];
  return mark.missed.length ? say(template, { columns: either.format(mark.missed.map((column) => String(column + 1))) }) : words.missedUnknown;
}

/** Which move decided the game, where that is known. */
function turned(marks) {
  const ply = turningPoint(marks);
  return ply === null ? "" : say(text.study.turned, { n: ply + 1 });
}

/** What a move did, in a word or three, for a list; empty where it is as good as any, or has not been looked at. */
export function markIn(study, ply) {
  const { study: words } = text;
  const { kind, from, to, by } = study.marks[ply];
  if (kind === "lost") return say(words.change, { from: words.outcome[outcomeOf(from)], to: words.outcome[outcomeOf(to)] });
  if (kind === "slower" || kind === "sooner") return say(words.mark[kind], { n: by / 2 });
  const tried = study.values[ply] !== undefined || study.state !== "running";
  return kind === "unknown" && tried ? words.mark.unknown : "";
}

/** A move and what it did, to be read out. */
export function markLabel(study, ply) {
  const { study: words } = text;
  const move = say(text.moveLabel[toMove(ply)], { n: ply + 1, column: study.moves[ply] });
  const { kind } = study.marks[ply];
  return [move, kind === "kept" ? words.mark.kept : markIn(study, ply)].filter(Boolean).join(": ");
}

/** The curve, to be read out: who was ahead from which move on. */
export function curveLabel(study, game) {
  const { study: words } = text;
  const ahead = (ply) => {
    const value = study.values[ply];
    if (!value) return words.runs.unsolved;
    if (!value.outcome) return words.runs.drawn;
    return say(words.runs.won, { name: nameOf(game, value.outcome > 0 ? toMove(ply) : other(toMove(ply))) });
  };
  const runs = plies(study).filter((ply) => ply === study.from || ahead(ply) !== ahead(ply - 1));
  return say(words.curve, { runs: both.format(runs.map((n) => say(words.run, { n: n + 1, what: ahead(n) }))) });
}

/** How far it has come. */
export function progressIn(study) {
  const { study: words } = text;
  if (study.state === "failed") return words.failed;
  if (study.state === "running") return say(words.running, { n: untried(study) });
  const from = solvedFrom(study);
  if (from === null) return words.solvedNone;
  return from === study.from ? words.solvedAll : say(words.solvedFrom, { n: from + 1 });
}

const toMove = (ply) => (ply % 2 ? "red" : "yellow");
const outcomeOf = (outcome) => ["lost", "drawn", "won"][outcome + 1];
