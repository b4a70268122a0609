// What the reader looks at of a benchmark, as the words of the address say it. Knows no data and no document.

import { format as address } from "../../address.js";

/**
 * `choices` holds what was chosen on each dimension ("machine", "env", "metric", "p.<parameter>");
 * one that is absent was not chosen, and the view decides.
 * @typedef {Object} State
 * @property {Map<string, string[]>} choices
 * @property {string} x  "commit", "date", or "p.<parameter>": along its values
 * @property {"auto" | "zero" | "log" | "ratio"} y
 * @property {boolean} earlier  whether earlier versions of the benchmark are drawn
 * @property {string | null} commit  the picked commit, eight digits or more
 * @property {[string, string] | null} zoom  first and last commit in view
 * @property {Set<string>} open  what is unfolded: "table", "source", "metrics"
 */

const FOLDS = ["table", "source", "metrics"];
const UPRIGHT = ["zero", "log", "ratio"];

/** @returns {State} */
export function blank() {
  return { choices: new Map(), x: "commit", y: "auto", earlier: true, commit: null, zoom: null, open: new Set() };
}

/** @param {URLSearchParams} words @returns {State} */
export function parse(words) {
  const state = blank();
  const [x, y] = [words.get("x") ?? "", words.get("y") ?? ""];
  if (x === "date" || x.startsWith("p.")) state.x = x;
  if (UPRIGHT.includes(y)) state.y = /** @type {State["y"]} */ (y);
  state.earlier = words.get("earlier") !== "no";
  state.commit = words.get("commit");
  const [from, to] = [words.get("from"), words.get("to")];
  if (from && to) state.zoom = [from, to];
  state.open = new Set(words.getAll("open").filter((word) => FOLDS.includes(word)));
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
  for (const fold of FOLDS.filter((one) => state.open.has(one))) words.append("open", fold);
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
