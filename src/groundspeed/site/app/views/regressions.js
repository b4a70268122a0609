// What got worse or better: groups of steps that one commit explains, as a list and each by itself.

import { readChanges } from "../answers.js";
import { format as address } from "../address.js";
import { copyable } from "../parts/command.js";
import { counted, h, style } from "../dom.js";
import { groupPage } from "./regressions/group.js";
import { finds } from "./regressions/finds.js";
import { filters, listed, shownOf } from "./regressions/list.js";
import { standing } from "./regressions/standing.js";

/**
 * @typedef {import("../answers.js").Changes} Changes
 * @typedef {import("../answers.js").Group} Group
 */

/** @type {import("../view.js").Open} */
export async function open(frame, _subject, words) {
  const [changes] = await Promise.all([readChanges(frame.store), style(new URL("./regressions.css", import.meta.url))]);
  if (!changes) return nothing();
  const box = h("div", { class: "regressions" });
  /** @type {import("../view.js").View} */
  const view = { title: "Regressions", nodes: [box], update: (words) => show(words), first: () => box.querySelector("tbody a") };
  let shown = "";
  /** @param {URLSearchParams} words */
  function show(words) {
    const known = /** @type {Changes} */ (changes);
    const id = words.get("id");
    const better = id ? !known.worse.some((one) => one.id === id) && known.better.some((one) => one.id === id) : words.get("show") === "better";
    const group = id && (better ? known.better : known.worse).find((one) => one.id === id);
    const page = `${id ?? ""} ${better}`;
    if (id) box.replaceChildren(...(group ? groupPage(frame, group, better, words) : unknown(id)));
    else if (page === shown) relist(known, better, words);
    else box.replaceChildren(...overview(known, better, words));
    shown = page;
  }
  /** @type {{update: (words: URLSearchParams) => void} | null} */
  let list = null;
  /** @param {Changes} changes @param {boolean} better @param {URLSearchParams} words @returns {Node[]} */
  function overview(changes, better, words) {
    const groups = better ? changes.better : changes.worse;
    const made = listed(frame, better, shownOf(groups, words, better), words);
    const controls = h("div", { class: "controls" });
    list = { update: (words) => {
      made.update(shownOf(groups, words, better), words);
      filters(frame, controls, groups, better, words);
    } };
    filters(frame, controls, groups, better, words);
    return [
      h("header", { class: "lead" }, h("h1", { tabindex: "-1" }, better ? "Improvements" : "Regressions"),
        h("p", { class: "figures" }, better ? lasting(changes) : openOnes(changes)),
        h("p", { class: "quiet" }, searched(changes))),
      ...(better || changes.standing.length < 2 ? [] : [standing(changes.standing)]),
      controls, made.node, ...(better ? [] : finds(frame.store, changes.finds)),
    ];
  }
  /** @param {Changes} changes @param {boolean} better @param {URLSearchParams} words */
  function relist(changes, better, words) {
    if (list) list.update(words);
    else box.replaceChildren(...overview(changes, better, words));
  }
  show(words);
  return view;
}

/** @param {Changes} changes */
function openOnes({ states }) {
  const open = states.suspected + states.confirmed;
  const closed = /** @type {(keyof typeof states)[]} */ (["recovered", "acknowledged", "not confirmed"]).filter((state) => states[state])
    .map((state) => `${states[state].toLocaleString("en")} ${state}`);
  return [h("span", {}, h("strong", {}, open ? open.toLocaleString("en") : "No"), ` open ${open === 1 ? "regression" : "regressions"}`),
    states.confirmed > 0 && h("span", {}, `${states.confirmed.toLocaleString("en")} of them confirmed`), closed.length > 0 && h("span", {}, closed.join(", "))];
}

/** @param {Changes} changes */
function lasting({ better }) {
  const last = better.filter((one) => one.open).length;
  return [h("span", {}, h("strong", {}, last.toLocaleString("en")), ` ${last === 1 ? "improvement that lasts" : "improvements that last"}`),
    better.length > last && h("span", {}, `${(better.length - last).toLocaleString("en")} that went again`)];
}

/** @param {Changes} changes */
function searched({ searched, false_discoveries: share, stale }) {
  const series = Object.values(searched).reduce((sum, one) => sum + one, 0);
  const decisions = stale ? ` triage.toml holds ${counted(stale, "decision")} about nothing that is found now.` : "";
  return `${counted(series, "series", "series")} searched; noise may have made ${Math.round(share * 100)} % of the steps listed.${decisions}`;
}

/** @param {string} id @returns {Node[]} */
function unknown(id) {
  return [h("h1", { tabindex: "-1" }, "No such regression"),
    h("div", { class: "empty" }, h("p", {}, `Nothing that this site knows is called ${id}. A range of commits gives a regression its name: when a later measurement narrows the range down, it gets another.`),
      h("p", {}, h("a", { href: address("regressions", null, { state: "all" }) }, "All regressions")))];
}

/** @returns {import("../view.js").View} */
function nothing() {
  return { title: "Regressions", update() {}, nodes: [h("h1", { tabindex: "-1" }, "Regressions"),
    h("div", { class: "empty" }, h("p", {}, "This site was published without looking for regressions. Publish it again, and they are found in the history:"),
      copyable("groundspeed publish"))] };
}
