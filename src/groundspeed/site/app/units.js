// Units for people: the same scaling and rounding as groundspeed's units.py. Owns number → text.

import { counted } from "./dom.js";

/** @type {[number, string][]} */
const BYTES = [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "KB"], [1, "B"]];
/** @type {Record<string, [number, string][]>} */
const LADDERS = {
  s: [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]],
  bytes: BYTES,
  "bytes/s": BYTES.map(([step, name]) => [step, `${name}/s`]),
};
const PLAIN = ["1", "unit"]; // asv's words for a number without a unit

/**
 * The step that a size is shown in.
 * @param {number} size
 * @param {string} unit
 * @returns {{factor: number, label: string}}
 */
export function scaleOf(size, unit) {
  const ladder = LADDERS[unit];
  if (!ladder) return { factor: 1, label: PLAIN.includes(unit) ? "" : unit.replace(/^1(?=\/)/, "") };
  if (size === 0) return { factor: 1, label: unit === "s" ? "s" : ladder[ladder.length - 1][1] };
  const [factor, label] = ladder.find(([step]) => size >= step * 0.9995) ?? ladder[ladder.length - 1];
  return { factor, label };
}

/**
 * A value in its base unit, with a scaled unit: `1.24 ms`.
 * @param {number} value
 * @param {string} unit
 * @param {number} [digits]
 */
export function display(value, unit, digits = 4) {
  if (!Number.isFinite(value)) return "–";
  const { factor, label } = scaleOf(Math.abs(value), unit);
  return `${significant(value / factor, digits)} ${label}`.trimEnd();
}

/**
 * An interval in one unit for both ends: `1.20 – 1.28 ms`.
 * @param {number} low
 * @param {number} high
 * @param {string} unit
 */
export function displayInterval(low, high, unit) {
  const { factor, label } = scaleOf(Math.max(Math.abs(low), Math.abs(high)), unit);
  return `${significant(low / factor, 4)} – ${significant(high / factor, 4)} ${label}`.trimEnd();
}

/** @param {number} value @param {number} digits */
export function significant(value, digits) {
  if (value === 0) return "0";
  const magnitude = Number(value.toExponential(digits - 1).split("e")[1]);
  if (magnitude >= 6 || magnitude < -4) return value.toExponential(digits - 1).replace(/([+-])(\d)$/, "$10$2"); // e+06
  if (magnitude >= digits) return Math.round(value).toLocaleString("en");
  return value.toFixed(Math.max(0, digits - 1 - magnitude));
}

/** @param {number} seconds since 1970 */
export function day(seconds) {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

/** @param {number} seconds since 1970 */
export function moment(seconds) {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/**
 * How long ago, in the largest unit that makes sense.
 * @param {number} seconds since 1970
 * @param {number} [now]
 */
export function ago(seconds, now = Date.now() / 1000) {
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const past = seconds - now;
  for (const [name, length] of /** @type {[Intl.RelativeTimeFormatUnit, number][]} */ (
    [["year", 31556952], ["month", 2629746], ["day", 86400], ["hour", 3600], ["minute", 60]])) {
    if (Math.abs(past) >= length) return words.format(Math.round(past / length), name);
  }
  return "just now";
}

/**
 * A span of time in its largest unit: `3 days`.
 * @param {number} seconds
 */
export function lasting(seconds) {
  for (const [length, name] of /** @type {[number, string][]} */ ([[31556952, "year"], [2629746, "month"], [86400, "day"], [3600, "hour"]])) {
    if (seconds >= 1.5 * length) return counted(Math.round(seconds / length), name);
  }
  return counted(Math.max(1, Math.round(seconds / 60)), "minute");
}

/** A size of memory as asv's machine.json has it: bytes, until asv 0.4 KiB without saying so; people write `16 GB`. @param {string} ram */
export function memory(ram) {
  if (!/^[0-9]+$/.test(ram)) return ram;
  const bytes = Number(ram) < 2 ** 28 ? Number(ram) * 1024 : Number(ram); // as machine/profile.py tells them apart
  return bytes < 2 ** 30 ? `${Math.round(bytes / 2 ** 20)} MiB` : `${Math.round(bytes / 2 ** 30)} GiB`;
}
