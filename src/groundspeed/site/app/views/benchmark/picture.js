// What the chart shall show of a history, as plain numbers. Pure: lines and state in, a picture out; draws nothing.

import { levelsOf, outliersOf } from "./levels.js";

/**
 * @typedef {import("../../data.js").Commit} Commit
 * @typedef {import("../../data.js").Series} Series
 * @typedef {import("../../data.js").Step} Step
 * @typedef {import("./lines.js").Line} Line
 * @typedef {import("./state.js").State} State
 *
 * @typedef {Object} Stroke  a line as it is drawn: every array has one place for each stop
 * @property {number} tag
 * @property {number} colour  1 to 8
 * @property {boolean} apart  dashed: an earlier version of the benchmark, or a commit beside the newest
 * @property {(number | null | undefined)[]} values  undefined: not measured there; null: no value
 * @property {(number | null | undefined)[]} low
 * @property {(number | null | undefined)[]} high
 * @property {Map<number, string>} failures  by stop
 * @property {Map<number, number>} carried  by stop: the value that was measured elsewhere
 * @property {Map<number, number>} outliers  by stop: how many scatters of its level it lies off
 * @property {{from: number, to: number, value: number}[]} levels  between two stops
 * @property {{at: number, step: Step, before: number, after: number}[]} steps  where the new level begins
 * @property {Series[]} [behind]  along a parameter: the series of each stop
 *
 * @typedef {Object} Picture
 * @property {number[]} stops  where on the x axis each commit stands, rising
 * @property {(stop: number) => string} stopLabel
 * @property {"commit" | "date" | "value"} along  dates are seconds since 1970; values those of a parameter
 * @property {boolean} logX
 * @property {Stroke[]} strokes
 * @property {string} unit
 * @property {"auto" | "zero" | "log" | "ratio"} y
 * @property {number | null} picked  a stop
 * @property {[number, number] | null} zoom  first and last stop in view
 * @property {{at: number, text: string}[]} tags  the releases
 */

const COLOURS = 8;

/** @param {number} tag its colour: the ninth line has the first's, and its own number */
export function colourOf(tag) {
  return ((tag - 1) % COLOURS) + 1;
}

/**
 * The places in history from the first at which anything is drawn, in the order of the x axis.
 * @param {Line[]} lines @param {Commit[]} commits @param {string} x
 */
export function placesOf(lines, commits, x) {
  const all = lines.flatMap(({ versions }) => versions);
  const places = [...new Set(all.flatMap((series) => [...series.commits, ...series.carried.keys()]))];
  places.sort((a, b) => (x === "date" ? commits[a].date - commits[b].date : 0) || a - b);
  const seen = new Set(all.flatMap((series) => [...series.carried.keys(), ...series.commits.filter((_, row) =>
    series.values[row] !== null || series.failures.has(row))]));
  return places.slice(Math.max(0, places.findIndex((place) => seen.has(place)))); // before, all was skipped
}

/**
 * @param {{lines: Line[], places: number[], commits: Commit[], unit: string, state: State, picked: number | null}} asked
 * @returns {Picture}
 */
export function pictureOf({ lines, places, commits, unit, state, picked }) {
  const stopOf = new Map(places.map((place, stop) => [place, stop]));
  const zoom = zoomOf(state, places, commits);
  const y = possible(lines, state.y);
  const strokes = lines.flatMap(({ tag, versions }) => versions.map((series, at) =>
    strokeOf(series, stopOf, { tag, colour: colourOf(tag), apart: at < versions.length - 1 })));
  const first = zoom ? zoom[0] : 0;
  return {
    stops: state.x === "date" ? datesOf(places, commits) : places.map((_, stop) => stop),
    along: state.x === "date" ? "date" : "commit", logX: false, unit: y === "ratio" ? "×" : unit, y, picked, zoom,
    stopLabel: (stop) => commits[places[stop]].short,
    strokes: y === "ratio" ? strokes.map((stroke) => relative(stroke, first)) : strokes,
    tags: places.flatMap((place, at) => (commits[place].tags.length ? [{ at, text: commits[place].tags.join(", ") }] : [])),
  };
}

/** Logarithms and ratios are of what is above zero: else the axis is fitted. @param {Line[]} lines @param {State["y"]} y */
export function possible(lines, y) {
  return (y === "log" || y === "ratio") && !abovezero(lines) ? "auto" : y;
}

/** @param {Line[]} lines */
function abovezero(lines) {
  return lines.every(({ versions }) => versions.every(({ values }) => values.every((value) => value === null || value > 0)));
}

/** Stops of the zoom's ends, where the address names two that are shown. @param {State} state @param {number[]} places @param {Commit[]} commits @returns {[number, number] | null} */
export function zoomOf(state, places, commits) {
  if (!state.zoom) return null;
  const [first, last] = state.zoom.map((digits) => places.findIndex((place) => commits[place].hash.startsWith(digits)));
  return first >= 0 && last > first ? [first, last] : null;
}

/**
 * @param {Series} series @param {Map<number, number>} stopOf
 * @param {{tag: number, colour: number, apart: boolean}} look
 * @returns {Stroke}
 */
function strokeOf(series, stopOf, look) {
  const row = () => /** @type {(number | null | undefined)[]} */ (new Array(stopOf.size).fill(undefined));
  const stops = series.commits.map((place) => stopOf.get(place) ?? -1); // -1: before anything was drawn
  const levels = levelsOf(series);
  /** @type {Stroke} */
  const stroke = { ...look, values: row(), low: row(), high: row(), failures: new Map(), carried: new Map(), outliers: new Map(), levels: [], steps: [] };
  stops.forEach((stop, index) => {
    if (stop < 0) return;
    stroke.values[stop] = series.values[index];
    stroke.low[stop] = series.low?.[index] ?? null;
    stroke.high[stop] = series.high?.[index] ?? null;
    if (series.failures.has(index)) stroke.failures.set(stop, series.failures.get(index) ?? "");
  });
  for (const [place, index] of series.carried) stroke.carried.set(/** @type {number} */ (stopOf.get(place)), /** @type {number} */ (series.values[index]));
  for (const [index, far] of outliersOf(series, levels)) stroke.outliers.set(stops[index], far);
  stroke.levels = levels.map(({ rows, centre }) => {
    const held = rows.map((index) => stops[index]);
    return { from: Math.min(...held), to: Math.max(...held), value: centre };
  });
  stroke.steps = levels.flatMap(({ since, rows }) => (since ? [{
    at: stopOf.get(since.head) ?? Math.min(...rows.map((index) => stops[index])), step: since, before: since.before.centre, after: since.after.centre }] : []));
  return stroke;
}

/** Everything divided by the first level that has a value in view. @param {Stroke} stroke @param {number} first a stop @returns {Stroke} */
function relative(stroke, first) {
  const unit = stroke.levels.find(({ to }) => to >= first)?.value ?? 1; // without a value nothing is drawn
  const part = (/** @type {number | null | undefined} */ value) => (typeof value === "number" ? value / unit : value);
  return {
    ...stroke,
    values: stroke.values.map(part), low: stroke.low.map(part), high: stroke.high.map(part),
    carried: new Map([...stroke.carried].map(([at, value]) => [at, value / unit])),
    levels: stroke.levels.map((level) => ({ ...level, value: level.value / unit })),
    steps: stroke.steps.map((one) => ({ ...one, before: one.before / unit, after: one.after / unit })),
  };
}

/** Seconds since 1970, a second apart where commits share one: a line has one value for each stop. @param {number[]} places @param {Commit[]} commits */
function datesOf(places, commits) {
  let last = -Infinity;
  return places.map((place) => (last = Math.max(commits[place].date, last + 1)));
}

/** What is drawn at a stop: the value measured there, else one carried over. @param {Stroke} stroke @param {number} at */
export function standing(stroke, at) {
  return stroke.values[at] ?? stroke.carried.get(at);
}
