// The differential flame graph: one canvas, a hand on it by pointer and by keys. Owns pixels and which box is in hand.

import { h } from "../../dom.js";
import { cssOf, shadesOf, SIDE, USUAL } from "../../parts/shades.js";
import { amount, arrow, direction, mayBeChance, moved, scaleOf, where } from "./figures.js";
import { beside, laid, weight, widestBelow } from "./tree.js";

/**
 * @typedef {import("./figures.js").Difference} Difference
 * @typedef {import("./tree.js").Spot} Spot
 * @typedef {import("./tree.js").Box} Box
 * @typedef {import("./tree.js").By} By
 *
 * @typedef {{root: Spot, by: By, holds: ((text: string) => boolean) | null}} Shown  `holds`: which functions are looked for; null: none
 */

const ROW = 21; // CSS pixels of a row, a line between two of them included
const LEAST = 0.75; // CSS pixels: what is thinner nobody sees
const MOST_ROWS = 400; // deeper ones are seen by zooming in: a canvas may not be higher than some 16,000 pixels
const EDGED = 4; // CSS pixels: from here on a box has an edge to its right
const ROOM = 26; // CSS pixels that a name needs at the least
const PALE = 0.4; // of the shade: for what may be chance
const FULL = 0.05; // of a call: a change from here on has the strongest shade, where the call itself changed by less

export class Flame {
  #found;
  #zoom;
  /** @type {Shown | null} */ #shown = null;
  /** @type {Box[]} */ #boxes = [];
  /** @type {Box | null} */ #hand = null;
  /** @type {Uint32Array | null} */ #shades = null;
  #width = 0;
  #observer;

  /** @param {Difference} found @param {(spot: Spot) => void} zoom */
  constructor(found, zoom) {
    this.#found = found;
    this.#zoom = zoom;
    this.canvas = /** @type {HTMLCanvasElement} */ (h("canvas", { "aria-hidden": "true" }));
    this.item = h("div", { role: "treeitem", id: "flame-hand", class: "unseen" });
    this.tree = h("div", { class: "flame", role: "tree", tabindex: "0", "aria-label": "Where a call spends itself, head against base", "aria-activedescendant": "flame-hand",
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event), onfocus: () => this.#take(this.#hand ?? this.#first()), onblur: () => this.#draw(),
      onpointerleave: () => this.#draw(),
      onpointermove: (/** @type {PointerEvent} */ event) => this.#take(this.#under(event) ?? this.#hand), onclick: (/** @type {PointerEvent} */ event) => this.#pressed(event) },
      this.canvas, this.item);
    this.said = h("p", { class: "hand", role: "status" });
    this.node = h("div", { class: "graph" }, this.tree, this.said);
    this.#observer = new ResizeObserver(() => this.tree.clientWidth !== this.#width && this.#place());
    this.#observer.observe(this.tree);
  }

  /** @param {Shown} shown */
  set(shown) {
    const held = this.#hand?.spot;
    this.#shown = shown;
    this.#place();
    const again = this.#boxes.find(({ spot }) => spot === held) ?? this.#boxes.find(({ spot }) => spot === shown.root);
    this.#hand = null;
    this.#take(again ?? null);
  }

  repaint() {
    this.#shades = null;
    this.#draw();
  }

  destroy() {
    this.#observer.disconnect();
  }

  #place() {
    this.#width = this.tree.clientWidth;
    if (!this.#shown || !this.#width) return;
    const { root, by } = this.#shown;
    const held = this.#hand?.spot;
    this.#boxes = laid(root, by, LEAST / this.#width).filter(({ row }) => row < MOST_ROWS);
    this.#hand = this.#boxes.find(({ spot }) => spot === held) ?? null;
    const rows = this.#boxes.reduce((most, { row }) => Math.max(most, row), 0) + 1;
    this.tree.style.setProperty("height", `${rows * ROW + 1}px`);
    this.#draw();
  }

  #first() {
    return this.#boxes.find(({ spot }) => spot === this.#shown?.root) ?? null;
  }

  // --- drawing ---------------------------------------------------------------------------------

  #draw() {
    if (!this.#shown || !this.#width) return;
    const dense = devicePixelRatio || 1;
    const height = parseFloat(this.tree.style.height);
    [this.canvas.width, this.canvas.height] = [Math.round(this.#width * dense), Math.round(height * dense)];
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    context.scale(dense, dense);
    this.#shades ??= shadesOf(this.tree);
    const rules = getComputedStyle(this.tree);
    const named = (/** @type {string} */ name) => rules.getPropertyValue(`--${name}`).trim();
    context.font = `12px ${named("mono")}`;
    context.textBaseline = "middle";
    const colours = { ink: named("ink"), ground: named("panel"), edge: named("heat-gap") };
    for (const box of this.#boxes) this.#box(context, box, colours);
    if (this.#hand && (this.tree === document.activeElement || this.tree.matches(":hover"))) this.#rim(context, this.#hand, named("accent"));
    // for tests and the curious, as numbers
    Object.assign(this.tree, { drawn: this.#boxes.map((box) => ({ name: this.#nameOf(box.spot), row: box.row, left: box.left * this.#width, wide: box.wide * this.#width,
      code: this.#codeOf(box.spot), found: this.#isFound(box.spot), rowHeight: ROW })) });
  }

  /** @param {CanvasRenderingContext2D} context @param {Box} box @param {{ink: string, ground: string, edge: string}} colours */
  #box(context, { spot, left, wide, row }, { ink, ground, edge }) {
    const [x, y, across] = [left * this.#width, row * ROW, Math.max(wide * this.#width - 1, LEAST)];
    const faded = this.#shown?.holds && !this.#isFound(spot);
    context.globalAlpha = faded ? 0.25 : 1;
    const shade = /** @type {Uint32Array} */ (this.#shades)[this.#codeOf(spot)];
    context.fillStyle = cssOf(shade);
    context.fillRect(x, y, across, ROW - 1);
    context.globalAlpha = 1;
    context.fillStyle = edge; // below and beside: what did not move has almost the colour of the page
    context.fillRect(x, y + ROW - 2, across, 1);
    if (across > EDGED) context.fillRect(x + across - 1, y, 1, ROW - 1);
    if (across < ROOM) return;
    const text = [arrow(this.#found, spot.head - spot.base, this.#mayBeChance(spot)), this.#nameOf(spot)].filter(Boolean).join(" ");
    context.fillStyle = faded ? ink : readable(shade, ink, ground);
    context.fillText(fitted(context, text, across - 8), x + 4, y + ROW / 2);
  }

  /** @param {CanvasRenderingContext2D} context @param {Box} box @param {string} colour */
  #rim(context, { left, wide, row }, colour) {
    context.strokeStyle = colour;
    context.lineWidth = 3;
    context.strokeRect(left * this.#width + 1.5, row * ROW + 1.5, Math.max(wide * this.#width - 4, 1), ROW - 4);
  }

  /** How far a spot moved, as a code of the shades. @param {Spot} spot */
  #codeOf(spot) {
    const { base, head } = spot;
    const { call } = this.#found;
    const full = Math.max(Math.abs(call[1] - call[0]), FULL * scaleOf(this.#found));
    return Math.round(USUAL + SIDE * (this.#mayBeChance(spot) ? PALE : 1) * Math.max(-1, Math.min(1, (head - base) / full)));
  }

  /** @param {Spot} spot */
  #mayBeChance(spot) {
    return mayBeChance(spot.function < 0 ? this.#found.call : this.#found.functions[spot.function].whole);
  }

  /** @param {Spot} spot */
  #nameOf(spot) {
    return spot.function < 0 ? "one call" : this.#found.functions[spot.function].name;
  }

  /** @param {Spot} spot */
  #isFound(spot) {
    const { holds } = this.#shown ?? {};
    if (!holds || spot.function < 0) return false;
    const one = this.#found.functions[spot.function];
    return holds(`${one.name}\n${one.file}`);
  }

  // --- the hand ----------------------------------------------------------------------------------

  /** @param {Box | null} box */
  #take(box) {
    const same = box === this.#hand;
    this.#hand = box;
    if (box && !same) this.#tell(box);
    this.#draw();
  }

  /** Write the box in hand where it is read and heard. @param {Box} box */
  #tell({ spot }) {
    const text = this.#told(spot);
    this.item.textContent = text;
    this.item.setAttribute("aria-level", String(spot.depth + 1));
    this.item.setAttribute("aria-expanded", String(spot.calls.length > 0));
    this.said.textContent = text;
  }

  /** @param {Spot} spot */
  #told(spot) {
    const [found, change] = [this.#found, spot.head - spot.base];
    const one = spot.function < 0 ? null : found.functions[spot.function];
    const chance = this.#mayBeChance(spot);
    const told = `${arrow(found, change, chance)} ${moved(found, change)} ${direction(found, change)}${chance ? ", which may be chance" : ""}`.trim();
    const went = moved(found, change).startsWith("±") ? "as before" : told;
    const place = one && where(one);
    return `${this.#nameOf(spot)}${place ? `, ${place}` : ""}: ${amount(found, spot.base)} → ${amount(found, spot.head)}, ${went}`;
  }

  /** @param {PointerEvent} event @returns {Box | null} */
  #under({ clientX, clientY }) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const [across, row] = [(clientX - left) / this.#width, Math.floor((clientY - top) / ROW)];
    return this.#boxes.find((box) => box.row === row && across >= box.left && across < box.left + box.wide) ?? null;
  }

  /** @param {PointerEvent} event */
  #pressed(event) {
    const box = this.#under(event);
    if (box) this.#zoom(box.spot);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const [hand, shown] = [this.#hand ?? this.#first(), this.#shown];
    if (!hand || !shown || event.ctrlKey || event.metaKey || event.altKey) return;
    const caller = this.#boxes.find(({ spot }) => spot === hand.spot.caller);
    const ways = { ArrowDown: () => widestBelow(this.#boxes, hand), ArrowUp: () => caller, ArrowRight: () => beside(this.#boxes, hand, 1), ArrowLeft: () => beside(this.#boxes, hand, -1),
      Home: () => this.#first() };
    const way = Object.hasOwn(ways, event.key) && ways[/** @type {keyof typeof ways} */ (event.key)];
    if (way) this.#go(way() ?? hand);
    else if (event.key === "Enter") this.#zoom(hand.spot);
    else if (event.key === "Escape" && shown.root.caller) this.#zoom(shown.root.caller);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Box} box */
  #go(box) {
    this.#take(box);
    const top = this.tree.getBoundingClientRect().top + box.row * ROW;
    if (top < 0) window.scrollBy(0, top - ROW);
    else if (top + ROW > innerHeight) window.scrollBy(0, top + 2 * ROW - innerHeight);
  }
}

/** The beginning of a name that has no room. @param {CanvasRenderingContext2D} context @param {string} text @param {number} room */
function fitted(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  const wide = context.measureText("m").width; // every character of the fixed font
  return `${text.slice(0, Math.max(1, Math.floor(room / wide) - 1))}…`;
}

/** Of the page's ink and its ground the one that is told better from a shade (WCAG 2.2, 1.4.3: by relative luminance). @param {number} shade @param {string} ink @param {string} ground */
function readable(shade, ink, ground) {
  const away = (/** @type {string} */ colour) => {
    const both = [luminance([0, 8, 16].map((shift) => (shade >> shift) & 255)), luminance([1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)))];
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
  };
  return away(ink) >= away(ground) ? ink : ground;
}

/** @param {number[]} rgb */
function luminance(rgb) {
  const [red, green, blue] = rgb.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The part of a whole that the found functions are, none counted in another. @param {Spot[]} spots @param {By} by @param {(spot: Spot) => boolean} isFound */
export function partFound(spots, by, isFound) {
  let [sum, within] = [0, Infinity]; // preorder: what is deeper than a found one lies in it, until one that is not
  for (const spot of spots) {
    if (spot.depth > within) continue;
    within = Infinity;
    if (!isFound(spot)) continue;
    sum += weight(spot, by);
    within = spot.depth;
  }
  return sum / (weight(spots[0], by) || 1);
}
