// The heat map's two canvases: the map, and over it what follows the reader's hand. Owns pixels only.

import { dates, releases, spaced } from "./axis.js";
import { edgesOf, pixelsOf } from "./raster.js";
import { rowsBetween } from "./layout.js";
import { shadesOf } from "../../parts/shades.js";

/**
 * @typedef {import("./suite.js").Suite} Suite
 * @typedef {import("./layout.js").Layout} Layout
 * @typedef {import("../../data.js").Commit} Commit
 *
 * @typedef {Object} Scene
 * @property {Suite} suite
 * @property {Commit[]} commits
 * @property {Layout} layout
 * @property {[number, number]} window  columns, inclusive
 * @property {number} width  of the canvas, in CSS pixels
 * @property {number} height
 * @property {number} axis  height of the axis above the rows
 * @property {number} scrolled  how far the rows are scrolled under the axis
 *
 * @typedef {{row: number, column: number}} Cell  places among the layout's rows, and in the suite's columns
 */

const [DATES, RELEASES] = [22, 18]; // CSS pixels above the rows
const RIGHT = 1; // a pixel, or the last column is cut where the box has its edge
const WIDE = 6; // CSS pixels: cells that are at least so wide and high are parted by a line; flat ones would look woven
const APART = 18; // CSS pixels between two dates at the least
const TEXT = 13; // from one name to the next

/** The height of the axis: releases, where the history has any, and dates below them. @param {Commit[]} commits @returns {number} */
export function axisOf(commits) {
  return DATES + (commits.some(({ tags }) => tags.length) ? RELEASES : 0);
}

/** @param {Scene} scene @returns {number} how wide a commit is */
export function stride({ layout, window: [first, last], width }) {
  return (width - layout.left - RIGHT) / (last - first + 1);
}

/** The left edge of a column. @param {Scene} scene @param {number} column */
export function xOf(scene, column) {
  return scene.layout.left + (column - scene.window[0]) * stride(scene);
}

/** The column under a place, the nearest of those in view. @param {Scene} scene @param {number} x */
export function columnAt(scene, x) {
  const [first, last] = scene.window;
  return Math.max(first, Math.min(last, first + Math.floor((x - scene.layout.left) / stride(scene))));
}

/** Colours of the stylesheet in force. @typedef {ReturnType<typeof coloursOf>} Colours @param {Element} element */
export function coloursOf(element) {
  const style = getComputedStyle(element);
  const named = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  return { shades: shadesOf(element), ink: named("ink"), soft: named("ink-soft"), edge: named("edge-strong"), panel: named("panel"), gap: named("heat-gap"),
    accent: named("accent"), sans: named("sans"), mono: named("mono") };
}

/** A canvas with as many pixels as it has on the display. @param {HTMLCanvasElement} canvas @param {Scene} scene */
function fresh(canvas, { width, height }) {
  const dense = devicePixelRatio || 1;
  [canvas.width, canvas.height] = [Math.round(width * dense), Math.round(height * dense)];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(dense, dense);
  return context;
}

/** @param {HTMLCanvasElement} canvas @param {Scene} scene @param {Colours} colours */
export function drawMap(canvas, scene, colours) {
  const context = fresh(canvas, scene);
  const { layout, scrolled, width, height, axis } = scene;
  const [from, to] = rowsBetween(layout, scrolled, scrolled + height - axis);
  context.save();
  context.beginPath();
  context.rect(0, axis, width, height - axis);
  context.clip();
  context.translate(0, axis - scrolled);
  if (to >= 0) strips(context, scene, from, to, colours);
  if (stride(scene) >= WIDE && layout.strip >= WIDE) seams(context, scene, colours);
  if (layout.named) names(context, scene, from, to, colours);
  heads(context, scene, colours);
  context.restore();
  drawAxis(context, scene, colours);
}

/** @param {CanvasRenderingContext2D} context @param {Scene} scene @param {number} from @param {number} to  rows, inclusive @param {Colours} colours */
function strips(context, scene, from, to, { shades, gap }) {
  const { layout, suite, window, width } = scene;
  const across = width - layout.left - RIGHT;
  const rows = layout.rows.slice(from, to + 1);
  const image = document.createElement("canvas");
  [image.width, image.height] = [Math.max(1, Math.round(across * (devicePixelRatio || 1))), rows.length];
  const lines = /** @type {CanvasRenderingContext2D} */ (image.getContext("2d"));
  const data = lines.createImageData(image.width, image.height);
  new Uint32Array(data.data.buffer).set(pixelsOf(suite, rows, edgesOf(window, image.width), shades));
  lines.putImageData(data, 0, 0);
  context.imageSmoothingEnabled = false;
  const hatch = hatched(context, gap);
  rows.forEach((_, place) => {
    const top = layout.tops[from + place];
    context.fillStyle = hatch;
    context.fillRect(layout.left, top, across, layout.strip);
    context.drawImage(image, 0, place, image.width, 1, layout.left, top, across, layout.strip);
  });
}

/** Slanted lines: where there is no value. @param {CanvasRenderingContext2D} context @param {string} colour */
function hatched(context, colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const pen = /** @type {CanvasRenderingContext2D} */ (tile.getContext("2d"));
  pen.strokeStyle = colour;
  pen.beginPath();
  for (const shift of [-6, 0, 6]) {
    pen.moveTo(shift - 1, 7);
    pen.lineTo(shift + 7, -1);
  }
  pen.stroke();
  return /** @type {CanvasPattern} */ (context.createPattern(tile, "repeat"));
}

/** Lines between cells that are wide enough to be told apart. @param {CanvasRenderingContext2D} context @param {Scene} scene @param {Colours} colours */
function seams(context, scene, { panel }) {
  const [first, last] = scene.window;
  context.fillStyle = panel;
  for (let column = first + 1; column <= last; column++) context.fillRect(Math.round(xOf(scene, column)) - 1, scene.scrolled, 1, scene.height);
}

/** @param {CanvasRenderingContext2D} context @param {Scene} scene @param {number} from @param {number} to @param {Colours} colours */
function names(context, { layout, width }, from, to, { ink, mono }) {
  context.font = `12px ${mono}`;
  context.textBaseline = "middle";
  context.fillStyle = ink;
  const room = layout.stacked ? width : layout.left - 10;
  const titled = layout.heads.length > 0;
  for (let place = from; place <= to; place++) {
    const { text, short } = layout.rows[place];
    const middle = layout.stacked ? layout.tops[place] - 8 : layout.tops[place] + layout.strip / 2 + 0.5;
    context.fillText(fitted(context, titled ? short : text, room), 0, middle);
  }
}

/** The end of a name where it has no room: it is what tells cases of one class apart. @param {CanvasRenderingContext2D} context @param {string} text @param {number} room */
function fitted(context, text, room) {
  if (context.measureText(text).width <= room) return text;
  let [low, high] = [1, text.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (context.measureText(`…${text.slice(middle)}`).width <= room) high = middle;
    else low = middle + 1;
  }
  return `…${text.slice(low)}`;
}

/** Names of groups: above their rows, or beside them with a line as long as the group. @param {CanvasRenderingContext2D} context @param {Scene} scene @param {Colours} colours */
function heads(context, { layout, width, scrolled, height, axis }, { ink, soft, edge, sans }) {
  context.font = `600 12px ${sans}`;
  context.textBaseline = "middle";
  context.fillStyle = layout.named ? ink : soft;
  context.strokeStyle = edge;
  const beside = layout.heads.filter(({ room }) => !room);
  for (const { text, top, room } of layout.heads) {
    if (room) context.fillText(fitted(context, text, width), 0, top + room / 2 + 1);
  }
  const right = layout.left - 14;
  const seen = beside.filter(({ top, foot }) => foot > scrolled && top < scrolled + height);
  const middles = apart(seen.map(({ top, foot }) => (top + foot) / 2), TEXT, scrolled + TEXT / 2, scrolled + height - axis - TEXT / 2);
  seen.forEach(({ text, top, foot }, place) => {
    context.beginPath();
    context.moveTo(layout.left - 4.5, top);
    context.lineTo(layout.left - 4.5, foot);
    context.moveTo(layout.left - 5, (top + foot) / 2);
    context.lineTo(right + 3, middles[place]);
    context.stroke();
    const shown = fitted(context, text, right);
    context.fillText(shown, right - context.measureText(shown).width, middles[place]);
  });
}

/**
 * Places at least so far apart, each as near to where it wants to be as those before it allow; from the last upwards where they run out of room.
 * @param {number[]} wanted  rising @param {number} least @param {number} low @param {number} high
 */
export function apart(wanted, least, low, high) {
  const found = [...wanted];
  let bound = low;
  for (let at = 0; at < found.length; at++, bound += least) bound = found[at] = Math.max(found[at], bound);
  bound = high;
  for (let at = found.length - 1; at >= 0; at--, bound -= least) bound = found[at] = Math.min(found[at], bound);
  return found;
}

/** @param {CanvasRenderingContext2D} context @param {Scene} scene @param {Colours} colours */
function drawAxis(context, scene, { ink, soft, edge, sans }) {
  const { commits, suite: { places }, window, layout: { left }, width, height, axis } = scene;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.strokeStyle = edge;
  context.font = `11.5px ${sans}`;
  const boxed = (/** @type {import("./axis.js").Tick} */ { column, label }) => {
    const x = xOf(scene, column);
    const half = context.measureText(label).width / 2;
    const middle = Math.max(left + half, Math.min(width - half, x));
    return { label, x, middle, left: middle - half - APART / 2, right: middle + half + APART / 2 };
  };
  context.fillStyle = soft;
  for (const { label, x, middle } of spaced(dates(commits, places, window).map(boxed))) {
    context.fillText(label, middle, axis - DATES + 7);
    line(context, x, axis - 6, axis - 2);
  }
  context.fillStyle = ink;
  context.globalAlpha = 0.6;
  const tagged = spaced(releases(commits, places, window).map(boxed));
  for (const { x } of tagged) line(context, x, axis, height);
  context.globalAlpha = 1;
  for (const { label, middle } of tagged) context.fillText(label, middle, 8);
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} from @param {number} to */
function line(context, x, from, to) {
  const at = Math.round(x) + 0.5;
  context.beginPath();
  context.moveTo(at, from);
  context.lineTo(at, to);
  context.stroke();
}

/**
 * The cross of the cell in hand, and the commits that are being chosen.
 * @param {HTMLCanvasElement} canvas @param {Scene} scene @param {Colours} colours @param {Cell | null} cell @param {[number, number] | null} chosen  columns
 */
export function drawHand(canvas, scene, { ink, panel, accent }, cell, chosen) {
  const context = fresh(canvas, scene);
  const { layout, width, height, scrolled, axis } = scene;
  context.beginPath();
  context.rect(0, axis - 2, width, height - axis + 2);
  context.clip();
  if (chosen) {
    const [from, to] = [xOf(scene, Math.min(...chosen)), xOf(scene, Math.max(...chosen) + 1)];
    context.fillStyle = panel;
    context.globalAlpha = 0.7; // what is not chosen fades
    context.fillRect(layout.left, axis, from - layout.left, height);
    context.fillRect(to, axis, width - to, height);
    context.globalAlpha = 1;
    context.fillStyle = accent;
    for (const x of [from, to]) context.fillRect(x - 1, axis, 2, height);
  }
  if (!cell) return;
  const [top, wide] = [axis - scrolled + layout.tops[cell.row], Math.max(stride(scene), 3)];
  const x = xOf(scene, cell.column) + stride(scene) / 2 - wide / 2;
  context.fillStyle = ink;
  context.globalAlpha = 0.5;
  context.fillRect(Math.round(x + wide / 2), axis, 1, height);
  context.fillRect(layout.left, top - 1, width, 1);
  context.fillRect(layout.left, top + layout.strip, width, 1);
  context.globalAlpha = 1;
  for (const [colour, far] of /** @type {[string, number][]} */ ([[panel, 3], [ink, 1.5]])) {
    context.strokeStyle = colour;
    context.lineWidth = far === 3 ? 3 : 1.5;
    context.strokeRect(x - far, top - far, wide + 2 * far, layout.strip + 2 * far);
  }
}
