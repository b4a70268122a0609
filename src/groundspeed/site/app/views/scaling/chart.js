// Size against value, both logarithmic. Owns places and marks; the words beside it are ladder.js's.

import { display } from "../../units.js";
import { figure, logarithmic, logTicks } from "../../parts/figure.js";
import { svg } from "../../dom.js";

/** @typedef {import("../../answers.js").Ladder} Ladder */

const [LEFT, RIGHT, TOP, BOTTOM] = [62, 14, 10, 26];

/** @param {Ladder} ladder @param {number} height */
export function chart(ladder, height) {
  const { points, parameter, answers } = ladder;
  const label = `${points.length} sizes of ${parameter}, value against size on logarithmic axes${answers.length ? `, and ${answers.length} asked for` : ""}`;
  return figure({ class: "ladder", role: "img", "aria-label": label }, (width) => drawn(ladder, width, height));
}

/** @param {Ladder} ladder @param {number} width @param {number} height */
function drawn(ladder, width, height) {
  const { points, growth, answers, unit, size_unit: sizeUnit } = ladder;
  const asked = answers.filter((one) => one.value !== null && one.value.centre > 0);
  const sizes = positive([...points.map(({ size }) => size), ...asked.map(({ size }) => size), ...(growth?.band ?? []).map(({ size }) => size)]);
  const values = positive([...points.flatMap(({ value }) => ends(value)), ...asked.map(({ value }) => /** @type {import("../../answers.js").Interval} */ (value).centre),
    ...(growth?.band ?? []).flatMap(({ value, low, high }) => ends({ centre: value, low, high }))]);
  const frame = { width, height, viewBox: `0 0 ${width} ${height}` };
  if (!sizes.length || !values.length) return svg("svg", frame, svg("text", { x: 12, y: 24 }, "Nothing to draw: no size has a value above zero."));
  const [lowX, highX] = padded(sizes);
  const [lowY, highY] = padded(values);
  const x = logarithmic([lowX, highX], [LEFT, width - RIGHT]);
  const whole = logarithmic([lowY, highY], [height - BOTTOM, TOP]);
  const y = (/** @type {number} */ value) => whole(Math.min(highY, Math.max(lowY, value)));
  return svg("svg", frame,
    logTicks(lowY, highY, Math.max(3, Math.floor(height / 45))).flatMap((tick) => [svg("path", { class: "grid", d: `M${LEFT} ${y(tick)}H${width - RIGHT}` }),
      svg("text", { x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end" }, display(tick, unit, 2))]),
    logTicks(lowX, highX, Math.max(3, Math.floor((width - LEFT) / 70))).flatMap((tick) => [svg("path", { class: "grid", d: `M${x(tick)} ${TOP}V${height - BOTTOM}` }),
      svg("text", { x: x(tick), y: height - 8, "text-anchor": "middle" }, sizeText(tick, sizeUnit))]),
    growth && band(growth, x, y),
    points.filter(({ value }) => value.centre > 0).map(({ size, value }) => point(x(size), y(value.centre), value, y, "measured")),
    asked.map(({ size, value, told }) => point(x(size), y(/** @type {{centre: number}} */ (value).centre), /** @type {import("../../answers.js").Interval} */ (value), y, told ? "told" : "guess")));
}

/** @param {NonNullable<Ladder["growth"]>} growth @param {(size: number) => number} x @param {(value: number) => number} y */
function band({ band: rows }, x, y) {
  const drawn = rows.filter(({ value }) => value > 0);
  if (!drawn.length) return null;
  const upper = drawn.map(({ size, high }) => `${x(size).toFixed(1)} ${y(high).toFixed(1)}`);
  const lower = drawn.map(({ size, low }) => `${x(size).toFixed(1)} ${y(low).toFixed(1)}`).reverse();
  return [svg("path", { class: "band", d: `M${[...upper, ...lower].join("L")}Z` }),
    svg("path", { class: "fit", d: `M${drawn.map(({ size, value }) => `${x(size).toFixed(1)} ${y(value).toFixed(1)}`).join("L")}` })];
}

/**
 * A mark and its interval. What is asked for is a diamond, hollow where it is not told.
 * @param {number} x @param {number} y @param {import("../../answers.js").Interval} value @param {(value: number) => number} scale @param {"measured" | "told" | "guess"} kind
 */
function point(x, y, { low, high }, scale, kind) {
  const whisker = low !== null && high !== null && low > 0 && svg("path", { class: "whisker", d: `M${x} ${scale(low)}V${scale(high)}` });
  const shape = kind === "measured" ? svg("circle", { cx: x, cy: y, r: 3.5 }) : svg("path", { d: `M${x} ${y - 6}l6 6l-6 6l-6 -6z` });
  return svg("g", { class: kind }, whisker, shape);
}

const FAR = 10; // times the value: an interval of two processes may reach over ten powers, and would flatten the rest

/** What of an interval the axis makes room for; beyond, it runs off the picture. @param {import("../../answers.js").Interval} value */
function ends({ centre, low, high }) {
  return [centre, Math.max(low ?? centre, centre / FAR), Math.min(high ?? centre, centre * FAR)];
}

/** What a logarithmic axis can show. @param {number[]} values */
function positive(values) {
  return values.filter((value) => value > 0 && Number.isFinite(value));
}

/** The span of values with a margin. @param {number[]} values @returns {[number, number]} */
function padded(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const reach = Math.max(high / low, 1.5) ** 0.06;
  return [low / reach, high * reach];
}

/** @param {number} size @param {string} unit */
export function sizeText(size, unit) {
  return unit ? display(size, unit, 3) : size.toLocaleString("en", { maximumSignificantDigits: 6 });
}
