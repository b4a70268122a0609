// The list of groups: filters, table. Owns which groups are shown; a group by itself is group.js's.

import { changed, choice, holding, words as wordBox } from "../../parts/choice.js";
import { commitLink, date } from "../../parts/commit.js";
import { counted, h } from "../../dom.js";
import { format as address, wordsNow } from "../../address.js";
import { orderOf, table } from "../../parts/table.js";
import { ratioText } from "../../parts/ratio.js";
import { strip } from "./strip.js";
import { verdict } from "../../parts/verdict.js";

/**
 * @typedef {import("../../answers.js").Group} Group
 * @typedef {import("../../view.js").Frame} Frame
 */

const STATES = ["suspected", "confirmed", "not confirmed", "acknowledged", "recovered"];

/** @param {Group[]} groups @param {URLSearchParams} words @param {boolean} better */
export function shownOf(groups, words, better) {
  const inState = inStateOf(words.get("state") ?? "open");
  const [machine, holds] = [words.get("machine"), holding(words.get("q") ?? "")];
  return groups.filter((group) => inState(group) && (!machine || group.machines.includes(machine)) && holds(textOf(group, better)));
}

/** @param {string} state @returns {(group: Group) => boolean} */
function inStateOf(state) {
  if (state === "all") return () => true;
  return state === "open" ? (group) => group.open : (group) => group.state === state;
}

/** What the words are searched in. @param {Group} group @param {boolean} better */
function textOf({ id, range, affected, state }, better) {
  return [id, better ? "" : state, range.base.hash, range.head.hash, range.head.subject, range.head.author, ...range.head.tags, ...affected.map(({ line }) => line.name)].join("\n");
}

/**
 * The controls above the list. The box keeps the reader's cursor: it is made once.
 * @param {Frame} frame @param {HTMLElement} box @param {Group[]} groups @param {boolean} better @param {URLSearchParams} words
 */
export function filters(frame, box, groups, better, words) {
  /** @param {Record<string, string>} some */
  const go = (some) => frame.go(changed(words, some));
  const states = STATES.filter((state) => groups.some((group) => group.state === state));
  const open = groups.filter((group) => group.open).length;
  const machines = [...new Set(groups.flatMap((group) => group.machines))].sort();
  const named = (/** @type {string} */ state) => (better ? { suspected: "lasting", recovered: "gone again" }[state] ?? state : state);
  const sets = [
    choice("Show", [{ value: "worse", text: "worse" }, { value: "better", text: "better" }], better ? "better" : "worse",
      (value) => go({ show: value === "worse" ? "" : value, state: "", sort: "" })),
    choice("State", [{ value: "open", text: better ? "lasting" : "open", count: open }, ...states.filter((state) => !(better && state === "suspected")).map((state) => (
      { value: state, text: named(state), count: groups.filter((group) => group.state === state).length })), { value: "all", text: "all", count: groups.length }],
    words.get("state") ?? "open", (value) => go({ state: value === "open" ? "" : value })),
    machines.length > 1 && choice("Machine", [{ value: "", text: "all" }, ...machines.map((name) => ({ value: name, text: name }))], words.get("machine") ?? "",
      (value) => go({ machine: value })),
  ].filter((one) => one instanceof Node);
  const held = box.querySelector("input:checked:focus")?.closest("fieldset");
  const place = held ? [...box.querySelectorAll("fieldset")].indexOf(/** @type {HTMLFieldSetElement} */ (held)) : -1;
  const known = /** @type {HTMLInputElement | null} */ (box.querySelector("input.words"));
  const search = known ?? wordBox("Filter by commit, author or case", words.get("q") ?? "", (text) => frame.go(changed(wordsNow(), { q: text }), { replace: true }));
  if (known && document.activeElement !== known) known.value = words.get("q") ?? "";
  for (const old of box.querySelectorAll("fieldset")) old.remove();
  box.prepend(...sets);
  if (!known) box.append(search);
  if (place >= 0) /** @type {HTMLElement | null} */ (box.querySelectorAll("fieldset")[place]?.querySelector("input:checked"))?.focus();
}

/**
 * @param {Frame} frame @param {boolean} better @param {Group[]} groups @param {URLSearchParams} words
 * @returns {{node: HTMLElement, update: (groups: Group[], words: URLSearchParams) => void}}
 */
export function listed(frame, better, groups, words) {
  const count = h("p", { class: "count", role: "status" });
  const none = h("div", { class: "empty" });
  const reach = Math.max(1.2, ...groups.map((group) => group.largest));
  const made = table({ label: better ? "Improvements" : "Regressions", rows: groups, columns: columns(frame, better, reach), order: orderOf(words.get("sort")),
    sort: (word) => frame.go(changed(wordsNow(), { sort: word }), { replace: true }) });
  /** @param {Group[]} groups @param {URLSearchParams} words */
  const tell = (groups, words) => {
    count.textContent = counted(groups.length, "group");
    made.node.hidden = !groups.length;
    none.hidden = groups.length > 0;
    const all = changed(words, { state: "all", q: "", machine: "" });
    none.replaceChildren(h("p", {}, (words.get("state") ?? "open") === "open" && !words.get("q") && !words.get("machine")
      ? `No ${better ? "improvement lasts" : "regression is open"}.` : "Nothing matches these filters."),
    h("p", {}, h("a", { href: address("regressions", null, all) }, "Show all of them")));
  };
  tell(groups, words);
  return {
    node: h("section", { class: "groups", "aria-label": "Groups" }, count, made.node, none),
    update: (groups, words) => {
      made.update(groups, orderOf(words.get("sort")));
      tell(groups, words);
    },
  };
}

/**
 * @param {Frame} frame @param {boolean} better @param {number} reach  the largest factor of the list
 * @returns {import("../../parts/table.js").Column<Group>[]}
 */
function columns(frame, better, reach) {
  return [
    { key: "state", label: "state", value: (group) => STATES.indexOf(group.state),
      cell: (group) => (better ? verdict(group.open ? "improvement" : "recovered", group.open ? "lasting" : "gone again") : verdict(group.state)) },
    { key: "what", label: "commit", head: true, kind: "what", cell: (group) => commitCell(frame, group) },
    { key: "date", label: "date", value: ({ range }) => range.head.date, number: true, cell: ({ range }) => date(range.head.date) },
    { key: "change", label: better ? "times better" : "times worse", value: (group) => group.median, number: true,
      cell: (group) => [h("strong", {}, ratioText(group.median)), group.counted > 1 && h("span", { class: "quiet upto" }, `up to ${ratioText(group.largest)}`)] },
    { key: "spread", label: "distribution", cell: (group) => strip(group.factors, reach, better) },
    { key: "series", label: "series", value: (group) => group.series, number: true,
      cell: (group) => [group.series.toLocaleString("en"), h("span", { class: "quiet upto" }, counted(group.benchmarks, "benchmark"))] },
    { key: "machines", label: "machines", value: (group) => group.machines.join(), cell: (group) => group.machines.join(", ") },
  ];
}

/** @param {Frame} frame @param {Group} group */
function commitCell({ store }, { id, range }) {
  const { base, head, commits } = range;
  const words = new URLSearchParams(wordsNow());
  words.set("id", id);
  return [
    h("a", { class: "subject", href: address("regressions", null, words) }, commits !== null && commits > 1 ? "up to: " : "", head.subject ?? `${head.short}, not in the repository any more`),
    h("span", { class: "quiet where" }, commitLink(store, base), "..", commitLink(store, head), commits === null ? "" : ` ${counted(commits, "commit")}`, head.author ? ` · ${head.author}` : ""),
  ];
}
