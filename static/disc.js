// What a disc looks like. The seats differ by shape, not by colour alone: yellow has a star, red has rings.

import { svg } from "./dom.js";

/** The radius of a disc, in the board's units; a cell is 100. */
export const RADIUS = 44;

/** A disc of `seat` around the origin, as an SVG group. */
export function disc(seat) {
  return svg(
    "g",
    { class: `disc ${seat}` },
    svg("circle", { class: "body", r: RADIUS }),
    svg("circle", { class: "bevel", r: RADIUS - 7 }),
    ...EMBLEM[seat](),
  );
}

/** A small disc to stand beside words. */
export function discIcon(seat) {
  return svg("svg", { class: "disc-icon", viewBox: "-46 -46 92 92", "aria-hidden": "true" }, disc(seat));
}

/** Put the icon of `element.dataset.disc` into each element that asks for one. */
export function fillDiscs(root = document) {
  for (const element of root.querySelectorAll("[data-disc]")) element.replaceChildren(discIcon(element.dataset.disc));
}

const EMBLEM = {
  yellow: () => [svg("path", { class: "emblem", d: star(5, 25, 11) })],
  red: () => [svg("circle", { class: "emblem ring", r: 21 }), svg("circle", { class: "emblem", r: 8 })],
};

function star(points, outer, inner) {
  const corners = Array.from({ length: points * 2 }, (_, index) => {
    const radius = index % 2 ? inner : outer;
    const angle = (Math.PI * index) / points - Math.PI / 2;
    return `${(radius * Math.cos(angle)).toFixed(1)} ${(radius * Math.sin(angle)).toFixed(1)}`;
  });
  return `M${corners.join("L")}Z`;
}
