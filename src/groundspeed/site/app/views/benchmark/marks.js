// What stands on top of the lines: points, intervals, failures, numbers at the ends. Owns pixels only.

import { drawEdges, drawLevels, drawReleases, drawSteps, segment, TAGS } from "./landmarks.js";

/**
 * @typedef {import("./picture.js").Picture} Picture
 * @typedef {import("./picture.js").Stroke} Stroke
 * @typedef {{u: any, ratio: number, picture: Picture, colours: import("./chart.js").Palette}} Easel
 *   `ratio`: device pixels for a CSS pixel
 */

export const LANE = 22; // CSS pixels at the bottom where failures stand, clear of every line
const CROWDED = 9; // CSS pixels between stops below which points are left to the line alone
const CROSS = 3.5; // half the width of a failure's cross
const DIAMOND = 4; // half the width of a carried-over point
const RING = 2.25; // half the width of an outlier's ring
const FAINT = 0.75; // of a carried-over point: the palest line still stands out 3:1 from the ground

/** @param {Easel} easel */
export function drawMarks(easel) {
  const { u, ratio, picture } = easel;
  u.ctx.save();
  u.ctx.beginPath();
  u.ctx.rect(u.bbox.left - 8 * ratio, u.bbox.top - (TAGS + 6) * ratio, u.bbox.width + 42 * ratio, u.bbox.height + (TAGS + 6) * ratio);
  u.ctx.clip();
  drawReleases(easel);
  drawPicked(easel);
  const crowded = density(u, picture) < CROWDED;
  for (const stroke of picture.strokes) {
    drawCarried(easel, stroke);
    drawPoints(easel, stroke, crowded);
    drawFailures(easel, stroke);
  }
  drawLevels(easel);
  drawEdges(easel);
  drawSteps(easel);
  drawNumbers(easel);
  u.ctx.restore();
}

/** CSS pixels between two stops in view. @param {any} u @param {Picture} picture */
export function density(u, { stops }) {
  const seen = stops.filter((stop) => stop >= u.scales.x.min && stop <= u.scales.x.max).length;
  return u.bbox.width / devicePixelRatio / Math.max(1, seen); // as wide as u.over, which would cost a layout to ask
}

/** @param {Easel} easel */
function drawPicked({ u, ratio, picture: { picked, stops }, colours }) {
  if (picked === null) return;
  const x = u.valToPos(stops[picked], "x", true);
  u.ctx.strokeStyle = colours.accent;
  u.ctx.lineWidth = 1.5 * ratio;
  u.ctx.setLineDash([2 * ratio, 3 * ratio]);
  segment(u.ctx, x, u.bbox.top, x, u.bbox.top + u.bbox.height);
  u.ctx.setLineDash([]);
}

/**
 * An outlier is a small ring on no line, however crowded it is.
 * @param {Easel} easel @param {Stroke} stroke @param {boolean} crowded
 */
function drawPoints(easel, stroke, crowded) {
  const { u, ratio, picture: { stops, picked }, colours } = easel;
  const colour = colours.lines[stroke.colour - 1];
  stops.forEach((stop, at) => {
    const value = stroke.values[at];
    if (typeof value !== "number" || stop < u.scales.x.min || stop > u.scales.x.max) return;
    const alone = typeof stroke.values[at - 1] !== "number" && typeof stroke.values[at + 1] !== "number";
    const outlier = stroke.outliers.has(at);
    if (crowded && at !== picked && !alone && !outlier) return;
    if (value < u.scales.y.min || value > u.scales.y.max) return; // see drawEdges
    const [x, y] = [u.valToPos(stop, "x", true), u.valToPos(value, "y", true)];
    u.ctx.strokeStyle = colour;
    if (!crowded) drawInterval(easel, x, stroke.low[at], stroke.high[at]);
    u.ctx.beginPath();
    u.ctx.arc(x, y, (at === picked ? 5 : outlier ? RING : 3.25) * ratio, 0, 2 * Math.PI);
    const hollow = stroke.apart || outlier;
    u.ctx.fillStyle = hollow ? colours.paper : colour;
    u.ctx.fill();
    u.ctx.lineWidth = (outlier ? 1.25 : 1.5) * ratio;
    u.ctx.strokeStyle = hollow ? colour : colours.paper;
    u.ctx.stroke();
  });
}

/**
 * Hollow diamonds on no line, since nobody measured there; one that would touch the last is a dash at its height.
 * @param {Easel} easel @param {Stroke} stroke
 */
function drawCarried({ u, ratio, picture, colours }, stroke) {
  const arm = DIAMOND * ratio;
  const half = (density(u, picture) / 2) * ratio;
  u.ctx.save();
  u.ctx.globalAlpha = FAINT;
  u.ctx.strokeStyle = colours.lines[stroke.colour - 1];
  u.ctx.lineWidth = 1.25 * ratio;
  let last = [-Infinity, -Infinity];
  for (const [at, value] of stroke.carried) {
    const [x, y] = [u.valToPos(picture.stops[at], "x", true), u.valToPos(value, "y", true)];
    const touches = Math.abs(x - last[0]) < 2 * arm && Math.abs(y - last[1]) < 2 * arm;
    if (touches && at !== picture.picked) segment(u.ctx, x - half, y, x + half, y);
    else diamond(u.ctx, x, y, at === picture.picked ? 1.5 * arm : arm);
    if (!touches) last = [x, y];
  }
  u.ctx.restore();
}

/** @param {Easel} easel @param {number} x @param {number | null | undefined} low @param {number | null | undefined} high */
function drawInterval({ u, ratio }, x, low, high) {
  if (typeof low !== "number" || typeof high !== "number") return;
  const [foot, head] = [u.valToPos(low, "y", true), u.valToPos(high, "y", true)];
  const arm = 3 * ratio;
  u.ctx.lineWidth = 1.25 * ratio;
  segment(u.ctx, x, foot, x, head);
  segment(u.ctx, x - arm, foot, x + arm, foot);
  segment(u.ctx, x - arm, head, x + arm, head);
}

/** Crosses in the lane at the bottom; where they would touch, a bar from the first to the last. @param {Easel} easel @param {Stroke} stroke */
function drawFailures({ u, ratio, picture: { stops }, colours }, stroke) {
  const y = u.bbox.top + u.bbox.height - (LANE / 2) * ratio;
  u.ctx.strokeStyle = colours.bad;
  u.ctx.lineWidth = 2 * ratio;
  const arm = CROSS * ratio;
  let last = -Infinity;
  for (const at of [...stroke.failures.keys()].sort((a, b) => a - b)) {
    const x = u.valToPos(stops[at], "x", true);
    if (x - last < 3 * arm) {
      segment(u.ctx, last, y, x, y);
    } else {
      segment(u.ctx, x - arm, y - arm, x + arm, y + arm);
      segment(u.ctx, x - arm, y + arm, x + arm, y - arm);
    }
    last = x;
  }
}

/** Each line's number at its end, so that colour is never alone in telling. @param {Easel} easel */
function drawNumbers(easel) {
  const { u, ratio, colours } = easel;
  const ends = lineEnds(easel);
  if (ends.length < 2) return;
  const height = 15 * ratio;
  ends.forEach((end, place) => {
    if (place) end.y = Math.max(end.y, ends[place - 1].y + height);
  });
  const floor = u.bbox.top + u.bbox.height - height / 2;
  ends.reverse().forEach((end, place) => {
    end.y = Math.min(end.y, place ? ends[place - 1].y - height : floor);
  });
  u.ctx.font = colours.font.replace(/^\d+px/, `600 ${11 * ratio}px`);
  u.ctx.textBaseline = "middle";
  u.ctx.textAlign = "left";
  for (const { tag, colour, y } of ends) {
    u.ctx.fillStyle = colours.lines[colour - 1];
    u.ctx.fillText(String(tag), u.bbox.left + u.bbox.width + 9 * ratio, y);
  }
}

/** Where each line's newest value in view stands, top first. @param {Easel} easel */
function lineEnds({ u, picture: { stops, strokes } }) {
  /** @type {Map<number, {tag: number, colour: number, at: number, y: number}>} */
  const ends = new Map();
  for (const { values, tag, colour, apart } of strokes) {
    if (apart && behindNewest(strokes, tag)) continue;
    for (let at = stops.length - 1; at >= 0; at--) {
      const value = values[at];
      if (typeof value !== "number" || stops[at] > u.scales.x.max || stops[at] < u.scales.x.min) continue;
      if (at > (ends.get(tag)?.at ?? -1)) ends.set(tag, { tag, colour, at, y: u.valToPos(value, "y", true) });
      break;
    }
  }
  return [...ends.values()].sort((a, b) => a.y - b.y);
}

/** Whether a line has a stroke that is not apart: that one carries its number. @param {Stroke[]} strokes @param {number} tag */
function behindNewest(strokes, tag) {
  return strokes.some((stroke) => stroke.tag === tag && !stroke.apart && stroke.values.some((value) => typeof value === "number"));
}

/** @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} y @param {number} arm */
function diamond(ctx, x, y, arm) {
  ctx.beginPath();
  ctx.moveTo(x, y - arm);
  ctx.lineTo(x + arm, y);
  ctx.lineTo(x, y + arm);
  ctx.lineTo(x - arm, y);
  ctx.closePath();
  ctx.stroke();
}
