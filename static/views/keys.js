// The keyboard: which key does what. See `keyList` in the text tables.

import { find } from "./dom.js";
import { COLUMNS } from "../game/game.js";
import { keysWanted } from "../browser/storage.js";

/** Have keys drop a disc, look back with the `recorder`, and do what else they are for: each is a function. */
export function listenToKeys({ drop, recorder, log, read, mute, help }) {
  const named = {
    ArrowLeft: () => recorder.step(-1),
    ArrowRight: () => recorder.step(1),
    Home: () => recorder.toFirst(),
    End: () => recorder.toLive(),
    p: () => recorder.toggle(),
    l: log,
    b: read,
    m: mute,
    "?": help,
  };
  // Who clicked a column has its focus too, and wants to look back with the arrows all the same.
  let byKeys = false;
  document.addEventListener("focusin", ({ target }) => (byKeys = target.matches(":focus-visible")));
  document.addEventListener("keydown", (event) => {
    const { target, repeat, ctrlKey, metaKey, altKey } = event;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const writing = target.closest("select, input:not([type=range], [readonly])");
    if (ctrlKey || metaKey || altKey || writing || document.querySelector("dialog[open]")) return;
    if (key.length > 1 && target.closest("input, textarea, [role=tablist]")) return; // which has arrows of its own
    if (key.length === 1 && !keysWanted()) return;
    if (byKeys && /^Arrow(Left|Right)$/.test(key) && target.closest("#columns")) {
      moveFocus(target, key === "ArrowLeft" ? -1 : 1);
    } else if (/^[1-7]$/.test(key)) {
      if (!repeat) drop(Number(key) - 1);
    } else if (key in named) {
      if (!repeat || key.length > 1) named[key]();
    } else return;
    event.preventDefault();
  });
}

function moveFocus(button, by) {
  const column = Number(button.id.at(-1));
  find(`column-${(column + by + COLUMNS) % COLUMNS}`).focus();
}
