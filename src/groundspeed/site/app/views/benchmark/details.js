// What is known of a point, in words: the tooltip, the picked commit, the table of values.

import { counted, h, outward } from "../../dom.js";
import { day, display, displayInterval, moment } from "../../units.js";

/**
 * @typedef {import("../../data.js").Store} Store
 * @typedef {import("../../data.js").Metric} Metric
 * @typedef {import("../../data.js").Series} Series
 * @typedef {import("./lines.js").Line} Line
 * @typedef {{series: Series, row: number, carried: boolean}} Spot  carried: the row is of another commit
 */

const ROWS_AT_MOST = 300;
export const CARRIED = "◇"; // as the chart draws what was carried over

/** Where a line stands at a place in history, in its newest version. @param {Line} line @param {number} place @returns {Spot | null} */
function spotAt(line, place) {
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

/**
 * @param {Store} store @param {Line} line @param {boolean} several @param {number} place @param {Metric} metric
 * @returns {HTMLElement[]}
 */
export function pointText(store, line, several, place, metric) {
  const commit = store.commits[place];
  const spot = spotAt(line, place);
  if (!spot) return [];
  const interval = intervalText(spot);
  const failed = spot.series.failures.get(spot.row);
  return [
    h("p", { class: "value" }, h("strong", { class: failed === undefined ? "" : "bad" }, valueText(spot)),
      interval && h("span", { class: "quiet" }, `  ${interval}`)),
    several && h("p", {}, h("span", { class: `tagged line-${((line.tag - 1) % 8) + 1}` }, line.tag), ` ${line.label}`),
    failed && h("p", { class: "why" }, lastLine(failed)),
    spot.carried && h("p", {}, carriedText(store, spot)),
    h("p", {}, h("span", { class: "hash" }, commit.short), ` ${day(commit.date)}`, commit.tags.map((tag) => h("span", { class: "tag" }, tag))),
    commit.subject && h("p", { class: "subject" }, commit.subject),
    spot.series !== line.versions[line.versions.length - 1] && h("p", { class: "quiet" }, `an earlier version of the ${metric.name || "benchmark"}`),
  ].filter((node) => node instanceof HTMLElement);
}

/**
 * @param {Store} store @param {Line[]} lines @param {number} place @param {Metric} metric @param {() => void} close
 * @returns {HTMLElement[]}
 */
export function commitPanel(store, lines, place, metric, close) {
  const commit = store.commits[place];
  const address = store.manifest.project.show_commit_url;
  const here = lines.map((line) => ({ line, spot: spotAt(line, place) })).filter(({ spot }) => spot);
  const texts = new Set(here.map(({ spot }) => spot?.series.failures.get(spot.row)).filter((text) => text));
  return [
    h("header", {},
      h("h2", {}, outward(address && address + commit.hash, commit.short, { class: "hash" }), commit.tags.map((tag) => h("span", { class: "tag" }, tag)),
        h("span", { class: "subject" }, commit.subject ?? "not in the repository any more")),
      h("button", { type: "button", onclick: close, "aria-label": "Let go of this commit" }, "×")),
    h("p", { class: "quiet" }, `committed ${moment(commit.date)}`),
    h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "line"), ["value", "99 % interval", "before"].map((name) => h("th", { scope: "col", class: "number" }, name)))),
      h("tbody", {}, here.map(({ line, spot }) => spot && h("tr", {},
        h("th", { scope: "row" }, h("span", { class: `tagged line-${((line.tag - 1) % 8) + 1}` }, line.tag), ` ${line.label}`),
        h("td", { class: spot.series.failures.has(spot.row) ? "number bad" : "number" }, valueText(spot)),
        h("td", { class: "number" }, intervalText(spot) || "–"),
        h("td", { class: "number" }, before(store, spot, place))))))),
    ...carriedNotes(store, here),
    ...[...texts].map((text) => h("pre", { class: "why", tabindex: "0" }, text)),
    here.length < lines.length && h("p", { class: "quiet" }, `${counted(lines.length - here.length, "line")} not measured at this commit.`),
  ].filter((node) => node instanceof HTMLElement);
}

/** Where the values that were carried over were measured. @param {Store} store @param {{line: Line, spot: Spot | null}[]} here */
function carriedNotes(store, here) {
  /** @type {Map<string, number[]>} */
  const tags = new Map();
  for (const { line, spot } of here) {
    if (spot?.carried) tags.set(carriedText(store, spot), [...(tags.get(carriedText(store, spot)) ?? []), line.tag]);
  }
  return [...tags].map(([text, those]) => h("p", { class: "quiet" }, `${CARRIED} ${here.length > 1 ? `${those.join(", ")}: ` : ""}${text}`));
}

/** The value before, and where it was measured. @param {Store} store @param {Spot} spot @param {number} place */
function before(store, { series }, place) {
  for (let at = series.commits.length - 1; at >= 0; at--) {
    const value = series.values[at];
    if (series.commits[at] < place && typeof value === "number") return `${display(value, series.metric.unit)} at ${store.commits[series.commits[at]].short}`;
  }
  return "–";
}

/** @param {Store} store @param {Line[]} lines @param {number[]} places @param {Metric} metric */
export function valuesTable(store, lines, places, metric) {
  const newest = [...places].reverse().slice(0, ROWS_AT_MOST);
  return h("div", {},
    places.length > newest.length && h("p", { class: "quiet" }, `The newest ${newest.length} of ${counted(places.length, "commit")}.`),
    h("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Values" }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "commit"), h("th", { scope: "col" }, "committed"), h("th", { scope: "col" }, "subject"),
        lines.map((line) => h("th", { scope: "col", class: "number" }, lines.length > 1 ? `${line.tag}: ${line.label}` : metric.name || "value")))),
      h("tbody", {}, newest.map((place) => h("tr", {},
        h("td", { class: "hash" }, store.commits[place].short),
        h("td", { class: "date" }, day(store.commits[place].date)),
        h("td", { class: "subject" }, store.commits[place].subject ?? ""),
        lines.map((line) => {
          const spot = spotAt(line, place);
          return h("td", { class: "number", title: spot ? (spot.carried ? carriedText(store, spot) : intervalText(spot)) || null : null }, spot ? valueText(spot) + (spot.carried ? " carried over" : "") : "");
        })))))));
}

/** @param {string} text */
function lastLine(text) {
  const said = text.trim().split("\n").pop() ?? "";
  return said.length > 160 ? `${said.slice(0, 159)}…` : said;
}
