// The rows of a comparison: which of them are shown, how each is written, and the same as a file. Draws no picture.

import { addressOf } from "../benchmark/state.js";
import { h } from "../../dom.js";
import { ratio } from "../../parts/ratio.js";
import { looks, verdict } from "../../parts/verdict.js";
import { wordsOf } from "../../search.js";
import { display } from "../../units.js";
import { SAID } from "./suite.js";

/**
 * @typedef {import("./suite.js").Row} Row
 * @typedef {import("./ends.js").Ends} Ends
 * @typedef {import("../../data.js").Commit} Commit
 */

export const LEAST = [["0", "any"], ["1.02", "×1.02"], ["1.05", "×1.05"], ["1.1", "×1.1"], ["1.25", "×1.25"], ["1.5", "×1.5"], ["2", "×2"]];

/** What the address asks to be shown. @param {Row[]} rows @param {URLSearchParams} words */
export function chosen(rows, words) {
  const shown = new Set((words.get("show") ?? "").split(",").filter(Boolean));
  const [module, least] = [words.get("module"), Math.log(Number(words.get("least")) || 1)];
  const sought = wordsOf(words.get("q") ?? "");
  return rows.filter((row) => (!shown.size || shown.has(row.said)) && (!module || row.module === module)
    && (least <= 0 || Math.abs(Math.log(row.judgement?.worse.centre ?? 1)) >= least)
    && sought.every((word) => row.name.toLowerCase().includes(word)));
}

export const HEADS = [
  { label: "Case", key: "case", kind: "name" },
  { label: "Base", key: "base", kind: "number", descending: true },
  { label: "Head", key: "head", kind: "number", descending: true },
  { label: "Head ÷ base", key: "ratio", kind: "number", descending: true },
  { label: "Verdict", key: "verdict", kind: "said" },
];

/** @param {Row[]} rows @param {string | null} order  a column, with - in front from large to small; none: the worst of each verdict first */
export function ordered(rows, order) {
  const key = (order ?? "verdict").replace(/^-/, "");
  const sign = order?.startsWith("-") ? -1 : 1;
  const size = (/** @type {Row} */ row) => ({ base: row.base?.value, head: row.head?.value, ratio: row.judgement?.ratio?.centre })[key];
  const worse = (/** @type {Row} */ row) => Math.abs(Math.log(row.judgement?.worse.centre ?? 1)) || 0;
  return [...rows].sort((one, other) => {
    if (key === "case") return sign * COLLATOR.compare(one.name, other.name);
    if (key === "verdict") return sign * (SAID.indexOf(one.said) - SAID.indexOf(other.said)) || worse(other) - worse(one) || COLLATOR.compare(one.name, other.name);
    const [a, b] = [size(one) ?? NaN, size(other) ?? NaN];
    return Number.isNaN(a) || Number.isNaN(b) ? Number(Number.isNaN(a)) - Number(Number.isNaN(b)) : sign * (a - b);
  });
}

const COLLATOR = new Intl.Collator("en", { numeric: true });

/** @param {Row} row @param {Ends} ends @param {Commit[]} commits @param {boolean} environments  whether to name the environment */
export function cells(row, ends, commits, environments) {
  const { judgement, metric } = row;
  return [
    [h("a", { href: caseAddress(row, ends, commits), title: row.name }, row.name), environments && h("span", { class: "quiet" }, ` ${row.environment}`)],
    valueOf(row.base, metric.unit), valueOf(row.head, metric.unit),
    judgement?.ratio ? ratio(judgement.ratio.centre, { ...bounded(judgement.ratio), tone: /** @type {"bad"} */ (looks(row.said)[1].replace("unsure", "")) }) : "–",
    [wordOf(row.said), h("span", { class: "why quiet", title: row.reason }, row.reason)],
  ];
}

const SYMBOLS = /** @type {Record<string, string>} */ ({ broken: "failed", fixed: "faster", gone: "vanished" });

/** A verdict's symbol and word, also where there is none. @param {string} said @param {string} [text] */
export function wordOf(said, text = said) {
  return verdict(SYMBOLS[said] ?? said, text);
}

/** @param {{low: number, high: number}} found */
function bounded({ low, high }) {
  return Number.isFinite(low) && Number.isFinite(high) ? { low, high } : {};
}

/** @param {import("./moments.js").Cell | null} cell @param {string} unit */
function valueOf(cell, unit) {
  if (!cell) return "–";
  if (cell.kind !== "value") return cell.kind;
  return [display(cell.value, unit), cell.measured !== null && h("span", { title: "carried over: measured at a commit of the same content" }, " ◇")];
}

/** The case's history, with both commits in view. @param {Row} row @param {Ends} ends @param {Commit[]} commits */
export function caseAddress({ entry, metric, params, environment }, { base, head }, commits) {
  /** @type {[string, string][]} */
  const words = [...new Set([base.machine.name, head.machine.name])].map((name) => ["machine", name]);
  for (const name of new Set([base.environment ?? environment, head.environment ?? environment])) words.push(["env", name]);
  if (metric.name) words.push(["metric", metric.name]);
  params.forEach((value, axis) => value !== null && words.push([`p.${entry.param_names[axis]}`, value]));
  const [from, to] = [base.place, head.place].sort((a, b) => a - b);
  const room = Math.max(10, Math.round((to - from) / 4));
  words.push(["commit", commits[head.place].short], ["from", commits[Math.max(0, from - room)].short], ["to", commits[Math.min(commits.length - 1, to + room)].short]);
  return addressOf(entry.name, words);
}

/** As a file has them, in base units. @param {Row[]} rows @returns {import("../../parts/csv.js").Cell[][]} */
export function fileRows(rows) {
  const number = (/** @type {number | undefined} */ value) => (value !== undefined && Number.isFinite(value) ? value : null);
  return [["case", "environment", "unit", "better", "base", "head", "ratio", "low", "high", "verdict", "why"],
    ...rows.map(({ name, environment, metric, base, head, judgement, said, reason }) => [name, environment, metric.unit, metric.better,
      number(base?.value), number(head?.value), number(judgement?.ratio?.centre), number(judgement?.ratio?.low), number(judgement?.ratio?.high), said, reason])];
}
