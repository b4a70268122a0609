// What a history is read by: levels, steps with their ratio, releases, and what lies beyond the axis. Owns pixels only.

import { stepText } from "./words.js";

/**
 * @typedef {import("./marks.js").Easel} Easel
 * @typedef {import("./picture.js").Stroke} Stroke
 * @typedef {{left: number, right: number, top: number, foot: number}} Box
 */

export const TAGS = 24; // CSS pixels at the top where releases stand
const MOST_LEVELS = 8; // strokes: more of them would hide one another
const MOST_STEPS = 14; // texts in view; the list below the chart has every one
const FACE = 11.5; // CSS pixels of a text's height
const GAP = 5;
const LIFT = 7; // of a step's text from the line that it speaks of

/** Each level as a thin line over its values. @param {Easel} easel */
export function drawLevels({ u, ratio, picture: { stops, strokes }, colours }) {
  const stepped = strokes.filter(({ steps }) => steps.length);
  if (stepped.length > MOST_LEVELS) return;
  u.ctx.save();
  inside(u);
  for (const { levels, colour } of stepped) {
    u.ctx.strokeStyle = stepped.length > 1 ? colours.lines[colour - 1] : colours.ink;
    u.ctx.lineWidth = 1.5 * ratio;
    for (const { from, to, value } of levels) {
      const y = u.valToPos(value, "y", true);
      segment(u.ctx, u.valToPos(stops[from], "x", true), y, u.valToPos(stops[to], "x", true), y);
    }
  }
  u.ctx.restore();
}

/**
 * Where a level begins: a dotted line from the old level to the new one, and the ratio, the largest first as long as there is room.
 * @param {Easel} easel
 */
export function drawSteps(easel) {
  const { u, ratio, picture: { stops, strokes, picked }, colours } = easel;
  const all = strokes.flatMap((stroke) => stroke.steps.map((one) => ({ ...one, colour: stroke.colour })))
    .filter(({ at }) => stops[at] >= u.scales.x.min && stops[at] <= u.scales.x.max)
    .sort((a, b) => Number(b.at === picked) - Number(a.at === picked) || sizeOf(b) - sizeOf(a));
  /** @type {Box[]} */
  const taken = [];
  u.ctx.save();
  u.ctx.font = colours.font.replace(/^\d+px/, `600 ${FACE * ratio}px`);
  u.ctx.textBaseline = "middle";
  u.ctx.textAlign = "center";
  for (const one of all) {
    const x = u.valToPos(stops[one.at], "x", true);
    const [y1, y2] = [u.valToPos(one.before, "y", true), u.valToPos(one.after, "y", true)];
    u.ctx.strokeStyle = u.ctx.fillStyle = one.step.worse ? colours.bad : colours.good;
    u.ctx.lineWidth = 1.25 * ratio;
    u.ctx.setLineDash([2 * ratio, 2 * ratio]);
    segment(u.ctx, x, y1, x, y2);
    u.ctx.setLineDash([]);
    if (taken.length >= MOST_STEPS) continue;
    const text = stepText(one.step, easel.picture.unit);
    const box = boxAt(u, text, x, y2 + (y2 <= y1 ? -1 : 1) * (LIFT + FACE / 2) * ratio, ratio);
    if (taken.some((other) => touches(other, box))) continue;
    taken.push(box);
    written(easel, text, box);
  }
  u.ctx.restore();
}

/** How much a step is: doublings where it is a ratio. @param {{step: import("../../data.js").Step}} one */
function sizeOf({ step }) {
  return step.scale === "ratio" ? Math.abs(Math.log2(step.change.centre)) : Math.abs(step.change.centre);
}

/** @param {any} u @param {string} text @param {number} x @param {number} y @param {number} ratio @returns {Box} */
function boxAt(u, text, x, y, ratio) {
  const [half, tall] = [u.ctx.measureText(text).width / 2, (FACE / 2) * ratio];
  const middle = Math.min(u.bbox.left + u.bbox.width + 30 * ratio - half, Math.max(u.bbox.left + half, x));
  const height = Math.min(u.bbox.top + u.bbox.height - tall, Math.max(u.bbox.top + tall, y));
  return { left: middle - half - GAP * ratio, right: middle + half + GAP * ratio, top: height - tall - 1, foot: height + tall + 1 };
}

/** A text with a rim of the ground, so that lines under it do not cross it. @param {Easel} easel @param {string} text @param {Box} box */
function written({ u, ratio, colours }, text, { left, right, top, foot }) {
  u.ctx.lineJoin = "round";
  u.ctx.lineWidth = 4 * ratio;
  u.ctx.strokeStyle = colours.paper;
  u.ctx.strokeText(text, (left + right) / 2, (top + foot) / 2);
  u.ctx.fillText(text, (left + right) / 2, (top + foot) / 2);
}

/** @param {Box} a @param {Box} b */
function touches(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.foot && b.top < a.foot;
}

/** An outlier that the axis does not reach: an open arrow at the edge that it lies beyond. @param {Easel} easel */
export function drawEdges({ u, ratio, picture: { stops, strokes }, colours }) {
  const [top, foot] = [u.bbox.top, u.bbox.top + u.bbox.height];
  for (const { values, outliers, colour } of strokes) {
    u.ctx.strokeStyle = colours.lines[colour - 1];
    u.ctx.fillStyle = colours.paper;
    u.ctx.lineWidth = 1.25 * ratio;
    for (const at of outliers.keys()) {
      const value = /** @type {number} */ (values[at]);
      if (stops[at] < u.scales.x.min || stops[at] > u.scales.x.max) continue;
      const x = u.valToPos(stops[at], "x", true);
      if (value > u.scales.y.max) arrow(u.ctx, x, top + ratio, 3.5 * ratio);
      else if (value < u.scales.y.min) arrow(u.ctx, x, foot - ratio, -3.5 * ratio);
    }
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} tip @param {number} arm below zero: it points down */
function arrow(ctx, x, tip, arm) {
  ctx.beginPath();
  ctx.moveTo(x, tip);
  ctx.lineTo(x + Math.abs(arm), tip + 1.7 * arm);
  ctx.lineTo(x - Math.abs(arm), tip + 1.7 * arm);
  ctx.closePath();
  ctx.fill();
  ctx.stroke();
}

/** Releases above the plot, with a line down; where they would touch, the greater one stays. @param {Easel} easel */
export function drawReleases({ u, ratio, picture: { stops, tags }, colours }) {
  const seen = tags.filter(({ at }) => stops[at] >= u.scales.x.min && stops[at] <= u.scales.x.max).sort(byRank);
  /** @type {Box[]} */
  const taken = [];
  u.ctx.save();
  u.ctx.font = colours.font.replace(/^\d+px/, `${(FACE - 0.5) * ratio}px`);
  u.ctx.textBaseline = "middle";
  u.ctx.textAlign = "center";
  u.ctx.lineWidth = ratio;
  for (const { at, text } of seen) {
    const x = u.valToPos(stops[at], "x", true);
    const half = u.ctx.measureText(text).width / 2;
    const middle = Math.min(u.bbox.left + u.bbox.width + 30 * ratio - half, Math.max(u.bbox.left + half, x));
    const box = { left: middle - half - GAP * ratio, right: middle + half + GAP * ratio, top: 0, foot: 1 };
    const room = !taken.some((other) => touches(other, box));
    u.ctx.strokeStyle = room ? colours.edge : colours.grid;
    segment(u.ctx, x, u.bbox.top - (room ? 6 : 3) * ratio, x, u.bbox.top + (room ? u.bbox.height : 0));
    if (!room) continue;
    taken.push(box);
    u.ctx.fillStyle = colours.ink;
    u.ctx.fillText(text, middle, u.bbox.top - (TAGS / 2 + 3) * ratio);
  }
  u.ctx.restore();
}

/** Releases before candidates, 2.0 before 2.1 before 2.1.1, the newest first. @param {{at: number, text: string}} a @param {{at: number, text: string}} b */
function byRank(a, b) {
  return rankOf(a.text) - rankOf(b.text) || b.at - a.at;
}

/** @param {string} text */
export function rankOf(text) {
  const version = /^\D*(\d+(?:\.\d+)*)$/.exec(text);
  if (!version) return 9; // a candidate, a beta, or no version at all
  const parts = version[1].replace(/(\.0+)+$/, "").split(".");
  return Math.min(8, parts.length);
}

/** @param {CanvasRenderingContext2D} ctx @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 */
export function segment(ctx, x1, y1, x2, y2) {
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}

/** @param {any} u */
function inside({ ctx, bbox }) {
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
}
