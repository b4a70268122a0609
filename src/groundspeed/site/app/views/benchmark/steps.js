// The steps of the lines in view, as a list. What a step means to the project stands in the answers of the history.

import { choicesOf, readChanges } from "../../answers.js";
import { commitLink, date } from "../../parts/commit.js";
import { counted, h } from "../../dom.js";
import { display, displayInterval } from "../../units.js";
import { format as address } from "../../address.js";
import { intervalText } from "../../parts/ratio.js";
import { table } from "../../parts/table.js";
import { tagged } from "./details.js";
import { directionWord, verdict } from "../../parts/verdict.js";
import { changeText } from "./words.js";

/**
 * @typedef {import("../../answers.js").Line} AnswerLine
 * @typedef {import("../../data.js").Benchmark} Benchmark
 * @typedef {import("../../data.js").Interval} Interval
 * @typedef {import("../../data.js").Series} Series
 * @typedef {import("../../data.js").Step} Step
 * @typedef {import("../../data.js").Store} Store
 * @typedef {import("./lines.js").Line} Line
 *
 * @typedef {{tag: number, label: string, series: Series, step: Step}} Row
 * @typedef {Map<string, {id: string, state: string}>} Known  what is known of a regression, by `keyOf`
 */

/** The steps in view, the newest first. @param {Line[]} lines @param {Set<number>} inView places in history @returns {Row[]} */
export function stepsOf(lines, inView) {
  return lines.flatMap(({ tag, label, versions }) => versions.flatMap((series) => series.steps
    .filter(({ head }) => inView.has(head)).map((step) => ({ tag, label, series, step }))))
    .sort((a, b) => b.step.head - a.step.head || a.tag - b.tag);
}

/** The states of this benchmark's regressions; empty where the site has no answers. @param {Store} store @param {Benchmark} benchmark @returns {Promise<Known>} */
export async function statesOf(store, benchmark) {
  const changes = await readChanges(store);
  return new Map((changes?.worse ?? []).flatMap(({ id, affected }) => affected
    .filter(({ line }) => line.benchmark === benchmark.name)
    .map(({ line, head, state }) => [keyOf(choicesOf(line), head.hash), { id, state }])));
}

/** @param {[string, string][]} choices  of a line @param {string} head */
function keyOf(choices, head) {
  return JSON.stringify([choices, head]);
}

/** A series in the words of its line's address. @param {Benchmark} benchmark @param {Series} series */
function choicesOfSeries({ param_names: names }, { machine, environment, metric, params }) {
  return choicesOf({ name: "", benchmark: "", machine, environment, metric: metric.name,
    params: params.flatMap((value, axis) => (value === null ? [] : [/** @type {[string, string]} */ ([names[axis], value])])) });
}

/**
 * @param {{store: Store, benchmark: Benchmark, rows: Row[], known: Known, picked: number | null, several: boolean, pick: (place: number) => void}} asked
 * @returns {HTMLElement[]}
 */
export function stepList({ store, benchmark, rows, known, picked, several, pick }) {
  if (!rows.length) return [h("p", { class: "quiet" }, "No change of level was found in what is shown.")];
  const columns = /** @type {import("../../parts/table.js").Column<Row>[]} */ ([
    { key: "change", label: "change", head: true, cell: ({ step, series }) => changeCell(step, series) },
    ...(several ? [{ key: "line", label: "line", title: "as numbered below the chart", cell: (/** @type {Row} */ { tag, label }) => h("span", { title: label }, tagged(tag), h("span", { class: "unseen" }, ` ${label}`)) }] : []),
    { key: "levels", label: "level before → after", number: true, cell: ({ step, series }) => levelsCell(step, series) },
    { key: "commit", label: "first commit of it", kind: "subject", cell: ({ step }) => headCell(store, step, pick, picked) },
    { key: "range", label: "last one before", cell: ({ step }) => rangeCell(store, step) },
    { key: "date", label: "committed", kind: "date", cell: ({ step }) => date(store.commits[step.head].date) },
    ...(rows.some((row) => knownOf(store, benchmark, row, known)) ? [{ key: "state", label: "regression", cell: (/** @type {Row} */ row) => stateCell(store, benchmark, row, known) }] : []),
  ]);
  const { node } = table({ label: "Steps of the lines shown", rows, columns, attributes: ({ step }) => ({ class: step.head === picked ? "picked" : null }) });
  node.classList.add("tall");
  return [node];
}

/** @param {Step} step @param {Series} series */
function changeCell(step, series) {
  const { scale, change, worse } = step;
  const interval = scale === "ratio" ? intervalText(change.low, change.high) : displayInterval(change.low, change.high, series.metric.unit);
  return [verdict(directionWord(series.metric, worse)), " ", h("strong", {}, changeText(step, series.metric.unit)), h("span", { class: "quiet interval" }, ` (${interval})`)];
}

/** @param {Step} step @param {Series} series */
function levelsCell({ before, after }, { metric: { unit } }) {
  return `${display(before.centre, unit)} → ${display(after.centre, unit)}`;
}

/** @param {Store} store @param {Step} step @param {(place: number) => void} pick @param {number | null} picked */
function headCell(store, { head }, pick, picked) {
  const commit = store.commits[head];
  return [h("button", { type: "button", class: "pick hash", "aria-pressed": head === picked ? "true" : "false", title: "Show this commit in the chart",
    onclick: () => pick(head) }, commit.short), h("span", { class: commit.subject ? "subject" : "quiet" }, ` ${commit.subject ?? "not in the repository"}`)];
}

/** The last commit of the old level, and how many the series passed by. @param {Store} store @param {Step} step */
function rangeCell(store, { base, head, earliest, latest }) {
  const title = `all but surely in ${store.commits[earliest].short}..${store.commits[latest].short}`;
  const between = head - base - 1;
  return [commitLink(store, base), between > 0 && h("span", { class: "quiet", title }, ` ${counted(between, "commit")} between`)];
}

/** @param {Store} store @param {Benchmark} benchmark @param {Row} row @param {Known} known */
function knownOf(store, benchmark, { series, step }, known) {
  return known.get(keyOf(choicesOfSeries(benchmark, series), store.commits[step.head].hash)) ?? null;
}

/** @param {Store} store @param {Benchmark} benchmark @param {Row} row @param {Known} known */
function stateCell(store, benchmark, row, known) {
  const found = knownOf(store, benchmark, row, known);
  return found ? h("a", { href: address("regressions", null, { id: found.id }) }, verdict(found.state)) : "";
}
