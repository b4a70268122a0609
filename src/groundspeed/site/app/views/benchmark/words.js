// How steps, cases and values of this view are written. Pure.

import { ratioText } from "../../parts/ratio.js";
import { display } from "../../units.js";

/**
 * @typedef {import("../../data.js").Benchmark} Benchmark
 * @typedef {import("../../data.js").Series} Series
 * @typedef {import("../../data.js").Step} Step
 */

/** `▲ 1.30×`, or of a difference `▲ 1.2`; up is a greater number, whether that is good or not. @param {Step} step @param {string} [unit] of a difference */
export function stepText(step, unit = "") {
  const up = step.after.centre > step.before.centre ? "▲" : "▼";
  return `${up} ${changeText(step, unit)}`;
}

/** The step whose new level begins at a place in history. @param {Series} series @param {number} place @returns {Step | null} */
export function stepAt({ steps }, place) {
  return steps.find(({ head }) => head === place) ?? null;
}

/** @param {Step} step @param {string} [unit] */
export function changeText({ scale, change }, unit = "") {
  if (scale === "ratio") return ratioText(change.centre);
  return `${change.centre > 0 ? "+" : "−"}${display(Math.abs(change.centre), unit, 3)}`;
}

/** A case as people write it, and as --bench finds it: `name(p1, p2)`. @param {Benchmark} benchmark @param {Series} series */
export function caseOf({ name }, { params }) {
  const values = params.filter((value) => value !== null);
  return values.length ? `${name}(${values.join(", ")})` : name;
}
