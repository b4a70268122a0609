// What stands out of a heat map in words: stretches of commits where rows kept away from their usual level. Pure.

import { grouped } from "./suite.js";

/**
 * @typedef {import("./suite.js").Suite} Suite
 * @typedef {import("./suite.js").Row} Row
 *
 * @typedef {Object} Stretch
 * @property {Row} row
 * @property {boolean} worse
 * @property {number} from  first and last column
 * @property {number} to
 * @property {number} log  the mean over it of the logarithm of the ratio, as measured
 * @property {number} weight  by how much it exceeds the bar, summed over its commits
 *
 * @typedef {Object} Departure  stretches to one side, of metrics of one kind, that share their commits
 * @property {boolean} worse
 * @property {number} from
 * @property {number} to
 * @property {Stretch[]} stretches  the weightiest first
 * @property {number} weight
 */

export const BAR = Math.log(1.1); // noise of many suites stays below a tenth, and what nobody acts on as well

/**
 * The weightiest first.
 * @param {Suite} suite @param {Row[]} rows @param {[number, number]} window  columns, inclusive
 * @returns {Departure[]}
 */
export function departuresOf(suite, rows, window) {
  const stretches = rows.flatMap((row) => [true, false].flatMap((worse) => stretchOf(suite, row, window, worse) ?? []));
  return grouped(stretches, ({ worse, from, to, row: { metric } }) => `${worse} ${from} ${to} ${metric.better} ${metric.unit}`).map((alike) => {
    const [{ worse, from, to }] = alike;
    return { worse, from, to, stretches: alike.sort(weightier), weight: alike.reduce((sum, { weight }) => sum + weight, 0) };
  }).sort(weightier);
}

/** @param {{weight: number}} one @param {{weight: number}} other */
function weightier(one, other) {
  return other.weight - one.weight;
}

/**
 * The run of commits whose departures to one side exceed the bar by the largest sum; a commit without a value breaks nothing.
 * One pass: Kadane's maximum subarray (Bentley, "Programming pearls: algorithm design techniques", CACM 27, 1984).
 * @param {Suite} suite @param {Row} row @param {[number, number]} window @param {boolean} worse
 * @returns {Stretch | null} null: nothing exceeds it
 */
export function stretchOf({ places, worse: codes, logs }, row, [first, last], worse) {
  const sign = worse ? 1 : -1;
  const start = row.at * places.length;
  let [sum, begun] = [0, first];
  const best = { weight: 0, from: first, to: first };
  for (let column = first; column <= last; column++) {
    const code = codes[start + column];
    if (!code) continue;
    if (sum <= 0) [sum, begun] = [0, column];
    sum += sign * logs[code] - BAR;
    if (sum > best.weight) Object.assign(best, { weight: sum, from: begun, to: column });
  }
  if (!best.weight) return null;
  const mean = meanLog(codes, logs, start + best.from, start + best.to + 1);
  return { row, worse, ...best, log: row.metric.better === "higher" ? -mean : mean };
}

/**
 * The mean of the logarithms of codes; NaN where none has a value.
 * @param {Uint8Array} codes @param {Float64Array} logs @param {number} from  inclusive @param {number} to  exclusive
 */
export function meanLog(codes, logs, from, to) {
  let [sum, count] = [0, 0];
  for (let cell = from; cell < to; cell++) {
    if (!codes[cell]) continue;
    sum += logs[codes[cell]];
    count++;
  }
  return sum / count;
}
