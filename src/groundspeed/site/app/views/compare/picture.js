// All ratios in order, as bars about "the same": what can be read from afar. Owns the drawing and which case is in hand.

import { h } from "../../dom.js";
import { looks } from "../../parts/verdict.js";
import { ratioText } from "../../parts/ratio.js";

/**
 * @typedef {import("./suite.js").Row} Row
 * @typedef {Row & {judgement: import("./stored.js").Judgement}} Judged
 */

const TICKS = [1.02, 1.05, 1.1, 1.2, 1.5, 2, 3, 5, 10, 30, 100];
const MOST = 100; // bars beyond a hundredfold are cut, and marked
const ROOM_FOR_WHISKERS = 5; // pixels a case needs for its interval to be told from its neighbour's
const MARGIN = { top: 10, right: 8, bottom: 10, left: 92 };

export class Picture {
  /** @type {Judged[]} */ #rows = [];
  #at = 0;
  #touched = false;
  #observer;

  /** @param {(row: Row) => void} open  the case was chosen */
  constructor(open) {
    this.canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { class: "ratios", tabindex: 0, role: "slider", "aria-label": "Ratios in order; each place is a case",
      "aria-valuemin": 1, onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event), onfocus: () => this.#take(this.#at),
      onpointermove: (/** @type {PointerEvent} */ event) => this.#take(this.#under(event)),
      onclick: (/** @type {PointerEvent} */ event) => {
        const row = this.#rows[this.#under(event)];
        if (row) open(row);
      } }));
    this.readout = h("p", { class: "readout" });
    this.node = h("div", { class: "picture" }, this.canvas, this.readout);
    this.#observer = new ResizeObserver(() => this.draw());
    this.#observer.observe(this.canvas);
    this.open = open;
  }

  /** @param {Row[]} rows  those without a ratio are left out */
  set(rows) {
    this.#rows = /** @type {Judged[]} */ (rows.filter(({ judgement }) => judgement && judgement.worse.centre > 0 && Number.isFinite(judgement.worse.centre) && judgement.ratio))
      .sort((one, other) => other.judgement.worse.centre - one.judgement.worse.centre);
    this.#at = 0;
    this.#touched = false;
    this.node.hidden = !this.#rows.length;
    this.canvas.setAttribute("aria-valuemax", String(this.#rows.length));
    this.#say();
    this.draw();
  }

  destroy() {
    this.#observer.disconnect();
  }

  /** How many bars stand, for those who look from outside. */
  get count() {
    return this.#rows.length;
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const context = this.canvas.getContext("2d");
    if (!width || !height || !context) return;
    const dense = devicePixelRatio || 1;
    [this.canvas.width, this.canvas.height] = [Math.round(width * dense), Math.round(height * dense)];
    context.scale(dense, dense);
    const plot = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
    const far = this.#far();
    const y = (/** @type {number} */ worse) => {
      const log = Math.max(-1, Math.min(1, Math.log(worse) / Math.log(far)));
      return (plot.top + plot.bottom) / 2 - (log * (plot.bottom - plot.top)) / 2;
    };
    const colours = coloursOf(this.canvas);
    this.#ground(context, plot, y, far, colours);
    const step = (plot.right - plot.left) / Math.max(1, this.#rows.length);
    this.#rows.forEach((row, at) => bar(context, row, plot.left + at * step, step, y, far, colours));
    if (this.#touched) {
      const x = plot.left + (this.#at + 0.5) * step;
      context.strokeStyle = colours.ink;
      context.lineWidth = 1.5;
      context.strokeRect(Math.round(x - Math.max(step, 3) / 2) - 0.5, plot.top, Math.max(step, 3) + 1, plot.bottom - plot.top);
    }
  }

  /** The ratio at the edge: the farthest bar but one in two hundred, so that one wild case does not flatten all. */
  #far() {
    const sizes = this.#rows.map(({ judgement }) => Math.abs(Math.log(judgement.worse.centre))).sort((a, b) => a - b);
    const far = Math.exp((sizes[Math.ceil(sizes.length * 0.995) - 1] ?? 0) * 1.1);
    return Math.min(MOST, Math.max(1.12, far));
  }

  /** @param {CanvasRenderingContext2D} context @param {{left: number, right: number, top: number, bottom: number}} plot @param {(worse: number) => number} y @param {number} far @param {Colours} colours */
  #ground(context, plot, y, far, colours) {
    const tolerance = this.#rows[0]?.judgement.tolerance ?? 0.05;
    context.fillStyle = colours.band;
    context.fillRect(plot.left, y(1 + tolerance), plot.right - plot.left, y(1 / (1 + tolerance)) - y(1 + tolerance));
    context.font = `12px ${colours.font}`;
    context.textAlign = "right";
    context.textBaseline = "middle";
    let last = y(1);
    tick(context, plot, last, "same", colours);
    for (const size of TICKS.filter((one) => one <= far)) {
      if (last - y(size) < 16) continue;
      last = y(size);
      tick(context, plot, last, `slower ×${size}`, colours);
      tick(context, plot, y(1 / size), `faster ×${size}`, colours);
    }
  }

  /** @param {PointerEvent} event */
  #under(event) {
    const { left, width } = this.canvas.getBoundingClientRect();
    const share = (event.clientX - left - MARGIN.left) / (width - MARGIN.left - MARGIN.right);
    return Math.max(0, Math.min(this.#rows.length - 1, Math.floor(share * this.#rows.length)));
  }

  /** @param {number} at */
  #take(at) {
    if (!this.#rows.length) return;
    this.#at = Math.max(0, Math.min(this.#rows.length - 1, at));
    this.#touched = true;
    this.#say();
    this.draw();
  }

  #say() {
    const row = this.#rows[this.#at];
    if (!row) return;
    const said = `${row.name}: ${inWords(row)}`;
    this.canvas.setAttribute("aria-valuenow", String(this.#at + 1));
    this.canvas.setAttribute("aria-valuetext", said);
    this.readout.replaceChildren(...(this.#touched ? [h("strong", {}, inWords(row)), " ", h("span", { class: "name" }, row.name)]
      : ["Every bar is a case, the worst at the left. Point at one, or go along with the arrow keys."]));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const page = Math.max(1, Math.round(this.#rows.length / 20));
    const goal = { ArrowRight: this.#at + 1, ArrowUp: this.#at + 1, ArrowLeft: this.#at - 1, ArrowDown: this.#at - 1, PageUp: this.#at + page, PageDown: this.#at - page,
      Home: 0, End: this.#rows.length - 1 }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (goal !== undefined) this.#take(goal);
    else if (event.key === "Enter" && this.#rows[this.#at]) this.open(this.#rows[this.#at]);
    else return;
    event.preventDefault();
  }
}

/** `slower ×1.52`, and what was said of it. @param {Judged} row */
function inWords({ judgement: { worse }, said }) {
  const far = worse.centre >= 1 ? worse.centre : 1 / worse.centre;
  const size = far < 1.005 ? "no change" : `${worse.centre > 1 ? "slower" : "faster"} ×${ratioText(far).slice(0, -1)}`;
  return said === "slower" || said === "faster" ? size : `${said}, ${size}`;
}

/** @typedef {{bad: string, good: string, unsure: string, even: string, band: string, grid: string, soft: string, ink: string, font: string}} Colours */

/** @param {Element} element @returns {Colours} */
function coloursOf(element) {
  const style = getComputedStyle(element);
  const of = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return { bad: of("--bad"), good: of("--good"), unsure: of("--unsure"), even: of("--edge-strong"), band: of("--accent-soft"), grid: of("--edge"),
    soft: of("--ink-soft"), ink: of("--ink"), font: style.fontFamily };
}

/** @param {CanvasRenderingContext2D} context @param {{left: number, right: number}} plot @param {number} y @param {string} text @param {Colours} colours */
function tick(context, plot, y, text, colours) {
  context.strokeStyle = colours.grid;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(plot.left, Math.round(y) + 0.5);
  context.lineTo(plot.right, Math.round(y) + 0.5);
  context.stroke();
  context.fillStyle = colours.soft;
  context.fillText(text, plot.left - 8, y);
}

/**
 * A full bar is a verdict, a frail one is none; an arrow head points where it says so.
 * @param {CanvasRenderingContext2D} context @param {Judged} row @param {number} x @param {number} step @param {(worse: number) => number} y @param {number} far @param {Colours} colours
 */
function bar(context, { judgement: { worse }, said }, x, step, y, far, colours) {
  const tone = /** @type {"bad"} */ (looks(said)[1]);
  const named = said === "slower" || said === "faster";
  const width = Math.max(step > 3 ? step * 0.72 : step, 0.75);
  const [centre, end] = [y(1), y(worse.centre)];
  context.fillStyle = context.strokeStyle = colours[tone] ?? colours.even;
  context.globalAlpha = named ? 1 : 0.55;
  const thin = named ? width : Math.max(width * 0.45, 0.75);
  context.fillRect(x + (step - thin) / 2, Math.min(centre, end), thin, Math.max(1, Math.abs(end - centre)));
  if (step >= ROOM_FOR_WHISKERS && worse.low > 0 && worse.high < Infinity) {
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x + step / 2, y(worse.low));
    context.lineTo(x + step / 2, y(worse.high));
    context.stroke();
  }
  if (named && step >= ROOM_FOR_WHISKERS) {
    const way = said === "slower" ? -1 : 1;
    const half = Math.min(step / 2, 6);
    const top = Math.abs(Math.log(worse.centre)) > Math.log(far) ? end - way * 2 * half : end;
    context.beginPath();
    context.moveTo(x + step / 2 - half, top);
    context.lineTo(x + step / 2 + half, top);
    context.lineTo(x + step / 2, top + way * half * 1.4);
    context.fill();
  }
  context.globalAlpha = 1;
}
