// Every metric of a case beside the others: small pictures over the same commits, and the newest values. Owns both.

import { h } from "../../dom.js";
import { display } from "../../units.js";
import { lines, metricKey } from "./lines.js";
import { newestRow } from "./along.js";
import { palette } from "./chart.js";
import { caseOf } from "./words.js";
import { colourOf } from "./picture.js";

/**
 * @typedef {import("../../data.js").Benchmark} Benchmark
 * @typedef {import("../../data.js").Metric} Metric
 * @typedef {import("../../data.js").Series} Series
 * @typedef {import("./lines.js").Line} Line
 * @typedef {import("./state.js").State} State
 * @typedef {{metric: Metric, lines: Line[]}} Shown
 */

const MOST_LINES = 8; // in a picture as small as this
const TALL = 44; // CSS pixels
const TRIM = 0.01; // of the values at either end may lie outside: an outlier shall not flatten the rest

/** What a metric is called where it has no name of its own. @param {Metric} metric */
export function metricName({ name, unit }) {
  return name || (unit === "s" ? "time" : unit || "value");
}

/** Each metric with the lines that the present choice has of it. @param {Benchmark} benchmark @param {State} state @returns {Shown[]} */
export function shownMetrics(benchmark, state) {
  return benchmark.metrics.map((metric) => ({ metric,
    lines: lines(benchmark, { ...state, choices: new Map(state.choices).set("metric", [metricKey(metric)]) }).lines }));
}

/**
 * A field whose options are pictures: the chosen one is the chart above.
 * @param {{shown: Shown[], places: number[], chosen: Metric, change: (key: string) => void}} asked  the places in view
 * @returns {HTMLElement}
 */
export function metricField({ shown, places, chosen, change }) {
  return h("fieldset", { class: "metrics" }, h("legend", {}, "metric"), h("div", { class: "cells" }, shown.map(({ metric, lines: drawn }, place) => {
    const picture = h("canvas", { "aria-hidden": "true" });
    requestAnimationFrame(() => picture.isConnected && sketch(/** @type {HTMLCanvasElement} */ (picture), drawn.slice(0, MOST_LINES), places));
    const first = drawn[0]?.versions.at(-1);
    return h("label", {},
      h("input", { type: "radio", name: "metric", id: `choice-metric-${place}`, value: metricKey(metric), checked: metric === chosen, onchange: () => change(metricKey(metric)) }),
      h("span", { class: "cell" }, h("span", { class: "name" }, metricName(metric)), h("span", { class: "newest" }, first ? newestText(first) : "–"), picture));
  })));
}

/** @param {Series} series */
function newestText(series) {
  const row = newestRow(series);
  return row < 0 ? "–" : display(/** @type {number} */ (series.values[row]), series.metric.unit === series.metric.name ? "" : series.metric.unit, 3);
}

/** @param {HTMLCanvasElement} canvas @param {Line[]} drawn @param {number[]} places */
function sketch(canvas, drawn, places) {
  const ratio = devicePixelRatio;
  const wide = canvas.clientWidth;
  [canvas.width, canvas.height] = [Math.round(wide * ratio), TALL * ratio];
  const context = canvas.getContext("2d");
  if (!context) return;
  const across = new Map(places.map((place, stop) => [place, 2 + (stop / Math.max(1, places.length - 1)) * (wide - 4)]));
  const [low, high] = bounds(drawn.flatMap(({ versions }) => versions.flatMap(({ commits, values }) =>
    values.filter((value, row) => typeof value === "number" && across.has(commits[row])))).map(Number));
  const up = (/** @type {number} */ value) => TALL - 4 - ((value - low) / (high - low)) * (TALL - 8);
  const colours = palette(canvas);
  context.scale(ratio, ratio);
  context.lineWidth = 1.25;
  for (const { tag, versions } of drawn) {
    context.strokeStyle = colours.lines[colourOf(tag) - 1];
    for (const series of versions) trace(context, series, across, up);
  }
}

/** @param {CanvasRenderingContext2D} context @param {Series} series @param {Map<number, number>} across @param {(value: number) => number} up */
function trace(context, { commits, values }, across, up) {
  context.beginPath();
  let points = 0;
  commits.forEach((place, row) => {
    const [x, value] = [across.get(place), values[row]];
    if (x === undefined || typeof value !== "number") return;
    if (points++) context.lineTo(x, up(value));
    else context.moveTo(x, up(value));
    if (values.length === 1) context.arc(x, up(value), 1.5, 0, 2 * Math.PI);
  });
  context.stroke();
}

/** @param {number[]} values @returns {[number, number]} */
function bounds(values) {
  const sorted = Float64Array.from(values).sort();
  if (!sorted.length) return [0, 1];
  const cut = Math.floor(sorted.length * TRIM);
  const [low, high] = [sorted[cut], sorted[sorted.length - 1 - cut]];
  return low < high ? [low, high] : [low - (Math.abs(low) || 1) * 0.05, high + (Math.abs(high) || 1) * 0.05];
}

/** The newest value of every metric, a row for each case on each machine. @param {Benchmark} benchmark @param {Shown[]} shown */
export function newestTable(benchmark, shown) {
  /** @type {Map<string, {label: string, cells: Map<Metric, Series>}>} */
  const rows = new Map();
  for (const { metric, lines: drawn } of shown) {
    for (const { versions } of drawn) {
      const series = versions[versions.length - 1];
      const key = JSON.stringify([series.machine, series.environment, series.params]);
      const row = rows.get(key) ?? { label: `${caseOf(benchmark, series)} · ${series.machine} · ${series.environment}`, cells: new Map() };
      rows.set(key, row);
      row.cells.set(metric, series);
    }
  }
  return h("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Newest values" }, h("table", {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "case"), shown.map(({ metric }) => h("th", { scope: "col", class: "number" }, metricName(metric))))),
    h("tbody", {}, [...rows.values()].map(({ label, cells }) => h("tr", {}, h("th", { scope: "row" }, label),
      shown.map(({ metric }) => {
        const series = cells.get(metric);
        return h("td", { class: "number" }, series ? newestText(series) : "–");
      }))))));
}
