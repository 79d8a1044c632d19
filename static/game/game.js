// A game as the browser sees it. Mirrors server/game; no DOM, no network.

import { wound } from "./clock.js";

export const COLUMNS = 7;
export const ROWS = 6;

const LETTER = { yellow: "Y", red: "R" };

/** The game before its first event. */
export function initial() {
  return {
    version: 0,
    status: "waiting",
    players: { yellow: null, red: null },
    next: null,
    board: Array(ROWS).fill(".".repeat(COLUMNS)),
    moves: "",
    clock: null, // see clock.js
    offer: null, // the one that is open: { kind, seat, version }
    rematch: null, // the next game
    result: null,
    by: null,
    cells: [],
    fork_of: null, // the game and the version whose position it began with
  };
}

/** Whether this page knows what an event of this `type` means. */
export const known = (type) => Object.hasOwn(changes, type);

/** The game after `event`; its arguments are left as they were. Total: no rule is checked. */
export function evolve(game, { type, data, version, recorded_at }) {
  return { ...game, ...changes[type]?.(game, data, { version, recorded_at }), version };
}

const begun = (clock, since, left = clock?.left) => clock && { ...clock, left, since };

const offered = (kind) => ({ players }, { player }, { version }) => ({ offer: { kind, seat: seatOf(players, player), version } });

const closed = () => ({ offer: null });

const changes = {
  GameCreated(game, { clock = null, fork_of = null, opening: moves = "" }) {
    const put = (board, column, ply) => dropped({ board }, column - 1, toMove({ length: ply }));
    return { clock: wound(clock, moves.length), fork_of, moves, board: [...moves].reduce(put, game.board) };
  },
  PlayerJoined({ players }, { seat, ...player }) {
    return { players: { ...players, [seat]: players[seat] ?? player } };
  },
  GameStarted({ moves, clock }, data, { recorded_at }) {
    return { status: "playing", next: toMove(moves), clock: begun(clock, recorded_at) };
  },
  MoveMade(game, { column, remaining_ms }, { recorded_at }) {
    const moves = game.moves + (column + 1);
    const { clock, offer } = game;
    return {
      board: dropped(game, column, toMove(game.moves)),
      moves,
      next: game.status === "playing" ? toMove(moves) : null,
      clock: clock && begun(clock, recorded_at, [...clock.left, remaining_ms]),
      offer: offer?.kind === "draw" && offer.seat === toMove(game.moves) ? offer : null,
    };
  },
  DrawOffered: offered("draw"),
  DrawDeclined: closed,
  TakebackOffered: offered("takeback"),
  TakebackDeclined: closed,
  MovesTakenBack({ board, moves, clock }, { number }, { recorded_at }) {
    const kept = moves.slice(0, -number);
    return {
      board: [...moves.slice(-number)].reduceRight((before, column) => lifted(before, column - 1), board),
      moves: kept,
      next: toMove(kept),
      clock: clock && begun(clock, recorded_at, clock.left.slice(0, -number)),
      offer: null,
    };
  },
  RematchOffered: offered("rematch"),
  RematchDeclined: closed,
  RematchAccepted: (game, data) => ({ offer: null, rematch: data.game }),
  GameAborted: (game, { by }) => ({ status: "finished", next: null, by, offer: null, clock: begun(game.clock, null) }),
  GameFinished({ clock }, { result, by = null, cells = [] }) {
    return { status: "finished", next: null, result, by, cells, offer: null, clock: begun(clock, null) };
  },
};

/** The other place at the board. */
export const other = (seat) => (seat === "yellow" ? "red" : "yellow");

/** How many discs stand in `column` (0–6 from the left). */
export function height(game, column) {
  return game.board.filter((row) => row[column] !== ".").length;
}

/** The row (0–5 from the bottom) where a disc dropped in `column` comes to rest; null where it is full. */
export function landing(game, column) {
  const row = height(game, column);
  return row < ROWS ? row : null;
}

/** Who has a disc at `column`, `row`: "yellow", "red" or null. */
export function discAt(game, column, row) {
  return SEAT_OF[game.board[ROWS - 1 - row][column]] ?? null;
}

/** The last move as `{ seat, column, row }`, or null before the first. */
export function lastMove(game) {
  if (!game.moves) return null;
  const column = Number(game.moves.at(-1)) - 1;
  return { seat: other(toMove(game.moves)), column, row: height(game, column) - 1 };
}

/** The seat that won, or null. */
export function winner(game) {
  return { PLAYER_ONE_WON: "yellow", PLAYER_TWO_WON: "red" }[game.result] ?? null;
}

/** Where the lines lie that `cells` make: the first and the last cell of each four, or more, in a row. */
export function lines(cells) {
  const has = (column, row) => cells.some(([c, r]) => c === column && r === row);
  return [[1, 0], [0, 1], [1, 1], [1, -1]].flatMap(([right, up]) =>
    cells.flatMap(([column, row]) => {
      let n = 0;
      while (has(column + n * right, row + n * up)) n++;
      if (n < 4 || has(column - right, row - up)) return [];
      return [[[column, row], [column + (n - 1) * right, row + (n - 1) * up]]];
    }),
  );
}

/** The seat nobody has taken yet, or null. */
export function freeSeat(game) {
  return ["yellow", "red"].find((seat) => !game.players[seat]) ?? null;
}

const SEAT_OF = { Y: "yellow", R: "red" };

// Yellow moves first and nobody passes, so the number of moves says whose turn it is.
const toMove = (moves) => (moves.length % 2 ? "red" : "yellow");

const seatOf = (players, player) => (players.red?.player === player ? "red" : "yellow");

/** The rows of a board without the uppermost disc of `column`. */
function lifted(board, column) {
  const top = board.findIndex((row) => row[column] !== ".");
  return board.map((row, index) => (index === top ? row.slice(0, column) + "." + row.slice(column + 1) : row));
}

function dropped(game, column, seat) {
  const row = landing(game, column);
  if (row === null) return game.board;
  const put = (line) => line.slice(0, column) + LETTER[seat] + line.slice(column + 1);
  return game.board.map((line, index) => (index === ROWS - 1 - row ? put(line) : line));
}
