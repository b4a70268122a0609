// The levels of a series, and which of its values lie far from theirs. Pure.
//
// Where levels change, groundspeed's search for steps has said; here is only what lies between the steps. A
// value is an outlier by Hampel's identifier (Davies and Gather, "The Identification of Multiple Outliers",
// JASA 88, 1993): further from the median of its level than so many times 1.4826 · the median absolute
// deviation from it, which for normal noise is the standard deviation. Nothing is taken away from the data:
// an outlier is drawn apart from the line, named in words, and stays in table and file.

/**
 * @typedef {import("../../data.js").Series} Series
 * @typedef {import("../../data.js").Step} Step
 *
 * @typedef {Object} Level
 * @property {number[]} rows  those with a value
 * @property {number} centre
 * @property {Step | null} since  the step that it began with
 */

const FAR = 5; // scatters: of normal noise one value in two million lies as far
const MAD_TO_SD = 1.4826; // of a normal distribution: 1 / Phi^-1(3/4)
const FEWEST = 5; // values: the scatter of fewer is a guess
const QUIETEST = 0.002; // of the level: within 1 % of it nothing is an outlier, however quiet the level

/** @param {Series} series @returns {Level[]} in history order, only those that hold a value */
export function levelsOf(series) {
  const steps = series.steps;
  /** @type {number[][]} */
  const rows = [[], ...steps.map(() => [])];
  let at = 0;
  series.commits.forEach((place, row) => {
    while (at < steps.length && place >= steps[at].head) at++;
    if (typeof series.values[row] === "number") rows[at].push(row);
  });
  return rows.map((held, place) => ({ rows: held, since: place ? steps[place - 1] : null, centre: centreOf(series, held, place) }))
    .filter(({ rows: held }) => held.length);
}

/** As the steps beside it say; of a series without any the median. @param {Series} series @param {number[]} rows @param {number} place */
function centreOf({ steps, values }, rows, place) {
  if (place) return steps[place - 1].after.centre;
  return steps.length ? steps[0].before.centre : median(rows.map((row) => /** @type {number} */ (values[row])));
}

/**
 * The rows that are outliers, and how far off: in scatters of their level.
 * @param {Series} series @param {Level[]} levels @returns {Map<number, number>}
 */
export function outliersOf(series, levels) {
  /** @type {Map<number, number>} */
  const found = new Map();
  for (const { rows } of levels) {
    if (rows.length < FEWEST) continue;
    const values = rows.map((row) => /** @type {number} */ (series.values[row]));
    const centre = median(values);
    const away = values.map((value) => Math.abs(value - centre));
    const scatter = Math.max(MAD_TO_SD * median(away), QUIETEST * Math.abs(centre));
    away.forEach((far, place) => {
      if (scatter > 0 && far > FAR * scatter) found.set(rows[place], far / scatter);
    });
  }
  return found;
}

/** @param {number[]} values at least one */
function median(values) {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
