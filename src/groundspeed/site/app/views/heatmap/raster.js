// Codes → pixels. Pure: what is drawn of a row is one line of an image, which is then stretched to the row's height.

import { meanLog } from "./departures.js";
import { codeOf } from "./scale.js";

/**
 * @typedef {import("./suite.js").Suite} Suite
 * @typedef {import("./suite.js").Row} Row
 */

/**
 * Where the columns of each pixel begin, and past the last where they end: a pixel shows those from its own to the next one's,
 * at least one.
 * @param {[number, number]} window  columns, inclusive @param {number} width  in pixels
 * @returns {Int32Array}
 */
export function edgesOf([first, last], width) {
  const count = last - first + 1;
  return Int32Array.from({ length: width + 1 }, (_, pixel) => first + Math.floor((pixel * count) / width));
}

/**
 * The pixels of rows, a line each. Where commits share a pixel it is their geometric mean, as in a course of the list of
 * benchmarks; the largest of them would make a wall of every row that has noise.
 * @param {Suite} suite @param {Row[]} rows @param {Int32Array} edges @param {Uint32Array} shades  by code
 * @returns {Uint32Array}
 */
export function pixelsOf({ places, worse: codes, logs, scale }, rows, edges, shades) {
  const width = edges.length - 1;
  const pixels = new Uint32Array(rows.length * width);
  rows.forEach((row, line) => {
    const start = row.at * places.length;
    for (let pixel = 0; pixel < width; pixel++) {
      const [from, to] = [start + edges[pixel], start + edges[pixel + 1]];
      pixels[line * width + pixel] = shades[to - from > 1 ? meanCode(codes, logs, from, to, scale) : codes[from]];
    }
  });
  return pixels;
}

/** @param {Uint8Array} codes @param {Float64Array} logs @param {number} from @param {number} to @param {import("./scale.js").Scale} scale */
function meanCode(codes, logs, from, to, scale) {
  const mean = meanLog(codes, logs, from, to);
  return Number.isNaN(mean) ? 0 : codeOf(mean, scale);
}
