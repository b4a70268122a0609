// The payload of a difference, and its figures in words. Draws nothing.

import { display } from "../../units.js";

/**
 * Base, head, and the bounds of head less base; null: nothing bounds it.
 * @typedef {[base: number, head: number, low: number | null, high: number | null]} Change
 *
 * @typedef {Object} FunctionRow
 * @property {string} name
 * @property {string} file
 * @property {string} base_file  where it was in base, if that is another file
 * @property {number | null} line
 * @property {"both" | "appeared" | "vanished"} presence
 * @property {"slower" | "faster" | "same" | "inconclusive"} verdict  of its own
 * @property {Change} own
 * @property {Change} whole
 * @property {number | null} share  of the whole change
 *
 * @typedef {{tool: string, overhead: number | null, calls: number}} End
 *
 * @typedef {Object} Difference  as pieces/differences.py writes it
 * @property {string} unit
 * @property {"call" | "share"} basis
 * @property {[number, number]} runs
 * @property {End | null} base
 * @property {End | null} head
 * @property {Change} call
 * @property {FunctionRow[]} functions
 * @property {number} left_out  functions too thin to be listed
 * @property {import("./tree.js").Nodes} nodes
 * @property {{function: number, diff: string}[]} sources
 * @property {{what: string, base: string, head: string}[]} installed
 * @property {string[]} notices
 */

const ROUNDING = 1e-9; // of a call: sums of floats are off by less
const TELLING = 0.01; // of a call: what moved by less bears no arrow

/** A figure: in its unit, or in percent. @param {Difference} found @param {number} value */
export function amount({ basis, unit }, value) {
  return basis === "share" ? `${display(value * 100, "", 3)} %` : display(value, unit, 3);
}

/** The same with its sign; what only rounding left is nothing. @param {Difference} found @param {number} value */
export function moved(found, value) {
  if (Math.abs(value) < ROUNDING * scaleOf(found)) return `±${amount(found, 0)}`;
  return `${value < 0 ? "−" : "+"}${amount(found, Math.abs(value))}`;
}

/** `+1.4 ms to +2.5 ms`; nothing where nothing bounds it. @param {Difference} found @param {Change} change */
export function bounds(found, [, , low, high]) {
  return low === null || high === null ? "–" : `${moved(found, low)} to ${moved(found, high)}`;
}

/** @param {Change} change */
export function by([base, head]) {
  return head - base;
}

/** `pkg/a.py:12` @param {FunctionRow} one */
export function where({ file, line }) {
  return line === null || !file ? file : `${file}:${line}`;
}

/** What a call takes, the larger of both. @param {Difference} found */
export function scaleOf({ call: [base, head] }) {
  return Math.max(base, head) || 1;
}

/** `▲`, `▼`, `?` or nothing: a direction for those who see no colours. @param {Difference} found @param {number} change @param {boolean} chance  it may be no more than that */
export function arrow(found, change, chance) {
  if (Math.abs(change) < TELLING * scaleOf(found)) return "";
  return chance ? "?" : change > 0 ? "▲" : "▼";
}

/** Whether its interval holds zero. Without one nobody knows, and the page says so in its head. @param {Change} change */
export function mayBeChance([, , low, high]) {
  return low !== null && high !== null && low <= 0 && high >= 0;
}

/** What grew called. @param {Difference} found @param {number} change */
export function direction(found, change) {
  if (found.basis === "share" || found.unit !== "s") return change > 0 ? "more" : "less";
  return change > 0 ? "slower" : "faster";
}
