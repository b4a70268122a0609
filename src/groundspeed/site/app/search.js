// Cases as texts, and the words of a query in them. Pure.

/** @typedef {import("./data.js").Entry} Entry */

/** @param {string} query */
export function wordsOf(query) {
  return query.toLowerCase().split(/\s+/).filter(Boolean);
}

/**
 * A case as people write it: `name(p1, p2)`.
 * @param {Entry} entry
 * @param {(number | null)[]} places
 */
export function caseText(entry, places) {
  const values = places.flatMap((place, axis) => (place === null ? [] : [entry.params[axis][place]]));
  return values.length ? `${entry.name}(${values.join(", ")})` : entry.name;
}

/** @param {Entry} entry @returns {(number | null)[][]} in the suite's order, the last parameter fastest */
export function casesOf(entry) {
  if (entry.listed) return entry.listed;
  /** @type {number[][]} */
  let cases = [[]];
  for (const axis of entry.params) {
    cases = cases.flatMap((start) => axis.map((_, place) => [...start, place]));
  }
  return cases;
}

/**
 * A name in two parts: its module, and what stands in it.
 * @param {string} name
 * @returns {[string, string]}
 */
export function moduleOf(name) {
  const parts = name.split(".");
  if (parts.length === 1) return ["", name];
  const classAt = parts.findIndex((part, place) => place > 0 && /^[A-Z]/.test(part));
  const cut = classAt > 0 ? classAt : parts.length - 1;
  return [parts.slice(0, cut).join("."), parts.slice(cut).join(".")];
}

/**
 * A text cut where a word of the query stands: odd pieces are matches.
 * @param {string} text
 * @param {string[]} words in lower case
 * @returns {string[]}
 */
export function pieces(text, words) {
  if (!words.length) return [text];
  const pattern = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  return text.split(new RegExp(`(${pattern})`, "gi"));
}
