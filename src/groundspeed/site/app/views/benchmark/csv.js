// What is shown, as a file for a spreadsheet: RFC 4180, a row for each commit of each line. Pure.
//
// A cell of text that begins with one of = + - @, or a tab, is a formula to a spreadsheet that opens the file: such a
// cell gets an apostrophe in front (OWASP, "CSV Injection"). Numbers stay as they are.

/**
 * @typedef {import("../../data.js").Benchmark} Benchmark
 * @typedef {import("../../data.js").Commit} Commit
 * @typedef {import("../../data.js").Series} Series
 *
 * @typedef {string | number | null} Cell
 */

const HEAD = ["commit", "date", "subject", "benchmark", "machine", "environment", "params", "version", "metric", "unit",
  "value", "low", "high", "kind", "step"];

/**
 * @param {{benchmark: Benchmark, series: Series[], places: number[], commits: Commit[]}} asked  the places in view; values in base units
 * @returns {string}
 */
export function csvOf({ benchmark, series, places, commits }) {
  const wanted = new Set(places);
  const rows = series.flatMap((one) => rowsOf(one, wanted).map(({ place, row, kind }) => [
    commits[place].hash, new Date(commits[place].date * 1000).toISOString(), commits[place].subject, benchmark.name,
    one.machine, one.environment, paramsText(benchmark, one), one.version, one.metric.name || "main", one.metric.unit,
    ...numbers(one, row, kind), kind, stepAt(one, place)]));
  return [HEAD, ...rows].map((cells) => `${cells.map(cell).join(",")}\r\n`).join("");
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

/** The new level over the old one, or their difference, where a level begins. @param {Series} series @param {number} place */
function stepAt({ steps }, place) {
  return steps.find(({ head }) => head === place)?.change.centre ?? null;
}

/** @param {Cell} value */
export function cell(value) {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Hand a file to the reader; nothing leaves the page. @param {string} name @param {string} text */
export function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  document.body.append(link); // Firefox follows only what stands in the document
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // Safari reads it later than it says
}
