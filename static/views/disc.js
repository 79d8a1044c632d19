// A disc of a seat, drawn here: nothing on the board waits for a file. The two differ by shape, not by colour alone.

import { svg } from "./dom.js";

const COLOURS = { yellow: ["#ffc933", "#cf9200"], red: ["#e5484d", "#a92a30"] };
const STAR = "M0-25 6.5-8.9 23.8-7.7 10.5 3.4 14.7 20.2 0 11-14.7 20.2-10.5 3.4-23.8-7.7-6.5-8.9Z";

/** A disc of `seat` around the origin, in a cell of 100: yellow has a star, red has rings. */
export function disc(seat) {
  const [fill, line] = COLOURS[seat];
  const circle = (r, attributes) => svg("circle", { r, fill: "none", ...attributes });
  const mark =
    seat === "yellow"
      ? [svg("path", { d: STAR, fill: line })]
      : [circle(21, { stroke: line, "stroke-width": 6 }), circle(8, { fill: line })];
  return svg(
    "g",
    { class: `disc ${seat}` },
    circle(44, { fill, stroke: line, "stroke-width": 3 }),
    circle(37, { stroke: "#fff", "stroke-width": 3, opacity: 0.55 }),
    ...mark,
  );
}

/** A small disc to stand beside words. */
export const discIcon = (seat) => svg("svg", { class: "disc-icon", viewBox: "-46 -46 92 92", "aria-hidden": "true" }, disc(seat));

/** Put the icon of `element.dataset.disc` into each element that asks for one. */
export function fillDiscs(root = document) {
  for (const element of root.querySelectorAll("[data-disc]")) element.replaceChildren(discIcon(element.dataset.disc));
}
