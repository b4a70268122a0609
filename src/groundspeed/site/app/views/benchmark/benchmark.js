// One benchmark: its choices, its picture, and what is known of the picked commit. Puts the parts together; owns when each is drawn.

import { Chart, load } from "./chart.js";
import { curvesOf, growthPicture, membersOf, newestRow, sizeOf, sizes } from "./along.js";
import { choice, replaced } from "./controls.js";
import { breakable, counted, h, style } from "../../dom.js";
import { commitPanel, growthText, pointText, valuesTable } from "./details.js";
import { growthLegend, legend } from "./legend.js";
import { chosen, chosenMetric, dimensions, lines, silent } from "./lines.js";
import { metricField, metricName, newestTable, shownMetrics } from "./metrics.js";
import { moduleOf } from "../../search.js";
import { pictureOf, placesOf, possible, zoomOf } from "./picture.js";
import { profilesAt } from "./profiles.js";
import { samplesAt } from "./samples.js";
import { statesOf, stepList, stepsOf } from "./steps.js";
import { format, parse } from "./state.js";
import { stand } from "./tip.js";
import { crumbs, neighbours, wayLinks } from "./ways.js";

/**
 * @typedef {import("../../data.js").Benchmark} Benchmark
 * @typedef {import("../../data.js").Entry} Entry
 * @typedef {import("../../data.js").Store} Store
 * @typedef {import("./along.js").Curve} Curve
 * @typedef {import("./lines.js").Line} Line
 * @typedef {import("./picture.js").Picture} Picture
 * @typedef {import("./picture.js").Stroke} Stroke
 * @typedef {import("./state.js").State} State
 * @typedef {(change: Partial<State>, options?: {replace?: boolean}) => void} Go
 */

const KEYS = /** @type {[string, string][]} */ ([
  ["← →", "in the chart: the commit before, the commit after"], ["Home End", "in the chart: the first commit, the last one"],
  ["Esc", "in the chart: let go of the commit"], ["[ ]", "the previous case or benchmark, the next one"],
]);

/** @type {import("../../view.js").Open} */
export async function open({ store, go }, subject, words) {
  const [, , uPlot] = await Promise.all([store.load("index", "commits"), style(new URL("../benchmark.css", import.meta.url)), load()]);
  const entry = store.entries.get(subject ?? "");
  if (!entry) {
    return { title: "Not here", update() {},
      nodes: [h("h1", { tabindex: "-1" }, "Not here"), h("p", {}, "The results hold no benchmark named ", h("code", {}, subject), ". ",
        h("a", { href: "#/benchmarks" }, "Look for it among all benchmarks.")) ] };
  }
  const benchmark = await store.benchmark(entry);
  let state = parse(words);
  const page = new BenchmarkPage({ store, entry, benchmark, uPlot }, state, (change, options) => go(format({ ...state, ...change }), options));
  const key = (/** @type {KeyboardEvent} */ event) => page.beside(event);
  return {
    title: entry.name, nodes: page.nodes.filter((node) => node instanceof Node), keys: KEYS,
    update: (changed) => page.update(state = parse(changed)),
    shown: () => {
      document.addEventListener("keydown", key);
      page.repaint();
      void statesOf(store, benchmark).then((known) => page.tell(known)); // all changes of the project: after the picture
    },
    repaint: () => page.repaint(),
    destroy: () => {
      document.removeEventListener("keydown", key);
      page.destroy();
    },
  };
}

class BenchmarkPage {
  #data;
  #go;
  /** @type {State} */ #state;
  /** @type {Chart | null} */ #chart = null;
  /** @type {number[]} */ #places = []; // in history, a place for each stop of the chart
  /** @type {Line[]} */ #lines = [];
  /** @type {Curve[]} */ #curves = [];
  /** @type {import("./steps.js").Known} */ #known = new Map();
  #shown = "";

  /** Empty until it stands in the document: a chart needs a width. @param {{store: Store, entry: Entry, benchmark: Benchmark, uPlot: any}} data @param {State} state @param {Go} go */
  constructor(data, state, go) {
    this.#data = data;
    this.#state = state;
    this.#go = go;
    this.host = h("div", { class: "plot" });
    this.tip = h("div", { class: "tip", role: "presentation", hidden: true });
    this.frame = h("div", { class: "chart", tabindex: "0", role: "application", "aria-describedby": "chart-help",
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event) }, this.host, this.tip);
    this.controls = h("div", { class: "controls" });
    this.ways = h("div", { class: "ways" });
    this.caption = h("div", { class: "caption" });
    this.beyond = h("span", { class: "notice quiet", hidden: true });
    this.views = h("div", { class: "axes" });
    this.metrics = h("div", { class: "multiples" });
    this.legend = h("ol", { class: "legend" });
    this.panel = h("section", { class: "panel", "aria-label": "Picked commit", "aria-live": "polite" });
    this.steps = h("div", {});
    this.folds = { table: this.#fold("table", "Values as a table"), metrics: this.#fold("metrics", "Newest value of every metric"),
      source: this.#fold("source", "Source of the benchmark") };
    this.nodes = this.#body();
    this.watch = new ResizeObserver(() => this.#chart?.resize(this.host));
    this.watch.observe(this.host);
  }

  destroy() {
    this.watch.disconnect();
    this.#chart?.destroy();
  }

  /** Draw everything, in the colours in force. */
  repaint() {
    this.#shown = "";
    this.update(this.#state);
  }

  /** What is known of the regressions. @param {import("./steps.js").Known} known */
  tell(known) {
    this.#known = known;
    if (known.size) this.#drawSteps();
  }

  /** @param {State} state */
  update(state) {
    const { store, entry } = this.#data;
    this.#state = state;
    const shown = JSON.stringify([[...state.choices], state.x, state.y, state.earlier, state.zoom, this.#size() && state.commit]);
    const anew = shown !== this.#shown; // else the reader goes from commit to commit, or opens a fold
    if (anew) this.#draw(shown);
    else this.#chart?.pick(this.#picked());
    this.ways.replaceChildren(wayLinks(neighbours(store, entry, state, this.#lines[0]?.versions[0] ?? null)));
    this.#drawPanel();
    this.#drawSteps();
    this.#fillFolds(anew);
  }

  /** What hangs on the choices. @param {string} shown */
  #draw(shown) {
    const left = this.#gather();
    this.#places = placesOf(this.#lines, this.#data.store.commits, this.#state.x);
    this.#drawControls();
    this.#drawChart(shown);
    this.#drawWords(left);
  }

  /** Along a parameter there is a curve for each set of cases, whose members are the lines. @returns {number} lines that are too many */
  #gather() {
    const { benchmark } = this.#data;
    const size = this.#size();
    const found = lines(benchmark, this.#state);
    const along = size && curvesOf(benchmark, this.#state, size);
    this.#curves = along ? along.curves : [];
    this.#lines = size ? membersOf(this.#curves, size) : found.lines;
    return along ? along.left : found.left;
  }

  #body() {
    const { store, benchmark: { name, series, code, machines, metrics } } = this.#data;
    const cases = new Set(series.map(({ params }) => JSON.stringify(params))).size;
    return [
      h("header", { class: "lead" }, h("div", { class: "where" }, crumbs(store, name), this.ways),
        h("h1", { tabindex: "-1", class: "code" }, breakable(moduleOf(name)[1])),
        h("p", { class: "quiet" }, `${counted(cases, "case")} · ${counted(series.length, "series", "series")} on ${counted(machines.length, "machine")}`)),
      h("section", { class: "sheet", "aria-label": "History" }, h("div", { class: "above" }, this.caption, this.views), this.frame,
        h("p", { id: "chart-help", class: "unseen" }, "Left and right arrow keys move from commit to commit; Escape lets go. The values are in the table below as well."),
        this.legend, this.metrics),
      this.controls,
      this.panel,
      h("section", { "aria-labelledby": "h-steps", class: "steps" }, h("h2", { id: "h-steps" }, "Steps"), this.steps),
      metrics.length > 1 && this.folds.metrics,
      this.folds.table,
      code && this.folds.source,
    ];
  }

  /** @param {string} name @param {string} title @returns {HTMLDetailsElement} */
  #fold(name, title) {
    const fold = /** @type {HTMLDetailsElement} */ (h("details", { class: "more", ontoggle: () => {
      if (fold.open === this.#state.open.has(name)) return;
      const open = new Set(this.#state.open);
      if (fold.open) open.add(name);
      else open.delete(name);
      this.#go({ open }, { replace: true });
    } }, h("summary", {}, title)));
    return fold;
  }

  // --- choices ----------------------------------------------------------------------------------

  #drawControls() {
    const { benchmark } = this.#data;
    const state = this.#state;
    const now = chosen(benchmark, state);
    const metric = chosenMetric(benchmark, state);
    const versions = new Set(benchmark.series.map(({ version }) => version)).size;
    replaced(this.controls, [
      ...dimensions(benchmark, metric).filter(({ key, values }) => values.length > 1 && key !== this.#size()?.key)
        .map((dimension) => this.#dimension(dimension, now.get(dimension.key) ?? new Set())),
      ...(versions > 1 ? [choice({ key: "earlier", label: "versions", values: ["earlier"], on: new Set(state.earlier ? ["earlier"] : []), type: "checkbox",
        change: () => this.#go({ earlier: !state.earlier }), words: { earlier: "earlier ones too" } })] : []),
    ]);
    const along = sizes(benchmark);
    replaced(this.views, [
      choice({ key: "x", label: "along", values: ["commit", "date", ...along.map(({ key }) => key)], on: new Set([this.#size() || state.x === "date" ? state.x : "commit"]), type: "radio",
        change: (x) => this.#go({ x, zoom: null }), words: Object.fromEntries(along.map(({ key, label }) => [key, label])) }),
      choice({ key: "y", label: "axis", values: this.#size() ? ["auto", "zero"] : ["auto", "zero", "log", "ratio"], on: new Set([state.y]), type: "radio",
        change: (y) => this.#go({ y: /** @type {State["y"]} */ (y) }),
        words: { auto: this.#size() ? "logarithmic" : "fitted", zero: "from zero", log: "logarithmic", ratio: "relative" } }),
    ]);
    if (benchmark.metrics.length > 1) {
      replaced(this.metrics, [metricField({ shown: shownMetrics(benchmark, state), places: this.#inView(), chosen: metric, change: (key) => this.#choose("metric", [key]) })]);
    }
  }

  /** @param {import("./lines.js").Dimension} dimension @param {Set<string>} on */
  #dimension({ key, label, values }, on) {
    return choice({ key, label, values, on, type: "checkbox", change: (value) => {
      const next = values.filter((one) => (one === value ? !on.has(one) : on.has(one)));
      this.#choose(key, next.length ? next : [value]);
    } });
  }

  /** @param {string} key @param {string[]} values */
  #choose(key, values) {
    this.#go({ choices: new Map(this.#state.choices).set(key, values) });
  }

  // --- picture ----------------------------------------------------------------------------------

  /** The parameter that the chart runs along, where it does. */
  #size() {
    return sizeOf(this.#data.benchmark, this.#state);
  }

  /** @returns {number | null} a stop */
  #picked() {
    const place = this.#state.commit ? this.#data.store.placeOf(this.#state.commit) : -1;
    const stop = this.#places.indexOf(place);
    return stop < 0 ? null : stop;
  }

  #inView() {
    const zoom = zoomOf(this.#state, this.#places, this.#data.store.commits);
    return zoom ? this.#places.slice(zoom[0], zoom[1] + 1) : this.#places;
  }

  /** @returns {Picture} */
  #pictureNow() {
    const { benchmark, store: { commits } } = this.#data;
    const [state, metric, picked] = [this.#state, chosenMetric(benchmark, this.#state), this.#picked()];
    const size = this.#size();
    if (!size) return pictureOf({ lines: this.#lines, places: this.#places, commits, unit: metric.unit, state, picked });
    return growthPicture({ curves: this.#curves, size, metric, state, place: picked === null ? null : this.#places[picked] });
  }

  /** @param {string} shown */
  #drawChart(shown) {
    const { store: { commits }, benchmark, uPlot } = this.#data;
    const began = performance.now();
    /** @type {number | undefined} */ let took;
    this.#shown = shown;
    this.#chart?.destroy();
    this.tip.hidden = true;
    const picture = this.#pictureNow();
    this.#chart = new Chart(uPlot, this.host, picture, {
      point: (stroke, stop, at) => this.#point(stroke, stop, at),
      leave: () => { this.tip.hidden = true; },
      pick: (stop) => picture.along !== "value" && this.#go({ commit: commits[this.#places[stop]].short }, { replace: this.#state.commit !== null }),
      zoom: (range) => this.#go({ zoom: range && /** @type {[string, string]} */ (range.map((stop) => commits[this.#places[stop]].short)) }),
      fitted: (beyond) => this.#tellBeyond(beyond),
      // for tests and the curious, as numbers: what is drawn, and how long the first time took
      drawn: () => Object.assign(this.host, { drawn: this.#chart?.drawn(), took_ms: took ??= performance.now() - began }),
    });
    const over = picture.along === "value" ? counted(picture.stops.length, "value") : counted(this.#places.length, "commit");
    this.frame.setAttribute("aria-label", `History of ${benchmark.name}: ${counted(picture.strokes.length, "line")} over ${over}`);
  }

  /** @param {Stroke} stroke @param {number} stop @param {{x: number, y: number}} at */
  #point(stroke, stop, at) {
    const { store, benchmark } = this.#data;
    const metric = chosenMetric(benchmark, this.#state);
    const line = this.#lines.find(({ tag }) => tag === stroke.tag);
    if (stroke.behind) this.tip.replaceChildren(...this.#growthText(stroke, stop));
    else if (line) {
      this.tip.replaceChildren(...pointText({ store, line, several: this.#lines.length > 1, place: this.#places[stop], far: stroke.outliers.get(stop) ?? null, metric }));
    }
    this.tip.hidden = false;
    stand(this.tip, this.frame, this.host.querySelector(".u-over"), at);
  }

  /** @param {Stroke} stroke @param {number} stop */
  #growthText(stroke, stop) {
    const { store } = this.#data;
    const [series, size] = [stroke.behind?.[stop], this.#size()];
    const picked = this.#picked();
    if (!series || !size) return [];
    const place = stroke.apart && picked !== null ? this.#places[picked] : series.commits[newestRow(series)];
    const label = this.#curves.find(({ tag }) => tag === stroke.tag)?.label ?? "";
    return growthText({ series, size, tag: stroke.tag, label, value: /** @type {number} */ (stroke.values[stop]), commit: store.commits[place] });
  }

  /** @param {number} count */
  #tellBeyond(count) {
    this.beyond.hidden = count === 0;
    this.beyond.textContent = count === 0 ? "" : `${counted(count, "outlier")} beyond the axis, marked at its edge: an axis from zero or a logarithmic one shows ${count === 1 ? "it" : "them"}.`;
  }

  // --- the reader's hand ------------------------------------------------------------------------

  /** @param {KeyboardEvent} event */
  #key(event) {
    const now = this.#picked();
    const last = this.#places.length - 1;
    const next = { ArrowLeft: (now ?? last + 1) - 1, ArrowRight: (now ?? last - 1) + 1, Home: 0, End: last }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      this.#pick(this.#places[Math.min(last, Math.max(0, next))], { replace: true });
    } else if (event.key === "Escape" && now !== null) {
      event.preventDefault();
      this.#go({ commit: null }, { replace: true });
    }
  }

  /** @param {number} place in history @param {{replace?: boolean}} [options] */
  #pick(place, options) {
    this.#go({ commit: this.#data.store.commits[place].short }, options);
  }

  /** The keys that lead to the neighbouring case. @param {KeyboardEvent} event */
  beside(event) {
    const typing = event.target instanceof HTMLInputElement && ["search", "text"].includes(event.target.type);
    if (!["[", "]"].includes(event.key) || typing || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
    const { store, entry } = this.#data;
    const { previous, next } = neighbours(store, entry, this.#state, this.#lines[0]?.versions[0] ?? null);
    const way = event.key === "[" ? previous : next;
    if (way) location.hash = way.href;
  }

  // --- words below and above --------------------------------------------------------------------

  /** @param {number} left lines that were not drawn */
  #drawWords(left) {
    const { benchmark, store } = this.#data;
    const [state, metric, picked] = [this.#state, chosenMetric(benchmark, this.#state), this.#picked()];
    const name = metricName(metric);
    const impossible = !this.#size() && possible(this.#lines, state.y) !== state.y;
    this.caption.replaceChildren(...[
      h("span", {}, h("strong", {}, name), metric.unit && metric.unit !== name && metric.name ? ` in ${metric.unit}` : "",
        state.y === "ratio" && !impossible ? ", relative to the first level in view" : "", ` · ${metric.better} is better`),
      impossible && h("span", { class: "notice" }, "Not every value is above zero: drawn as it is."),
      silent(this.#lines) && h("span", { class: "notice quiet" }, silent(this.#lines)),
      left > 0 && h("span", { class: "notice" }, `${counted(left, "more line")} chosen than can be told apart: narrow the choice.`),
      this.beyond,
      state.zoom && !this.#size() && h("button", { type: "button", onclick: () => this.#go({ zoom: null }) }, "Show all"),
    ].filter((node) => node instanceof HTMLElement));
    if (this.#size()) this.beyond.hidden = true;
    this.legend.replaceChildren(...(this.#size() ? growthLegend(this.#curves, picked === null ? null : store.commits[this.#places[picked]].short) : legend(store, this.#lines)));
  }

  #drawPanel() {
    const { store, benchmark } = this.#data;
    const stop = this.#picked();
    if (stop === null) {
      this.panel.replaceChildren(h("p", { class: "quiet" }, "Pick a point, or focus the chart and use the arrow keys, to see a commit here. Drag across the chart to zoom."));
      return;
    }
    const place = this.#places[stop];
    const [profiles, samples] = [h("div"), h("div", { class: "samples" })];
    const asked = { store, benchmark, lines: this.#lines, place };
    this.panel.replaceChildren(...commitPanel({ ...asked, close: () => this.#go({ commit: null }) }), profiles, samples);
    void profilesAt(asked).then((nodes) => profiles.replaceChildren(...nodes));
    void samplesAt(asked).then((nodes) => samples.replaceChildren(...nodes));
  }

  #drawSteps() {
    const { store, benchmark } = this.#data;
    const stop = this.#picked();
    this.steps.replaceChildren(...stepList({ store, benchmark, rows: stepsOf(this.#lines, new Set(this.#inView())), known: this.#known,
      picked: stop === null ? null : this.#places[stop], several: this.#lines.length > 1, pick: (place) => this.#pick(place) }));
  }

  /** @param {boolean} anew  whether what stands in them is of other choices */
  #fillFolds(anew) {
    const { store, benchmark } = this.#data;
    for (const [name, fold] of Object.entries(this.folds)) {
      fold.open = this.#state.open.has(name);
      if (!anew && fold.open === (fold.children.length > 1)) continue;
      const content = !fold.open ? [] : name === "metrics" ? [newestTable(benchmark, shownMetrics(benchmark, this.#state))]
        : name === "source" ? [h("pre", { tabindex: "0" }, benchmark.code)]
          : [h("p", {}, h("button", { type: "button", onclick: () => void this.#save() }, "Save as CSV"),
            h("span", { class: "quiet" }, " every line in view, in base units")), valuesTable(store, this.#lines, this.#inView(), chosenMetric(benchmark, this.#state))];
      fold.replaceChildren(/** @type {Node} */ (fold.firstElementChild), ...content);
    }
  }

  async #save() {
    const { store, benchmark } = this.#data;
    const series = this.#lines.flatMap(({ versions }) => versions);
    const [{ save }, { rowsFor }] = await Promise.all([import("../../parts/csv.js"), import("./rows.js")]); // only who saves needs them
    save(`${benchmark.name.replace(/[^\w.-]+/g, "_")}.csv`, rowsFor({ benchmark, series, places: this.#inView(), commits: store.commits }));
  }
}
