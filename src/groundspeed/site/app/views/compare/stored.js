// One stored value against another: the judgement of verdicts/pairs where no samples were kept. Pure.
//
// The names and the order of the questions are those of pairs/stored.py, pairs/certain.py and pairs/processes.py;
// a test holds both against each other.

import { quantile995, stdtr } from "./student.js";

/**
 * @typedef {{centre: number, low: number, high: number}} Interval
 *
 * @typedef {Object} End  a finite value; `low` and `high` where both are finite (`bounded`)
 * @property {number} value
 * @property {number} low
 * @property {number} high
 * @property {boolean} bounded
 *
 * @typedef {Object} Question
 * @property {1 | -1} sign  1 where more is worse
 * @property {string} unit  canonical
 * @property {boolean} timed  whether a busy host may have a part in a value without an interval
 * @property {{variance: number, df: number} | null} sessions  of the difference of two sessions; null: unknown
 * @property {{variance: number, df: number} | null} process  of one process, as the floor tells it; null: no floor
 * @property {boolean} bound  the floor was learned from the history, and is an upper bound
 * @property {number} tolerance
 * @property {boolean} identical  one measurement stands for both ends
 *
 * @typedef {"slower" | "faster" | "same" | "inconclusive"} Verdict
 *
 * @typedef {Object} Judgement
 * @property {Interval | null} ratio  head over base; null where there is none
 * @property {Interval} worse  the same, turned so that more than 1 is worse
 * @property {number} tolerance
 * @property {Verdict} verdict
 * @property {number} slower  p-value of "no slower than tolerated"
 * @property {number} faster
 * @property {boolean} certain  nothing is left to chance
 * @property {string[]} caveats
 * @property {Difference} difference  of logarithms, in the worse direction
 *
 * @typedef {{variance: number, df: number}} Component
 * @typedef {{centre: number, processes: Component, sessions: Component}} Difference
 */

const UNKNOWN_TOLERANCE = 0.1;
const Z995 = 2.5758293035489004; // the normal distribution's 99.5 % quantile
const EXACTLY = { variance: 0, df: 1e6 };
const ANYTHING = { variance: 1e6, df: 1 };
const TIMES = { variance: 0.01 ** 2, df: 1 }; // stats/precision.py UNKNOWN
const VALUES = { variance: 0.005 ** 2, df: 8 }; // verdicts/judgement.py

/** @param {End} base @param {End} head @param {Question} question @returns {Judgement} */
export function judge(base, head, question) {
  if (question.identical) return certain(base.value, base.value, question, true);
  if (!Number.isFinite(base.value) || !Number.isFinite(head.value)) return unrelated(question, "a value is infinite");
  const bare = !(base.bounded && head.bounded);
  if (bare && question.unit !== "s") return fromValues(base.value, head.value, question);
  const [before, now] = [interval(base), interval(head)];
  const nothing = (/** @type {Interval} */ one) => one.centre === 0 && one.low === 0 && one.high === 0;
  if (nothing(before) || (nothing(now) && before.low > 0)) return certain(before.centre, now.centre, question, false);
  if (before.centre <= 0 || now.centre <= 0) return unrelated(question, "base scatters about zero, so there is no ratio");
  return judged(before, now, question, bare);
}

/** What a ratio says whose worse direction is up. @param {Interval} change @param {number} tolerance @returns {Verdict} */
function verdictOf(change, tolerance) {
  const limit = 1 + tolerance;
  if (change.low > limit) return "slower";
  if (change.high < 1 / limit) return "faster";
  return change.low >= 1 / limit && change.high <= limit ? "same" : "inconclusive";
}

/** @param {Difference} found @returns {number} degrees of freedom of its error (Satterthwaite 1946) */
export function dfOf({ processes: own, sessions: between }) {
  const spread = own.variance ** 2 / own.df + between.variance ** 2 / between.df;
  return spread > 0 ? (own.variance + between.variance) ** 2 / spread : own.df;
}

/** @param {End} end @returns {Interval} */
function interval({ value, low, high, bounded }) {
  return bounded ? { centre: value, low, high } : point(value);
}

/** @param {number} value @returns {Interval} */
function point(value) {
  return { centre: value, low: value, high: value };
}

// --- values without chance ---------------------------------------------------------------------------

/** @param {number} base @param {number} head @param {Question} question @param {boolean} exact @returns {Judgement} */
function certain(base, head, { sign, tolerance }, exact) {
  const found = quotient(base, head);
  const worse = sign > 0 ? found : quotient(head, base);
  const said = verdictOf(point(worse), tolerance);
  const endless = Math.abs(found) === Infinity;
  return { ratio: endless ? null : point(found), worse: point(worse), tolerance, verdict: said, slower: Number(said !== "slower"),
    faster: Number(said !== "faster"), certain: exact, caveats: endless ? ["base is nothing, so there is no ratio"] : [],
    difference: { centre: worse > 0 && worse < Infinity ? Math.log(worse) : worse - 1, processes: EXACTLY, sessions: EXACTLY } };
}

/** @param {number} base @param {number} head */
function quotient(base, head) {
  if (base === head) return 1;
  if (base === 0) return head > 0 ? Infinity : -Infinity;
  return base > 0 && head >= 0 ? head / base : 1 + (head - base) / Math.abs(base);
}

/** @param {Question} question @param {string} why @returns {Judgement} */
function unrelated({ tolerance }, why) {
  return { ratio: null, worse: { centre: 1, low: -Infinity, high: Infinity }, tolerance, verdict: "inconclusive", slower: 1, faster: 1,
    certain: false, caveats: [why], difference: { centre: 0, processes: ANYTHING, sessions: EXACTLY } };
}

// --- a value alone at each end -----------------------------------------------------------------------

/** Certain if it is a count, else as one process in a session of its own. @param {number} base @param {number} head @param {Question} question */
function fromValues(base, head, question) {
  const counted = question.unit !== "bytes" && Number.isInteger(base) && Number.isInteger(head);
  if (counted || (base === 0 && head !== 0)) return certain(base, head, question, true);
  if (base === 0) return unrelated(question, "base scatters about zero, so there is no ratio");
  const positive = base > 0 && head > 0;
  const scale = Math.abs(base);
  const change = positive ? Math.log(head) - Math.log(base) : (head - base) / scale;
  const process = processOf(question);
  const difference = { centre: question.sign * change, processes: { variance: 2 * Math.max(process.variance, 1e-12), df: process.df },
    sessions: question.sessions ?? { variance: 0, df: 1 } };
  const ratioOf = (/** @type {number} */ by) => (positive ? Math.exp(Math.min(by, 700)) : 1 + by);
  const tolerance = question.sessions ? question.tolerance : Math.max(question.tolerance, UNKNOWN_TOLERANCE);
  const half = quantile995(dfOf(difference)) * errorOf(difference);
  const around = { centre: difference.centre, low: difference.centre - half, high: difference.centre + half };
  const turned = question.sign > 0 ? around : mapped(around, (one) => -one);
  const worse = mapped(around, ratioOf);
  const limits = positive ? logLimits(tolerance) : [tolerance, 1 / (1 + tolerance) - 1];
  return { ratio: mapped(turned, ratioOf), worse, tolerance, verdict: verdictOf(worse, tolerance), ...chances(difference, limits),
    certain: false, caveats: unknown(question), difference };
}

/** What one process may lie off by: the floor tells it, or how values of its kind usually scatter. @param {Question} question */
function processOf({ process, bound, timed }) {
  const prior = timed ? TIMES : VALUES;
  if (!process || (bound && !timed && process.variance > prior.variance)) return prior;
  return process;
}

// --- stored intervals --------------------------------------------------------------------------------

/** Of positive centres. @param {Interval} before @param {Interval} now @param {Question} question @param {boolean} bare @returns {Judgement} */
function judged(before, now, question, bare) {
  const told = !(bare && !question.sessions);
  const worse = worseOf(before, now, question, told);
  const tolerance = question.sessions ? question.tolerance : Math.max(question.tolerance, UNKNOWN_TOLERANCE);
  const difference = differenceOf(worse);
  const ratio = question.sign > 0 ? worse : mapped(worse, (one) => (one ? 1 / one : Infinity));
  return { ratio, worse, tolerance, verdict: verdictOf(worse, tolerance), ...chances(difference, logLimits(tolerance)), certain: false,
    caveats: [...unknown(question), ...(told ? [] : ["no interval is stored"])], difference };
}

/** @param {Interval} before @param {Interval} now @param {Question} question @param {boolean} told @returns {Interval} */
function worseOf(before, now, { sign, sessions }, told) {
  const [first, second] = sign > 0 ? [before, now] : [now, before];
  const centre = second.centre / first.centre;
  if (!told || first.low <= 0 || second.low <= 0) return { centre, low: 0, high: Infinity };
  const found = { centre, low: second.low / first.high, high: second.high / first.low };
  if (!sessions) return found;
  const half = quantile995(sessions.df) * Math.sqrt(sessions.variance);
  const log = Math.log(centre);
  return { centre, low: Math.exp(log - Math.hypot(log - Math.log(found.low), half)),
    high: Math.exp(log + Math.hypot(Math.log(found.high) - log, half)) };
}

/** Of logarithms, with an error that would make the interval, its wider side taken. @param {Interval} worse @returns {Difference} */
function differenceOf({ centre, low, high }) {
  if (!(low > 0 && high < Infinity)) return { centre: 0, processes: ANYTHING, sessions: EXACTLY };
  const half = Math.max(Math.log(centre) - Math.log(low), Math.log(high) - Math.log(centre));
  return { centre: Math.log(centre), processes: { variance: (half / Z995) ** 2, df: EXACTLY.df }, sessions: EXACTLY };
}

/** @param {Question} question */
function unknown({ sessions }) {
  return sessions ? [] : ["noise between sessions unknown"];
}

// --- chances -----------------------------------------------------------------------------------------

/** @param {number} tolerance @returns {[number, number]} */
function logLimits(tolerance) {
  return [Math.log(1 + tolerance), -Math.log(1 + tolerance)];
}

/** @param {Difference} difference @param {number[]} limits  beyond the first head is worse, below the second better */
function chances(difference, [above, below]) {
  const [df, error] = [dfOf(difference), errorOf(difference)];
  return { slower: beyond(df, above - difference.centre, error), faster: beyond(df, difference.centre - below, error) };
}

/** @param {number} df @param {number} gap @param {number} error */
function beyond(df, gap, error) {
  if (error > 0) return stdtr(df, gap / error);
  return gap < 0 ? 0 : 1; // nothing scatters: it is beyond, or it is not
}

/** @param {Difference} difference */
function errorOf({ processes, sessions }) {
  return Math.sqrt(processes.variance + sessions.variance);
}

/** @param {Interval} found @param {(one: number) => number} change @returns {Interval} */
function mapped({ centre, low, high }, change) {
  const [one, other] = [change(low), change(high)];
  return { centre: change(centre), low: Math.min(one, other), high: Math.max(one, other) };
}
