// Two profiles of a case against each other: the flame graph of both, the functions that explain the change, and what changed in them.

import { changed, choice, holding, select, words as wordBox } from "../parts/choice.js";
import { commitLink } from "../parts/commit.js";
import { counted, h, style } from "../dom.js";
import { format as address, wordsNow } from "../address.js";
import { orderOf, table } from "../parts/table.js";
import { cssOf, SIDE, shadesOf, shadeStyle, USUAL } from "../parts/shades.js";
import { nameOf, readProfiles } from "../parts/profiles.js";
import { shareText } from "../parts/ratio.js";
import { verdict } from "../parts/verdict.js";
import { amount, bounds, by, direction, moved, where } from "./difference/figures.js";
import { Flame, partFound } from "./difference/flame.js";
import { grown, lineTo } from "./difference/tree.js";

/**
 * @typedef {import("../parts/profiles.js").Profile} Profile
 * @typedef {import("./difference/figures.js").Difference} Difference
 * @typedef {import("./difference/figures.js").FunctionRow} FunctionRow
 * @typedef {import("./difference/tree.js").Spot} Spot
 * @typedef {import("./difference/tree.js").By} By
 * @typedef {import("../view.js").Frame} Frame
 * @typedef {import("../view.js").View} View
 */

const AT_ONCE = 40; // functions in the table; the rest when looked for
const OPEN = 3; // sources that stand open
const WIDTHS = [{ value: "", text: "both" }, { value: "base", text: "base" }, { value: "head", text: "head" }];

/** @type {import("../view.js").Open} */
export async function open(frame, subject, words) {
  const { store } = frame;
  const [payload] = await Promise.all([readProfiles(store), store.load("commits"), style(new URL("./difference.css", import.meta.url)), shadeStyle()]);
  const pairs = (payload?.profiles ?? []).filter((one) => one.difference);
  if (!pairs.length) return nothing();
  const pair = subject === null ? pairs[0] : pairs.find((one) => nameOf(one) === subject);
  if (!pair) return nothing();
  const found = /** @type {Difference} */ (JSON.parse(new TextDecoder().decode(await store.bytes(/** @type {string} */ (pair.difference)))));
  return new Pair(frame, pairs, pair, found, words);
}

/** @implements {View} */
class Pair {
  title;
  /** @type {[string, string][]} */ keys = [["↓ ↑", "to what a function calls most, to its caller, the graph in hand"], ["← →", "to the one beside it"], ["Home", "to what is zoomed in on"],
    ["Enter", "zoom in"], ["Esc", "zoom out"]];
  #frame;
  #found;
  #pair;
  #spots;
  #words;
  #flame;
  #table;
  #box;
  #widths;

  /** @param {Frame} frame @param {Profile[]} pairs @param {Profile} pair @param {Difference} found @param {URLSearchParams} words */
  constructor(frame, pairs, pair, found, words) {
    this.#frame = frame;
    this.#found = found;
    this.#pair = pair;
    this.#words = words;
    this.#spots = grown(found.nodes, { base: found.call[0], head: found.call[1] });
    this.title = `${pair.case}, ${pair.kind}`;
    this.#flame = new Flame(found, (spot) => this.#go({ zoom: spot.at ? String(spot.at) : "" }, false));
    this.#box = wordBox("Look for functions or files", words.get("q") ?? "", (text) => this.#go({ q: text }));
    this.#widths = h("div", {});
    this.crumbs = h("p", { class: "line" });
    this.count = h("p", { class: "count", role: "status" });
    this.legend = h("div", {});
    this.#table = table({ label: "Functions that explain the change", rows: found.functions, columns: columns(found, (name) => this.#go({ q: name })), sort: (word) => this.#go({ sort: word }) });
    this.nodes = [h("div", { class: "difference" }, this.#head(pairs), h("div", { class: "controls" }, this.#widths, this.#box), this.crumbs, this.#flame.node, this.legend,
      h("section", { "aria-labelledby": "h-functions" }, h("h2", { id: "h-functions" }, "Functions"), this.count, this.#table.node),
      this.#sources(), installed(found), ...found.notices.map((text) => h("p", { class: "quiet" }, text)))];
  }

  shown() {
    this.update(wordsNow());
    this.legend.replaceChildren(legend(this.#found, this.legend));
  }

  repaint() {
    this.#flame.repaint();
    this.legend.replaceChildren(legend(this.#found, this.legend));
  }

  destroy() {
    this.#flame.destroy();
  }

  first() {
    return this.#flame.tree;
  }

  /** @param {URLSearchParams} words */
  update(words) {
    this.#words = words;
    const query = words.get("q") ?? "";
    const root = this.#spots[Number(words.get("zoom"))] ?? this.#spots[0];
    const width = /** @type {By} */ (WIDTHS.some(({ value }) => value === words.get("by")) ? words.get("by") || "both" : "both");
    if (document.activeElement !== this.#box) this.#box.value = query;
    if (!this.#widths.contains(document.activeElement)) this.#widths.replaceChildren(choice("As wide as", WIDTHS, width === "both" ? "" : width, (by) => this.#go({ by })));
    const holds = query.trim() ? holding(query) : null;
    this.#flame.set({ root, by: width, holds });
    this.crumbs.replaceChildren(...this.#line(root));
    this.#list(words, holds, width);
  }

  /** @param {Profile[]} pairs */
  #head(pairs) {
    const { call, runs } = this.#found;
    const { store } = this.#frame;
    const named = (/** @type {string} */ digits) => {
      const place = store.placeOf(digits);
      return place < 0 ? h("span", { class: "hash" }, digits) : commitLink(store, place);
    };
    const change = this.#found.basis === "share" ? "No count of calls is stored: figures are shares of each profile. A share that fell may only mean that another one rose."
      : `A call: ${amount(this.#found, call[0])} → ${amount(this.#found, call[1])}, ${moved(this.#found, by(call))}${call[2] === null ? "" : ` (99 %: ${bounds(this.#found, call)})`}`;
    const options = pairs.map((one, place) => [String(place), `${one.case}, ${one.kind}, ${one.against} → ${one.hash}, ${one.machine}`]);
    const chosen = String(pairs.indexOf(this.#pair));
    return h("header", { class: "lead" }, h("h1", { tabindex: "-1", class: "code" }, this.#pair.case),
      h("p", {}, `${this.#pair.kind} profiles of `, named(/** @type {string} */ (this.#pair.against)), ` (base, ${counted(runs[0], "run")}) and `, named(this.#pair.hash), ` (head, ${counted(runs[1], "run")}) on ${this.#pair.machine}`),
      h("p", { class: "call" }, change), overheads(this.#found),
      call[2] === null && h("p", { class: "quiet" }, "One run does not say how runs differ: profile each commit twice or more for an interval."),
      pairs.length > 1 && select("pair", "Pair", options, chosen, (place) => {
        location.hash = address("difference", nameOf(pairs[Number(place)]));
      }));
  }

  /** What is zoomed in on, and the way back. @param {Spot} root */
  #line(root) {
    const crumb = (/** @type {Spot} */ spot) => {
      const name = spot.function < 0 ? "one call" : this.#found.functions[spot.function].name;
      return spot === root ? h("strong", {}, name) : h("a", { href: this.#address({ zoom: spot.at ? String(spot.at) : "" }) }, name);
    };
    return lineTo(root).flatMap((spot, place) => [place ? " › " : "", crumb(spot)].filter((one) => one !== ""));
  }

  /** @param {URLSearchParams} words @param {((text: string) => boolean) | null} holds @param {By} width */
  #list(words, holds, width) {
    const isFound = (/** @type {FunctionRow} */ one) => !holds || holds(`${one.name}\n${one.file}`);
    const all = this.#found.functions.filter(isFound);
    const order = orderOf(words.get("sort"));
    this.#table.update(order ? all : all.slice(0, AT_ONCE), order);
    const part = holds && partFound(this.#spots, width, (spot) => spot.function >= 0 && isFound(this.#found.functions[spot.function]));
    const hidden = order ? 0 : all.length - Math.min(all.length, AT_ONCE);
    this.count.textContent = `${counted(all.length, "function")}${holds ? ` found, ${shareText(part ?? 0)} of the graph with what they call` : ", those that explain most of the change first"}${
      hidden ? `; ${hidden.toLocaleString("en")} of them are not shown: look for one, or sort` : ""}`;
  }

  #sources() {
    const { sources, functions } = this.#found;
    if (!sources.length) return null;
    return h("section", { "aria-labelledby": "h-sources" }, h("h2", { id: "h-sources" }, "What changed in them"), sources.map(({ function: at, diff }, place) =>
      h("details", { open: place < OPEN }, h("summary", {}, h("code", {}, functions[at].name)), h("pre", { class: "diff", tabindex: "0" }, diff.split("\n").map((line) => h("span", { class: lineClass(line) }, `${line}\n`))))));
  }

  /** @param {Record<string, string>} more */
  #address(more) {
    return address("difference", nameOf(this.#pair), changed(this.#words, more));
  }

  /** @param {Record<string, string>} more @param {boolean} [replace] */
  #go(more, replace = true) {
    this.#frame.go(changed(wordsNow(), more), { replace });
  }
}

/** @param {Difference} found @param {(name: string) => void} look @returns {import("../parts/table.js").Column<FunctionRow>[]} */
function columns(found, look) {
  return [
    { key: "function", label: "function", head: true, kind: "what", value: ({ name }) => name, cell: (one) => [
      h("button", { type: "button", class: "plain", title: "show it in the graph", onclick: () => look(one.name) }, one.name), h("span", { class: "quiet file" }, where(one)),
      one.presence !== "both" && h("span", { class: "quiet" }, one.presence), one.base_file && h("span", { class: "quiet" }, `was in ${one.base_file}`)] },
    { key: "verdict", label: "verdict", kind: "name", value: (one) => one.verdict, cell: (one) => verdict(one.verdict, verdictWord(found, one.verdict)) },
    { key: "own", label: "own, change", number: true, value: (one) => by(one.own), cell: (one) => moved(found, by(one.own)) },
    { key: "bounds", label: "99 %", number: true, kind: "bounds", cell: (one) => bounds(found, one.own) },
    { key: "share", label: "of the change", number: true, value: (one) => one.share, cell: (one) => partText(one.share) },
    { key: "base", label: "base", number: true, value: (one) => one.own[0], cell: (one) => amount(found, one.own[0]) },
    { key: "head", label: "head", number: true, value: (one) => one.own[1], cell: (one) => amount(found, one.own[1]) },
    { key: "whole", label: "with its calls, change", number: true, value: (one) => by(one.whole), cell: (one) => moved(found, by(one.whole)) },
  ];
}

/** Bytes are not slower. @param {Difference} found @param {string} word */
function verdictWord(found, word) {
  return word === "slower" || word === "faster" ? direction(found, word === "slower" ? 1 : -1) : word;
}

/** A part of the change; what went the other way has a minus. @param {number | null} share */
function partText(share) {
  if (share === null) return "";
  const text = shareText(Math.abs(share));
  return share < 0 && text !== shareText(0) ? `−${text}` : text;
}

/** @param {string} line  of a unified diff */
function lineClass(line) {
  return /^(@@|---|\+\+\+) /.test(line) ? "at" : line.startsWith("+") ? "added" : line.startsWith("-") ? "gone" : null;
}

/** By how much the tools slowed down what they measured. @param {Difference} found */
function overheads({ base, head }) {
  const ends = [base, head].flatMap((one) => (one && one.overhead !== null ? [`${shareText(one.overhead)} by ${one.tool}`] : []));
  return ends.length > 0 && h("p", { class: "quiet" }, `Profiling slowed the calls down: ${[...new Set(ends)].join(" and ")}.`);
}

/** @param {Difference} found */
function installed({ installed: told }) {
  if (!told.length) return null;
  return h("section", { "aria-labelledby": "h-installed" }, h("h2", { id: "h-installed" }, "Installed otherwise"), h("ul", {}, told.map(({ what, base, head }) => h("li", {}, `${what} ${base} → ${head}`))));
}

/** @param {Difference} found @param {Element} element  whose stylesheet names the shades */
function legend(found, element) {
  const shades = shadesOf(element);
  const [less, more] = found.basis === "call" && found.unit === "s" ? ["▼ faster", "▲ slower"] : ["▼ less", "▲ more"];
  const patches = [-1, -0.5, 0, 0.5, 1].map((far) => {
    const patch = h("span", { class: "patch" });
    patch.style.setProperty("background-color", cssOf(shades[Math.round(USUAL + SIDE * far)]));
    return patch;
  });
  return h("p", { class: "shades" }, `${less} at head `, h("span", { class: "patches", "aria-hidden": "true" }, patches), ` ${more}. Callers stand above what they call; what moved most stands leftmost; what may be chance is pale, with a question mark. Press a box to zoom in.`);
}

/** @returns {import("../view.js").View} */
function nothing() {
  return { title: "Difference", update() {}, nodes: [h("h1", { tabindex: "-1" }, "Difference of profiles"),
    h("div", { class: "empty" }, h("p", {}, "Two profiles of a case, of one kind and machine at two commits, are compared here. The results hold none, or not the one that was asked for:"),
      h("pre", {}, "groundspeed profile BENCH --rev HEAD --against HEAD~1"))] };
}
