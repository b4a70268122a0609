// Every benchmark at every commit against its own usual level: the picture, its window, and what stands out of it in words.

import { changed, choice, holding, words as wordBox } from "../parts/choice.js";
import { copyable } from "../parts/command.js";
import { counted, h, style } from "../dom.js";
import { shadeStyle } from "../parts/shades.js";
import { day } from "../units.js";
import { addressOf } from "./benchmark/state.js";
import { departuresOf } from "./heatmap/departures.js";
import { legend } from "./heatmap/legend.js";
import { HeatMap } from "./heatmap/map.js";
import { standing } from "./heatmap/standing.js";
import { byModule, machineOf, suiteOf, windowOf } from "./heatmap/suite.js";

/**
 * @typedef {import("../view.js").View} View
 * @typedef {import("./heatmap/suite.js").Suite} Suite
 * @typedef {import("./heatmap/suite.js").Row} Row
 * @typedef {import("./heatmap/departures.js").Departure} Departure
 */

const AT_ONCE = 12; // departures in the table; the rest when asked for
const ORDERS = [{ value: "", text: "all at once" }, { value: "module", text: "named" }, { value: "farthest", text: "farthest first" }];

/** @type {import("../view.js").Open} */
export async function open(frame, _subject, words) {
  const { store } = frame;
  const [heat] = await Promise.all([store.piece("heat"), store.load(), style(new URL("./heatmap.css", import.meta.url)), shadeStyle()]);
  if (!heat) return nothing();
  return new Heat(frame, heat, await suiteFor(store, heat, words.get("machine")), words);
}

/** @param {import("../data.js").Store} store @param {any} heat @param {string | null} named @returns {Promise<Suite>} */
async function suiteFor(store, heat, named) {
  const machine = machineOf(heat, named);
  return suiteOf(heat, store.index.benchmarks, machine, await store.bytes(machine.bytes));
}

/** @implements {View} */
class Heat {
  title = "Heat map";
  /** @type {[string, string][]} */ keys = [["← → ↑ ↓", "from cell to cell, the map in hand"], ["Shift+← Shift+→", "a twentieth of the window"], ["PageUp PageDown Home End", "further"],
    ["Enter", "open the case at this commit"], ["+ −", "closer, wider"], ["0", "all commits"]];
  #frame;
  #heat;
  #suite;
  #words;
  #map;
  #orders;
  /** @type {Row[]} */ #rows = [];
  /** @type {[number, number]} */ #window = [0, 0];

  /** @param {import("../view.js").Frame} frame @param {any} heat @param {Suite} suite @param {URLSearchParams} words */
  constructor(frame, heat, suite, words) {
    this.#frame = frame;
    this.#heat = heat;
    this.#suite = suite;
    this.#words = words;
    this.#orders = choice("Rows", ORDERS, this.#order, (group) => this.#go({ group }));
    this.#map = new HeatMap(frame.store.commits, { address: (row, column) => this.#address(row, column), zoom: (window) => this.#zoom(window) });
    this.said = h("p", { class: "quiet", role: "status" });
    this.shades = h("div", {});
    this.nothing = h("div", { class: "empty", hidden: true });
    this.out = h("div", { class: "standing" });
    this.box = h("div", { class: "heatmap" }, this.#lead(), this.#controls(), h("section", { class: "sheet", "aria-label": "Map" }, this.#caption(), this.#map.node, this.nothing,
      h("p", { class: "quiet hint", id: "heat-keys" }, "Press a cell to open its case at that commit; drag across commits to see them closer. By keys: arrows, Enter, + and −.")), this.out);
    this.nodes = [this.box];
  }

  /** @param {URLSearchParams} words */
  update(words) {
    const before = this.#words;
    this.#words = words;
    this.#tellControls();
    if (words.get("machine") === before.get("machine")) return this.#render();
    void suiteFor(this.#frame.store, this.#heat, words.get("machine")).then((suite) => {
      if (this.#words.get("machine") !== words.get("machine")) return; // the reader has gone on
      this.#suite = suite;
      this.#render();
    });
  }

  shown() {
    this.#render();
    this.#paint();
  }

  repaint() {
    this.#paint();
    this.#map.repaint();
  }

  destroy() {
    this.#map.destroy();
  }

  first() {
    return this.#map.grid;
  }

  #lead() {
    return h("header", { class: "lead" }, h("h1", { tabindex: "-1" }, "Heat map"),
      h("p", { class: "quiet" }, "A row is a benchmark, a column a commit that the machine measured. The colour is the ratio to the row's own usual level, its median over all these commits; a stripe down many rows is a commit, or a change of the machine, that moved them all."));
  }

  #controls() {
    const machines = this.#heat.machines.map((/** @type {any} */ { name }) => ({ value: name, text: name }));
    return h("div", { class: "controls" },
      machines.length > 1 && choice("Machine", machines, this.#suite.machine, (machine) => this.#go({ machine })),
      this.#orders,
      wordBox("Filter by benchmark", this.#words.get("q") ?? "", (q) => this.#go({ q }, true)));
  }

  /** The controls say what the address says, also when it changed by itself: on the way back. */
  #tellControls() {
    const [machine, order] = [machineOf(this.#heat, this.#words.get("machine")).name, this.#order];
    for (const input of this.box.querySelectorAll("input")) {
      if (input.type === "search" && input !== document.activeElement) input.value = this.#words.get("q") ?? "";
      else if (input.type === "radio") input.checked = input.value === (this.#orders.contains(input) ? order : machine);
    }
  }

  #caption() {
    return h("div", { class: "caption" }, this.said, this.shades, h("div", { class: "zooms", role: "group", "aria-label": "Commits in view" },
      h("button", { type: "button", "aria-label": "Fewer commits", title: "Closer (+)", onclick: () => this.#map.zoom(2) }, "+"),
      h("button", { type: "button", "aria-label": "More commits", title: "Wider (−)", onclick: () => this.#map.zoom(0.5) }, "−"),
      h("button", { type: "button", title: "0", onclick: () => this.#map.all() }, "All commits")));
  }

  get #order() {
    const group = this.#words.get("group") ?? "";
    return ORDERS.some(({ value }) => value === group) ? group : "";
  }

  #render() {
    const { store } = this.#frame;
    const { places, rows } = this.#suite;
    const place = (/** @type {string} */ word) => (this.#words.get(word) ? store.placeOf(this.#words.get(word) ?? "") : -1);
    this.#window = windowOf(places, place("from"), place("to"));
    const holds = holding(this.#words.get("q") ?? "");
    this.#rows = rows.filter(({ text }) => holds(text));
    const departures = departuresOf(this.#suite, this.#rows, this.#window);
    this.#map.node.hidden = !this.#rows.length;
    this.nothing.hidden = this.#rows.length > 0;
    this.nothing.textContent = `No benchmark on ${this.#suite.machine} holds “${this.#words.get("q")}”. Fewer words find more; a word may be any part of module.Class.name.`;
    this.#map.set({ suite: this.#suite, groups: this.#groups(departures), window: this.#window, named: this.#order !== "" });
    this.#say();
    this.#tellDepartures(departures);
  }

  /** @param {Departure[]} departures @returns {import("./heatmap/suite.js").Group[]} */
  #groups(departures) {
    if (this.#order !== "farthest") return byModule(this.#rows);
    /** @type {Map<Row, number>} */
    const far = new Map();
    for (const { row, weight } of departures.flatMap(({ stretches }) => stretches)) far.set(row, (far.get(row) ?? 0) + weight);
    return [{ module: "", rows: [...this.#rows].sort((one, other) => (far.get(other) ?? 0) - (far.get(one) ?? 0)) }];
  }

  #say() {
    const [first, last] = this.#window;
    const { places } = this.#suite;
    const date = (/** @type {number} */ column) => day(this.#frame.store.commits[places[column]].date);
    const whole = last - first + 1 === places.length;
    const span = date(first) === date(last) ? `on ${date(first)}` : `${date(first)} to ${date(last)}`;
    this.said.replaceChildren(h("strong", {}, counted(this.#rows.length, this.#rows.length === this.#suite.rows.length ? "row" : "row found", this.#rows.length === this.#suite.rows.length ? "rows" : "rows found")),
      ` × ${whole ? counted(places.length, "commit") : `${(last - first + 1).toLocaleString("en")} of ${counted(places.length, "commit")}`}, ${span}`);
  }

  #paint() {
    const timed = this.#suite.rows.every(({ metric }) => metric.unit === "s");
    this.shades.replaceChildren(legend(this.#heat, this.box, timed ? ["faster", "slower"] : ["better", "worse"]));
  }

  /** @param {Departure[]} departures */
  #tellDepartures(departures) {
    const shown = (/** @type {Departure[]} */ those) => standing(this.#frame.store, this.#suite, those, this.#window, (row, column) => this.#address(row, column));
    const list = h("div", {}, shown(departures.slice(0, AT_ONCE)));
    const more = h("button", { type: "button", onclick: () => {
      list.replaceChildren(shown(departures));
      more.remove();
    } }, `Show ${(departures.length - AT_ONCE).toLocaleString("en")} more`);
    this.out.replaceChildren(h("h2", {}, "What stands out"),
      ...(departures.length ? [h("p", { class: "quiet" }, "Stretches of commits where benchmarks kept more than a tenth away from their usual level, the longest and farthest first; those that share their first and last commit stand together. Nothing is tested here: Regressions has the steps that are no noise."),
        list, ...(departures.length > AT_ONCE ? [more] : [])] : [h("p", { class: "quiet" }, "Nothing in this window is more than a tenth away from its usual level.")]));
  }

  /** @param {Row} row @param {number} column */
  #address(row, column) {
    const commit = this.#frame.store.commits[this.#suite.places[column]].short;
    /** @type {[string, string][]} */
    const choices = [["machine", this.#suite.machine]];
    if (row.metric.name) choices.push(["metric", row.metric.name]);
    choices.push(["commit", commit]);
    for (const word of ["from", "to"]) if (this.#words.get("from") && this.#words.get("to")) choices.push([word, this.#words.get(word) ?? ""]);
    return addressOf(row.entry.name, choices);
  }

  /** @param {[number, number]} window  columns, inclusive */
  #zoom([first, last]) {
    const { places } = this.#suite;
    const short = (/** @type {number} */ column) => this.#frame.store.commits[places[column]].short;
    const whole = first <= 0 && last >= places.length - 1;
    this.#go({ from: whole ? "" : short(first), to: whole ? "" : short(last) }, true);
  }

  /** @param {Record<string, string>} words @param {boolean} [replace] */
  #go(words, replace = false) {
    this.#frame.go(changed(this.#words, words), { replace });
  }
}

/** @returns {import("../view.js").View} */
function nothing() {
  return { title: "Heat map", update() {}, nodes: [h("h1", { tabindex: "-1" }, "Heat map"),
    h("div", { class: "empty" }, h("p", {}, "Nothing here has a ratio to its usual level: no values are stored, or none that are above zero. Measure something, then publish again:"),
      copyable("groundspeed run"), copyable("groundspeed publish"))] };
}
