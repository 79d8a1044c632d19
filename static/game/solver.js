// Who wins a position with best play, and how soon: exact, or "not solved"; never a guess. Mirrors server/game/solver.py,
// which explains the search. Pure; made for a worker, in slices, so that it can be told to stop. A board is two numbers, and so
// is every set of discs: see lines.js.

import { COLUMNS } from "./game.js";
import {
  BOARD_HI, BOARD_LO, BOTTOM_HI, BOTTOM_LO, CELLS, EVEN_HI, EVEN_LO, LINES_FROM, ODD_HI, ODD_LO, REST_HI, REST_LO,
  SEAM, bits, hasFour, several, threats,
} from "./lines.js";
import { afterDrop, positionAfter, scoreOf, valueOf } from "./position.js";

const THREAT = 4; // what a threat counts for in the order of moves, where a cell counts for the lines through it
const WASTED = 20; // what a move counts less that lets the other player fill a threat of one's own
const LATE = 26; // empty cells from which on it is looked whether a player has any line left
const AT_LEAST = 160; // added to a bound in the table, to tell the two kinds apart
const AT_MOST = 64;
const BETWEEN = 112;
const UNDECIDED = 99;
const TABLE = 2 ** 20; // entries, of eight bytes each

export class Solver {
  nodes = 0; // positions searched so far
  #table;
  #shift;
  // The stack of the search. A position at depth d has its numbers at d, and its moves from 8 * d on.
  #mine = pair(CELLS + 2);
  #theirs = pair(CELLS + 2);
  #winning = pair(CELLS + 2); // threats of the player to move
  #losing = pair(CELLS + 2);
  #key = pair(CELLS + 2);
  #alpha = new Int32Array(CELLS + 2);
  #best = new Int32Array(CELLS + 2);
  #next = new Int32Array(CELLS + 2);
  #count = new Int32Array(CELLS + 2);
  #disc = pair(8 * (CELLS + 2));
  #made = pair(8 * (CELLS + 2)); // threats after the move
  #worth = new Int32Array(8 * (CELLS + 2));
  #left = 0; // empty cells at depth 0

  /** `entries` is the size of its table, a power of two. */
  constructor(entries = TABLE) {
    this.#table = new Int32Array(2 * entries);
    this.#shift = 32 - Math.log2(entries);
  }

  /**
   * The value of the position after `moves` ("4453") as `{ outcome, plies }`: 1, 0 or -1 as the player to move wins, draws or
   * loses, and in how many plies; null where `nodes` do not suffice. A generator, which yields after each `slice` of nodes.
   */
  *value(moves, { nodes = Infinity, slice = 100_000 } = {}) {
    const position = positionAfter(moves);
    const score = yield* this.#score(position, this.nodes + nodes, slice);
    return score === null ? null : valueOf(score, position.left);
  }

  /** The columns (0–6) that keep `value`, the position's after `moves`; null where it cannot be told. A generator, as above. */
  *best(moves, value, { nodes = Infinity, slice = 100_000 } = {}) {
    const end = this.nodes + nodes;
    const position = positionAfter(moves);
    const score = scoreOf(value, position.left);
    const best = [];
    for (let column = 0; column < COLUMNS; column += 1) {
      const next = afterDrop(position, column);
      if (!next) continue;
      const bound = yield* this.#bound(next, -score, end, slice);
      if (bound === null) return null;
      if (bound <= -score) best.push(column);
    }
    return best;
  }

  *#score(position, end, slice) {
    let low = -(position.left >> 1) - 1;
    let high = (position.left + 1) >> 1;
    while (low < high) {
      // Won, drawn or lost; then how soon, the quick ends first, which take less searching.
      let window = 0;
      if (low >= 0) window = Math.max(high >> 1, low);
      else if (high === 0) window = -1;
      else if (high < 0) window = Math.min(low >> 1, high - 1);
      const found = yield* this.#bound(position, window, end, slice);
      if (found === null) return null;
      if (found > window) low = found;
      else high = found;
    }
    return low;
  }

  /** A bound of the score: a lower one where it is above `alpha`, or an upper one; null where the nodes do not suffice. */
  *#bound({ mine, theirs, left }, alpha, end, slice) {
    if (hasFour(...theirs)) return -(left >> 1) - 1;
    if (!left) return 0;
    const winning = threats(mine);
    const playable = [((mine[0] | theirs[0]) + BOTTOM_LO) & BOARD_LO, ((mine[1] | theirs[1]) + BOTTOM_HI) & BOARD_HI];
    if (winning[0] & playable[0] || winning[1] & playable[1]) return (left + 1) >> 1;
    putPair(this.#mine, 0, mine);
    putPair(this.#theirs, 0, theirs);
    putPair(this.#winning, 0, winning);
    putPair(this.#losing, 0, threats(theirs));
    this.#alpha[0] = alpha;
    this.#left = left;
    for (let depth = 0; ; ) {
      const limit = Math.min(end, this.nodes + slice);
      const [reached, bound] = this.#run(depth, limit);
      if (bound !== UNDECIDED) return bound;
      if (this.nodes >= end) return null;
      depth = reached;
      yield;
    }
  }

  /** Search on from `depth`, which is new, until `limit` nodes: `[depth, bound]`, where the bound may be UNDECIDED. */
  #run(depth, limit) {
    const [alpha, best, next, count] = [this.#alpha, this.#best, this.#next, this.#count];
    for (;;) {
      if (this.nodes >= limit) return [depth, UNDECIDED];
      this.nodes += 1;
      let bound = this.#enter(depth);
      while (bound !== UNDECIDED) {
        if (depth === 0) return [0, bound];
        depth -= 1;
        const score = -bound;
        bound = UNDECIDED;
        if (score > alpha[depth]) {
          this.#remember(depth, score + AT_LEAST);
          bound = score;
        } else {
          if (score > best[depth]) best[depth] = score;
          next[depth] += 1;
          if (next[depth] === count[depth]) {
            bound = best[depth];
            this.#remember(depth, bound + AT_MOST);
          }
        }
      }
      this.#descend(depth);
      depth += 1;
    }
  }

  /** Put the position after the next move of the one at `depth` below it. */
  #descend(depth) {
    const move = 8 * depth + this.#next[depth];
    const [mineLo, mineHi] = this.#mine;
    const [theirsLo, theirsHi] = this.#theirs;
    const below = depth + 1;
    const [madeLo, madeHi] = [this.#made[0][move], this.#made[1][move]];
    theirsLo[below] = mineLo[depth] | this.#disc[0][move];
    theirsHi[below] = mineHi[depth] | this.#disc[1][move];
    mineLo[below] = theirsLo[depth];
    mineHi[below] = theirsHi[depth];
    this.#winning[0][below] = this.#losing[0][depth];
    this.#winning[1][below] = this.#losing[1][depth];
    this.#losing[0][below] = madeLo;
    this.#losing[1][below] = madeHi;
    this.#alpha[below] = -this.#alpha[depth] - 1;
  }

  /** A bound of the position at `depth` if it can be told at once; otherwise UNDECIDED, and its moves are put in order. */
  #enter(depth) {
    const mineLo = this.#mine[0][depth];
    const mineHi = this.#mine[1][depth];
    const theirsLo = this.#theirs[0][depth];
    const theirsHi = this.#theirs[1][depth];
    const winningLo = this.#winning[0][depth];
    const winningHi = this.#winning[1][depth];
    const losingLo = this.#losing[0][depth];
    const losingHi = this.#losing[1][depth];
    const alpha = this.#alpha[depth];
    const left = this.#left - depth;

    const maskLo = mineLo | theirsLo;
    const maskHi = mineHi | theirsHi;
    const playableLo = (maskLo + BOTTOM_LO) & BOARD_LO;
    const playableHi = (maskHi + BOTTOM_HI) & BOARD_HI;
    // A disc right below a threat of theirs would let them win.
    let movesLo = playableLo & ~(losingLo >> 1);
    let movesHi = playableHi & ~(losingHi >> 1);
    const forcedLo = losingLo & playableLo;
    const forcedHi = losingHi & playableHi;
    if (forcedLo | forcedHi) {
      if (several(forcedLo, forcedHi)) return -(left >> 1);
      movesLo &= forcedLo;
      movesHi &= forcedHi;
    }
    if (!(movesLo | movesHi)) return -(left >> 1);
    if (left <= 2) return 0;
    const highest = (left - 1) >> 1; // a win in three plies
    if (highest <= alpha) return highest;
    const lowest = 1 - (left >> 1); // a loss in four
    if (lowest > alpha) return lowest;

    const keyLo = mineLo + maskLo;
    const keyHi = mineHi + maskHi;
    const known = this.#known(keyLo, keyHi);
    if (known > BETWEEN) {
      if (known - AT_LEAST > alpha) return known - AT_LEAST;
    } else if (known && known - AT_MOST <= alpha) return known - AT_MOST;

    const followed = !(playableLo & EVEN_LO || playableHi & EVEN_HI);
    if (alpha >= 0) {
      if (followed && !hasFour(mineLo | (~maskLo & ODD_LO), mineHi | (~maskHi & ODD_HI))) return 0;
      if (left < LATE && !hasFour(BOARD_LO & ~theirsLo, BOARD_HI & ~theirsHi)) return 0;
    } else {
      if (
        followed &&
        alpha === -1 &&
        !hasFour(mineLo | (~maskLo & ODD_LO), mineHi | (~maskHi & ODD_HI)) &&
        hasFour(theirsLo | (~maskLo & EVEN_LO), theirsHi | (~maskHi & EVEN_HI))
      ) {
        return -1;
      }
      if (left < LATE && !hasFour(BOARD_LO & ~mineLo, BOARD_HI & ~mineHi)) return 0;
    }

    const beta = -alpha - 1;
    const from = 8 * depth;
    let count = 0;
    while (movesLo | movesHi) {
      const discLo = movesLo & -movesLo;
      const discHi = discLo ? 0 : movesHi & -movesHi;
      movesLo ^= discLo;
      movesHi ^= discHi;

      let madeLo = winningLo;
      let madeHi = winningHi;
      const cell = discLo ? 31 - Math.clz32(discLo) : SEAM + 31 - Math.clz32(discHi);
      const end = LINES_FROM[cell + 1];
      for (let line = LINES_FROM[cell]; line < end; line += 1) {
        const restLo = REST_LO[line] & ~mineLo;
        const restHi = REST_HI[line] & ~mineHi;
        if (!several(restLo, restHi)) {
          madeLo |= restLo;
          madeHi |= restHi;
        }
      }
      const urgentLo = madeLo & ((playableLo ^ discLo) | (discLo << 1));
      const urgentHi = madeHi & ((playableHi ^ discHi) | (discHi << 1));
      if (urgentLo | urgentHi) {
        // Two threats at once, or one right above the other.
        if (several(urgentLo, urgentHi) || (urgentLo << 1) & madeLo || (urgentHi << 1) & madeHi) return highest;
      }
      const after = this.#known(theirsLo + maskLo + discLo, theirsHi + maskHi + discHi);
      if (after && after < BETWEEN && after - AT_MOST <= beta) return AT_MOST - after;

      let worth = THREAT * (bits(madeLo & ~maskLo) + bits(madeHi & ~maskHi)) + end - LINES_FROM[cell];
      if ((discLo << 1) & winningLo || (discHi << 1) & winningHi) worth -= WASTED;
      let place = from + count;
      for (; place > from && this.#worth[place - 1] <= worth; place -= 1) this.#move(place - 1, place);
      this.#worth[place] = worth;
      this.#disc[0][place] = discLo;
      this.#disc[1][place] = discHi;
      this.#made[0][place] = madeLo;
      this.#made[1][place] = madeHi;
      count += 1;
    }
    this.#key[0][depth] = keyLo;
    this.#key[1][depth] = keyHi;
    this.#best[depth] = lowest;
    this.#next[depth] = 0;
    this.#count[depth] = count;
    return UNDECIDED;
  }

  #move(from, to) {
    this.#worth[to] = this.#worth[from];
    for (const half of [0, 1]) {
      this.#disc[half][to] = this.#disc[half][from];
      this.#made[half][to] = this.#made[half][from];
    }
  }

  // A key has 28 bits in `lo` and 21 in `hi`, and a bound has 8: an entry is two numbers.

  #slot(keyLo, keyHi) {
    return 2 * ((Math.imul(keyLo, 0x9e3779b1) ^ Math.imul(keyHi, 0x85ebca6b)) >>> this.#shift);
  }

  #known(keyLo, keyHi) {
    const slot = this.#slot(keyLo, keyHi);
    const rest = this.#table[slot + 1];
    return this.#table[slot] === keyLo && rest >> 8 === keyHi ? rest & 255 : 0;
  }

  #remember(depth, bound) {
    const [keyLo, keyHi] = [this.#key[0][depth], this.#key[1][depth]];
    const slot = this.#slot(keyLo, keyHi);
    this.#table[slot] = keyLo;
    this.#table[slot + 1] = (keyHi << 8) | bound;
  }
}

/**
 * Solve every position of a game from the last to the first. A generator: it yields null after each `slice` of nodes, and
 * for each position `{ ply, value, best }`: how many moves were made before it, its value (null where `nodes` did not
 * suffice), and the columns that were better than the one that was played (null where it was as good as any, or unknown).
 */
export const analyse = function* (moves, { nodes = 2_000_000, slice = 100_000, solver = new Solver() } = {}) {
  const sliced = function* (work) {
    for (;;) {
      const { value, done } = work.next();
      if (done) return value;
      yield null;
    }
  };
  let after = null;
  for (let ply = moves.length; ply >= 0; ply -= 1) {
    const before = moves.slice(0, ply);
    const value = yield* sliced(solver.value(before, { nodes, slice }));
    const worse = value && after && (value.outcome !== 0 - after.outcome || (value.outcome && value.plies !== after.plies + 1));
    const best = worse ? yield* sliced(solver.best(before, value, { nodes, slice })) : null;
    yield { ply, value, best };
    after = value;
  }
};

const pair = (length) => [new Int32Array(length), new Int32Array(length)];

function putPair(where, index, [lo, hi]) {
  where[0][index] = lo;
  where[1][index] = hi;
}
