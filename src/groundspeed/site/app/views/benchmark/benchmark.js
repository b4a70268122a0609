// One benchmark: its choices, its picture, and what is known of the picked commit.

import { Chart, load } from "./chart.js";
import { breakable, counted, h } from "../../dom.js";
import { chosen, chosenMetric, dimensions, lines, metricKey } from "./lines.js";
import { commitPanel, pointText, valuesTable } from "./details.js";
import { legend } from "./legend.js";
import { moduleOf } from "../../search.js";
import { format, parse } from "./state.js";

/**
 * @typedef {import("../../data.js").Benchmark} Benchmark
 * @typedef {import("../../data.js").Store} Store
 * @typedef {import("./lines.js").Line} Line
 * @typedef {import("./lines.js").Dimension} Dimension
 * @typedef {import("./state.js").State} State
 * @typedef {import("./chart.js").Picture} Picture
 * @typedef {(change: Partial<State>, options?: {replace?: boolean}) => void} Go
 */

/** @type {import("../../view.js").Open} */
export async function open({ store, go }, subject, words) {
  await store.load("index", "commits");
  const entry = store.entries.get(subject ?? "");
  if (!entry) {
    return { title: "Not here", update() {},
      nodes: [h("h1", { tabindex: "-1" }, "Not here"), h("p", {}, "The results hold no benchmark named ", h("code", {}, subject), ".")] };
  }
  const benchmark = await store.benchmark(entry);
  let state = parse(words);
  const page = new BenchmarkPage(store, benchmark, state, (change, options) => go(format({ ...state, ...change }), options));
  return {
    title: entry.name,
    nodes: page.nodes.filter((node) => node instanceof Node),
    update: (changed) => page.update(state = parse(changed)),
    shown: () => page.repaint(),
    repaint: () => page.repaint(),
    destroy: () => page.destroy(),
  };
}

class BenchmarkPage {
  #store;
  #benchmark;
  #go;
  /** @type {State} */ #state;
  /** @type {Chart | null} */ #chart = null;
  /** @type {number[]} */ #places = [];
  /** @type {Line[]} */ #lines = [];
  #shown = "";
  #turn = 0;

  /** @param {Store} store @param {Benchmark} benchmark @param {State} state @param {Go} go */
  constructor(store, benchmark, state, go) {
    this.#store = store;
    this.#benchmark = benchmark;
    this.#state = state;
    this.#go = go;
    this.host = h("div", { class: "plot" });
    this.tip = h("div", { class: "tip", role: "presentation", hidden: true });
    this.frame = h("div", { class: "chart", tabindex: "0", role: "application", "aria-describedby": "chart-help",
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event) }, this.host, this.tip);
    this.controls = h("div", { class: "controls" });
    this.caption = h("div", { class: "caption" });
    this.views = h("div", { class: "views" });
    this.legend = h("ol", { class: "legend" });
    this.panel = h("section", { class: "panel", "aria-live": "polite" });
    this.table = /** @type {HTMLDetailsElement} */ (h("details", { class: "more", ontoggle: () => this.#fillTable() },
      h("summary", {}, "Values as a table")));
    this.nodes = this.#head();
    this.watch = new ResizeObserver(() => this.#chart?.resize(this.host));
    this.watch.observe(this.host);
    this.update(state);
  }

  destroy() {
    this.watch.disconnect();
    this.#chart?.destroy();
  }

  /** Draw again in the colours in force. */
  repaint() {
    this.#shown = "";
    this.update(this.#state);
  }

  /** @param {State} state */
  update(state) {
    this.#state = state;
    const { lines: drawn, left } = lines(this.#benchmark, state);
    this.#lines = drawn;
    this.#places = this.#inOrder(drawn);
    this.#drawControls();
    this.#drawLegend(left);
    const shown = JSON.stringify([[...state.choices], state.x, state.y, state.earlier, state.zoom]);
    if (shown !== this.#shown) void this.#drawChart(shown);
    else this.#chart?.pick(this.#picked());
    this.#drawPanel();
    this.#fillTable();
  }

  #head() {
    const { name, series, code } = this.#benchmark;
    const [module, rest] = moduleOf(name);
    const cases = new Set(series.map(({ params }) => JSON.stringify(params))).size;
    return [
      h("header", { class: "lead" },
        h("p", { class: "crumbs" }, h("a", { href: "#/" }, this.#store.manifest.project.name), module && " / ", module && breakable(module)),
        h("h1", { tabindex: "-1", class: "code" }, breakable(rest)),
        h("p", { class: "quiet" }, `${counted(cases, "case")} · ${counted(series.length, "series", "series")} on ${counted(this.#benchmark.machines.length, "machine")}`)),
      h("section", { class: "sheet", "aria-label": "History" }, h("div", { class: "above" }, this.caption, this.views), this.frame,
        h("p", { id: "chart-help", class: "unseen" }, "Left and right arrow keys move from commit to commit; Escape lets go. The values are in the table below as well."),
        this.legend),
      this.controls,
      this.panel,
      this.table,
      code && h("details", { class: "more" }, h("summary", {}, "Source of the benchmark"), h("pre", { tabindex: "0" }, code)),
    ];
  }

  // --- choices ----------------------------------------------------------------------------------

  #drawControls() {
    const focused = document.activeElement?.id;
    const [state, benchmark] = [this.#state, this.#benchmark];
    const choice = chosen(benchmark, state);
    const metric = chosenMetric(benchmark, state);
    const versions = new Set(benchmark.series.map(({ version }) => version)).size;
    const scrolls = [...this.controls.querySelectorAll(".options")].map((box) => box.scrollTop);
    this.controls.replaceChildren(
      ...(benchmark.metrics.length > 1 ? [this.#choice("metric", "metric", benchmark.metrics.map(metricKey), new Set([metricKey(metric)]), "radio",
        (value) => this.#choose("metric", [value]))] : []),
      ...dimensions(benchmark, metric).filter(({ values }) => values.length > 1).map((dimension) => this.#dimension(dimension, choice)),
      ...(versions > 1 ? [this.#choice("earlier", "versions", ["earlier"], new Set(state.earlier ? ["earlier"] : []), "checkbox",
        () => this.#go({ earlier: !state.earlier }), { earlier: "earlier ones too" })] : []),
    );
    this.controls.hidden = !this.controls.childElementCount;
    this.views.replaceChildren(
      this.#choice("x", "along", ["commit", "date"], new Set([state.x]), "radio", (value) => this.#go({ x: /** @type {State["x"]} */ (value) })),
      this.#choice("y", "axis", ["auto", "zero", "log"], new Set([state.y]), "radio", (value) => this.#go({ y: /** @type {State["y"]} */ (value) }),
        { auto: "fitted", zero: "from zero", log: "logarithmic" }),
    );
    this.controls.querySelectorAll(".options").forEach((box, place) => { box.scrollTop = scrolls[place] ?? 0; });
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  /** @param {Dimension} dimension @param {Map<string, Set<string>>} choice */
  #dimension({ key, label, values }, choice) {
    const on = choice.get(key) ?? new Set();
    return this.#choice(key, label, values, on, "checkbox", (value) => {
      const next = values.filter((one) => (one === value ? !on.has(one) : on.has(one)));
      this.#choose(key, next.length ? next : [value]);
    });
  }

  /** @param {string} key @param {string[]} values */
  #choose(key, values) {
    this.#go({ choices: new Map(this.#state.choices).set(key, values) });
  }

  /**
   * @param {string} key @param {string} label @param {string[]} values @param {Set<string>} on
   * @param {"radio" | "checkbox"} type @param {(value: string) => void} change @param {Record<string, string>} [words]
   */
  #choice(key, label, values, on, type, change, words = {}) {
    return h("fieldset", { class: type }, h("legend", {}, label), h("div", { class: "options" }, values.map((value, place) => {
      const input = /** @type {HTMLInputElement} */ (h("input", { type, name: key, id: `choice-${key}-${place}`, value, checked: on.has(value), onchange: () => change(value) }));
      return h("label", { title: words[value] ?? value }, input, h("span", {}, words[value] ?? value));
    })));
  }

  // --- picture ----------------------------------------------------------------------------------

  /** Places in history from the first at which anything is drawn, in the order of the x axis. @param {Line[]} drawn */
  #inOrder(drawn) {
    const all = drawn.flatMap(({ versions }) => versions);
    const places = [...new Set(all.flatMap(({ commits, carried }) => [...commits, ...carried.keys()]))];
    const { commits } = this.#store;
    places.sort((a, b) => (this.#state.x === "date" ? commits[a].date - commits[b].date : 0) || a - b);
    const seen = new Set(all.flatMap((series) => [...series.carried.keys(), ...series.commits.filter((_, row) =>
      series.values[row] !== null || series.failures.has(row))]));
    return places.slice(Math.max(0, places.findIndex((place) => seen.has(place)))); // before, all was skipped
  }

  #picked() {
    const place = this.#state.commit ? this.#store.placeOf(this.#state.commit) : -1;
    const stop = this.#places.indexOf(place);
    return stop < 0 ? null : stop;
  }

  /** @returns {Picture} */
  #picture() {
    const state = this.#state;
    const metric = chosenMetric(this.#benchmark, state);
    const stopOf = new Map(this.#places.map((place, stop) => [place, stop]));
    const stops = state.x === "date" ? this.#dates() : this.#places.map((_, stop) => stop);
    const zoom = state.zoom?.map((digits) => stopOf.get(this.#store.placeOf(digits)) ?? -1);
    return {
      stops, dates: state.x === "date", unit: metric.unit, y: this.#canLog() ? state.y : state.y === "log" ? "auto" : state.y,
      stopLabel: (stop) => this.#store.commits[this.#places[stop]].short,
      picked: this.#picked(),
      zoom: zoom && zoom[0] >= 0 && zoom[1] > zoom[0] ? [zoom[0], zoom[1]] : null,
      strokes: this.#lines.flatMap(({ tag, versions }) => versions.map((series, at) => {
        const row = () => /** @type {(number | null | undefined)[]} */ (new Array(stops.length).fill(undefined));
        const stroke = { tag, colour: ((tag - 1) % 8) + 1, earlier: at < versions.length - 1, values: row(), low: row(), high: row(), failures: new Map(), carried: new Map() };
        series.commits.forEach((place, index) => {
          const stop = stopOf.get(place);
          if (stop === undefined) return;
          stroke.values[stop] = series.values[index];
          stroke.low[stop] = series.low?.[index] ?? null;
          stroke.high[stop] = series.high?.[index] ?? null;
          if (series.failures.has(index)) stroke.failures.set(stop, series.failures.get(index) ?? "");
        });
        series.carried.forEach((row, place) => stroke.carried.set(/** @type {number} */ (stopOf.get(place)), series.values[row]));
        return stroke;
      })),
    };
  }

  /** Seconds since 1970, a second apart where commits share one: a line has one value for each stop. */
  #dates() {
    let last = -Infinity;
    return this.#places.map((place) => (last = Math.max(this.#store.commits[place].date, last + 1)));
  }

  #canLog() {
    return this.#lines.every(({ versions }) => versions.every(({ values }) => values.every((value) => value === null || value > 0)));
  }

  /** @param {string} shown */
  async #drawChart(shown) {
    this.#shown = shown;
    const turn = ++this.#turn;
    const uPlot = await load();
    if (turn !== this.#turn || !this.host.isConnected) return;
    this.#chart?.destroy();
    this.#chart = new Chart(uPlot, this.host, this.#picture(), {
      point: (stroke, stop, at) => this.#point(stroke?.tag ?? 0, stop, at),
      leave: () => { this.tip.hidden = true; },
      pick: (stop) => this.#go({ commit: this.#store.commits[this.#places[stop]].short }, { replace: this.#state.commit !== null }),
      zoom: (range) => this.#go({ zoom: range && /** @type {[string, string]} */ (range.map((stop) => this.#store.commits[this.#places[stop]].short)) }),
    });
    this.frame.setAttribute("aria-label", `History of ${this.#benchmark.name}: ${counted(this.#lines.length, "line")} over ${counted(this.#places.length, "commit")}`);
  }

  /** @param {number} tag @param {number} stop @param {{x: number, y: number}} at */
  #point(tag, stop, at) {
    const line = this.#lines.find((one) => one.tag === tag);
    if (!line) return;
    const metric = chosenMetric(this.#benchmark, this.#state);
    this.tip.replaceChildren(...pointText(this.#store, line, this.#lines.length > 1, this.#places[stop], metric));
    this.tip.hidden = false;
    const over = this.host.querySelector(".u-over");
    const [left, top] = over instanceof HTMLElement ? [over.offsetLeft, over.offsetTop] : [0, 0];
    const room = this.frame.clientWidth - this.tip.offsetWidth - 8;
    const beside = left + at.x + 14 > room ? left + at.x - this.tip.offsetWidth - 14 : left + at.x + 14;
    this.tip.style.setProperty("left", `${Math.min(room, Math.max(8, beside))}px`);
    this.tip.style.setProperty("top", `${Math.max(4, Math.min(top + at.y - this.tip.offsetHeight / 2, this.frame.clientHeight - this.tip.offsetHeight - 4))}px`);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const now = this.#picked();
    const last = this.#places.length - 1;
    const next = { ArrowLeft: (now ?? last + 1) - 1, ArrowRight: (now ?? last - 1) + 1, Home: 0, End: last }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      const stop = Math.min(last, Math.max(0, next));
      this.#go({ commit: this.#store.commits[this.#places[stop]].short }, { replace: true });
    } else if (event.key === "Escape" && now !== null) {
      event.preventDefault();
      this.#go({ commit: null }, { replace: true });
    }
  }

  // --- words below and above --------------------------------------------------------------------

  /** @param {number} left lines that were not drawn */
  #drawLegend(left) {
    const metric = chosenMetric(this.#benchmark, this.#state);
    this.caption.replaceChildren(
      h("span", {}, h("strong", {}, metric.name || (metric.unit === "s" ? "time" : metric.unit || "value")),
        metric.unit && metric.unit !== (metric.name || metric.unit) ? ` in ${metric.unit}` : "", ` · ${metric.better} is better`),
      ...(this.#state.y === "log" && !this.#canLog() ? [h("span", { class: "notice" }, "Not every value is above zero: drawn without logarithm.")] : []),
      ...(left ? [h("span", { class: "notice" }, `${counted(left, "more line")} chosen than can be told apart: narrow the choice.`)] : []),
      ...(this.#state.zoom ? [h("button", { type: "button", onclick: () => this.#go({ zoom: null }) }, "Show all")] : []),
    );
    this.legend.replaceChildren(...legend(this.#store, this.#lines));
  }

  #drawPanel() {
    const stop = this.#picked();
    const metric = chosenMetric(this.#benchmark, this.#state);
    this.panel.replaceChildren(...(stop === null
      ? [h("p", { class: "quiet" }, "Pick a point, or focus the chart and use the arrow keys, to see a commit here. Drag across the chart to zoom.")]
      : commitPanel(this.#store, this.#lines, this.#places[stop], metric, () => this.#go({ commit: null }))));
  }

  #fillTable() {
    if (!this.table.open) return;
    const metric = chosenMetric(this.#benchmark, this.#state);
    this.table.replaceChildren(this.table.firstElementChild ?? "", valuesTable(this.#store, this.#lines, this.#places, metric));
  }
}
