// A list of thousands of rows of one height. Owns which of them stand in the document, and the keyboard.

import { h, style } from "../dom.js";
import { orderOf, wordOf } from "./table.js";

/**
 * @typedef {import("../dom.js").Child} Child
 * @typedef {import("./table.js").Order} Order
 *
 * @typedef {Object} Head  a column: its cells are what `cells` gives at its place
 * @property {string} label
 * @property {string} [key]  its word in the address; none: nothing is sorted by it
 * @property {boolean} [descending]  whether the first press on it sorts from large to small
 * @property {string} [kind]  a class of its cells
 * @property {string} [title]
 *
 * @typedef {Object} Traits  what a row is, beside its cells
 * @property {number} [level]  in a tree, from 1
 * @property {boolean} [open]  of a row that holds others: whether they are shown
 * @property {string} [kind]  a class of the row
 */

/**
 * `key` tells rows apart, so that the row in hand stays the same when the rows are filtered or sorted anew.
 * `cells` draws a row: a node or text for each column, or fewer, the last of which is then the widest. A link
 * in it is what Enter follows. The height is what the stylesheet says in `--row`.
 * @template Row
 * @typedef {Object} Asked
 * @property {string} label  names the list to those who hear it
 * @property {Head[]} heads
 * @property {(row: Row) => string} key
 * @property {(row: Row) => (Child | Child[])[]} cells
 * @property {(row: Row) => Traits} [traits]
 * @property {(row: Row, open: boolean) => void} [fold]  open or close a row that holds others: the list is a tree
 * @property {(word: string) => void} [sort]  somebody asks for another order, said as in the address
 */

const SPARE = 6; // rows drawn beyond either edge, so that a turn of the wheel finds them there

/** The stylesheet of the list; to be awaited before one is made. */
export function styled() {
  return style(new URL("./rows.css", import.meta.url));
}

/**
 * `node` goes into the document; it measures itself there.
 * @template Row
 */
export class Rows {
  #asked;
  /** @type {Row[]} */ #rows = [];
  /** @type {Map<number, HTMLElement>} */ #drawn = new Map();
  #at = 0; // the row in hand: the one that Tab leads to
  #height = 32;
  #headHeight = 0;
  /** @type {Order | null} */ #order = null;
  #body;
  #heads;
  #observer;

  /** @param {Asked<Row>} asked */
  constructor(asked) {
    this.#asked = asked;
    this.#heads = asked.heads.map((head) => this.#head(head));
    this.#body = h("div", { class: "rows-body", role: "rowgroup" });
    this.node = h("div", { class: "rows", role: asked.fold ? "treegrid" : "grid", "aria-label": asked.label, "aria-colcount": asked.heads.length,
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event), onscroll: () => this.#draw(),
      onfocusin: (/** @type {FocusEvent} */ event) => this.#focused(event), onclick: (/** @type {MouseEvent} */ event) => this.#click(event) },
      h("div", { class: "rows-head", role: "rowgroup" }, h("div", { class: "row", role: "row", "aria-rowindex": 1 }, this.#heads)), this.#body);
    this.#observer = new ResizeObserver(() => this.measure());
    this.#observer.observe(this.node);
  }

  /** How many rows there are, and how many of them stand in the document. */
  get counts() {
    return { rows: this.#rows.length, drawn: this.#drawn.size };
  }

  /** The row in hand. @returns {Row | undefined} */
  get current() {
    return this.#rows[this.#at];
  }

  /**
   * Show these rows. The row in hand stays in hand where it is still among them, and in view if it had the focus.
   * @param {Row[]} rows
   * @param {string | null} [order]  as in the address
   * @param {{top?: boolean}} [options]  go back to the first row
   */
  set(rows, order = null, { top = false } = {}) {
    const held = this.#body.contains(document.activeElement);
    const current = this.current;
    this.#rows = rows;
    this.#order = orderOf(order);
    this.#at = top || current === undefined ? 0 : this.#placeOf(this.#asked.key(current));
    this.node.setAttribute("aria-rowcount", String(rows.length + 1));
    this.#tellOrder();
    this.#clear();
    if (top) this.node.scrollTop = 0;
    if (held && rows.length) this.#go(this.#at);
    else this.#draw();
  }

  /** Take the sizes that the stylesheet gives now. */
  measure() {
    const height = pixels(getComputedStyle(this.node).getPropertyValue("--row")) || this.#height;
    this.#headHeight = this.#body.offsetTop;
    if (height !== this.#height) {
      this.#height = height;
      this.#clear();
    }
    this.#draw();
  }

  /** The link of the first row, or the row where it has none; null: there are no rows. @returns {HTMLElement | null} */
  get first() {
    if (!this.#rows.length) return null;
    this.node.scrollTop = 0;
    this.#draw();
    const row = this.#drawn.get(0);
    return row?.querySelector("a") ?? row ?? null;
  }

  /** Give the focus to the row in hand. */
  focus() {
    if (this.#rows.length) this.#go(this.#at);
  }

  destroy() {
    this.#observer.disconnect();
  }

  /** @param {string} key @returns {number} its place, else the nearest to where the row in hand was */
  #placeOf(key) {
    const found = this.#rows.findIndex((row) => this.#asked.key(row) === key);
    return found >= 0 ? found : Math.max(0, Math.min(this.#at, this.#rows.length - 1));
  }

  #clear() {
    for (const node of this.#drawn.values()) node.remove();
    this.#drawn.clear();
  }

  /** Make the document hold the rows in view, and the one in hand wherever it is. */
  #draw() {
    this.#body.style.height = `${this.#rows.length * this.#height}px`;
    const top = this.node.scrollTop;
    const first = Math.max(0, Math.floor(top / this.#height) - SPARE);
    const end = Math.min(this.#rows.length, Math.ceil((top + this.node.clientHeight) / this.#height) + SPARE);
    for (const [place, node] of this.#drawn) {
      if ((place >= first && place < end) || place === this.#at) continue;
      node.remove();
      this.#drawn.delete(place);
    }
    for (let place = first; place < end; place++) this.#put(place);
    if (this.#at < this.#rows.length) this.#put(this.#at);
  }

  /** @param {number} place */
  #put(place) {
    if (this.#drawn.has(place)) return;
    const node = this.#row(place);
    this.#drawn.set(place, node);
    let after = null; // in the order of the list, for those who read the document; mostly at an end
    for (let next = /** @type {HTMLElement | null} */ (this.#body.lastElementChild); next && placeOf(next) > place;
      next = /** @type {HTMLElement | null} */ (next.previousElementSibling)) after = next;
    this.#body.insertBefore(node, after);
  }

  /** @param {number} place */
  #row(place) {
    const row = this.#rows[place];
    const { level, open, kind } = this.#asked.traits?.(row) ?? {};
    const shown = this.#asked.cells(row);
    const node = h("div", { class: kind ? `row ${kind}` : "row", role: "row", tabindex: place === this.#at ? 0 : -1, "aria-rowindex": place + 2,
      "aria-level": level, "aria-expanded": open === undefined ? null : String(open), "data-place": place },
      shown.map((cell, column) => h("div", { role: "gridcell", class: this.#asked.heads[column].kind,
        "aria-colspan": column === shown.length - 1 && shown.length < this.#asked.heads.length ? this.#asked.heads.length - column : null },
        ...(Array.isArray(cell) ? cell : [cell]))));
    node.style.transform = `translateY(${place * this.#height}px)`;
    return node;
  }

  /** Take the row at `place` in hand, in view and in focus. @param {number} place */
  #go(place) {
    this.#take(Math.max(0, Math.min(place, this.#rows.length - 1)));
    const top = this.#at * this.#height;
    const room = this.node.clientHeight - this.#headHeight;
    if (top < this.node.scrollTop) this.node.scrollTop = top;
    else if (top + this.#height > this.node.scrollTop + room) this.node.scrollTop = top + this.#height - room;
    this.#draw();
    this.#drawn.get(this.#at)?.focus({ preventScroll: true });
  }

  /** @param {number} place */
  #take(place) {
    this.#drawn.get(this.#at)?.setAttribute("tabindex", "-1");
    this.#at = place;
    this.#drawn.get(place)?.setAttribute("tabindex", "0");
  }

  /** @param {FocusEvent} event */
  #focused(event) {
    const row = rowOf(event.target);
    if (row) this.#take(placeOf(row));
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const row = rowOf(event.target);
    if (!row || !(event.target instanceof Element) || event.target.closest("a, button, input, select")) return;
    row.focus({ preventScroll: true });
    if (row.ariaExpanded !== null) this.#fold(row.ariaExpanded !== "true");
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!rowOf(event.target) || event.altKey || event.ctrlKey || event.metaKey) return;
    if (this.#act(event.key, event.target instanceof Element && event.target.role === "row")) event.preventDefault();
  }

  /** @param {string} key @param {boolean} onRow  not on something inside of it @returns {boolean} whether it meant anything */
  #act(key, onRow) {
    const page = Math.max(1, Math.floor((this.node.clientHeight - this.#headHeight) / this.#height) - 1);
    const goal = { ArrowDown: this.#at + 1, ArrowUp: this.#at - 1, PageDown: this.#at + page, PageUp: this.#at - page, Home: 0,
      End: this.#rows.length - 1 }[key];
    if (goal !== undefined) this.#go(goal);
    else if (key === "ArrowRight" && this.#open === false) this.#fold(true);
    else if (key === "ArrowRight" && this.#open) this.#go(this.#at + 1);
    else if (key === "ArrowLeft" && this.#open) this.#fold(false);
    else if (key === "ArrowLeft") this.#go(this.#parent());
    else if ((key === "Enter" || key === " ") && onRow) this.#enter();
    else return false;
    return true;
  }

  /** Whether the row in hand shows the rows that it holds; undefined: it holds none. */
  get #open() {
    return this.current === undefined ? undefined : this.#asked.traits?.(this.current).open;
  }

  #enter() {
    if (this.#open !== undefined) this.#fold(!this.#open);
    else this.#drawn.get(this.#at)?.querySelector("a")?.click();
  }

  /** @param {boolean} open */
  #fold(open) {
    if (this.current !== undefined) this.#asked.fold?.(this.current, open);
  }

  /** The row that holds the one in hand; itself where none does. */
  #parent() {
    const level = (/** @type {number} */ place) => this.#asked.traits?.(this.#rows[place]).level ?? 1;
    for (let place = this.#at - 1; place >= 0; place--) {
      if (level(place) < level(this.#at)) return place;
    }
    return this.#at;
  }

  /** @param {Head} head */
  #head({ label, key, kind, title, descending = false }) {
    if (!key) return h("div", { role: "columnheader", class: kind, title }, label);
    const press = () => {
      const same = this.#order?.key === key;
      this.#asked.sort?.(wordOf({ key, descending: same ? !this.#order?.descending : descending }));
    };
    return h("div", { role: "columnheader", class: kind, title },
      h("button", { type: "button", class: "sort", onclick: press }, label, h("span", { class: "arrow", "aria-hidden": "true" })));
  }

  #tellOrder() {
    this.#asked.heads.forEach(({ key }, place) => {
      const arrow = this.#heads[place].querySelector(".arrow");
      if (!arrow) return;
      const order = key && this.#order?.key === key ? this.#order : null;
      this.#heads[place].ariaSort = order ? (order.descending ? "descending" : "ascending") : "none";
      arrow.textContent = order ? (order.descending ? "▾" : "▴") : "";
    });
  }
}

/** A length of the stylesheet, in `rem` or `px`, in pixels. @param {string} length */
function pixels(length) {
  return parseFloat(length) * (length.trim().endsWith("rem") ? parseFloat(getComputedStyle(document.documentElement).fontSize) : 1);
}

/** @param {EventTarget | null} target @returns {HTMLElement | null} the row that it is in, heads excepted */
function rowOf(target) {
  return target instanceof Element ? target.closest(".rows-body > .row") : null;
}

/** @param {HTMLElement} row */
function placeOf(row) {
  return Number(row.dataset.place);
}
