// The board as bits, its lines of four, and the threats that discs make. Mirrors server/game/lines.py. Pure.
//
// A board does not fit into a number's 32 bits, so it is two: `lo` has columns 0–3 and `hi` columns 4–6, seven bits a column
// from the bottom, of which the highest is always empty.

import { COLUMNS, ROWS } from "./game.js";

export const CELLS = COLUMNS * ROWS;
const STRIDE = ROWS + 1;
const LOW = 4; // columns in `lo`
export const SEAM = LOW * STRIDE;
const LOW_BITS = 2 ** SEAM - 1;

const inEachColumn = (number, bits) => Array.from({ length: number }, (_, column) => bits << (column * STRIDE)).reduce((a, b) => a | b, 0);
export const BOTTOM_LO = inEachColumn(LOW, 1);
export const BOTTOM_HI = inEachColumn(COLUMNS - LOW, 1);
export const BOARD_LO = inEachColumn(LOW, 0b111111);
export const BOARD_HI = inEachColumn(COLUMNS - LOW, 0b111111);
// Rows 1, 3 and 5, and 2, 4 and 6, counted from 1.
export const ODD_LO = inEachColumn(LOW, 0b010101);
export const ODD_HI = inEachColumn(COLUMNS - LOW, 0b010101);
export const EVEN_LO = inEachColumn(LOW, 0b101010);
export const EVEN_HI = inEachColumn(COLUMNS - LOW, 0b101010);

export const lowPart = (column, row) => (column < LOW ? 1 << (column * STRIDE + row) : 0);
export const highPart = (column, row) => (column < LOW ? 0 : 1 << ((column - LOW) * STRIDE + row));

// For the cell whose bit has the number n, counted through `lo` and `hi`: the lines of four through it, without the cell
// itself, stand from LINES_FROM[n] to LINES_FROM[n + 1] - 1 in REST_LO and REST_HI.
export const LINES_FROM = new Uint16Array(COLUMNS * STRIDE + 1);
const REST = linesOfFour(); // not taken apart at once: the minifier would put that before what it needs
export const REST_LO = REST[0];
export const REST_HI = REST[1];

function linesOfFour() {
  const [lo, hi] = [[], []];
  for (let column = 0; column < COLUMNS; column += 1) {
    for (let row = 0; row < STRIDE; row += 1) {
      for (const [right, up] of [[0, 1], [1, 0], [1, 1], [1, -1]]) {
        for (let place = 0; place < 4 && row < ROWS; place += 1) {
          const cells = [0, 1, 2, 3].map((n) => [column + (n - place) * right, row + (n - place) * up]);
          if (!cells.every(([x, y]) => x >= 0 && x < COLUMNS && y >= 0 && y < ROWS)) continue;
          cells.splice(place, 1);
          lo.push(cells.reduce((bits, [x, y]) => bits | lowPart(x, y), 0));
          hi.push(cells.reduce((bits, [x, y]) => bits | highPart(x, y), 0));
        }
      }
      LINES_FROM[column * STRIDE + row + 1] = lo.length;
    }
  }
  return [Int32Array.from(lo), Int32Array.from(hi)];
}

/** The cells where one more disc would make four in a row. Some may be taken already. */
export function threats([lo, hi]) {
  let [threatsLo, threatsHi] = [0, 0];
  for (let cell = 0; cell < COLUMNS * STRIDE; cell += 1) {
    const taken = cell < SEAM ? (lo >> cell) & 1 : (hi >> (cell - SEAM)) & 1;
    for (let line = LINES_FROM[cell]; taken && line < LINES_FROM[cell + 1]; line += 1) {
      const [restLo, restHi] = [REST_LO[line] & ~lo, REST_HI[line] & ~hi];
      if (!several(restLo, restHi)) [threatsLo, threatsHi] = [threatsLo | restLo, threatsHi | restHi];
    }
  }
  return [threatsLo, threatsHi];
}

export function hasFour(lo, hi) {
  return fourApart(lo, hi, 1) || fourApart(lo, hi, STRIDE) || fourApart(lo, hi, STRIDE - 1) || fourApart(lo, hi, STRIDE + 1);
}

/** Whether there are four discs with so many bits from each to the next. */
function fourApart(lo, hi, step) {
  const pairsLo = lo & ((lo >>> step) | ((hi << (SEAM - step)) & LOW_BITS));
  const pairsHi = hi & (hi >>> step);
  const two = 2 * step;
  return (pairsLo & ((pairsLo >>> two) | ((pairsHi << (SEAM - two)) & LOW_BITS))) !== 0 || (pairsHi & (pairsHi >>> two)) !== 0;
}

/** Whether more than one bit is set. */
export function several(lo, hi) {
  return lo ? hi !== 0 || (lo & (lo - 1)) !== 0 : (hi & (hi - 1)) !== 0;
}

/** How many bits are set. */
export function bits(number) {
  let sum = number - ((number >>> 1) & 0x55555555);
  sum = (sum & 0x33333333) + ((sum >>> 2) & 0x33333333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
