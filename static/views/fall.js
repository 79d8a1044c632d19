// How a disc falls: with gravity, a small bounce, and never for longer than 350 ms.

import { ROWS } from "../game/game.js";

const FULL_FALL = 250; // ms from above the board to its lowest row
const BOUNCE = 90; // ms
const HEIGHT = 13; // of the bounce, in the board's units
const WON_BOUNCE = 360; // ms, of a disc that won
const WON_HEIGHT = 30; // of that bounce
const WON_AFTER = 90; // ms between two of them

// Quadratic, as gravity is, in cubic Bézier form.
const FALLING = "cubic-bezier(0.33, 0, 0.67, 0.33)";
const RISING = "cubic-bezier(0.33, 0.67, 0.67, 1)";

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Let `element`, which stands in `row` (0–5 from the bottom), fall there from above the board. */
export function fall(element, row) {
  if (still()) return;
  const distance = (ROWS - row) * 100;
  const falling = FULL_FALL * Math.sqrt(distance / (ROWS * 100));
  const duration = falling + BOUNCE;
  element.animate(
    [
      { transform: `translateY(${-distance}px)`, easing: FALLING },
      { transform: "none", offset: falling / duration, easing: RISING },
      { transform: `translateY(${-HEIGHT}px)`, offset: (falling + BOUNCE / 2) / duration, easing: FALLING },
      { transform: "none" },
    ],
    { duration },
  );
}

/** Let `element`, the `place`th (from 0) of those that won, bounce once when the last of them has fallen. */
export function bounce(element, place) {
  if (still()) return;
  const up = { transform: `translateY(${-WON_HEIGHT}px)`, easing: FALLING };
  element.animate([{ transform: "none", easing: RISING }, up, { transform: "none" }], {
    delay: FULL_FALL + BOUNCE + place * WON_AFTER,
    duration: WON_BOUNCE,
  });
}

/** Take `element` back: it fades and is removed. */
export function fade(element) {
  if (still()) return element.remove();
  element.animate({ opacity: 0 }, { duration: 200, fill: "forwards" }).onfinish = () => element.remove();
  return undefined;
}
