// What was found of something, in a symbol, a word and a colour: never in the colour alone.

import { h } from "../dom.js";

/** The tone of a word says how bad it is: the class that colours it. */
const LOOKS = /** @type {Record<string, [symbol: string, tone: string]>} */ ({
  // verdicts
  slower: ["▲", "bad"],
  worse: ["▲", "bad"],
  faster: ["▼", "good"],
  better: ["▼", "good"],
  same: ["=", "even"],
  inconclusive: ["?", "unsure"],
  // states of a regression
  regression: ["▲", "bad"],
  improvement: ["▼", "good"],
  confirmed: ["●", "bad"],
  suspected: ["◐", "unsure"],
  "not confirmed": ["○", "even"],
  acknowledged: ["✓", "even"],
  recovered: ["↩", "good"],
  // states of a target
  holds: ["✓", "good"],
  fails: ["✕", "bad"],
  // where a value goes
  improving: ["▼", "good"],
  worsening: ["▲", "bad"],
  steady: ["=", "even"],
  missing: ["∅", "unsure"],
  told: ["◆", "even"],
  "not told": ["◇", "unsure"],
  // hosts
  drifting: ["▲", "bad"],
  moved: ["▲", "bad"],
  unfit: ["✕", "bad"],
  note: ["!", "unsure"],
  fine: ["✓", "good"],
  // measuring
  failed: ["✕", "bad"],
  vanished: ["∅", "unsure"],
  stale: ["!", "bad"],
  fresh: ["✓", "good"],
  skipped: ["–", "even"],
  "carried over": ["◇", "even"],
});

/**
 * @param {string} word  one of the words above; another is shown as it is
 * @param {string} [text]  what to say instead of the word: `3 failed`
 * @returns {HTMLElement}
 */
export function verdict(word, text = word) {
  const [symbol, tone] = looks(word);
  return h("span", { class: `verdict ${tone}` }, h("span", { class: "symbol", "aria-hidden": "true" }, symbol), ` ${text}`);
}

/** @param {string} word @returns {[symbol: string, tone: string]} */
export function looks(word) {
  return LOOKS[word] ?? ["·", "even"];
}

/** What is worse called: times have words of their own. @param {{unit: string, better: string}} metric @param {boolean} worse */
export function directionWord({ unit, better }, worse) {
  if (unit === "s" && better !== "higher") return worse ? "slower" : "faster";
  return worse ? "worse" : "better";
}
