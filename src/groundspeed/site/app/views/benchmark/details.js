// What is known of a point, in words: the tooltip, the picked commit, the table of values.

import { commitLink, date, tags } from "../../parts/commit.js";
import { copyable } from "../../parts/command.js";
import { counted, h } from "../../dom.js";
import { commandsFor } from "./commands.js";
import { day, display, displayInterval, moment } from "../../units.js";
import { caseOf, stepAt, stepText } from "./words.js";
import { colourOf } from "./picture.js";

/**
 * @typedef {import("../../data.js").Benchmark} Benchmark
 * @typedef {import("../../data.js").Commit} Commit
 * @typedef {import("../../data.js").Store} Store
 * @typedef {import("../../data.js").Metric} Metric
 * @typedef {import("../../data.js").Series} Series
 * @typedef {import("../../data.js").Step} Step
 * @typedef {import("./lines.js").Line} Line
 * @typedef {{series: Series, row: number, carried: boolean}} Spot  carried: the row is of another commit
 */

const ROWS_AT_MOST = 300;
export const CARRIED = "◇"; // as the chart draws what was carried over

/** A line's number in its colour. @param {number} tag */
export function tagged(tag) {
  return h("span", { class: `tagged line-${colourOf(tag)}` }, tag);
}

/** Where a line stands at a place in history, in its newest version. @param {Line} line @param {number} place @returns {Spot | null} */
export function spotAt(line, place) {
  for (const series of [...line.versions].reverse()) {
    const row = series.commits.indexOf(place);
    if (row >= 0) return { series, row, carried: false };
    const over = series.carried.get(place);
    if (over !== undefined) return { series, row: over, carried: true };
  }
  return null;
}

/** @param {Spot} spot */
function valueText({ series, row, carried }) {
  const value = series.values[row];
  if (typeof value === "number") return (carried ? `${CARRIED} ` : "") + display(value, series.metric.unit);
  return series.failures.has(row) ? "✕ failed" : "skipped";
}

/** What was carried over has none: nothing was measured there. @param {Spot} spot */
function intervalText({ series, row, carried }) {
  if (carried) return "";
  const [low, high] = [series.low?.[row], series.high?.[row]];
  return typeof low === "number" && typeof high === "number" ? displayInterval(low, high, series.metric.unit) : "";
}

/** @param {Store} store @param {Spot} spot */
function carriedText(store, { series, row }) {
  const { short, subject } = store.commits[series.commits[row]];
  return `carried over from ${short}${subject ? ` ${subject}` : ""}: the built content is the same`;
}

/** A commit in the tooltip: hash, day, tags, subject. @param {Commit} commit */
function commitWords(commit) {
  return [
    h("p", {}, h("span", { class: "hash" }, commit.short), ` ${day(commit.date)}`, tags(commit)),
    commit.subject && h("p", { class: "subject" }, commit.subject),
  ];
}

/**
 * @param {{store: Store, line: Line, several: boolean, place: number, far: number | null, metric: Metric}} asked
 *   `far`: of an outlier, the scatters of its level that it lies off
 * @returns {HTMLElement[]}
 */
export function pointText({ store, line, several, place, far, metric }) {
  const spot = spotAt(line, place);
  if (!spot) return [];
  const interval = intervalText(spot);
  const failed = spot.series.failures.get(spot.row);
  const step = spot.carried ? null : stepAt(spot.series, place);
  return [
    h("p", { class: "value" }, h("strong", { class: failed === undefined ? "" : "bad" }, valueText(spot)),
      interval && h("span", { class: "quiet" }, `  ${interval}`)),
    several && h("p", {}, tagged(line.tag), ` ${line.label}`),
    step && h("p", { class: step.worse ? "bad" : "good" }, `${stepText(step, metric.unit)} a new level begins: ${step.worse ? "worse" : "better"}`),
    far !== null && h("p", { class: "quiet" }, `an outlier, ${far >= 100 ? "100 times or more" : `${far.toFixed(1)} times`} the scatter of its level off`),
    failed && h("p", { class: "why" }, lastLine(failed)),
    spot.carried && h("p", {}, carriedText(store, spot)),
    ...commitWords(store.commits[place]),
    spot.series !== line.versions[line.versions.length - 1] && h("p", { class: "quiet" }, `an earlier version of the ${metric.name || "benchmark"}`),
  ].filter((node) => node instanceof HTMLElement);
}

/**
 * A point along a parameter, in the tooltip.
 * @param {{series: Series, size: {label: string, axis: number}, tag: number, label: string, value: number, commit: Commit}} asked
 * @returns {HTMLElement[]}
 */
export function growthText({ series, size, tag, label, value, commit }) {
  return [h("p", { class: "value" }, h("strong", {}, display(value, series.metric.unit)), ` at ${size.label} ${series.params[size.axis]}`),
    h("p", {}, tagged(tag), ` ${label}`), ...commitWords(commit)].filter((node) => node instanceof HTMLElement);
}

/**
 * @param {{store: Store, benchmark: Benchmark, lines: Line[], place: number, close: () => void}} asked
 * @returns {HTMLElement[]}
 */
export function commitPanel({ store, benchmark, lines, place, close }) {
  const commit = store.commits[place];
  const here = lines.map((line) => ({ line, spot: spotAt(line, place) })).filter(({ spot }) => spot);
  const texts = new Set(here.map(({ spot }) => spot?.series.failures.get(spot.row)).filter((text) => text));
  return [
    h("header", {},
      h("h2", {}, commitLink(store, place), tags(commit), h("span", { class: "subject" }, commit.subject ?? "not in the repository any more")),
      h("button", { type: "button", onclick: close, "aria-label": "Let go of this commit" }, "×")),
    h("p", { class: "quiet" }, `committed ${moment(commit.date)}`),
    here.length > 0 && h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Values at this commit" }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "line"), ["value", "99 % interval", "before"].map((name) => h("th", { scope: "col", class: "number" }, name)),
        h("th", { scope: "col" }, "step"))),
      h("tbody", {}, here.map(({ line, spot }) => spot && valueRow(store, line, spot, place))))),
    ...carriedNotes(store, here),
    ...[...texts].map((text) => h("pre", { class: "why", tabindex: "0" }, text)),
    here.length < lines.length && h("p", { class: "quiet" }, `${counted(lines.length - here.length, "line")} not measured at this commit.`),
    commands(store, benchmark, here, place),
  ].filter((node) => node instanceof HTMLElement);
}

/** @param {Store} store @param {Line} line @param {Spot} spot @param {number} place */
function valueRow(store, line, spot, place) {
  const step = spot.carried ? null : stepAt(spot.series, place);
  const at = before(spot, place);
  return h("tr", {},
    h("th", { scope: "row" }, tagged(line.tag), ` ${line.label}`),
    h("td", { class: spot.series.failures.has(spot.row) ? "number bad" : "number" }, valueText(spot)),
    h("td", { class: "number" }, intervalText(spot) || "–"),
    h("td", { class: "number" }, at < 0 ? "–" : `${display(/** @type {number} */ (spot.series.values[at]), spot.series.metric.unit)} at ${store.commits[spot.series.commits[at]].short}`),
    h("td", { class: step ? (step.worse ? "bad" : "good") : "" }, step ? `${stepText(step, spot.series.metric.unit)} ${step.worse ? "worse" : "better"}` : "–"));
}

/** What may be asked next, in a terminal. @param {Store} store @param {Benchmark} benchmark @param {{line: Line, spot: Spot | null}[]} here @param {number} place */
function commands(store, benchmark, here, place) {
  const spots = here.map(({ spot }) => spot).filter((spot) => spot !== null);
  const step = spots.map(({ series, carried }) => (carried ? null : stepAt(series, place))).find((one) => one) ?? null;
  const earlier = Math.max(...spots.map((spot) => (before(spot, place) < 0 ? -1 : spot.series.commits[before(spot, place)])));
  const base = step ? step.base : earlier;
  if (!spots.length) return null;
  return h("div", { class: "next" }, h("h3", {}, "In a terminal"), h("dl", {}, commandsFor({
    benchmark: benchmark.name, cases: spots.map(({ series }) => caseOf(benchmark, series)), commit: store.commits[place].hash,
    before: base < 0 ? null : store.commits[base].hash, step: step !== null,
  }).map(({ what, command }) => [h("dt", {}, what), h("dd", {}, copyable(command, `the command: ${what}`))]).flat()));
}

/** Where the values that were carried over were measured. @param {Store} store @param {{line: Line, spot: Spot | null}[]} here */
function carriedNotes(store, here) {
  /** @type {Map<string, number[]>} */
  const those = new Map();
  for (const { line, spot } of here) {
    if (spot?.carried) those.set(carriedText(store, spot), [...(those.get(carriedText(store, spot)) ?? []), line.tag]);
  }
  return [...those].map(([text, numbers]) => h("p", { class: "quiet" }, `${CARRIED} ${here.length > 1 ? `${numbers.join(", ")}: ` : ""}${text}`));
}

/** The row of the measured value before a place, -1: none. @param {Spot} spot @param {number} place */
export function before({ series }, place) {
  return series.commits.findLastIndex((commit, row) => commit < place && typeof series.values[row] === "number");
}

/** @param {Store} store @param {Line[]} lines @param {number[]} places @param {Metric} metric */
export function valuesTable(store, lines, places, metric) {
  const newest = [...places].reverse().slice(0, ROWS_AT_MOST);
  return h("div", {},
    places.length > newest.length && h("p", { class: "quiet" }, `The newest ${newest.length} of ${counted(places.length, "commit")}; the file has them all.`),
    h("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Values" }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "commit"), h("th", { scope: "col" }, "committed"), h("th", { scope: "col" }, "subject"),
        lines.map((line) => h("th", { scope: "col", class: "number" }, lines.length > 1 ? `${line.tag}: ${line.label}` : metric.name || "value")))),
      h("tbody", {}, newest.map((place) => h("tr", {},
        h("td", { class: "hash" }, store.commits[place].short),
        h("td", { class: "date" }, date(store.commits[place].date)),
        h("td", { class: "subject" }, store.commits[place].subject ?? ""),
        lines.map((line) => valueCell(store, spotAt(line, place)))))))));
}

/** @param {Store} store @param {Spot | null} spot */
function valueCell(store, spot) {
  const title = spot && (spot.carried ? carriedText(store, spot) : intervalText(spot));
  return h("td", { class: "number", title: title || null }, spot ? valueText(spot) + (spot.carried ? " carried over" : "") : "");
}

/** @param {string} text */
function lastLine(text) {
  const said = text.trim().split("\n").pop() ?? "";
  return said.length > 160 ? `${said.slice(0, 159)}…` : said;
}
