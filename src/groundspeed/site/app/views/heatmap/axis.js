// Dates and releases along commits, which are not evenly far apart in time. Pure.

import { rankOf } from "../benchmark/landmarks.js";

/**
 * @typedef {import("../../data.js").Commit} Commit
 * @typedef {{column: number, label: string}} Tick
 */

/** Characters of an ISO date, and the months that begin there: years first, days last. */
const GRAINS = /** @type {[number, number][]} */ ([[4, 12], [7, 6], [7, 3], [7, 1], [10, 0]]);

/**
 * The first commits of years, half-years, quarters, months and days, the roundest first: as many of them have a label as there is
 * room for, since a hundred commits may be a year or a week.
 * @param {Commit[]} commits  the history @param {number[]} places  that were measured
 * @param {[number, number]} window  columns, inclusive
 * @returns {Tick[]}
 */
export function dates(commits, places, [first, last]) {
  const days = places.slice(first, last + 1).map((place) => new Date(commits[place].date * 1000).toISOString().slice(0, 10));
  const found = GRAINS.flatMap(([length, months]) => beginnings(days, first, length, months));
  return found.length ? found : [{ column: first, label: days[0] }]; // all of one day
}

/** @param {string[]} days @param {number} first  the column of the first @param {number} length @param {number} months @returns {Tick[]} */
function beginnings(days, first, length, months) {
  /** @type {Tick[]} */
  const ticks = [];
  const span = (/** @type {string} */ day) => (months ? Math.floor((Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1) / months) : Date.parse(day));
  let latest = span(days[0]);
  days.forEach((day, at) => {
    if (span(day) <= latest) return; // also a commit that is older than the one before it
    latest = span(day);
    ticks.push({ column: first + at, label: day.slice(0, length) });
  });
  return ticks;
}

/**
 * Releases at the first measured commit that holds them, the greatest first: 2.0 before 2.1 before 2.1.1, the newest first.
 * @param {Commit[]} commits @param {number[]} places @param {[number, number]} window
 * @returns {Tick[]}
 */
export function releases(commits, places, [first, last]) {
  /** @type {Tick[]} */
  const ticks = [];
  let next = first ? places[first - 1] + 1 : places[0]; // what was released before anything was measured is not in the map
  for (let column = first; column <= last; column++) {
    for (; next <= places[column]; next++) {
      for (const label of commits[next].tags) ticks.push({ column, label });
    }
  }
  return ticks.sort((one, other) => rankOf(one.label) - rankOf(other.label) || other.column - one.column);
}

/**
 * Those that have room, the first of them first.
 * @template {{left: number, right: number}} Box
 * @param {Box[]} boxes @returns {Box[]}
 */
export function spaced(boxes) {
  /** @type {Box[]} */
  const taken = [];
  for (const box of boxes) {
    if (!taken.some((other) => box.left < other.right && other.left < box.right)) taken.push(box);
  }
  return taken;
}
