// A rating over time, as a small chart; what it shows is said in words, too.

import { day, people } from "../words/people.js";
import { say } from "../words/text.js";
import { svg } from "./dom.js";

const [WIDTH, HEIGHT, EDGE] = [240, 64, 6];

/** The chart of `history`, `[{ at, rating }]` from the oldest on, which has one at least. */
export function ratingChart(history) {
  const ratings = history.map(({ rating }) => rating);
  const [low, high] = [Math.min(...ratings), Math.max(...ratings)];
  const across = (index) => EDGE + (index * (WIDTH - 2 * EDGE)) / Math.max(1, history.length - 1);
  const down = (rating) => HEIGHT - EDGE - ((rating - low) * (HEIGHT - 2 * EDGE)) / (high - low || 1);
  const points = history.map(({ rating }, index) => [across(index), down(rating)].map((each) => each.toFixed(1)));
  const [cx, cy] = points.at(-1);
  const [first, last] = [history[0], history.at(-1)];
  const words = { n: history.length, from: Math.round(first.rating), to: Math.round(last.rating), since: day(first.at), until: day(last.at), low: Math.round(low), high: Math.round(high) };
  return svg(
    "svg",
    { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": say(people.chart, words) },
    svg("polyline", { points: points.join(" ") }),
    svg("circle", { cx, cy, r: 4 }),
  );
}
