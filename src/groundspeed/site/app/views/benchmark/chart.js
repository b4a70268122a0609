// Drawing lines over commits. Owns pixels: uPlot's set-up, bands, marks, failures; decides nothing.

import { density, drawMarks, LANE } from "./marks.js";
import { display, scaleOf, significant } from "../../units.js";

/**
 * @typedef {Object} Stroke  a line as it is drawn: every array has one place for each stop
 * @property {number} tag
 * @property {number} colour  1 to 8
 * @property {boolean} earlier  an earlier version of the benchmark
 * @property {(number | null | undefined)[]} values  undefined: not measured there; null: no value
 * @property {(number | null | undefined)[]} low
 * @property {(number | null | undefined)[]} high
 * @property {Map<number, string>} failures  by stop
 * @property {Map<number, number>} carried  by stop: the value that was measured elsewhere
 *
 * @typedef {Object} Picture
 * @property {number[]} stops  where on the x axis each commit stands, rising
 * @property {(stop: number) => string} stopLabel
 * @property {boolean} dates  whether stops are seconds since 1970
 * @property {Stroke[]} strokes
 * @property {string} unit
 * @property {"auto" | "zero" | "log"} y
 * @property {number | null} picked  a stop
 * @property {[number, number] | null} zoom  first and last stop in view
 *
 * @typedef {Object} Events
 * @property {(stroke: Stroke | null, stop: number, at: {x: number, y: number}) => void} point
 * @property {() => void} leave
 * @property {(stop: number) => void} pick
 * @property {(range: [number, number] | null) => void} zoom
 */

const REACH = 40; // how far from the pointer a point is still meant

/** @type {Promise<any> | null} */
let library = null;

/** uPlot, fetched when the first chart is drawn. @returns {Promise<any>} */
export function load() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("../../vendor/uplot/uPlot.iife.min.js", import.meta.url).href;
    script.onload = () => resolve(/** @type {any} */ (window).uPlot);
    script.onerror = () => reject(new Error("the chart's code could not be read"));
    document.head.append(script);
  });
  return library;
}

/**
 * The colours of the page in force.
 * @typedef {ReturnType<typeof palette>} Palette
 * @param {Element} element
 */
function palette(element) {
  const style = getComputedStyle(element);
  const named = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return {
    lines: Array.from({ length: 8 }, (_, place) => named(`--line-${place + 1}`)),
    ink: named("--ink-soft"), grid: named("--grid"), bad: named("--bad"), paper: named("--panel"), accent: named("--accent"),
    font: `12px ${named("--sans")}`,
  };
}

export class Chart {
  #plot;
  #picture;
  #events;
  #colours;
  #quiet = false;
  #window = [-Infinity, Infinity]; // of the x axis; uPlot asks for y before it lets its own be seen
  #pressed = { x: 0, y: 0 };

  /** @param {any} uPlot @param {HTMLElement} host @param {Picture} picture @param {Events} events */
  constructor(uPlot, host, picture, events) {
    this.#picture = picture;
    this.#events = events;
    this.#colours = palette(host);
    this.#quiet = true;
    this.#plot = new uPlot(this.#options(uPlot, host), this.#data(), host);
    if (picture.zoom) this.#show(picture.zoom);
    this.#quiet = false;
    this.#plot.over.addEventListener("mousedown", (/** @type {MouseEvent} */ event) => {
      this.#pressed = { x: event.clientX, y: event.clientY };
    });
    this.#plot.over.addEventListener("click", (/** @type {MouseEvent} */ event) => this.#click(event));
    this.#plot.over.addEventListener("mouseleave", () => events.leave());
    // tests and the curious: what is drawn, as numbers
    const carried = picture.strokes.reduce((sum, stroke) => sum + stroke.carried.size, 0);
    /** @type {any} */ (host).drawn = { points: this.points(), strokes: picture.strokes.length, carried };
  }

  /** How many measured values are drawn. */
  points() {
    return this.#picture.strokes.reduce((sum, { values }) => sum + values.filter((value) => typeof value === "number").length, 0);
  }

  /** @param {HTMLElement} host */
  resize(host) {
    const { width, height } = size(host);
    if (width !== this.#plot.width || height !== this.#plot.height) {
      this.#quiet = true;
      this.#plot.setSize({ width, height });
      this.#quiet = false;
    }
  }

  /** @param {number | null} stop */
  pick(stop) {
    this.#picture.picked = stop;
    this.#plot.redraw(false);
  }

  destroy() {
    this.#plot.destroy();
  }

  #data() {
    const columns = this.#picture.strokes.flatMap(({ values, low, high }) => [values, low, high]);
    return [this.#picture.stops, ...columns];
  }

  /** @param {any} uPlot @param {HTMLElement} host */
  #options(uPlot, host) {
    const { strokes, y, dates } = this.#picture;
    const colours = this.#colours;
    const faint = strokes.length > 4 ? "1f" : "33";
    return {
      ...size(host),
      padding: [12, 34, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, dist: 6 } },
      scales: {
        x: { time: false, range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => this.#across(low, high) },
        y: { distr: y === "log" ? 3 : 1, range: (/** @type {any} */ u) => this.#upright(u) },
      },
      series: [{}, ...strokes.flatMap(({ colour, earlier }) => {
        const stroke = colours.lines[colour - 1];
        return [
          { stroke: earlier ? `${stroke}b0` : stroke, width: strokes.length > 8 ? 1.25 : 1.75, dash: earlier ? [5, 4] : undefined, points: { show: false } },
          { width: 0, points: { show: false } },
          { width: 0, points: { show: false } },
        ];
      })],
      bands: strokes.map(({ colour }, place) => ({
        series: [3 * place + 3, 3 * place + 2], fill: colours.lines[colour - 1] + faint,
      })),
      axes: [
        {
          stroke: colours.ink, font: colours.font, space: dates ? 90 : 84, size: 34, gap: 8,
          grid: { show: false }, ticks: { stroke: colours.grid, width: 1, size: 5 },
          incrs: dates ? undefined : [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000],
          values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map((place) => this.#tick(place)),
        },
        {
          stroke: colours.ink, font: colours.font, space: 44, gap: 8,
          size: (/** @type {any} */ _, /** @type {string[] | null} */ texts) => 20 + 6.8 * Math.max(3, ...(texts ?? []).map((text) => text.length)),
          grid: { stroke: colours.grid, width: 1 }, ticks: { show: false },
          values: (/** @type {any} */ u, /** @type {(number | null)[]} */ at, /** @type {any} */ __, /** @type {any} */ ___, /** @type {number} */ step) => this.#rungs(u, at, step),
        },
      ],
      hooks: {
        draw: [(/** @type {any} */ u) => drawMarks({ u, ratio: uPlot.pxRatio, picture: this.#picture, colours })],
        setCursor: [(/** @type {any} */ u) => this.#hover(u)],
        setScale: [(/** @type {any} */ u, /** @type {string} */ key) => key === "x" && this.#zoomed(u)],
      },
    };
  }

  // --- scales -----------------------------------------------------------------------------------

  /** @param {number} low @param {number} high @returns {[number, number]} */
  #across(low, high) {
    const { dates, stops } = this.#picture;
    this.#window = low === null || high === null ? [0, 0] : [low, high];
    if (low === null || high === null) return [0, 1];
    if (low === high) return [low - (dates ? 86400 : 1), high + (dates ? 86400 : 1)];
    const whole = low <= stops[0] && high >= stops[stops.length - 1];
    const margin = whole ? (high - low) * 0.015 : 0;
    return [low - margin, high + margin];
  }

  /** All values in view; their intervals as far as they leave the values readable. @param {any} u @returns {[number, number]} */
  #upright(u) {
    const { stops, strokes, y } = this.#picture;
    const [min, max] = this.#window;
    let [low, high, below, above] = [Infinity, -Infinity, Infinity, -Infinity];
    let failed = false;
    stops.forEach((stop, at) => {
      if (stop < min || stop > max) return;
      for (const stroke of strokes) {
        failed ||= stroke.failures.has(at);
        const value = standing(stroke, at);
        if (typeof value !== "number" || (y === "log" && value <= 0)) continue;
        low = Math.min(low, value);
        high = Math.max(high, value);
        below = Math.min(below, stroke.low[at] ?? value);
        above = Math.max(above, stroke.high[at] ?? value);
      }
    });
    if (low > high) [low, high, below, above] = [1, 10, 1, 10];
    const lane = failed ? LANE / Math.max(60, u.height - 46 - LANE) : 0;
    if (y === "log") {
      const reach = Math.max(high / low, 1.1) ** 0.08;
      const [from, to] = [Math.max(below > 0 ? below : low, low / reach ** 4) / reach, Math.min(above, high * reach ** 4) * reach];
      return [from / (to / from) ** lane, to];
    }
    const span = Math.max(high - low, Math.abs(high) * 0.02, Number.MIN_VALUE * 1e6);
    const reach = Math.max(span * 1.5, Math.abs(high) * 0.15);
    const [foot, head] = [Math.max(below, low - reach), Math.min(above, high + reach)];
    const margin = (head - foot) * 0.06 || span;
    const from = y === "zero" ? Math.min(0, low) : foot - margin;
    const to = head + margin;
    return [from - (to - from) * lane, to];
  }

  /** @param {number} place on the x axis */
  #tick(place) {
    const { dates, stops, stopLabel } = this.#picture;
    if (dates) return new Date(place * 1000).toISOString().slice(0, 10);
    return Number.isInteger(place) && place >= 0 && place < stops.length ? stopLabel(place) : "";
  }

  /** @param {any} u @param {(number | null)[]} at @param {number} step */
  #rungs(u, at, step) {
    const { unit, y } = this.#picture;
    if (y === "log") return at.map((value) => (value === null ? "" : display(value, unit, 2)));
    const { factor, label } = scaleOf(Math.max(Math.abs(u.scales.y.min), Math.abs(u.scales.y.max)), unit);
    const digits = decimals(step / factor);
    return at.map((value) => {
      if (value === null) return "";
      const scaled = value / factor;
      const text = Math.abs(scaled) >= 1e7 ? significant(scaled, 3) : scaled.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
      return label.length <= 3 ? `${text} ${label}`.trim() : text;
    });
  }

  // --- the reader's hand --------------------------------------------------------------------------

  /** @param {any} u */
  #hover(u) {
    const { left, top, idx } = u.cursor;
    if (left < 0 || idx === null || idx === undefined) {
      this.#events.leave();
      return;
    }
    const near = this.#nearest(u, left, top);
    if (near) this.#events.point(near.stroke, near.at, { x: near.x, y: near.y });
    else this.#events.leave();
  }

  /** The point or failure closest to a place, within reach along x. @param {any} u @param {number} left @param {number} top */
  #nearest(u, left, top) {
    const { stops, strokes } = this.#picture;
    /** @type {{stroke: Stroke, at: number, x: number, y: number, far: number} | null} */
    let best = null;
    const reach = Math.max(REACH, density(u, this.#picture) / 2);
    stops.forEach((stop, at) => {
      const x = u.valToPos(stop, "x");
      if (Math.abs(x - left) > reach) return;
      for (const stroke of strokes) {
        const value = standing(stroke, at);
        if (typeof value !== "number" && !stroke.failures.has(at)) continue;
        const y = typeof value === "number" ? u.valToPos(value, "y") : u.over.clientHeight - LANE / 2;
        const far = Math.hypot(x - left, (y - top) / 2);
        if (!best || far < best.far) best = { stroke, at, x, y, far };
      }
    });
    return /** @type {{stroke: Stroke, at: number, x: number, y: number, far: number} | null} */ (best);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    if (Math.hypot(event.clientX - this.#pressed.x, event.clientY - this.#pressed.y) > 5) return;
    const frame = this.#plot.over.getBoundingClientRect();
    const near = this.#nearest(this.#plot, event.clientX - frame.left, event.clientY - frame.top);
    if (near) this.#events.pick(near.at);
  }

  /** @param {[number, number]} zoom stops */
  #show([first, last]) {
    const { stops } = this.#picture;
    this.#plot.setScale("x", { min: stops[first], max: stops[last] });
  }

  /** @param {any} u */
  #zoomed(u) {
    if (this.#quiet) return;
    const { stops } = this.#picture;
    const inView = stops.map((_, at) => at).filter((at) => stops[at] >= u.scales.x.min && stops[at] <= u.scales.x.max);
    if (!inView.length) return;
    const whole = inView.length === stops.length;
    this.#events.zoom(whole ? null : [inView[0], inView[inView.length - 1]]);
  }
}

/** What is drawn at a stop: the value measured there, else one carried over. @param {Stroke} stroke @param {number} at */
function standing(stroke, at) {
  return stroke.values[at] ?? stroke.carried.get(at);
}

/** @param {HTMLElement} host */
function size(host) {
  return { width: Math.max(240, host.clientWidth), height: Math.max(220, host.clientHeight) };
}

/** How many decimals tell the rungs of a ladder apart: a step of 0.25 needs two. @param {number} step */
function decimals(step) {
  for (let digits = 0; digits < 9; digits++) {
    if (Math.abs(step - Number(step.toFixed(digits))) < step * 1e-6) return digits;
  }
  return 9;
}
