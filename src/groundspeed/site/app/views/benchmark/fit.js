// How far the upright axis reaches. Pure: strokes and what is in view in, bounds out.

import { standing } from "./picture.js";

/**
 * @typedef {import("./picture.js").Picture} Picture
 * @typedef {import("./picture.js").Stroke} Stroke
 * @typedef {{low: number, high: number, below: number, above: number, failed: boolean}} Extent
 *   `low` and `high` of the values, `below` and `above` of their intervals
 * @typedef {{range: [number, number], beyond: number}} Fitted  `beyond`: outliers that lie outside
 */

const STRETCH = 1.5; // an outlier that makes the axis no more than so much longer is simply shown
const FLAT = 0.02; // of a level: an axis shows no less, so that a flat line looks flat

/**
 * All values in view; their intervals as far as they leave the values readable. On a fitted axis outliers
 * count only where they hardly stretch it; the newest value of a line always does.
 * @param {Picture} picture
 * @param {[number, number]} window  of the x axis
 * @param {number} lane  the part of the height that failures take, from 0 to 1
 * @returns {Fitted}
 */
export function fitted(picture, window, lane) {
  const { y } = picture;
  const all = extent(picture, window, () => true);
  if (!all) return { range: y === "log" ? [1, 10] : [0, 1], beyond: 0 };
  const calm = y === "auto" || y === "ratio" ? extent(picture, window, quiet(picture, window)) ?? all : all;
  const shown = spanOf(all) <= spanOf(calm) * STRETCH ? all : calm;
  const under = all.failed ? lane : 0;
  const range = y === "log" ? logarithmic(shown, under) : linear(shown, under, y === "zero");
  return { range, beyond: shown === all ? 0 : outside(picture, window, range) };
}

/** Whether a value is no outlier, or a stroke's newest. @param {Picture} picture @param {[number, number]} window */
function quiet({ stops, strokes }, [, max]) {
  const newest = new Map(strokes.map((stroke) => [stroke, stroke.values.findLastIndex((value, at) => typeof value === "number" && stops[at] <= max)]));
  return (/** @type {Stroke} */ stroke, /** @type {number} */ at) => !stroke.outliers.has(at) || newest.get(stroke) === at;
}

/**
 * @param {Picture} picture @param {[number, number]} window @param {(stroke: Stroke, at: number) => boolean} counts
 * @returns {Extent | null} null: nothing in view has a value
 */
function extent({ stops, strokes, y }, [min, max], counts) {
  let [low, high, below, above] = [Infinity, -Infinity, Infinity, -Infinity];
  let failed = false;
  stops.forEach((stop, at) => {
    if (stop < min || stop > max) return;
    for (const stroke of strokes) {
      failed ||= stroke.failures.has(at);
      const value = standing(stroke, at);
      if (typeof value !== "number" || (y === "log" && value <= 0) || !counts(stroke, at)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
      below = Math.min(below, stroke.low[at] ?? value);
      above = Math.max(above, stroke.high[at] ?? value);
    }
  });
  return low <= high ? { low, high, below, above, failed } : null;
}

/** @param {Extent} extent */
function spanOf({ low, high }) {
  return Math.max(high - low, Math.abs(high) * FLAT, Number.MIN_VALUE * 1e6);
}

/** @param {Extent} extent @param {number} lane @returns {[number, number]} */
function logarithmic({ low, high, below, above }, lane) {
  const reach = Math.max(high / low, 1.1) ** 0.08;
  const [from, to] = [Math.max(below > 0 ? below : low, low / reach ** 4) / reach, Math.min(above, high * reach ** 4) * reach];
  return [from / (to / from) ** lane, to];
}

/** @param {Extent} extent @param {number} lane @param {boolean} zero @returns {[number, number]} */
function linear(extent, lane, zero) {
  const { low, high, below, above } = extent;
  const span = spanOf(extent);
  const reach = Math.max(span * 1.5, Math.abs(high) * 0.15);
  const [foot, head] = [Math.max(below, low - reach), Math.min(above, high + reach)];
  const margin = (head - foot) * 0.06 || span;
  const from = zero ? Math.min(0, low) : foot - margin;
  const to = head + margin;
  return [from - (to - from) * lane, to];
}

const DECADES_FOR_TENS = 2.5; // above, only powers of ten are named
const SHORT = 5; // times: a shorter logarithmic axis has rungs like any other

/**
 * Where a logarithmic axis has rungs, and which of them are named. uPlot's own begin at the lowest value in view and never
 * end where that is no round number.
 * @param {number} low above zero @param {number} high
 * @returns {{value: number, named: boolean}[]}
 */
export function logRungs(low, high) {
  if (high / low < SHORT) return evenRungs(low, high).map((value) => ({ value, named: true }));
  const decades = Math.log10(high / low);
  const rungs = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (let digit = 1; digit <= 9; digit++) {
      const value = Number(`${digit}e${power}`);
      if (value >= low && value <= high) rungs.push({ value, named: digit === 1 || decades < 1 || (decades < DECADES_FOR_TENS && (digit === 2 || digit === 5)) });
    }
  }
  return rungs;
}

/** About six round numbers. @param {number} low @param {number} high */
function evenRungs(low, high) {
  const rough = (high - low) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((digit) => digit * power >= rough) ?? 10);
  const rungs = [];
  for (let count = Math.ceil(low / step); count * step <= high; count++) rungs.push(Number((count * step).toPrecision(12)));
  return rungs;
}

/** @param {Picture} picture @param {[number, number]} window @param {[number, number]} range */
function outside({ stops, strokes }, [min, max], [from, to]) {
  let count = 0;
  for (const { values, outliers } of strokes) {
    for (const at of outliers.keys()) {
      const value = /** @type {number} */ (values[at]);
      if (stops[at] >= min && stops[at] <= max && (value < from || value > to)) count++;
    }
  }
  return count;
}
