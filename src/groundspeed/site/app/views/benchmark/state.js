// What the reader looks at of a benchmark, as the words of the address say it. Knows no data and no document.

import { format as address } from "../../address.js";

/**
 * `choices` holds what was chosen on each dimension ("machine", "env", "metric", "p.<parameter>");
 * one that is absent was not chosen, and the view decides.
 * @typedef {Object} State
 * @property {Map<string, string[]>} choices
 * @property {"commit" | "date"} x
 * @property {"auto" | "zero" | "log"} y
 * @property {boolean} earlier  whether earlier versions of the benchmark are drawn
 * @property {string | null} commit  the picked commit, eight digits or more
 * @property {[string, string] | null} zoom  first and last commit in view
 */

/** @returns {State} */
export function blank() {
  return { choices: new Map(), x: "commit", y: "auto", earlier: true, commit: null, zoom: null };
}

/** @param {URLSearchParams} words @returns {State} */
export function parse(words) {
  const state = blank();
  if (words.get("x") === "date") state.x = "date";
  const y = words.get("y");
  if (y === "zero" || y === "log") state.y = y;
  state.earlier = words.get("earlier") !== "no";
  state.commit = words.get("commit");
  const [from, to] = [words.get("from"), words.get("to")];
  if (from && to) state.zoom = [from, to];
  for (const name of new Set(words.keys())) {
    if (name === "machine" || name === "env" || name === "metric" || name.startsWith("p.")) {
      state.choices.set(name, words.getAll(name));
    }
  }
  return state;
}

/** @param {State} state @returns {URLSearchParams} */
export function format(state) {
  const words = new URLSearchParams();
  for (const [name, values] of [...state.choices].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const value of values) words.append(name, value);
  }
  if (state.x !== "commit") words.set("x", state.x);
  if (state.y !== "auto") words.set("y", state.y);
  if (!state.earlier) words.set("earlier", "no");
  if (state.commit) words.set("commit", state.commit);
  if (state.zoom) {
    words.set("from", state.zoom[0]);
    words.set("to", state.zoom[1]);
  }
  return words;
}

/**
 * The address of a benchmark, seen afresh.
 * @param {string} benchmark
 * @param {[string, string][]} [choices]
 */
export function addressOf(benchmark, choices = []) {
  return address("benchmark", benchmark, choices);
}
