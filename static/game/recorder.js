// Where in a game's log one looks: live, or at a version of the past, by steps or played on. Pure: each function takes the
// state of a table (see table.js) and returns the one that follows.

const SPEEDS = [1, 2, 4, 0.5];

const STEP = 900; // ms from one position to the next at single speed

/** At first one looks at the game as it is. */
export const AT_PRESENT = { at: null, left: 0, playing: false, speed: 1 };

export const isLive = ({ look }) => look.at === null;

/** The version that is looked at. */
export const lookedAt = ({ look, log }) => look.at ?? log.game.version;

/** The latest version when live was left: what came behind it is new to who looks at the past. */
export const left = ({ look, log }) => (look.at === null ? log.game.version : look.left);

/** How long a position is shown while it is played on, in ms. */
export const pace = ({ look }) => STEP / look.speed;

/** Look at `version`, or the nearest there is; live where that is the latest. */
export const go = (state, version) => lookAt({ ...state, look: { ...state.look, playing: false } }, version);

/** Look at `version` and stay there, also where it is the latest of a game that goes on. */
export const pin = (state, version) =>
  version !== state.log.game.version || over(state) ? go(state, version) : leave(state, version, { playing: false });

/** Look `by` versions further on, or back. */
export const step = (state, by) => go(state, lookedAt(state) + by);

/** To where the game began, and from there to where the log does. */
export const toFirst = (state) => go(state, lookedAt(state) > (state.log.start ?? 1) ? state.log.start ?? 1 : 1);

export const toLive = (state) => go(state, Infinity);

/** Play on from here, or from the beginning where one is live; what is played on stops here. */
export function toggle(state) {
  const playing = !state.look.playing;
  return leave(state, playing && isLive(state) ? (state.log.start ?? 1) : lookedAt(state), { playing });
}

/** The next position of a game that is played on: at the end it is live, and stops. */
export function tick(state) {
  const next = lookAt(state, lookedAt(state) + 1);
  return isLive(next) ? { ...next, look: { ...next.look, playing: false } } : next;
}

/** The next of SPEEDS. */
export function faster(state) {
  const speed = SPEEDS[(SPEEDS.indexOf(state.look.speed) + 1) % SPEEDS.length];
  return { ...state, look: { ...state.look, speed } };
}

const over = ({ log }) => log.game.status === "finished";

function lookAt(state, version) {
  if (version >= state.log.game.version) return { ...state, look: { ...state.look, at: null } };
  return leave(state, Math.max(1, version));
}

const leave = (state, at, more = {}) => ({ ...state, look: { ...state.look, left: left(state), ...more, at } });
