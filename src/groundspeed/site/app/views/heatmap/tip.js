// One cell of the heat map in words, to be read and to be heard.

import { breakable, h } from "../../dom.js";
import { tags } from "../../parts/commit.js";
import { directionWord, looks } from "../../parts/verdict.js";
import { day, display } from "../../units.js";
import { BAR } from "./departures.js";
import { inWords, USUAL } from "./scale.js";

/**
 * @typedef {import("./suite.js").Suite} Suite
 * @typedef {import("./suite.js").Row} Row
 * @typedef {import("../../data.js").Commit} Commit
 */

/** `1.32× its usual, at 1a2b3c4d of 2024-03-01: subject` @param {Suite} suite @param {Commit[]} commits @param {Row} row @param {number} column */
export function cellSaid(suite, commits, row, column) {
  const { short, date, subject } = commits[suite.places[column]];
  return `${levelOf(suite, row, column)}, at ${short} of ${day(date)}: ${subject ?? "not in the repository"}`;
}

/** @param {Suite} suite @param {Commit[]} commits @param {Row} row @param {number} column @param {string} address  of its case */
export function tip(suite, commits, row, column, address) {
  const commit = commits[suite.places[column]];
  const code = suite.codes[row.at * suite.places.length + column];
  const value = (/** @type {number} */ log) => display(row.reference * Math.exp(log), row.metric.unit, 3);
  const [here, usual] = [value(suite.logs[code]), value(0)];
  return [
    h("p", { class: "value" }, h("strong", {}, levelOf(suite, row, column))),
    code > 0 && h("p", { class: "quiet" }, here === usual ? `about ${usual}` : `about ${here}, usually ${usual}`, row.cases > 1 && `, geometric mean of ${row.cases} cases`),
    h("p", { class: "name" }, breakable(row.text)),
    h("p", {}, h("span", { class: "hash" }, commit.short), " ", h("span", { class: "quiet" }, day(commit.date)), ...tags(commit)),
    h("p", { class: commit.subject ? "subject" : "subject quiet" }, commit.subject ?? "not in the repository"),
    h("p", {}, h("a", { href: address }, "Open its history")),
  ].filter((one) => one !== false);
}

/** `▲ 1.32× its usual, slower`; a tenth is nothing that has a word. @param {Suite} suite @param {Row} row @param {number} column */
function levelOf(suite, row, column) {
  const code = suite.codes[row.at * suite.places.length + column];
  if (!code) return "no value";
  const text = inWords(suite.logs[code]);
  if (Math.abs(suite.logs[code]) < BAR) return text;
  const worse = suite.worse[row.at * suite.places.length + column] > USUAL;
  return `${looks(worse ? "worse" : "better")[0]} ${text}, ${directionWord(row.metric, worse)}`;
}
