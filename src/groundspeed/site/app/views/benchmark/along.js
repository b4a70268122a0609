// A case's growth: its metric along the values of a parameter, at the newest commit and at the picked one. Pure.

import { chosen, chosenMetric, dimensions, AT_MOST, inTime, matches } from "./lines.js";
import { colourOf } from "./picture.js";

/**
 * @typedef {import("../../data.js").Benchmark} Benchmark
 * @typedef {import("../../data.js").Metric} Metric
 * @typedef {import("../../data.js").Series} Series
 * @typedef {import("./picture.js").Picture} Picture
 * @typedef {import("./picture.js").Stroke} Stroke
 * @typedef {import("./state.js").State} State
 *
 * @typedef {Object} Curve  the cases that differ in one parameter alone
 * @property {number} tag
 * @property {string} label
 * @property {Series[]} series  by value of the parameter, rising; each the current version
 */

const NUMBER = /^[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?$/i; // as Python's repr writes int and float

/** @param {string} text @returns {number} NaN: it is none */
export function numberOf(text) {
  return NUMBER.test(text) ? Number(text.replaceAll("_", "")) : NaN;
}

/** The parameters whose values are numbers, two at least: the names of their axes in the address. @param {Benchmark} benchmark */
export function sizes({ params, param_names: names }) {
  return names.map((name, axis) => ({ key: `p.${name}`, label: name, axis }))
    .filter(({ axis }) => params[axis].length > 1 && params[axis].every((value) => Number.isFinite(numberOf(value))));
}

/** The axis that the state asks for, where it is one of numbers. @param {Benchmark} benchmark @param {State} state */
export function sizeOf(benchmark, state) {
  return sizes(benchmark).find(({ key }) => key === state.x) ?? null;
}

/**
 * @param {Benchmark} benchmark @param {State} state @param {{key: string, axis: number}} size
 * @returns {{curves: Curve[], left: number}}
 */
export function curvesOf(benchmark, state, { key, axis }) {
  const metric = chosenMetric(benchmark, state);
  const all = dimensions(benchmark, metric);
  const choice = new Map(chosen(benchmark, state));
  choice.delete(key);
  /** @type {Map<string, Map<string, Series[]>>} */
  const groups = new Map();
  for (const series of benchmark.series) {
    const value = series.params[axis];
    if (series.metric !== metric || value === null || !matches(series, all, choice)) continue;
    const identity = JSON.stringify([series.machine, series.environment, series.params.filter((_, place) => place !== axis)]);
    const group = groups.get(identity) ?? new Map();
    groups.set(identity, group.set(value, [...(group.get(value) ?? []), series]));
  }
  const curves = [...groups.values()].map((group) => [...group].sort(([a], [b]) => numberOf(a) - numberOf(b))
    .map(([, versions]) => inTime(versions, benchmark.current).at(-1)).filter((one) => one !== undefined));
  const telling = all.filter((dimension) => dimension.key !== key && new Set(curves.map(([series]) => dimension.of(series))).size > 1);
  return {
    left: Math.max(0, curves.length - AT_MOST),
    curves: curves.slice(0, AT_MOST).map((series, place) => ({
      tag: place + 1, series,
      label: telling.map((dimension) => dimension.of(series[0])).join(" · ") || series[0].machine,
    })),
  };
}

/** The cases of all curves as lines over the history, under the number of their curve. @param {Curve[]} curves @param {{label: string, axis: number}} size @returns {import("./lines.js").Line[]} */
export function membersOf(curves, { label: name, axis }) {
  return curves.flatMap(({ tag, label, series }) => series.map((one) => ({ tag, label: `${label} · ${name} ${one.params[axis]}`, versions: [one] }))).slice(0, AT_MOST);
}

/**
 * Log-log where every number is above zero: what grows as a power of the size is then straight.
 * @param {{curves: Curve[], size: {axis: number}, metric: Metric, state: State, place: number | null}} asked  the picked place in history
 * @returns {Picture}
 */
export function growthPicture({ curves, size: { axis }, metric, state, place }) {
  const texts = [...new Set(curves.flatMap(({ series }) => series.map(({ params }) => params[axis] ?? "")))]
    .sort((a, b) => numberOf(a) - numberOf(b));
  const stops = texts.map(numberOf);
  const stopOf = new Map(texts.map((text, stop) => [text, stop]));
  const strokes = curves.flatMap((curve) => {
    const newest = growthAt(curve, axis, stopOf, (series) => newestRow(series));
    if (place === null) return [newest];
    return [newest, { ...growthAt(curve, axis, stopOf, (series) => series.commits.indexOf(place)), apart: true }];
  }).filter(({ values }) => values.some((value) => typeof value === "number"));
  const above = strokes.every(({ values }) => values.every((value) => typeof value !== "number" || value > 0));
  return {
    stops, along: "value", logX: stops[0] > 0, strokes, unit: metric.unit, picked: null, zoom: null, tags: [],
    y: state.y === "zero" || !above ? "zero" : "log", stopLabel: (stop) => texts[stop],
  };
}

/** @param {Series} series @returns {number} -1: none */
export function newestRow({ values }) {
  return values.findLastIndex((value) => typeof value === "number");
}

/**
 * @param {Curve} curve @param {number} axis @param {Map<string, number>} stopOf @param {(series: Series) => number} rowOf
 * @returns {Stroke}
 */
function growthAt({ tag, series: all }, axis, stopOf, rowOf) {
  const row = () => /** @type {(number | null | undefined)[]} */ (new Array(stopOf.size).fill(undefined));
  /** @type {Stroke} */
  const stroke = { tag, colour: colourOf(tag), apart: false, values: row(), low: row(), high: row(), failures: new Map(), carried: new Map(),
    outliers: new Map(), levels: [], steps: [], behind: [] };
  for (const series of all) {
    const [stop, at] = [/** @type {number} */ (stopOf.get(series.params[axis] ?? "")), rowOf(series)];
    if (at < 0) continue;
    stroke.values[stop] = series.values[at];
    stroke.low[stop] = series.low?.[at];
    stroke.high[stop] = series.high?.[at];
    /** @type {Series[]} */ (stroke.behind)[stop] = series;
  }
  return stroke;
}
