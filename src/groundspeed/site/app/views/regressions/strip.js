// How the factors of a group are distributed. Owns points → picture; the scale puts twice as far from one as four times from twice.

import { figure, logTicks, logarithmic } from "../../parts/figure.js";
import { h, svg } from "../../dom.js";
import { ratioText } from "../../parts/ratio.js";

const HEIGHT = 22;
const DOT = 2.5; // radius, in CSS pixels
const BIN = 5; // pixels that share a pile: a dot's width

/**
 * A small picture for a row: one dot for each series, piled up where they are many. Its words stand in the columns beside it.
 * @param {number[]} factors  1 or more
 * @param {number} reach  the factor at the right edge, the same in every row
 * @param {boolean} better
 */
export function strip(factors, reach, better) {
  const width = 130;
  const x = logarithmic([1, Math.max(reach, 1.2)], [DOT + 1, width - DOT - 1]);
  return svg("svg", { class: `strip ${better ? "good" : "bad"}`, width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" },
    svg("path", { class: "axis", d: `M1 ${HEIGHT - 0.5}H${width}` }), piles(factors, x, HEIGHT - 1, HEIGHT - 4));
}

/**
 * The same with an axis, as wide as its place.
 * @param {number[]} factors @param {number} series  how many there are; more than are drawn where they were thinned
 * @param {boolean} better
 */
export function distribution(factors, series, better) {
  const reach = Math.max(1.25, ...factors) * 1.02;
  const least = Math.min(...factors);
  const label = `${better ? "Times better" : "Times worse"}, of ${series.toLocaleString("en")} series: from ${ratioText(least)} to ${ratioText(Math.max(...factors))}`;
  return h("div", { class: "distribution" }, figure({ role: "img", "aria-label": label }, (width) => {
    const x = logarithmic([1, reach], [8, width - 20]);
    const tallest = Math.max(...pileSizes(factors, x).values());
    const height = Math.min(96, 34 + tallest * BIN);
    const ticks = reach < 2 ? [1, 1.1, 1.2, 1.3, 1.5, 1.7].filter((tick) => tick <= reach) : logTicks(1, reach, Math.max(3, Math.floor(width / 60)));
    return svg("svg", { class: `strip ${better ? "good" : "bad"}`, width, height, viewBox: `0 0 ${width} ${height}` },
      svg("path", { class: "axis", d: `M1 ${height - 20.5}H${width}` }),
      ticks.map((tick) => [svg("path", { class: "axis", d: `M${x(tick)} ${height - 20}v5` }),
        svg("text", { x: x(tick), y: height - 3, "text-anchor": tick === 1 ? "start" : "middle", dx: tick === 1 ? -6 : 0 }, ratioText(tick))]).flat(),
      piles(factors, x, height - 21, height - 26));
  }));
}

/** @param {number[]} factors @param {(factor: number) => number} x @param {number} floor @param {number} room */
function piles(factors, x, floor, room) {
  const sizes = pileSizes(factors, x);
  const tallest = Math.max(1, ...sizes.values());
  const step = Math.min(BIN, room / tallest);
  // as many dots as fit are dots; taller piles become bars of the same share
  return [...sizes].flatMap(([bin, size]) => (step < 3
    ? [svg("rect", { x: bin * BIN - DOT, y: floor - Math.max(DOT, size * step), width: 2 * DOT, height: Math.max(DOT, size * step) })]
    : Array.from({ length: size }, (_, place) => svg("circle", { cx: bin * BIN, cy: floor - DOT - place * step, r: DOT }))));
}

/** How many dots stand in each bin. @param {number[]} factors @param {(factor: number) => number} x @returns {Map<number, number>} */
function pileSizes(factors, x) {
  const sizes = new Map();
  for (const factor of factors) {
    const bin = Math.round(x(factor) / BIN);
    sizes.set(bin, (sizes.get(bin) ?? 0) + 1);
  }
  return sizes;
}
