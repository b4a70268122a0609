// The heat map under the reader's hand: pointing, picking, choosing a window, by pointer and by keys. Owns which cell is in hand.

import { h } from "../../dom.js";
import { axisOf, coloursOf, columnAt, drawHand, drawMap, stride, xOf } from "./canvas.js";
import { layoutOf, rowAt } from "./layout.js";
import { cellSaid, tip } from "./tip.js";

/**
 * @typedef {import("./suite.js").Suite} Suite
 * @typedef {import("./suite.js").Group} Group
 * @typedef {import("./canvas.js").Cell} Cell
 * @typedef {import("./canvas.js").Scene} Scene
 * @typedef {import("../../data.js").Commit} Commit
 *
 * @typedef {{suite: Suite, groups: Group[], window: [number, number], named: boolean}} Shown
 *
 * @typedef {Object} Events
 * @property {(row: import("./suite.js").Row, column: number) => string} address  of a cell's case
 * @property {(window: [number, number]) => void} zoom
 */

const DRAG = 5; // CSS pixels: a hand that moves less has pressed
const LEAST = 6; // commits: a narrower window tells nothing that the case itself would not tell better
const STEP = 2; // times narrower or wider at a press of + or −
const ROWS = 10; // of PageUp and PageDown
const ASIDE = 14; // CSS pixels from a cell to what is said of it
const OVERVIEW = 2; // screens: up to here all rows at once are rather scrolled with the page than in their box

export class HeatMap {
  #commits;
  #events;
  /** @type {Shown | null} */ #shown = null;
  /** @type {Scene | null} */ #scene = null;
  /** @type {import("./canvas.js").Colours | null} */ #colours = null;
  /** @type {Cell} */ #cell = { row: 0, column: 0 };
  /** Whether the cell in hand is shown. */ #pointed = false;
  /** Where a pointer was pressed, and the columns that it chose since. @type {{x: number, from: number, to: number, moved: boolean} | null} */ #press = null;
  #width = 0;
  #observer;

  /** @param {Commit[]} commits @param {Events} events */
  constructor(commits, events) {
    this.#commits = commits;
    this.#events = events;
    this.map = /** @type {HTMLCanvasElement} */ (h("canvas", { "aria-hidden": "true" }));
    this.hand = /** @type {HTMLCanvasElement} */ (h("canvas", { "aria-hidden": "true" }));
    this.cell = h("div", { role: "row", class: "unseen" }, h("span", { role: "rowheader" }), h("span", { role: "gridcell" }));
    this.length = h("div", {});
    this.stage = h("div", { class: "stage" }, this.map, this.hand, this.cell);
    this.grid = h("div", { class: "heat-grid", role: "grid", tabindex: "0", "aria-label": "Benchmarks by commits, against their usual levels", "aria-describedby": "heat-keys",
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event), onscroll: () => this.#draw(), onfocus: () => this.#focused(),
      onpointerdown: (/** @type {PointerEvent} */ event) => this.#down(event), onpointermove: (/** @type {PointerEvent} */ event) => this.#move(event),
      onpointerup: (/** @type {PointerEvent} */ event) => this.#up(event), onpointercancel: () => this.#cancel() }, this.stage, this.length);
    this.tip = h("div", { class: "tip", hidden: true });
    this.said = h("p", { class: "unseen", role: "status" });
    this.node = h("div", { class: "heat", onpointerleave: (/** @type {PointerEvent} */ event) => event.pointerType !== "touch" && this.#leave(), onfocusout: (/** @type {FocusEvent} */ event) => this.#blurred(event) }, this.grid, this.tip, this.said);
    this.#observer = new ResizeObserver(() => this.#resized());
    this.#observer.observe(this.node);
  }

  /** @param {Shown} shown */
  set(shown) {
    const first = this.#shown?.suite !== shown.suite;
    const held = this.#scene?.layout.rows[this.#cell.row];
    this.#shown = shown;
    this.#place();
    const rows = this.#scene?.layout.rows ?? [];
    const again = held ? rows.findIndex(({ text }) => text === held.text) : 0;
    this.#cell = { row: Math.max(0, again), column: first ? shown.window[1] : Math.max(shown.window[0], Math.min(shown.window[1], this.#cell.column)) };
    this.#pointed &&= again >= 0 && !first;
    this.#tell();
    this.#draw();
  }

  repaint() {
    this.#colours = null;
    this.#draw();
  }

  destroy() {
    this.#observer.disconnect();
  }

  /** How many times closer: above 1 in, below out; about the cell in hand, where it is shown. @param {number} times */
  zoom(times) {
    if (!this.#shown) return;
    const { suite: { places }, window: [first, last] } = this.#shown;
    const count = Math.min(places.length, Math.max(LEAST, Math.round((last - first + 1) / times)));
    const middle = this.#pointed ? this.#cell.column : (first + last) / 2;
    const share = (middle - first) / Math.max(1, last - first);
    const begin = Math.max(0, Math.min(places.length - count, Math.round(middle - share * (count - 1))));
    this.#events.zoom([begin, begin + count - 1]);
  }

  all() {
    if (this.#shown) this.#events.zoom([0, this.#shown.suite.places.length - 1]);
  }

  /** Where the rows stand, for the width that there is. */
  #place() {
    this.#width = this.node.clientWidth;
    if (!this.#width || !this.#shown) return;
    const { suite, groups, window, named } = this.#shown;
    this.grid.style.removeProperty("max-height");
    const room = pixels(getComputedStyle(this.grid).maxHeight);
    this.grid.style.setProperty("max-height", "none"); // the stylesheet says what shows at once; an overview may be longer
    const axis = axisOf(this.#commits);
    const layout = layoutOf(groups, this.#width, room - axis, named);
    const whole = layout.height + axis + 2;
    const height = Math.min(layout.named ? room : room * OVERVIEW, whole);
    this.grid.style.setProperty("height", `${height}px`);
    this.stage.style.setProperty("height", `${height}px`);
    this.length.style.setProperty("height", `${whole - height}px`);
    this.grid.setAttribute("aria-rowcount", String(layout.rows.length));
    this.grid.setAttribute("aria-colcount", String(suite.places.length));
    this.#scene = { suite, commits: this.#commits, layout, window, width: this.grid.clientWidth, height, axis, scrolled: 0 };
  }

  #resized() {
    if (this.node.clientWidth === this.#width) return;
    this.#place();
    this.#draw();
  }

  #draw() {
    if (!this.#scene) return;
    const begun = performance.now();
    this.#scene.scrolled = this.grid.scrollTop;
    this.#colours ??= coloursOf(this.grid);
    drawMap(this.map, this.#scene, this.#colours);
    this.#drawHand();
    const { layout: { rows, left, tops }, window: [first, last], axis } = this.#scene;
    // for tests and the curious, as numbers
    Object.assign(this.grid, { drawn: { rows: rows.length, columns: last - first + 1, left, axis, tops: [...tops], took_ms: performance.now() - begun } });
  }

  #drawHand() {
    const [scene, colours] = [this.#scene, this.#colours];
    if (!scene || !colours) return;
    const chosen = this.#press?.moved ? this.#press : null;
    const cell = this.#pointed && !chosen && scene.layout.rows.length > 0 ? this.#cell : null;
    drawHand(this.hand, scene, colours, cell, chosen && [chosen.from, chosen.to]);
    this.tip.hidden = !cell;
    if (cell) this.#placeTip(scene, cell);
  }

  /** Beside the cell, on the side where there is more room. @param {Scene} scene @param {Cell} cell */
  #placeTip(scene, { row, column }) {
    const { layout, axis, width, height, scrolled } = scene;
    const [x, y] = [xOf(scene, column), axis + layout.tops[row] - scrolled];
    const { offsetWidth: wide, offsetHeight: tall } = this.tip;
    const wanted = x > width / 2 ? x - wide - ASIDE : x + stride(scene) + ASIDE;
    const across = Math.max(0, Math.min(width - wide, wanted));
    const [above, below] = [y - tall - ASIDE, y + layout.strip + ASIDE];
    const over = below + tall > height && above > 0 ? above : below;
    const down = across === wanted && !layout.stacked ? Math.max(0, Math.min(height - tall, y - tall / 2)) : over;
    this.tip.style.setProperty("translate", `${Math.round(across)}px ${Math.round(down)}px`);
  }

  /** Write the cell in hand where it is read and heard. */
  #tell() {
    const row = this.#scene?.layout.rows[this.#cell.row];
    if (!this.#shown || !row) return void this.tip.replaceChildren();
    const { suite } = this.#shown;
    const [head, cell] = this.cell.children;
    this.cell.setAttribute("aria-rowindex", String(this.#cell.row + 1));
    cell.setAttribute("aria-colindex", String(this.#cell.column + 1));
    head.textContent = row.text;
    cell.textContent = cellSaid(suite, this.#commits, row, this.#cell.column);
    this.tip.replaceChildren(...tip(suite, this.#commits, row, this.#cell.column, this.#events.address(row, this.#cell.column)));
  }

  /** @param {Cell} cell */
  #take(cell) {
    const same = this.#pointed && cell.row === this.#cell.row && cell.column === this.#cell.column;
    this.#cell = cell;
    this.#pointed = true;
    if (!same) this.#tell();
    this.#drawHand();
  }

  /** @param {PointerEvent} event @returns {Cell | null} */
  #under(event) {
    const scene = this.#scene;
    const { left, top } = this.stage.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    if (!scene?.layout.rows.length || y < scene.axis || x < 0 || x > scene.width) return null;
    return { row: rowAt(scene.layout, y - scene.axis + scene.scrolled), column: columnAt(scene, x) };
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const cell = event.button === 0 && event.isPrimary ? this.#under(event) : null;
    if (!cell || event.clientX - this.grid.getBoundingClientRect().left > this.grid.clientWidth) return; // on the bar that scrolls
    this.#press = { x: event.clientX, from: cell.column, to: cell.column, moved: false };
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const cell = this.#under(event);
    if (this.#press && cell) {
      this.#press.to = cell.column;
      if (Math.abs(event.clientX - this.#press.x) >= DRAG && !this.#press.moved) {
        this.#press.moved = true;
        this.grid.setPointerCapture(event.pointerId); // so that a hand that leaves the map still chooses
      }
    }
    if (this.#press?.moved) this.#drawHand();
    else if (cell && event.pointerType !== "touch") this.#take(cell);
    else if (!cell && event.pointerType !== "touch") this.#leave();
  }

  /** @param {PointerEvent} event */
  #up(event) {
    const [press, cell] = [this.#press, this.#under(event)];
    this.#press = null;
    if (press?.moved) this.#chosen(press.from, press.to);
    else if (press && cell) this.#pressed(cell, event);
  }

  /** A finger hides what it presses: its first press shows the cell, and the link in the tip opens it. @param {Cell} cell @param {PointerEvent} event */
  #pressed(cell, event) {
    const row = this.#scene?.layout.rows[cell.row];
    this.#take(cell);
    if (!row || event.pointerType === "touch") return;
    const address = this.#events.address(row, cell.column);
    if (event.ctrlKey || event.metaKey) window.open(address, "_blank", "noopener");
    else location.hash = address;
  }

  /** @param {number} from @param {number} to  columns, in either order */
  #chosen(from, to) {
    const [first, last] = [Math.min(from, to), Math.max(from, to)];
    const lacking = Math.max(0, LEAST - (last - first + 1));
    const end = (this.#shown?.suite.places.length ?? 1) - 1;
    const begin = Math.max(0, first - (lacking >> 1));
    this.#events.zoom([begin, Math.min(end, Math.max(last, begin + LEAST - 1))]);
    this.#drawHand();
  }

  #cancel() {
    this.#press = null;
    this.#drawHand();
  }

  #leave() {
    if (this.#press?.moved || this.node.contains(document.activeElement) || !this.#pointed) return;
    this.#pointed = false;
    this.#drawHand();
  }

  #focused() {
    if (this.grid.matches(":focus-visible")) this.#go(this.#cell);
  }

  /** @param {FocusEvent} event */
  #blurred(event) {
    if (event.relatedTarget instanceof Node && this.node.contains(event.relatedTarget)) return;
    this.#pointed = false;
    this.#drawHand();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const scene = this.#scene;
    if (!scene?.layout.rows.length || event.ctrlKey || event.metaKey || event.altKey) return;
    const { row, column } = this.#cell;
    const far = event.shiftKey ? Math.max(1, Math.round((scene.window[1] - scene.window[0] + 1) / 20)) : 1;
    const goal = { ArrowRight: { row, column: column + far }, ArrowLeft: { row, column: column - far }, ArrowDown: { row: row + 1, column }, ArrowUp: { row: row - 1, column },
      PageDown: { row: row + ROWS, column }, PageUp: { row: row - ROWS, column }, Home: { row, column: scene.window[0] }, End: { row, column: scene.window[1] } }[event.key];
    if (goal) this.#go(goal);
    else if (event.key === "Enter") location.hash = this.#events.address(scene.layout.rows[row], column);
    else if (event.key === "+" || event.key === "=") this.zoom(STEP);
    else if (event.key === "-") this.zoom(1 / STEP);
    else if (event.key === "0") this.all();
    else if (event.key === "Escape" && this.#press) this.#cancel();
    else return;
    event.preventDefault();
  }

  /** Take the cell that is wanted or the nearest there is; the window and the rows follow it, and it is said. @param {Cell} wanted */
  #go(wanted) {
    const [scene, shown] = [this.#scene, this.#shown];
    if (!scene?.layout.rows.length || !shown) return;
    const end = shown.suite.places.length - 1;
    const cell = { row: Math.max(0, Math.min(scene.layout.rows.length - 1, wanted.row)), column: Math.max(0, Math.min(end, wanted.column)) };
    const [first, last] = shown.window;
    const beyond = cell.column > last ? cell.column - last : Math.min(0, cell.column - first);
    this.#take(cell);
    this.#reveal(scene, cell.row);
    if (this.grid.scrollTop !== scene.scrolled) this.#draw(); // at once: where the tip stands is asked for next
    this.tip.scrollIntoView({ block: "nearest" }); // an overview may be longer than the screen
    this.said.textContent = `${scene.layout.rows[cell.row].text}: ${cellSaid(shown.suite, this.#commits, scene.layout.rows[cell.row], cell.column)}`;
    if (beyond) this.#events.zoom([first + beyond, last + beyond]);
  }

  /** Scroll the least that shows a row. @param {Scene} scene @param {number} row */
  #reveal({ layout, height, axis }, row) {
    const top = row ? layout.tops[row] - (layout.line - layout.strip) : 0;
    const foot = layout.tops[row] + layout.strip + 2;
    if (top < this.grid.scrollTop) this.grid.scrollTop = top;
    else if (foot > this.grid.scrollTop + height - axis) this.grid.scrollTop = foot - height + axis;
  }
}

/** @param {string} text @returns {number} */
function pixels(text) {
  return parseFloat(text) || 600;
}
