// What is shown, as rows of a file: one for each commit of each line. Pure; how a file is written is parts/csv.js's.

import { stepAt } from "./words.js";

/**
 * @typedef {import("../../data.js").Benchmark} Benchmark
 * @typedef {import("../../data.js").Commit} Commit
 * @typedef {import("../../data.js").Series} Series
 * @typedef {import("../../parts/csv.js").Cell} Cell
 */

const HEAD = ["commit", "date", "subject", "benchmark", "machine", "environment", "params", "version", "metric", "unit",
  "value", "low", "high", "kind", "step"];

/**
 * @param {{benchmark: Benchmark, series: Series[], places: number[], commits: Commit[]}} asked  the places in view; values in base units
 * @returns {Cell[][]}
 */
export function rowsFor({ benchmark, series, places, commits }) {
  const wanted = new Set(places);
  const rows = series.flatMap((one) => rowsOf(one, wanted).map(({ place, row, kind }) => [
    commits[place].hash, new Date(commits[place].date * 1000).toISOString(), commits[place].subject, benchmark.name,
    one.machine, one.environment, paramsText(benchmark, one), one.version, one.metric.name || "main", one.metric.unit,
    ...numbers(one, row, kind), kind, stepAt(one, place)?.change.centre ?? null]));
  return [HEAD, ...rows];
}

/**
 * What a series says, by place in history; what was skipped is left out.
 * @typedef {{place: number, row: number, kind: "measured" | "carried" | "failed"}} Said
 * @param {Series} series @param {Set<number>} wanted
 * @returns {Said[]}
 */
function rowsOf(series, wanted) {
  const own = series.commits.flatMap((place, row) => {
    if (typeof series.values[row] === "number") return [/** @type {Said} */ ({ place, row, kind: "measured" })];
    return series.failures.has(row) ? [/** @type {Said} */ ({ place, row, kind: "failed" })] : [];
  });
  const carried = [...series.carried].map(([place, row]) => /** @type {Said} */ ({ place, row, kind: "carried" }));
  return [...own, ...carried].filter(({ place }) => wanted.has(place)).sort((a, b) => a.place - b.place);
}

/** What was carried over has the value of another commit, and no interval. @param {Series} series @param {number} row @param {string} kind @returns {Cell[]} */
function numbers(series, row, kind) {
  if (kind === "carried") return [series.values[row], null, null];
  return [series.values[row], series.low?.[row] ?? null, series.high?.[row] ?? null];
}

/** @param {Benchmark} benchmark @param {Series} series */
function paramsText({ param_names: names }, { params }) {
  return params.flatMap((value, axis) => (value === null ? [] : [`${names[axis]}=${value}`])).join("; ");
}
