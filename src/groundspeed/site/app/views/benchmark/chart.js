// Drawing a picture and the reader's hand on it. Owns uPlot's set-up, its axes, pointing and zooming; decides nothing.

import { fitted, logRungs } from "./fit.js";
import { TAGS } from "./landmarks.js";
import { density, drawMarks, LANE } from "./marks.js";
import { standing } from "./picture.js";
import { style } from "../../dom.js";
import { display, scaleOf, significant } from "../../units.js";

/**
 * @typedef {import("./picture.js").Picture} Picture
 * @typedef {import("./picture.js").Stroke} Stroke
 *
 * @typedef {Object} Events
 * @property {(stroke: Stroke, stop: number, at: {x: number, y: number}) => void} point
 * @property {() => void} leave
 * @property {(stop: number) => void} pick
 * @property {(range: [number, number] | null) => void} zoom
 * @property {(beyond: number) => void} fitted  how many outliers lie outside of the axis
 * @property {() => void} drawn  everything stands on the canvas
 */

const REACH = 40; // CSS pixels: how far from the pointer a point is still meant
const ASIDE = 2; // so much more counts a pixel across than one up: it is commits that are looked for
const ASIDE_TOUCH = 1000; // a finger covers the height of many lines
const EDGE = 4; // CSS pixels: how far inside the edge stands what lies beyond it

/** @type {Promise<any> | null} */
let library = null;

/** uPlot, fetched when the first chart is drawn. @returns {Promise<any>} */
export function load() {
  library ??= Promise.all([style(new URL("../../vendor/uplot/uPlot.min.css", import.meta.url)), new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("../../vendor/uplot/uPlot.iife.min.js", import.meta.url).href;
    script.onload = () => resolve(/** @type {any} */ (window).uPlot);
    script.onerror = () => reject(new Error("the chart's code could not be read"));
    document.head.append(script);
  })]).then(([, found]) => found);
  return library;
}

/**
 * The colours of the page in force.
 * @typedef {ReturnType<typeof palette>} Palette
 * @param {Element} element
 */
export function palette(element) {
  const style = getComputedStyle(element);
  const named = (/** @type {string} */ name, /** @type {string} */ or = "") => style.getPropertyValue(name).trim() || or;
  return {
    lines: Array.from({ length: 8 }, (_, place) => named(`--line-${place + 1}`)),
    ink: named("--ink-soft"), grid: named("--grid"), bad: named("--bad"), good: named("--good", named("--line-3")), edge: named("--edge-strong"),
    paper: named("--panel"), accent: named("--accent"), font: `12px ${named("--sans")}`,
  };
}

export class Chart {
  #plot;
  #picture;
  #events;
  #colours;
  #quiet = true; // until uPlot has drawn, in a microtask of its own: no reader chose the first window
  #beyond = 0;
  /** @type {[number, number]} */ #window = [-Infinity, Infinity]; // of the x axis; uPlot asks for y before it lets its own be seen
  #pressed = { x: 0, y: 0 };
  /** @type {{stroke: Stroke, at: number} | null} */ #near = null;

  /** @param {any} uPlot @param {HTMLElement} host @param {Picture} picture @param {Events} events */
  constructor(uPlot, host, picture, events) {
    this.#picture = picture;
    this.#events = events;
    this.#colours = palette(host);
    this.#plot = new uPlot(this.#options(uPlot, host), this.#data(), host);
    if (picture.zoom) this.#show(picture.zoom);
    this.#plot.over.addEventListener("mousedown", (/** @type {MouseEvent} */ event) => {
      this.#pressed = { x: event.clientX, y: event.clientY };
    });
    this.#plot.over.addEventListener("click", (/** @type {MouseEvent} */ event) => this.#click(event));
    this.#plot.over.addEventListener("mouseleave", () => this.#leave());
  }

  /** What is drawn, as numbers: for tests, and for the curious. */
  drawn() {
    const { strokes } = this.#picture;
    const sum = (/** @type {(stroke: Stroke) => number} */ count) => strokes.reduce((total, stroke) => total + count(stroke), 0);
    return {
      points: sum(({ values }) => values.filter((value) => typeof value === "number").length), strokes: strokes.length,
      carried: sum(({ carried }) => carried.size), steps: sum(({ steps }) => steps.length), outliers: sum(({ outliers }) => outliers.size), beyond: this.#beyond,
    };
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
    if (this.#picture.picked === stop) return;
    this.#picture.picked = stop;
    this.#plot.redraw(false);
  }

  destroy() {
    this.#plot.destroy();
  }

  /** Lines pass outliers by. */
  #data() {
    return [this.#picture.stops, ...this.#picture.strokes.flatMap(({ values, low, high, outliers }) => [values, low, high].map((column) => {
      if (!outliers.size) return column;
      const through = [...column];
      for (const at of outliers.keys()) through[at] = undefined;
      return through;
    }))];
  }

  /** @param {any} uPlot @param {HTMLElement} host */
  #options(uPlot, host) {
    const { strokes, y, along, logX, tags } = this.#picture;
    const colours = this.#colours;
    return {
      ...size(host),
      padding: [tags.length ? TAGS + 6 : 12, 34, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: along !== "value", y: false, dist: 6 } },
      scales: {
        x: { time: false, distr: logX ? 3 : 1, range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => this.#across(low, high) },
        y: { distr: y === "log" ? 3 : 1, range: (/** @type {any} */ u) => this.#upright(u) },
      },
      series: [{}, ...strokes.flatMap((stroke) => columns(stroke, colours, strokes.length > 8 ? 1.25 : 1.75))],
      bands: strokes.map(({ colour }, place) => ({
        series: [3 * place + 3, 3 * place + 2], fill: colours.lines[colour - 1] + (strokes.length > 4 ? "1f" : "33"),
      })),
      axes: [this.#axisAcross(), this.#axisUp()],
      hooks: {
        ready: [() => { this.#quiet = false; }],
        draw: [(/** @type {any} */ u) => {
          drawMarks({ u, ratio: uPlot.pxRatio, picture: this.#picture, colours });
          this.#events.drawn();
        }],
        setCursor: [(/** @type {any} */ u) => this.#hover(u)],
        setScale: [(/** @type {any} */ u, /** @type {string} */ key) => key === "x" && this.#zoomed(u)],
      },
    };
  }

  #axisAcross() {
    const { along, stops } = this.#picture;
    const colours = this.#colours;
    return {
      stroke: colours.ink, font: colours.font, space: along === "date" ? 90 : 84, size: 34, gap: 8,
      grid: { show: along === "value", stroke: colours.grid, width: 1 }, ticks: { stroke: colours.grid, width: 1, size: 5 },
      incrs: along !== "commit" ? undefined : [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000],
      values: (/** @type {any} */ u, /** @type {number[]} */ at) => (along === "value" ? this.#sizes(u, at) : at.map((place) => this.#tick(place))),
      ...(along === "value" ? { splits: () => stops, filter: (/** @type {any} */ _, /** @type {number[]} */ at) => at } : {}),
    };
  }

  #axisUp() {
    const colours = this.#colours;
    return {
      stroke: colours.ink, font: colours.font, space: 44, gap: 8,
      size: (/** @type {any} */ _, /** @type {string[] | null} */ texts) => 20 + 6.8 * Math.max(3, ...(texts ?? []).map((text) => text.length)),
      grid: { stroke: colours.grid, width: 1 }, ticks: { show: false },
      ...(this.#picture.y === "log" ? { filter: (/** @type {any} */ _, /** @type {number[]} */ at) => at,
        splits: (/** @type {any} */ _, /** @type {number} */ __, /** @type {number} */ low, /** @type {number} */ high) => logRungs(low, high).map(({ value }) => value) } : {}),
      values: (/** @type {any} */ u, /** @type {(number | null)[]} */ at, /** @type {any} */ _, /** @type {any} */ __, /** @type {number} */ step) => this.#rungs(u, at, step),
    };
  }

  // --- scales -----------------------------------------------------------------------------------

  /** @param {number} low @param {number} high @returns {[number, number]} */
  #across(low, high) {
    const { along, logX, stops } = this.#picture;
    if (stops.length === 1) low = high = stops[0]; // uPlot would set it at the left edge
    this.#window = low === null || high === null ? [0, 0] : [low, high];
    if (low === null || high === null) return [0, 1];
    if (logX) return low === high ? [low / 2, high * 2] : [low / (high / low) ** 0.04, high * (high / low) ** 0.04];
    if (low === high) return [low - (along === "date" ? 86400 : 1), high + (along === "date" ? 86400 : 1)];
    const whole = low <= stops[0] && high >= stops[stops.length - 1];
    const margin = whole ? (high - low) * 0.015 : 0;
    return [low - margin, high + margin];
  }

  /** @param {any} u @returns {[number, number]} */
  #upright(u) {
    const { range, beyond } = fitted(this.#picture, this.#window, LANE / Math.max(60, u.height - 46 - LANE));
    this.#beyond = beyond;
    this.#events.fitted(beyond);
    return range;
  }

  /** @param {number} place on the x axis */
  #tick(place) {
    const { along, stops, stopLabel } = this.#picture;
    if (along === "date") return new Date(place * 1000).toISOString().slice(0, 10);
    return Number.isInteger(place) && place >= 0 && place < stops.length ? stopLabel(place) : "";
  }

  /** Every value that was measured, as long as two labels do not touch. @param {any} u @param {number[]} at */
  #sizes(u, at) {
    const log = (/** @type {number} */ value) => (this.#picture.logX ? Math.log(value) : value);
    const [low, high] = this.#across(...this.#window).map(log); // uPlot does not know yet where they will stand
    let free = -Infinity;
    return at.map((value) => {
      const text = this.#picture.stopLabel(this.#picture.stops.indexOf(value));
      const [x, half] = [((log(value) - low) / (high - low)) * u.width, 4 * text.length];
      if (x - half < free) return "";
      free = x + half + 8;
      return text;
    });
  }

  /** @param {any} u @param {(number | null)[]} at @param {number} step */
  #rungs(u, at, step) {
    const { unit, y, strokes } = this.#picture;
    if (!strokes.some(({ values, carried }) => carried.size || values.some((value) => typeof value === "number"))) return at.map(() => ""); // of nothing
    if (y === "log") {
      const { min, max } = u.scales.y;
      return logRungs(min, max).map(({ value, named }) => (named ? display(value, unit, max / min < 2 ? 3 : 2) : ""));
    }
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
    const near = left < 0 || idx === null || idx === undefined ? null : this.#nearest(u, left, top);
    if (!near) return this.#leave();
    if (this.#near?.stroke === near.stroke && this.#near.at === near.at) return; // it says so already
    this.#near = near;
    this.#events.point(near.stroke, near.at, { x: near.x, y: near.y });
  }

  #leave() {
    this.#near = null;
    this.#events.leave();
  }

  /**
   * The point or failure closest to a place, within reach along x: only the stops there are looked at.
   * @param {any} u @param {number} left @param {number} top @param {number} [aside]
   */
  #nearest(u, left, top, aside = ASIDE) {
    const { stops, strokes } = this.#picture;
    const reach = Math.max(REACH, density(u, this.#picture) / 2);
    const [from, to] = [u.posToVal(left - reach, "x"), u.posToVal(left + reach, "x")];
    /** @type {{stroke: Stroke, at: number, x: number, y: number, far: number} | null} */
    let best = null;
    for (let at = firstFrom(stops, from); at < stops.length && stops[at] <= to; at++) {
      const x = u.valToPos(stops[at], "x");
      for (const stroke of strokes) {
        const y = this.#heightOf(u, stroke, at);
        if (y === null) continue;
        const far = Math.hypot(x - left, (y - top) / aside);
        if (!best || far < best.far) best = { stroke, at, x, y, far };
      }
    }
    return best;
  }

  /** Where it is drawn; what lies beyond the axis stands at its edge. @param {any} u @param {Stroke} stroke @param {number} at */
  #heightOf(u, stroke, at) {
    const value = standing(stroke, at);
    const foot = u.over.clientHeight;
    if (typeof value === "number") return Math.min(foot - EDGE, Math.max(EDGE, u.valToPos(value, "y")));
    return stroke.failures.has(at) ? foot - LANE / 2 : null;
  }

  /** @param {MouseEvent & {pointerType?: string}} event */
  #click(event) {
    if (Math.hypot(event.clientX - this.#pressed.x, event.clientY - this.#pressed.y) > 5) return;
    const frame = this.#plot.over.getBoundingClientRect();
    const near = this.#nearest(this.#plot, event.clientX - frame.left, event.clientY - frame.top, event.pointerType === "touch" ? ASIDE_TOUCH : ASIDE);
    if (near) this.#events.pick(near.at);
  }

  /** @param {[number, number]} zoom stops */
  #show([first, last]) {
    const { stops } = this.#picture;
    this.#plot.setScale("x", { min: stops[first], max: stops[last] });
  }

  /** @param {any} u */
  #zoomed(u) {
    if (this.#quiet || this.#picture.along === "value") return;
    const { stops } = this.#picture;
    const inView = stops.map((_, at) => at).filter((at) => stops[at] >= u.scales.x.min && stops[at] <= u.scales.x.max);
    if (!inView.length) return;
    const whole = inView.length === stops.length;
    this.#events.zoom(whole ? null : [inView[0], inView[inView.length - 1]]);
  }
}

/** A stroke's three columns for uPlot: the line, and the ends of its band. @param {Stroke} stroke @param {Palette} colours @param {number} width */
function columns({ colour, apart }, colours, width) {
  const stroke = colours.lines[colour - 1];
  return [
    { stroke: apart ? `${stroke}b0` : stroke, width, dash: apart ? [5, 4] : undefined, points: { show: false } },
    { width: 0, points: { show: false } },
    { width: 0, points: { show: false } },
  ];
}

/** The first place whose number is not below one. @param {number[]} rising @param {number} least */
function firstFrom(rising, least) {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rising[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
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
