// A ratio over time in a small picture: one is a dashed line, twice as far from it as half is. Owns numbers → path.

import { svg } from "../dom.js";
import { doublings } from "./ratio.js";

const WIDTH = 220;
const HEIGHT = 48;
const MARGIN = 4;
/** The least that the height stands for: 10 % up and down. Less would make mountains of noise. */
const LEAST = doublings(1.1);

/**
 * @param {number[]} at  dates, ascending
 * @param {(number | null)[]} mean  null: nothing is known there
 * @returns {SVGElement}  of no meaning to those who hear the page: the ratio stands beside it
 */
export function trend(at, mean) {
  const points = placed(at, mean);
  const even = HEIGHT / 2 + middle(mean).shift * HEIGHT;
  return svg("svg", { class: "trend", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("line", { class: "one", x1: 0, x2: WIDTH, y1: even, y2: even }),
    svg("path", { class: "mean", d: path(points) }));
}

/**
 * Where each mean stands in the picture.
 * @param {number[]} at @param {(number | null)[]} mean @returns {([number, number] | null)[]}
 */
function placed(at, mean) {
  const [first, last] = [at[0], at[at.length - 1]];
  const { centre, span } = middle(mean);
  return mean.map((value, place) => value === null ? null : [
    MARGIN + ((at[place] - first) / (last - first || 1)) * (WIDTH - 2 * MARGIN),
    HEIGHT / 2 - ((doublings(value) - centre) / span) * (HEIGHT - 2 * MARGIN),
  ]);
}

/** A path through the points, broken where one is missing; a point alone is a dash. @param {([number, number] | null)[]} points */
export function path(points) {
  return points.map((point, at) => {
    if (!point) return "";
    const place = `${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
    if (at && points[at - 1]) return `L${place}`;
    return `M${place}${points[at + 1] ? "" : "h.01"}`;
  }).join("");
}

/** The doublings in the middle and from edge to edge, one always among them. @param {(number | null)[]} mean */
function middle(mean) {
  let [low, high] = [0, 0];
  for (const value of mean) {
    if (value === null) continue;
    low = Math.min(low, doublings(value));
    high = Math.max(high, doublings(value));
  }
  const centre = (low + high) / 2;
  const span = Math.max(high - low, 2 * LEAST);
  return { centre, span, shift: (centre / span) * (1 - (2 * MARGIN) / HEIGHT) };
}
