// A drawing that is as wide as its place. Owns when it is drawn, and the ticks of its axes; draws nothing itself.

import { h } from "../dom.js";
import { day, moment } from "../units.js";

/**
 * A box that draws once it has a width, and again when that changes. Colours come from the stylesheet, so a
 * change between light and dark needs no drawing.
 * @param {import("../dom.js").Attributes} attributes
 * @param {(width: number) => Node} draw  for a width in CSS pixels
 * @returns {HTMLElement}
 */
export function figure(attributes, draw) {
  const box = h("div", attributes);
  let drawn = 0;
  new ResizeObserver(([entry]) => {
    const width = Math.floor(entry.contentRect.width);
    if (width > 0 && width !== drawn) box.replaceChildren(draw(drawn = width));
  }).observe(box);
  return box;
}

/**
 * Round numbers along a logarithmic axis: powers of ten, 1-2-5 or single digits, the finest that are no more than `most`.
 * @param {number} low  above 0
 * @param {number} high
 * @param {number} [most]
 */
export function logTicks(low, high, most = 7) {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const decades = Array.from({ length: last - first + 1 }, (_, place) => first + place);
  /** @param {number[]} digits */
  const at = (digits) => decades.flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`))).filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
  const found = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3], [1]].map(at).find((ticks) => ticks.length <= most);
  if (found) return found;
  const powers = at([1]);
  return powers.filter((_, place) => place % Math.ceil(powers.length / most) === 0);
}

/**
 * Round dates between two moments: the first of a year, quarter, month; else both, as days or within a day as times.
 * @param {number} from  seconds since 1970
 * @param {number} to
 * @param {number} most
 * @returns {{at: number, label: string}[]}
 */
export function dateTicks(from, to, most) {
  for (const months of [1, 3, 6, 12, 24, 60, 120]) {
    const ticks = monthStarts(from, to, months);
    if (ticks.length <= most && ticks.length > 1) {
      return ticks.map((at) => ({ at, label: new Date(at * 1000).toISOString().slice(0, months < 12 ? 7 : 4) }));
    }
  }
  const ends = from === to ? [from] : [from, to];
  const within = from !== to && day(from) === day(to); // one day: the time of day tells them apart
  return ends.map((at) => ({ at, label: within ? moment(at).slice(0, 16) : day(at) }));
}

/** @param {number} from @param {number} to @param {number} months */
function monthStarts(from, to, months) {
  const start = new Date(from * 1000);
  const ticks = [];
  for (let month = Math.ceil((start.getUTCFullYear() * 12 + start.getUTCMonth()) / months) * months; ; month += months) {
    const at = Date.UTC(Math.floor(month / 12), month % 12) / 1000;
    if (at > to) return ticks;
    if (at >= from) ticks.push(at);
  }
}

/** On which side of a place near the edge a label stands, so that none is cut. @param {number} place @param {number} width */
export function anchor(place, width) {
  return place < 36 ? "start" : place > width - 36 ? "end" : "middle";
}

/**
 * From a value to a place between two others; the middle where there is no span.
 * @param {[number, number]} values @param {[number, number]} places
 * @returns {(value: number) => number}
 */
export function linear([low, high], [from, to]) {
  return (value) => (high === low ? (from + to) / 2 : from + ((value - low) / (high - low)) * (to - from));
}

/** The same for logarithms. @param {[number, number]} values @param {[number, number]} places @returns {(value: number) => number} */
export function logarithmic([low, high], places) {
  const place = linear([Math.log(low), Math.log(high)], places);
  return (value) => place(Math.log(value));
}
