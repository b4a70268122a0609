// Whether the targets are kept: each with its value, its limit and how far it is. What has no data is no pass, and is shown.

import { readTargets } from "../answers.js";
import { changed, choice } from "../parts/choice.js";
import { copyable } from "../parts/command.js";
import { h, style } from "../dom.js";
import { orderOf, table } from "../parts/table.js";
import { columns } from "./targets/columns.js";

/**
 * @typedef {import("../answers.js").Targets} Targets
 * @typedef {import("../answers.js").TargetRow} TargetRow
 */

const STATES = /** @type {const} */ (["fails", "missing", "inconclusive", "holds"]); // the most pressing first

/** @type {import("../view.js").Open} */
export async function open(frame, _subject, words) {
  const [targets] = await Promise.all([readTargets(frame.store), style(new URL("./targets.css", import.meta.url))]);
  if (!targets || !targets.stated) return nothing(targets?.notices ?? []);
  const box = h("div", { class: "targets" });
  /** @param {URLSearchParams} words */
  const show = (words) => {
    const held = /** @type {HTMLInputElement | null} */ (box.querySelector("input:checked:focus"));
    const sets = [...box.querySelectorAll("fieldset")];
    const place = held ? sets.findIndex((one) => one.contains(held)) : -1;
    box.replaceChildren(...page(frame, targets, words));
    if (place >= 0) /** @type {HTMLElement | null} */ (box.querySelectorAll("fieldset")[place]?.querySelector("input:checked"))?.focus();
  };
  show(words);
  return { title: "Targets", nodes: [box], update: show, first: () => box.querySelector("tbody a") };
}

/** @param {import("../view.js").Frame} frame @param {Targets} targets @param {URLSearchParams} words @returns {Node[]} */
function page(frame, { rows, counts, notices }, words) {
  const [state, machine] = [words.get("state") ?? "all", words.get("machine") ?? ""];
  const machines = [...new Set(rows.map((row) => row.machine))].sort();
  const shown = rows.filter((row) => (state === "all" || row.state === state) && (!machine || row.machine === machine));
  const byNeed = [...shown].sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state));
  /** @param {Record<string, string>} some */
  const go = (some) => frame.go(changed(words, some));
  return [
    h("header", { class: "lead" }, h("h1", { tabindex: "-1" }, "Targets"), h("p", { class: "figures" }, summary(counts).map((text) => h("span", {}, text)))),
    ...notices.map((text) => h("p", { class: "notice" }, text)),
    h("div", { class: "controls" },
      choice("State", [{ value: "all", text: "all", count: rows.length }, ...STATES.filter((one) => counts[one]).map((one) => ({ value: one, text: one, count: counts[one] }))],
        state, (value) => go({ state: value === "all" ? "" : value })),
      machines.length > 1 && choice("Machine", [{ value: "", text: "all" }, ...machines.map((name) => ({ value: name, text: name }))], machine, (value) => go({ machine: value }))),
    shown.length ? table({ label: "Targets", rows: byNeed, columns: columns(frame.store, machines.length > 1), order: orderOf(words.get("sort")),
      sort: (word) => frame.go(changed(words, { sort: word }), { replace: true }), attributes: (row) => ({ "data-state": row.state }) }).node
      : h("div", { class: "empty" }, h("p", {}, "No target is like that."), h("p", {}, h("button", { type: "button", onclick: () => go({ state: "", machine: "" }) }, "Show all of them"))),
  ];
}

/** @param {import("../answers.js").TargetCounts} counts */
function summary({ holds, fails, inconclusive, missing }) {
  const all = holds + fails + inconclusive + missing;
  if (holds === all) return [`All ${all} hold.`];
  return [`${holds} of ${all} hold`, fails && `${fails} ${fails === 1 ? "fails" : "fail"}`, inconclusive && `${inconclusive} inconclusive: the limit lies inside the interval`,
    missing && `${missing} without data, which is no pass`].filter(Boolean);
}

/** @param {string[]} notices @returns {import("../view.js").View} */
function nothing(notices) {
  return { title: "Targets", update() {}, nodes: [h("h1", { tabindex: "-1" }, "Targets"), ...notices.map((text) => h("p", { class: "notice" }, text)),
    h("div", { class: "empty" }, h("p", {}, "This project states no targets. A target is an absolute limit for a metric of a case, in groundspeed.toml:"),
      h("pre", {}, '[targets]\n"search.Query.latency_uncached@p99" = "< 80 ms"'), h("p", {}, "Then judge and publish:"), copyable("groundspeed targets"), copyable("groundspeed publish"))] };
}
