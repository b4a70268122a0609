// What the reader looks at, as the address says it. Owns hash ↔ state; knows no data and no document.

/**
 * `choices` holds what was chosen on each dimension ("machine", "env", "metric", "p.<parameter>");
 * one that is absent was not chosen, and the view decides.
 * @typedef {Object} State
 * @property {string | null} benchmark  null: the start page
 * @property {string} query
 * @property {Map<string, string[]>} choices
 * @property {"commit" | "date"} x
 * @property {"auto" | "zero" | "log"} y
 * @property {boolean} earlier  whether earlier versions of the benchmark are drawn
 * @property {string | null} commit  the picked commit, eight digits or more
 * @property {[string, string] | null} zoom  first and last commit in view
 */

const PREFIX = "#/benchmark/";

/** @returns {State} */
export function blank() {
  return {
    benchmark: null, query: "", choices: new Map(), x: "commit", y: "auto", earlier: true, commit: null, zoom: null,
  };
}

/** @param {string} hash @returns {State} */
export function parse(hash) {
  const state = blank();
  const [path, query = ""] = split(hash);
  if (path.startsWith(PREFIX)) state.benchmark = decode(path.slice(PREFIX.length));
  const words = new URLSearchParams(query);
  state.query = words.get("q") ?? "";
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

/** @param {State} state @returns {string} */
export function format(state) {
  const words = new URLSearchParams();
  if (state.query) words.set("q", state.query);
  if (state.benchmark !== null) {
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
  }
  const path = state.benchmark === null ? "#/" : PREFIX + encodeURIComponent(state.benchmark);
  const query = words.toString();
  return query ? `${path}?${query}` : path;
}

/**
 * The address of a benchmark, seen afresh.
 * @param {string} benchmark
 * @param {string} query
 * @param {[string, string][]} [choices]
 */
export function addressOf(benchmark, query, choices = []) {
  return format({ ...blank(), benchmark, query, choices: new Map(choices.map(([name, value]) => [name, [value]])) });
}

/** @param {string} hash @returns {[string, string]} */
function split(hash) {
  const at = hash.indexOf("?");
  return at < 0 ? [hash, ""] : [hash.slice(0, at), hash.slice(at + 1)];
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // somebody cut the address in the middle of a character
  }
}
