// The address of a position: `#v12` is the game as it was at version 12.

import { rewriteAddress } from "./entry.js";

const PAUSE = 150; // ms; a browser bears a few changes of the address a second

/** The version that the address names, or null. */
export const addressed = () => Number(/^#v(\d+)$/.exec(location.hash)?.[1]) || null;

let timer;

/** Have the address name `version`, or none where that is null. */
export function address(version) {
  clearTimeout(timer);
  const before = location.hash;
  timer = setTimeout(() => {
    if (location.hash !== before) return; // somebody went elsewhere meanwhile
    const hash = version === null ? "" : `#v${version}`;
    if (location.hash !== hash) rewriteAddress(location.pathname + location.search + hash);
  }, PAUSE);
}
