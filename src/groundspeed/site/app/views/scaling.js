// How cases grow with their size: every ladder as a log-log chart, and one by itself with its table.

import { readScaling } from "../answers.js";
import { changed, choice, holding, words as wordBox } from "../parts/choice.js";
import { copyable } from "../parts/command.js";
import { counted, h, style } from "../dom.js";
import { format as address, wordsNow } from "../address.js";
import { card, ladderPage } from "./scaling/ladder.js";

/** @typedef {import("../answers.js").Scaling} Scaling */

const AT_ONCE = 24; // charts on a page; the rest when asked for

/** @type {import("../view.js").Open} */
export async function open(frame, _subject, words) {
  const [scaling] = await Promise.all([readScaling(frame.store), style(new URL("./scaling.css", import.meta.url))]);
  if (!scaling || !scaling.ladders.length) return nothing(scaling);
  const box = h("div", { class: "scaling" });
  /** @param {URLSearchParams} words */
  const show = (words) => {
    const id = words.get("id");
    if (id) return box.replaceChildren(...one(frame, scaling, id, words));
    const grid = box.querySelector(".ladders");
    if (grid) return void grid.replaceWith(cards(scaling, words)); // the box of words keeps the reader's cursor
    box.replaceChildren(...overview(frame, scaling, words));
  };
  show(words);
  return { title: "Scaling", nodes: [box], update: show, first: () => box.querySelector(".ladders a") };
}

/** @param {import("../view.js").Frame} frame @param {Scaling} scaling @param {URLSearchParams} words @returns {Node[]} */
function overview(frame, scaling, words) {
  const machines = [...new Set(scaling.ladders.map(({ machine }) => machine))].sort();
  return [
    h("header", { class: "lead" }, h("h1", { tabindex: "-1" }, "Scaling"),
      h("p", { class: "quiet" }, "How the newest values of a case grow along the parameter that is its size. Both axes are logarithmic: a straight line is a power, n^1 when it is as steep as the diagonal grid.")),
    ...scaling.notices.map((text) => h("p", { class: "notice" }, text)),
    h("div", { class: "controls" },
      machines.length > 1 && choice("Machine", [{ value: "", text: "all" }, ...machines.map((name) => ({ value: name, text: name }))], words.get("machine") ?? "",
        (value) => frame.go(changed(wordsNow(), { machine: value }))),
      wordBox("Filter by case", words.get("q") ?? "", (text) => frame.go(changed(wordsNow(), { q: text }), { replace: true }))),
    cards(scaling, words),
  ];
}

/** @param {Scaling} scaling @param {URLSearchParams} words */
function cards(scaling, words) {
  const [machine, holds] = [words.get("machine"), holding(words.get("q") ?? "")];
  const shown = scaling.ladders.filter((one) => (!machine || one.machine === machine) && holds(one.name));
  const several = new Set(scaling.ladders.map((one) => one.machine)).size > 1;
  const grid = h("ul", { class: "ladders-grid" }, shown.slice(0, AT_ONCE).map((one) => card(one, words, several)));
  const more = h("button", { type: "button", onclick: () => {
    grid.append(...shown.slice(AT_ONCE).map((one) => card(one, words, several)));
    more.remove();
  } }, `Show ${shown.length - AT_ONCE} more`);
  return h("section", { class: "ladders", "aria-label": "Cases that grow" }, h("p", { class: "count", role: "status" }, counted(shown.length, "case")), grid,
    shown.length > AT_ONCE && more, shown.length === 0 && h("div", { class: "empty" }, h("p", {}, "No case is like that.")));
}

/** @param {import("../view.js").Frame} frame @param {Scaling} scaling @param {string} id @param {URLSearchParams} words @returns {Node[]} */
function one(frame, { ladders }, id, words) {
  const ladder = ladders.find((each) => each.id === id);
  const back = h("a", { href: address("scaling", null, changed(words, { id: "", sort: "" })) }, "Scaling");
  if (ladder) return [h("p", { class: "crumbs" }, back, ` / ${ladder.name}`), ...ladderPage(frame, ladder, words)];
  return [h("p", { class: "crumbs" }, back), h("h1", { tabindex: "-1" }, "No such case"), h("div", { class: "empty" }, h("p", {}, `Nothing that grows is called ${id} here. It may have been renamed since the link was made.`))];
}

/** @param {Scaling | null} scaling @returns {import("../view.js").View} */
function nothing(scaling) {
  const candidates = scaling?.candidates ?? [];
  const first = candidates[0];
  return { title: "Scaling", update() {}, nodes: [h("h1", { tabindex: "-1" }, "Scaling"), ...(scaling?.notices ?? []).map((text) => h("p", { class: "notice" }, text)),
    h("div", { class: "empty" }, h("p", {}, "No benchmark names a parameter as its size, so nothing is known of how it grows. Name it beside the benchmark's code, or in groundspeed.toml:"),
      h("pre", {}, `[scaling.sizes]\n"${first?.benchmark ?? "module.Class.time_something"}" = "${first?.parameter ?? "n"}"`),
      candidates.length > 1 && h("p", {}, `Parameters that could be sizes: ${candidates.map(({ benchmark, parameter }) => `${parameter} of ${benchmark}`).join(", ")}.`),
      h("p", {}, "Then see what it says:"), copyable("groundspeed scaling"))] };
}
