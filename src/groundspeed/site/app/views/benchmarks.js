// Every case: found by words, by module, with its course, its newest value and its last change.

import { format as address } from "../address.js";
import { counted, h, style } from "../dom.js";
import { changed, select } from "../parts/choice.js";
import { percentText } from "../parts/ratio.js";
import { Rows, styled } from "../parts/rows.js";
import { spark } from "../parts/spark.js";
import { directionWord } from "../parts/verdict.js";
import { pieces, wordsOf } from "../search.js";
import { day, display } from "../units.js";
import { chosen, holding, itemsOf, newestMachine, rowsOf, worse } from "./benchmarks/list.js";

/**
 * @typedef {import("./benchmarks/list.js").Item} Item
 * @typedef {import("./benchmarks/list.js").Row} Row
 * @typedef {import("../view.js").View} View
 */

const WIDTH = 32; // bytes of a course in sparks' file
const LEAST = Math.log(1.1); // a course's height is at least a change by a tenth: noise stays small
const OPEN_AT_MOST = 200; // cases: more, and the modules are closed at first

const HEADS = [
  { label: "Case", key: "name", kind: "case" },
  { label: "Course", kind: "course", title: "over the commits that this machine measured; the whole height is a change by a tenth, or more where there was more" },
  { label: "Latest", key: "value", kind: "number latest", descending: true },
  { label: "Last change", key: "change", kind: "change", descending: true, title: "of its level, as found in its whole history: the newest step" },
  { label: "Since", key: "since", kind: "since date", descending: true },
  { label: "Measured", key: "measured", kind: "measured date", descending: true },
];

/** @type {import("../view.js").Open} */
export async function open(frame, _subject, words) {
  const { store } = frame;
  const [, lines, sparks] = await Promise.all([store.load(), store.piece("lines"), store.piece("sparks"), styled(), style(new URL("./benchmarks.css", import.meta.url))]);
  const courses = await store.bytes(sparks.bytes);
  return new Benchmarks(frame, itemsOf(lines, sparks, store.index.benchmarks), coursesOf(courses, sparks, lines), words);
}

/**
 * What `spark` draws of a line: shares of its span, times that span.
 * @param {ArrayBuffer} bytes @param {any} sparks @param {any} lines @returns {(line: number) => Float64Array}
 */
function coursesOf(bytes, sparks, lines) {
  const count = lines.benchmark.length;
  const codes = new Uint8Array(bytes, 0, count * WIDTH);
  const spans = new DataView(bytes, count * WIDTH);
  return (line) => {
    const span = spans.getFloat32(4 * line, true);
    const those = codes.subarray(line * WIDTH, line * WIDTH + sparks.points[lines.machine[line]]);
    return Float64Array.from(those, (code) => (code ? ((code - 1) / 254) * span : NaN));
  };
}

/** @implements {View} */
class Benchmarks {
  title = "Benchmarks";
  /** @type {[string, string][]} */ keys = [["↑ ↓", "from row to row"], ["PageUp PageDown Home End", "further"], ["← →", "close or open a module"], ["Enter", "open the case"]];
  #frame;
  #items;
  #courses;
  #words;
  #rows;
  /** @type {Item[]} */ #shown = [];
  #machines;
  #newest; // found once: asking for the machine is done for every case

  /** @param {import("../view.js").Frame} frame @param {Item[]} items @param {(line: number) => Float64Array} courses @param {URLSearchParams} words */
  constructor(frame, items, courses, words) {
    this.#frame = frame;
    this.#items = items;
    this.#courses = courses;
    this.#words = words;
    this.#machines = [...new Set(items.map(({ machine }) => machine))];
    this.#newest = newestMachine(items);
    this.found = h("p", { id: "found", class: "quiet", role: "status" });
    this.controls = h("div", { class: "choose" });
    this.nothing = h("p", { class: "quiet" });
    this.#rows = new Rows({
      label: "Cases", heads: HEADS, key: keyOf, cells: (/** @type {Row} */ row) => this.#cells(row),
      traits: (row) => (row.kind === "group" ? { level: 1, open: row.open, kind: "group" } : { level: this.#tree ? 2 : 1 }),
      fold: (row, open) => row.kind === "group" && this.#fold(row.module, open),
      sort: (sort) => this.#go({ sort: sort === "name" ? "" : sort }),
    });
    this.nodes = [h("header", { class: "above" }, h("h1", { tabindex: "-1" }, "Benchmarks"), this.controls), this.found, this.#rows.node, this.nothing];
    this.#render(true);
  }

  /** @param {URLSearchParams} words */
  update(words) {
    const anew = ["q", "machine", "env", "sort"].some((name) => words.get(name) !== this.#words.get(name));
    this.#words = words;
    this.#render(anew);
  }

  shown() {
    this.#rows.measure();
  }

  first() {
    return this.#rows.first;
  }

  /** Machine, environment and order stay; what was closed may hold what is looked for. @param {string} text */
  search(text) {
    this.#go({ q: text, open: "", fold: "" });
  }

  destroy() {
    this.#rows.destroy();
  }

  get #query() {
    return this.#words.get("q") ?? "";
  }

  get #machine() {
    const named = this.#words.get("machine") ?? "";
    return this.#machines.includes(named) ? named : this.#newest;
  }

  get #environment() {
    return this.#words.get("env") ?? "";
  }

  get #sort() {
    return this.#words.get("sort") || "name";
  }

  get #tree() {
    return this.#sort.endsWith("name");
  }

  /** Whether modules are open unless they were closed: the address says so, or there is little to see. */
  get #opened() {
    const said = this.#words.get("open");
    return said ? said === "all" : this.#query !== "" || this.#shown.length <= OPEN_AT_MOST;
  }

  /** @param {boolean} top */
  #render(top) {
    const folded = new Set(this.#words.getAll("fold"));
    const wanted = { machine: this.#machine, environment: this.#environment, query: this.#query, sort: this.#sort,
      isOpen: (/** @type {string} */ module) => this.#opened !== folded.has(module) };
    this.#shown = holding(chosen(this.#items, wanted), wordsOf(wanted.query));
    this.#rows.set(rowsOf(this.#shown, wanted), wanted.sort, { top });
    this.found.textContent = this.#summary();
    this.nothing.hidden = this.#shown.length > 0;
    this.#rows.node.hidden = this.#shown.length === 0;
    this.nothing.textContent = this.#query ? `No case on ${this.#machine} holds “${this.#query}”. Fewer words find more; a word may be any part of module.Class.name(p1, p2).`
      : "Nothing was measured here yet: groundspeed run.";
    this.#renderControls();
  }

  #summary() {
    const benchmarks = new Set(this.#shown.map(({ entry }) => entry)).size;
    const failed = this.#shown.filter((item) => item.failed).length;
    return [counted(benchmarks, "benchmark"), `${counted(this.#shown.length, "case")} on ${this.#machine}`, failed && `${failed.toLocaleString("en")} failed when last measured`,
      this.#tree ? "" : "in one list, since they are not sorted by name"].filter(Boolean).join(" · ");
  }

  #renderControls() {
    const environments = [...new Set(this.#items.filter(({ machine }) => machine === this.#machine).map(({ environment }) => environment))];
    const held = document.activeElement?.id;
    this.controls.replaceChildren(
      ...(this.#machines.length > 1 ? [select("machine", "Machine", this.#machines.map((name) => [name, name]), this.#machine, (machine) => this.#go({ machine, env: "" }, false))] : []),
      ...(environments.length > 1 ? [select("env", "Environment", [["", "the newest of each case"], ...environments.map((name) => /** @type {[string, string]} */ ([name, name]))],
        this.#environment, (env) => this.#go({ env }, false))] : []),
      ...(this.#tree ? [h("button", { type: "button", id: "fold", onclick: () => this.#go({ open: this.#opened ? "none" : "all", fold: "" }) }, this.#opened ? "Close all" : "Open all")] : []));
    if (held && this.controls.querySelector(`#${CSS.escape(held)}`)) document.getElementById(held)?.focus();
  }

  /** @param {string} module @param {boolean} open */
  #fold(module, open) {
    const folded = new Set(this.#words.getAll("fold"));
    if (open === this.#opened) folded.delete(module);
    else folded.add(module);
    const words = changed(this.#words, { fold: "" });
    for (const one of folded) words.append("fold", one);
    this.#frame.go(words, { replace: true });
  }

  /** @param {Record<string, string>} words @param {boolean} [replace] */
  #go(words, replace = true) {
    this.#frame.go(changed(this.#words, words), { replace });
  }

  /** @param {Row} row @returns {(import("../dom.js").Child | import("../dom.js").Child[])[]} */
  #cells(row) {
    if (row.kind === "group") return [groupCell(row)];
    const { item } = row;
    return [this.#name(item), spark(this.#courses(item.line), { label: "", least: LEAST, failed: item.failed, width: 112 }),
      this.#latest(item), changeCell(item), this.#date(item.step?.head ?? null), this.#date(item.at)];
  }

  /** @param {Item} item */
  #name(item) {
    const from = this.#tree && item.module ? item.module.length + 1 : 0;
    const parts = pieces(item.text.slice(from), wordsOf(this.#query));
    return h("a", { href: this.#href(item), tabindex: "-1", title: `${item.text}\n${item.machine} · ${item.environment}` },
      parts.map((part, place) => (place % 2 ? h("mark", {}, part) : part)));
  }

  /** @param {Item} item */
  #href({ entry, params, machine, environment, metric }) {
    /** @type {[string, string][]} */
    const choices = [["machine", machine]];
    if (this.#environment) choices.push(["env", environment]);
    if (metric.name) choices.push(["metric", metric.name]);
    params.forEach((place, axis) => place !== null && choices.push([`p.${entry.param_names[axis]}`, entry.params[axis][place]]));
    return address("benchmark", entry.name, choices);
  }

  /** @param {Item} item */
  #latest({ value, metric, failed, carried }) {
    const text = value === null ? "–" : display(value, metric.unit);
    if (failed) return h("span", { class: "bad", title: value === null ? "it never gave a value" : `the last value was ${text}` }, "✕ failed");
    if (carried === null) return text;
    const { short } = this.#frame.store.commits[carried];
    return h("span", { title: `carried over to ${short}: the built content is the same, nothing was measured` }, `◇ ${text}`);
  }

  /** @param {number | null} place */
  #date(place) {
    if (place === null) return "";
    const { short, subject, date } = this.#frame.store.commits[place];
    return h("time", { datetime: new Date(date * 1000).toISOString(), title: `${short} ${subject ?? ""}` }, day(date));
  }
}

/** @param {Row} row */
function keyOf(row) {
  return row.kind === "group" ? row.module : String(row.item.line);
}

/** @param {Row & {kind: "group"}} row @returns {HTMLElement[]} */
function groupCell({ module, items, open }) {
  const worsened = items.filter((item) => item.step && worse(item)).length;
  const improved = items.filter((item) => item.step && !worse(item)).length;
  const failed = items.filter((item) => item.failed).length;
  return [
    h("span", { class: "turn", "aria-hidden": "true" }, open ? "▾" : "▸"), h("span", { class: "module" }, module || "top level"),
    h("span", { class: "tallies quiet" }, [counted(items.length, "case"), worsened && `▲ ${worsened} worse`, improved && `▼ ${improved} better`, failed && `✕ ${failed} failed`]
      .filter(Boolean).join("  ")),
  ];
}

/** @param {Item} item */
function changeCell(item) {
  const { step, few, metric } = item;
  if (!step) return few ? h("span", { class: "quiet", title: "fewer than ten values: too few to look for a change of level" }, "– too few values") : h("span", { class: "quiet" }, "= steady");
  const size = step.differs ? `${step.change > 0 ? "+" : "−"}${display(Math.abs(step.change), metric.unit)}` : percentText(step.change);
  return h("span", { class: worse(item) ? "bad" : "good" }, `${worse(item) ? "▲" : "▼"} ${size} ${directionWord(metric, worse(item))}`);
}
