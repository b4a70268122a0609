// Ratios: after ÷ before. Owns their text and the scale that puts twice and half at the same distance from one.

import { h } from "../dom.js";

const EVEN = 0.0005; // what rounds to 1.00 is shown without a direction

/** `1.23×`; three digits where it is far from one. @param {number} ratio */
export function ratioText(ratio) {
  return `${digits(ratio)}×`;
}

/** `1.20 – 1.26` @param {number} low @param {number} high */
export function intervalText(low, high) {
  return `${digits(low)} – ${digits(high)}`;
}

/**
 * `1.23× (1.20 – 1.26)`.
 * @param {number} ratio
 * @param {{low?: number | null, high?: number | null, tone?: "bad" | "good" | "even" | ""}} [options]  the interval, where one
 *   is known; the tone, where it is known which direction is worse (the symbol and word stand in a verdict beside it)
 * @returns {HTMLElement}
 */
export function ratio(ratio, { low = null, high = null, tone = "" } = {}) {
  return h("span", { class: `ratio ${tone}`.trimEnd() }, h("strong", {}, ratioText(ratio)),
    low !== null && high !== null && h("span", { class: "interval" }, ` (${intervalText(low, high)})`));
}

/** `+23 %`, `−4.2 %`, `±0 %` @param {number} ratio */
export function percentText(ratio) {
  const change = (ratio - 1) * 100;
  if (Math.abs(change) < EVEN * 100) return "±0 %";
  const size = Math.abs(change);
  return `${change > 0 ? "+" : "−"}${size >= 10 ? Math.round(size).toLocaleString("en") : size.toFixed(1)} %`;
}

/** A part of a whole: `2.5 %`, `40 %`. @param {number} share */
export function shareText(share) {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

/** Doublings: 2 is 1, ½ is −1, so that as far up as down is as far. @param {number} ratio */
export function doublings(ratio) {
  return Math.log2(ratio);
}

/** @param {number} ratio */
function digits(ratio) {
  if (ratio >= 99.5) return Math.round(ratio).toLocaleString("en");
  if (ratio >= 9.995) return ratio.toFixed(1);
  return ratio.toFixed(ratio < 0.095 ? 3 : 2);
}
