// A ladder in words and tables: its growth, what it answers, where its exponent changed. The chart is chart.js's.

import { choicesOf } from "../../answers.js";
import { changed } from "../../parts/choice.js";
import { commitLine, commitLink, date } from "../../parts/commit.js";
import { copyable } from "../../parts/command.js";
import { breakable, counted, h } from "../../dom.js";
import { chart, sizeText } from "./chart.js";
import { format as address } from "../../address.js";
import { level } from "../../parts/level.js";
import { orderOf, table } from "../../parts/table.js";
import { shareText } from "../../parts/ratio.js";
import { verdict } from "../../parts/verdict.js";

/**
 * @typedef {import("../../answers.js").Ladder} Ladder
 * @typedef {import("../../answers.js").Answer} Answer
 * @typedef {import("../../answers.js").Interval} Interval
 */

/** @param {Ladder} ladder @param {URLSearchParams} words @param {boolean} several  whether there are other machines */
export function card(ladder, words, several) {
  return h("li", { class: "sheet" },
    h("h2", {}, h("a", { href: address("scaling", null, changed(words, { id: ladder.id })) }, breakable(ladder.name))),
    several && h("p", { class: "quiet" }, ladder.machine), h("p", {}, ...growthOf(ladder)), chart(ladder, 210));
}

/** `grows like n^1.02 (0.98 – 1.06)`, or why that is not known. @param {Ladder} ladder @returns {(Node | string)[]} */
function growthOf({ growth, reason }) {
  if (!growth) return [verdict("unknown", reason || "how it grows is not known")];
  const { exponent, forms } = growth;
  const interval = exponent.low !== null && exponent.high !== null ? ` (${exponent.low.toFixed(2)} – ${exponent.high.toFixed(2)})` : "";
  return ["grows like ", h("strong", {}, "n", h("sup", {}, exponent.centre.toFixed(2))), h("span", { class: "quiet" }, `${interval}${forms.length ? `, as ${forms.join(" or ")} does` : ""}`)];
}

/** @param {import("../../view.js").Frame} frame @param {Ladder} ladder @param {URLSearchParams} words @returns {Node[]} */
export function ladderPage(frame, ladder, words) {
  return [
    h("header", { class: "lead" }, h("h1", { tabindex: "-1", class: "code" }, breakable(ladder.name)), h("p", {}, ...growthOf(ladder)),
      h("p", { class: "quiet" }, `${ladder.machine} · ${ladder.environment} · along ${ladder.parameter}${ladder.growth ? ` · sizes scatter by ${shareText(ladder.growth.scatter)} about the fit` : ""}`)),
    h("section", { class: "sheet", "aria-label": "Chart" }, chart(ladder, 380), legend(ladder)),
    answers(ladder), points(frame, ladder, words), changes(frame, ladder),
    ladder.command ? h("section", { "aria-label": "Sizes never measured" }, h("p", { class: "quiet" }, "Measure the sizes that never were:"), copyable(ladder.command)) : "",
  ].filter((one) => one instanceof Node);
}

/** @param {Ladder} ladder */
function legend({ growth, answers }) {
  return h("p", { class: "caption" }, "● measured, with its 99 % interval", growth ? h("span", {}, "— the fit and its band") : null,
    answers.some((one) => one.told && one.value) ? h("span", {}, "◆ told at a size that was asked for") : null,
    answers.some((one) => !one.told && one.value) ? h("span", {}, "◇ not told: a guess beyond what was measured") : null);
}

/** @param {Ladder} ladder */
function answers({ answers, size_unit: sizeUnit, unit }) {
  if (!answers.length) return "";
  /** @type {import("../../parts/table.js").Column<Answer>[]} */
  const columns = [
    { key: "size", label: "at a size of", head: true, number: true, cell: ({ size }) => sizeText(size, sizeUnit) },
    { key: "told", label: "told", cell: ({ told, value }) => verdict(told ? "told" : "not told", value ? (told ? "told" : "not told") : "nothing to say") },
    { key: "value", label: "comes to", number: true, cell: ({ value }) => (value ? level(value, unit) : "–") },
    { key: "limits", label: "targets", cell: ({ limits }) => limits.flatMap(({ text, state }, place) => [place ? ", " : "", `${text} `, verdict(state)]) },
    { key: "doubts", label: "doubts", kind: "doubts", cell: ({ doubts }) => h("span", { class: "quiet" }, doubts.join("; ")) },
  ];
  return h("section", {}, h("h2", {}, "At the sizes asked for"), table({ label: "At the sizes asked for", rows: answers, columns }).node);
}

/** @param {import("../../view.js").Frame} frame @param {Ladder} ladder @param {URLSearchParams} words */
function points(frame, { points, unmeasured, unit, size_unit: sizeUnit }, words) {
  /** @type {import("../../parts/table.js").Column<Ladder["points"][number]>[]} */
  const columns = [
    { key: "size", label: "size", number: true, value: ({ size }) => size, cell: ({ size }) => sizeText(size, sizeUnit) },
    { key: "value", label: "value", number: true, value: ({ value }) => value.centre, cell: ({ value }) => level(value, unit) },
    { key: "case", label: "case", kind: "name", value: ({ line }) => line.name, cell: ({ line, commit }) => h("a", { class: "case", href: address("benchmark", line.benchmark, [...choicesOf(line), ["commit", commit.short]]) }, breakable(line.name)) },
    { key: "commit", label: "measured at", kind: "name", value: ({ commit }) => commit.date, cell: ({ commit }) => [commitLink(frame.store, commit), " ", date(commit.date)] },
  ];
  return h("section", {}, h("h2", {}, "What was measured"),
    table({ label: "What was measured", rows: points, columns, order: orderOf(words.get("sort")), sort: (word) => frame.go(changed(words, { sort: word }), { replace: true }) }).node,
    unmeasured.length > 0 && h("ul", { class: "remarks" }, unmeasured.map(({ size, reason }) => h("li", { class: "quiet" }, `${sizeText(size, sizeUnit)}: ${reason}`))));
}

/** @param {import("../../view.js").Frame} frame @param {Ladder} ladder */
function changes({ store }, { changes, better }) {
  if (!changes.length) return "";
  return h("section", { "aria-labelledby": "h-changes" }, h("h2", { id: "h-changes" }, `The exponent changed ${counted(changes.length, "time")}`),
    h("ul", { class: "changes panel" }, changes.map(({ base, head, before, after, difference, p }) => h("li", {},
      verdict((difference.centre > 0) === (better === "lower") ? "worse" : "better"), ` n^${before.centre.toFixed(2)} → n^${after.centre.toFixed(2)} `,
      h("span", { class: "quiet" }, `(${signed(difference)}; ${p < 1e-6 ? "chance below one in a million" : `chance ${p.toPrecision(2)}`}) `),
      h("span", {}, "in ", commitLink(store, base), "..", ...commitLine(store, head).flatMap((node) => [node, " "]), date(head.date))))));
}

/** @param {Interval} difference */
function signed({ centre, low, high }) {
  const text = (/** @type {number} */ value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
  return low !== null && high !== null ? `${text(centre)}, ${text(low)} to ${text(high)}` : text(centre);
}
