// How the samples of a commit are spread, process by process, beside those of the commit before. Owns the picture and its figures.

import { counted, h, svg } from "../../dom.js";
import { commitLink } from "../../parts/commit.js";
import { display, displayInterval, scaleOf, significant } from "../../units.js";
import { before, spotAt, tagged } from "./details.js";
import { colourOf } from "./picture.js";

/**
 * @typedef {import("../../data.js").Series} Series
 * @typedef {import("../../data.js").Store} Store
 * @typedef {import("./lines.js").Line} Line
 * @typedef {import("./details.js").Spot} Spot
 *
 * The piece "samples": of each machine the commits that have some, and the file of each.
 * @typedef {{machines: Record<string, Record<string, {file: string}>>, commits_at_most: number}} Contents
 *
 * @typedef {{session: string, n: number, values: number[]}} Process  `values` rising; fewer than n: evenly spaced ranks
 * @typedef {{benchmark: string, params: string[], environment: string, metric: string, version: string | null, processes: Process[]}} Spread
 */

const MOST_LINES = 3; // pictures below one another
const MOST_PROCESSES = 8; // of a commit
const ROW = 26; // CSS pixels
const REACH = 2; // widths from p5 to p95: what lies further is drawn at the edge
const PER_CENT = [0.05, 0.25, 0.5, 0.75, 0.95];

/**
 * @param {{store: Store, benchmark: {name: string}, lines: Line[], place: number}} asked
 * @returns {Promise<HTMLElement[]>} nothing where the site holds no samples of these lines
 */
export async function samplesAt({ store, benchmark, lines, place }) {
  const contents = /** @type {Contents | null} */ (await store.piece("samples"));
  if (!contents) return [];
  const found = await Promise.all(lines.map((line) => pairOf(store, contents, benchmark.name, line, place)));
  const held = found.filter((pair) => pair !== null);
  if (!held.length) return [];
  const left = held.length - MOST_LINES;
  return [h("h3", {}, "Samples, process by process"), ...held.slice(0, MOST_LINES).map((pair) => pairPicture(store, pair)),
    ...(left > 0 ? [h("p", { class: "quiet" }, `${counted(left, "more line")} with samples: narrow the choice to see them.`)] : [])];
}

/**
 * A line's samples at a commit and at the measured one before it.
 * @typedef {{line: Line, unit: string, here: Spread, place: number, earlier: Spread | null, since: number}} Pair
 * @param {Store} store @param {Contents} contents @param {string} name @param {Line} line @param {number} place
 * @returns {Promise<Pair | null>}
 */
async function pairOf(store, contents, name, line, place) {
  const spot = spotAt(line, place);
  if (!spot || spot.carried) return null;
  const row = before(spot, place);
  const since = row < 0 ? -1 : spot.series.commits[row];
  const [here, earlier] = await Promise.all([place, since].map((at) => (at < 0 ? null : spreadAt(store, contents, name, spot.series, at))));
  return here && { line, unit: spot.series.metric.unit, here, place, earlier, since };
}

/** @param {Store} store @param {Contents} contents @param {string} name @param {Series} series @param {number} place @returns {Promise<Spread | null>} */
async function spreadAt(store, contents, name, series, place) {
  const file = contents.machines[series.machine]?.[store.commits[place].hash]?.file;
  if (!file) return null;
  const payload = JSON.parse(new TextDecoder().decode(await store.bytes(file)));
  const params = JSON.stringify(series.params.filter((value) => value !== null));
  return payload.series.find((/** @type {Spread} */ one) => one.benchmark === name && one.environment === series.environment &&
    one.metric === series.metric.name && one.version === series.version && JSON.stringify(one.params) === params) ?? null;
}

/** @param {Store} store @param {Pair} pair */
function pairPicture(store, { line, unit, here, place, earlier, since }) {
  const [low, high] = reach([...here.processes, ...(earlier?.processes ?? [])].flatMap(({ values }) => values));
  const across = (/** @type {number} */ value) => Math.min(100, Math.max(0, ((value - low) / (high - low)) * 100));
  const thinned = [here, earlier].some((one) => one?.processes.some(({ n, values }) => n > values.length));
  return h("figure", { class: `spread line-${colourOf(line.tag)}` },
    h("figcaption", {}, tagged(line.tag), ` ${line.label}`, h("span", { class: "quiet" },
      " box: the middle half, bar: the median, line: 5 % to 95 %", thinned && ", dots: evenly spaced ranks where there are too many samples")),
    ...processRows(store, here, place, across, unit),
    ...(earlier ? processRows(store, earlier, since, across, unit)
      : [h("p", { class: "quiet" }, since < 0 ? "Nothing was measured before it." : `No samples are kept of ${store.commits[since].short}, the commit before.`)]),
    h("p", { class: "scale quiet", "aria-hidden": "true" }, h("span", {}, rung(low, high, unit)), h("span", {}, rung(high, high, unit))));
}

/** @param {Store} store @param {Spread} spread @param {number} place @param {(value: number) => number} across @param {string} unit */
function processRows(store, { processes }, place, across, unit) {
  const left = processes.length - MOST_PROCESSES;
  return [
    h("p", { class: "at" }, commitLink(store, place), h("span", { class: "quiet" }, ` ${counted(processes.length, "process", "processes")}, ${counted(processes.reduce((sum, { n }) => sum + n, 0), "sample")}`)),
    ...processes.slice(0, MOST_PROCESSES).map((one, number) => processRow(one, number + 1, across, unit)),
    ...(left > 0 ? [h("p", { class: "quiet at" }, `and ${counted(left, "more process", "more processes")}`)] : []),
  ];
}

/** @param {Process} one @param {number} number @param {(value: number) => number} across @param {string} unit */
function processRow({ n, values }, number, across, unit) {
  const [p5, p25, p50, p75, p95] = PER_CENT.map((share) => quantile(values, share));
  const at = (/** @type {number} */ value) => `${across(value).toFixed(2)}%`;
  return h("div", { class: "process" }, h("span", { class: "quiet" }, `process ${number}, n ${n}`),
    svg("svg", { height: ROW, "aria-hidden": "true" },
      svg("line", { class: "whisker", x1: at(p5), x2: at(p95), y1: ROW / 2, y2: ROW / 2 }),
      svg("rect", { class: "box", x: at(p25), width: `${Math.max(0.2, across(p75) - across(p25)).toFixed(2)}%`, y: 5, height: ROW - 10, rx: 2 }),
      ...values.map((value, rank) => svg("circle", { class: "sample", cx: at(value), cy: 7 + ((rank * 5) % 13), r: 1.4 })), // beside one another, not on top
      svg("line", { class: "median", x1: at(p50), x2: at(p50), y1: 2, y2: ROW - 2 })),
    h("span", { class: "figures" }, h("strong", {}, display(p50, unit)),
      n > 1 && h("span", { class: "quiet" }, ` ${displayInterval(p25, p75, unit)}, p5 ${display(p5, unit, 3)}, p95 ${display(p95, unit, 3)}`)));
}

/** From the least to the largest, no further than twice the breadth beyond 5 % and 95 %. @param {number[]} values @returns {[number, number]} */
function reach(values) {
  const sorted = Float64Array.from(values).sort();
  const [p5, p95] = [quantile(sorted, 0.05), quantile(sorted, 0.95)];
  const wide = (p95 - p5) * REACH;
  const [low, high] = [Math.max(sorted[0], p5 - wide), Math.min(sorted[sorted.length - 1], p95 + wide)];
  const margin = (high - low) * 0.02 || Math.abs(high) * 0.01 || 1;
  return [low - margin, high + margin];
}

/**
 * Linear between ranks, as R's type 7 (Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996).
 * @param {ArrayLike<number>} rising at least one @param {number} share from 0 to 1
 */
function quantile(rising, share) {
  const at = share * (rising.length - 1);
  const [low, high] = [rising[Math.floor(at)], rising[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

/** An end of the scale, in the unit of its larger one. @param {number} value @param {number} largest @param {string} unit */
function rung(value, largest, unit) {
  const { factor, label } = scaleOf(Math.abs(largest), unit);
  return `${significant(value / factor, 3)} ${label}`;
}
