// A disc of a seat. How the two look, and differ by more than colour, is in discs.svg.

import { BASE } from "../wire/base.js";
import { svg } from "./dom.js";

/** A disc of `seat` around the origin, the size of a cell. */
export const disc = (seat) =>
  svg("use", { class: `disc ${seat}`, href: `${BASE}static/icons/discs.svg#${seat}`, x: -50, y: -50, width: 100, height: 100 });

/** A small disc to stand beside words. */
export const discIcon = (seat) => svg("svg", { class: "disc-icon", viewBox: "-46 -46 92 92", "aria-hidden": "true" }, disc(seat));

/** Put the icon of `element.dataset.disc` into each element that asks for one. */
export function fillDiscs(root = document) {
  for (const element of root.querySelectorAll("[data-disc]")) element.replaceChildren(discIcon(element.dataset.disc));
}
