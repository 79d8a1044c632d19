// The keyboard: which key does what. See `keyList` in the text table.

import { COLUMNS } from "./game.js";
import { find } from "./dom.js";

/** Have `does` carried out: `drop(column)`, and what else the keys are for, each by its name. */
export function listenToKeys(does) {
  const named = {
    ArrowLeft: () => does.step(-1),
    ArrowRight: () => does.step(1),
    Home: does.first,
    End: does.last,
    p: does.play,
    l: does.log,
    b: does.read,
    m: does.mute,
    "?": does.help,
  };
  // Who clicked a column has its focus too, and wants to look back with the arrows all the same.
  let byKeys = false;
  document.addEventListener("focusin", ({ target }) => (byKeys = target.matches(":focus-visible")));
  document.addEventListener("keydown", (event) => {
    const { key, target, repeat, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey || target.closest("input, select, dialog, [role=tablist]")) return;
    if (byKeys && /^Arrow(Left|Right)$/.test(key) && target.closest('[data-testid="columns"]')) {
      moveFocus(target, key === "ArrowLeft" ? -1 : 1);
    } else if (/^[1-7]$/.test(key)) {
      if (!repeat) does.drop(Number(key) - 1);
      return;
    } else if (key in named) {
      named[key]();
    } else return;
    event.preventDefault();
  });
}

function moveFocus(button, by) {
  const column = Number(button.dataset.testid.at(-1));
  find(`column-${(column + by + COLUMNS) % COLUMNS}`).focus();
}
