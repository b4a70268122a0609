// One group by itself: where it is, how sure it is, what to type, and every case in it.

import { changed } from "../../parts/choice.js";
import { choicesOf } from "../../answers.js";
import { commitLine, commitLink, date } from "../../parts/commit.js";
import { copyable } from "../../parts/command.js";
import { breakable, counted, h } from "../../dom.js";
import { distribution } from "./strip.js";
import { day, display, displayInterval } from "../../units.js";
import { format as address } from "../../address.js";
import { orderOf, table } from "../../parts/table.js";
import { ratio, ratioText } from "../../parts/ratio.js";
import { verdict } from "../../parts/verdict.js";

/**
 * @typedef {import("../../answers.js").Affected} Affected
 * @typedef {import("../../answers.js").Group} Group
 * @typedef {import("../../answers.js").Range} Range
 * @typedef {import("../../view.js").Frame} Frame
 */

/** @param {Frame} frame @param {Group} group @param {boolean} better @param {URLSearchParams} words @returns {Node[]} */
export function groupPage(frame, group, better, words) {
  const { head } = group.range;
  const back = address("regressions", null, changed(words, { id: "", sort: "", show: better ? "better" : "" }));
  return [
    h("p", { class: "crumbs" }, h("a", { href: back }, better ? "Improvements" : "Regressions"), ` / ${group.id}`),
    h("header", { class: "lead" }, h("h1", { tabindex: "-1" }, head.subject ?? `Commit ${head.short}`),
      h("p", { class: "figures" }, stateOf(group, better),
        h("span", {}, h("strong", {}, ratioText(group.median)), ` ${better ? "better" : "worse"}${group.counted > 1 ? `, the median of ${counted(group.counted, "series", "series")}; up to ${ratioText(group.largest)}` : ""}`))),
    h("div", { class: "two" },
      h("section", { class: "panel", "aria-label": "Where and how sure" }, h("dl", { class: "facts" }, facts(frame, group, better).flatMap(([name, ...said]) => [h("dt", {}, name), h("dd", {}, ...said)]))),
      h("section", { class: "panel", "aria-labelledby": "h-spread" }, h("h2", { id: "h-spread" }, better ? "How much better" : "How much worse"),
        distribution(group.factors, group.series, better),
        group.commands.map(({ purpose, text }) => h("div", { class: "do" }, h("p", { class: "quiet" }, `${purpose[0]?.toUpperCase() ?? ""}${purpose.slice(1)}`), copyable(text, purpose))))),
    cases(frame, group, better, words),
  ];
}

/** @param {Group} group @param {boolean} better */
function stateOf(group, better) {
  return better ? verdict(group.open ? "improvement" : "recovered", group.open ? "lasting" : "gone again") : verdict(group.state);
}

/** @param {Frame} frame @param {Group} group @param {boolean} better @returns {[string, ...(Node | string)[]][]} */
function facts({ store }, group, better) {
  const { range, likely } = group;
  const narrower = likely.base.hash !== range.base.hash || likely.head.hash !== range.head.hash;
  /** @type {[string, ...(Node | string)[]][]} */
  const found = [
    ["commits", rangeOf(store, range)],
    ...(narrower ? [/** @type {[string, Node]} */ (["most likely", rangeOf(store, likely)])] : []),
    ["newest of them", ...commitLine(store, range.head)],
    ["author", range.head.author ?? "not known", ", ", date(range.head.date, { since: true })],
    ["last before", ...commitLine(store, range.base)],
    ["affected", `${counted(group.series, "series", "series")} of ${counted(group.cases, "case")} in ${counted(group.benchmarks, "benchmark")}, on ${group.machines.join(", ")}`],
    ["evidence", evidence(group, better)],
  ];
  for (const one of group.decisions) found.push(["decided", `${one.ruling} by ${one.by || "somebody"} on ${day(one.at)}${one.note ? `: ${one.note}` : ""}`]);
  if (group.hint) found.push(["note", group.hint]);
  return found;
}

/** @param {import("../../data.js").Store} store @param {Range} range */
function rangeOf(store, { base, head, commits }) {
  return h("span", {}, commitLink(store, base), "..", commitLink(store, head), commits === null ? "" : ` (${counted(commits, "commit")})`);
}

/** How sure it is, in words. `q`: of the strongest step. @param {Group} group @param {boolean} better */
function evidence(group, better) {
  if (group.state === "confirmed") return "Confirmed: both ends were measured again, in turn, in a fresh session.";
  if (group.state === "not confirmed") return "Not confirmed: both ends were measured again in a fresh session, and the difference was not there.";
  const q = Math.min(1, ...group.affected.map((one) => one.q));
  const word = ["weak", "fair", "strong", "very strong"][q <= 1e-6 ? 3 : q <= 1e-4 ? 2 : q <= 1e-2 ? 1 : 0];
  const share = q <= 1e-6 ? "less than one in a million" : `${Number((q * 100).toPrecision(2))} %`;
  return `${word[0].toUpperCase()}${word.slice(1)}: its clearest step counts even where ${share} of the steps listed may be noise. ${better ? "Told" : "A suspicion, told"} by the history alone${better ? "." : ": nobody measured both ends again."}`;
}

/** @param {Frame} frame @param {Group} group @param {boolean} better @param {URLSearchParams} words */
function cases(frame, group, better, words) {
  const columns = columnsOf(group, better);
  const made = table({ label: "Affected cases", rows: group.affected, columns, order: orderOf(words.get("sort")),
    sort: (word) => frame.go(changed(words, { sort: word }), { replace: true }) });
  return h("section", {}, h("h2", {}, "Affected cases"),
    group.affected.length < group.series && h("p", { class: "quiet" }, `The ${group.affected.length.toLocaleString("en")} most pressing of ${counted(group.series, "series", "series")}.`), made.node);
}

/** @param {Group} group @param {boolean} better @returns {import("../../parts/table.js").Column<Affected>[]} */
function columnsOf(group, better) {
  const environments = new Set(group.affected.map(({ line }) => line.environment)).size > 1;
  const several = new Set(group.affected.map(({ state }) => state)).size > 1;
  /** @type {(import("../../parts/table.js").Column<Affected> | false)[]} */
  const columns = [
    { key: "case", label: "case", head: true, kind: "name case", value: ({ line }) => line.name,
      cell: ({ line, head }) => h("a", { href: address("benchmark", line.benchmark, [...choicesOf(line), ["commit", head.short]]) }, breakable(line.name)) },
    { key: "change", label: "change", number: true, value: (one) => one.factor, cell: (one) => changeOf(one, better) },
    { key: "before", label: "before", number: true, value: ({ before }) => before.centre, cell: (one) => level(one.before, one.unit) },
    { key: "after", label: "after", number: true, value: ({ after }) => after.centre, cell: (one) => level(one.after, one.unit) },
    { key: "machine", label: "machine", kind: "name", value: ({ line }) => line.machine, cell: ({ line }) => line.machine },
    environments && { key: "env", label: "environment", kind: "name", value: ({ line }) => line.environment, cell: ({ line }) => line.environment },
    { key: "head", label: "first of the new level", value: ({ head }) => head.date, cell: ({ head }) => h("span", { class: "hash" }, head.short) },
    several && { key: "state", label: "state", value: ({ state }) => state,
      cell: ({ state }) => (better ? verdict(state === "recovered" ? "recovered" : "improvement", state === "recovered" ? "gone again" : "lasting") : verdict(state)) },
  ];
  return columns.flatMap((column) => (column ? [column] : []));
}

/** @param {Affected} one @param {boolean} better */
function changeOf({ change, scale, unit }, better) {
  const tone = better ? "good" : "bad";
  if (scale === "ratio") return ratio(change.centre, { ...change, tone });
  const sign = change.centre > 0 ? "+" : "−";
  return h("span", { class: `ratio ${tone}` }, h("strong", {}, `${sign}${display(Math.abs(change.centre), unit)}`));
}

/** @param {import("../../answers.js").Interval} value @param {string} unit */
function level({ centre, low, high }, unit) {
  const interval = low !== null && high !== null ? displayInterval(low, high, unit) : null;
  return h("span", { title: interval && `${interval}, 99 %` }, display(centre, unit));
}
