// The ways to and from a benchmark: the crumbs above it, the case and the benchmark beside it. Owns which is next.

import { breakable, h } from "../../dom.js";
import { caseText, casesOf, moduleOf } from "../../search.js";
import { format as address } from "../../address.js";
import { format, blank } from "./state.js";

/**
 * @typedef {import("../../data.js").Benchmark} Benchmark
 * @typedef {import("../../data.js").Entry} Entry
 * @typedef {import("../../data.js").Series} Series
 * @typedef {import("../../data.js").Store} Store
 * @typedef {import("./state.js").State} State
 * @typedef {{text: string, href: string}} Way
 */

/** Project / module / class, each a search for what stands below it. @param {Store} store @param {string} name */
export function crumbs(store, name) {
  const [module, rest] = moduleOf(name);
  const group = rest.includes(".") ? rest.slice(0, rest.lastIndexOf(".")) : "";
  const parts = [[module, `${module}.`], [group, `${module && `${module}.`}${group}.`]].filter(([text]) => text);
  return h("nav", { class: "crumbs", "aria-label": "Where this benchmark stands" }, h("ol", {},
    h("li", {}, h("a", { href: address("benchmarks") }, store.manifest.project.name)),
    parts.map(([text, words]) => h("li", {}, h("a", { href: address("benchmarks", null, { q: words }) }, breakable(text))))));
}

/**
 * The case before and after the one that is shown, where one is; at the ends the neighbouring benchmark. All else that
 * was chosen stays.
 * @param {Store} store @param {Entry} entry @param {State} state @param {Series | null} first  of the lines that are shown
 * @returns {{previous: Way | null, next: Way | null}}
 */
export function neighbours(store, entry, state, first) {
  const cases = casesOf(entry);
  const at = first ? cases.findIndex((places) => places.every((place, axis) => (place === null ? null : entry.params[axis][place]) === first.params[axis])) : -1;
  const one = (/** @type {1 | -1} */ direction) => caseBeside(entry, cases[at + direction], at, state) ?? benchmarkBeside(store, entry, direction, state);
  return { previous: one(-1), next: one(1) };
}

/** @param {Entry} entry @param {(number | null)[] | undefined} places @param {number} at @param {State} state @returns {Way | null} */
function caseBeside(entry, places, at, state) {
  if (at < 0 || !places || !places.length) return null;
  const choices = new Map([...state.choices].filter(([key]) => !key.startsWith("p.")));
  places.forEach((place, axis) => place !== null && choices.set(`p.${entry.param_names[axis]}`, [entry.params[axis][place]]));
  const x = state.x.startsWith("p.") ? "commit" : state.x;
  return { text: caseText(entry, places), href: address("benchmark", entry.name, format({ ...state, choices, x, open: new Set() })) };
}

/** @param {Store} store @param {Entry} entry @param {number} direction @param {State} state @returns {Way | null} */
function benchmarkBeside(store, entry, direction, state) {
  const all = store.index.benchmarks;
  const beside = all[all.indexOf(entry) + direction];
  if (!beside) return null;
  const choices = new Map([...state.choices].filter(([key]) => key === "machine" || key === "env"));
  const x = state.x.startsWith("p.") ? "commit" : state.x;
  return { text: beside.name, href: address("benchmark", beside.name, format({ ...blank(), choices, x })) };
}

/** @param {{previous: Way | null, next: Way | null}} beside */
export function wayLinks({ previous, next }) {
  return h("nav", { class: "beside", "aria-label": "Neighbouring cases" },
    previous && h("a", { href: previous.href, title: `${previous.text} ([)` }, "← previous"),
    next && h("a", { href: next.href, title: `${next.text} (])` }, "next →"));
}
