// What each line is, and its newest value. A commit that was only carried over to is never the newest unsaid.

import { h } from "../../dom.js";
import { CARRIED, tagged } from "./details.js";
import { display } from "../../units.js";

/**
 * @typedef {import("../../data.js").Series} Series
 * @typedef {import("../../data.js").Store} Store
 * @typedef {import("./along.js").Curve} Curve
 * @typedef {import("./lines.js").Line} Line
 */

/** @param {Store} store @param {Line[]} lines @returns {HTMLElement[]} */
export function legend(store, lines) {
  const items = lines.map((line) => {
    const series = line.versions[line.versions.length - 1];
    return h("li", {}, tagged(line.tag), h("span", { class: "label" }, line.label),
      h("span", { class: "newest" }, ...newest(series)),
      carriedSince(store, series));
  });
  const any = lines.some(({ versions }) => versions.some(({ carried }) => carried.size));
  if (any) items.push(h("li", { class: "key" }, `${CARRIED} carried over: measured at another commit, the built content is the same`));
  return items;
}

/** Along a parameter. @param {Curve[]} curves @param {string | null} picked  the short hash of the picked commit */
export function growthLegend(curves, picked) {
  const items = curves.map(({ tag, label }) => h("li", {}, tagged(tag), h("span", { class: "label" }, label)));
  return [...items, h("li", { class: "key" }, picked ? `solid: the newest values · dashed: at ${picked}` : "the newest values; with a commit picked, its own beside them")];
}

/** @param {Series} series */
function newest(series) {
  const row = series.commits.length - 1;
  const value = series.values[row];
  if (typeof value === "number") return [display(value, series.metric.unit)];
  return [series.failures.has(row) ? h("span", { class: "bad" }, "✕ failed") : "skipped"];
}

/** @param {Store} store @param {Series} series */
function carriedSince(store, series) {
  const last = Math.max(...series.carried.keys());
  const row = series.carried.get(last);
  if (row === undefined || last < series.commits[series.commits.length - 1]) return null;
  const value = /** @type {number} */ (series.values[row]);
  const [here, there] = [store.commits[last], store.commits[series.commits[row]]];
  return h("span", { class: "since" }, `${CARRIED} ${display(value, series.metric.unit)} at ${here.short}, carried over from ${there.short}`);
}
