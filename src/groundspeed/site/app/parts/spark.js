// A series in the space of a word. Owns points → path; what a point stands for is known to who asks.

import { svg } from "../dom.js";
import { path } from "./trend.js";

/**
 * @typedef {Object} Sparked
 * @property {string} label  what it shows, for those who do not see it; "": the words stand beside it
 * @property {number} [width]  in CSS pixels
 * @property {number} [height]
 * @property {number} [least]  the least difference of values that fills the height: what is smaller stays small
 * @property {boolean} [failed]  the newest is a failure: a cross at the end
 */

const ALONE = 1.4; // of a point between gaps: a dash as short as the line is wide would not be seen
const MARGIN = 3; // room for half a stroke and the dot at the end

/**
 * A line over evenly spaced values, a dot on its newest; gaps where a value is NaN. As SVG it keeps sharp on
 * every display and takes its colours from the stylesheet, in the dark as in the light.
 * @param {ArrayLike<number>} values
 * @param {Sparked} asked
 * @returns {SVGElement}
 */
export function spark(values, { label, width = 120, height = 22, least = 0, failed = false }) {
  const points = place(values, width - 2 * MARGIN - (failed ? 8 : 0), height - 2 * MARGIN, least);
  const last = points.findLast((point) => point !== null);
  const end = width - MARGIN - 3;
  return svg("svg", { class: "spark", width, height, viewBox: `0 0 ${width} ${height}`, ...(label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" }) },
    label && svg("title", {}, label),
    svg("path", { d: path(points), transform: `translate(${MARGIN} ${MARGIN})` }),
    points.map((point, at) => point && !points[at - 1] && !points[at + 1] && svg("circle", { cx: point[0] + MARGIN, cy: point[1] + MARGIN, r: ALONE })),
    last && svg("circle", { class: "last", cx: last[0] + MARGIN, cy: last[1] + MARGIN, r: 2 }),
    failed && svg("path", { class: "cross", d: `M${end - 3} ${height / 2 - 3}l6 6m0 -6l-6 6` }));
}

/**
 * Where each value stands in a box, the smallest difference that fills it being `least`; null: a gap.
 * @param {ArrayLike<number>} values @param {number} width @param {number} height @param {number} least
 * @returns {([number, number] | null)[]}
 */
function place(values, width, height, least) {
  const present = Array.from(values).filter((value) => !Number.isNaN(value));
  const [low, high] = [Math.min(...present), Math.max(...present)];
  const span = Math.max(high - low, least) || 1;
  const across = width / Math.max(1, values.length - 1);
  return Array.from(values, (value, at) => (Number.isNaN(value) ? null : [at * across, height / 2 - ((value - (low + high) / 2) / span) * height]));
}
