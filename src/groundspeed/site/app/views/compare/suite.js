// Everything at head against everything at base: a row each, as verdicts/compare.py makes them. Pure.

import { caseText, moduleOf } from "../../search.js";
import { dfOf, judge } from "./stored.js";
import { quantile995 } from "./student.js";

/**
 * @typedef {import("../../data.js").Entry} Entry
 * @typedef {import("../../data.js").Metric} Metric
 * @typedef {import("./moments.js").Cell} Cell
 * @typedef {import("./moments.js").Noise} Noise
 * @typedef {import("./stored.js").Judgement} Judgement
 *
 * @typedef {Object} Lines  the piece "lines"
 * @property {string[]} machines
 * @property {string[]} environments
 * @property {Metric[]} metrics
 * @property {(number | null)[][]} combinations
 * @property {number[]} benchmark
 * @property {number[]} machine
 * @property {number[]} environment
 * @property {number[]} metric
 * @property {number[]} params
 *
 * @typedef {Object} Side  what an end holds
 * @property {string} machine
 * @property {string | null} environment
 * @property {number} place
 * @property {Cell[]} cells  of the machine's lines, in their order
 * @property {Noise} noise
 *
 * @typedef {Object} Row
 * @property {string} key
 * @property {string} name  the case, with its metric
 * @property {string} module
 * @property {Entry} entry
 * @property {(string | null)[]} params
 * @property {Metric} metric
 * @property {string} environment
 * @property {Cell | null} base
 * @property {Cell | null} head
 * @property {string} said  a verdict, or why there is none
 * @property {Judgement | null} judgement
 * @property {string} reason  why it is as it is, where there is more to say
 *
 * @typedef {{rows: Row[], apart: string[], environments: string[]}} Compared  `apart`: environments of one end alone
 */

const RATE = 0.05; // of false discoveries, as stats/false_discovery.py has it
export const SAID = ["slower", "faster", "broken", "fixed", "inconclusive", "same", "new", "gone", "redefined", "failed", "skipped"];

/** @param {Lines} lines @param {Entry[]} entries @param {Side} base @param {Side} head @returns {Compared} */
export function compared(lines, entries, base, head) {
  const [before, now] = [sideOf(lines, base), sideOf(lines, head)];
  const pinned = base.environment !== null && head.environment !== null;
  const both = new Set(pinned ? [""] : [...before.environments].filter((one) => now.environments.has(one)));
  const apart = pinned ? [] : [...new Set([...before.environments, ...now.environments])].filter((one) => !both.has(one));
  const found = [...new Set([...before.cells.keys(), ...now.cells.keys()])].flatMap((key) => {
    const [one, other] = [before.cells.get(key), now.cells.get(key)];
    const line = (other ?? one)?.line ?? 0;
    if (!both.has(pinned ? "" : lines.environments[lines.environment[line]])) return [];
    return [rowOf(lines, entries, key, line, one ?? null, other ?? null, base, head)];
  });
  return { rows: withoutChance(found), apart, environments: pinned ? [] : [...both] };
}

/** @typedef {{line: number, own: number, cell: Cell}} Held  `line` of the site, `own` of the machine */

/** What an end holds, by name. @param {Lines} lines @param {Side} side */
function sideOf(lines, { machine, environment, cells }) {
  /** @type {Map<string, Held>} */
  const held = new Map();
  /** @type {Set<string>} */
  const environments = new Set();
  let own = 0;
  lines.machine.forEach((at, line) => {
    if (lines.machines[at] !== machine) return;
    const cell = cells[own++];
    const name = lines.environments[lines.environment[line]];
    if (!cell || cell.kind === "absent" || (environment !== null && name !== environment)) return;
    environments.add(name);
    const shared = environment === null ? lines.environment[line] : "";
    held.set([lines.benchmark[line], lines.params[line], lines.metric[line], shared].join(" "), { line, own: own - 1, cell });
  });
  return { cells: held, environments };
}

/**
 * @param {Lines} lines @param {Entry[]} entries @param {string} key @param {number} line @param {Held | null} base @param {Held | null} head
 * @param {Side} before @param {Side} now
 * @returns {Row}
 */
function rowOf(lines, entries, key, line, base, head, before, now) {
  const entry = entries[lines.benchmark[line]];
  const metric = lines.metrics[lines.metric[line]];
  const places = lines.combinations[lines.params[line]];
  const text = caseText(entry, places);
  const known = { key, name: metric.name ? `${text}@${metric.name}` : text, module: moduleOf(entry.name)[0] || entry.name, entry, metric,
    params: places.map((place, axis) => (place === null ? null : entry.params[axis][place])),
    environment: lines.environments[lines.environment[line]], base: base?.cell ?? null, head: head?.cell ?? null };
  const [one, other] = [known.base, known.head];
  if (!base || !head || one?.kind !== "value" || other?.kind !== "value") return { ...known, judgement: null, ...unpaired(one, other) };
  if (one.version !== null && other.version !== null && one.version !== other.version) {
    return { ...known, judgement: null, said: "redefined", reason: "the benchmark itself is another one (its version differs)" };
  }
  const judgement = judge(one, other, questionOf(metric, base, head, before, now));
  return { ...known, judgement, said: judgement.verdict, reason: judgement.caveats.join("; ") };
}

/** The word for what an end lacks. @param {Cell | null} base @param {Cell | null} head */
function unpaired(base, head) {
  if (head?.kind === "value") return base?.kind === "failed" ? said("fixed", "failed at base") : said("new", base ? "skipped at base" : "not measured at base");
  if (head?.kind === "failed") return base?.kind === "value" ? said("broken", "failed at head") : said("failed", "failed at head");
  return head ? said("skipped", "skipped at head") : said("gone", "not measured at head");
}

/** @param {string} word @param {string} reason */
function said(word, reason) {
  return { said: word, reason };
}

/** @param {Metric} metric @param {Held} base @param {Held} head @param {Side} before @param {Side} now @returns {import("./stored.js").Question} */
function questionOf(metric, base, head, before, now) {
  const [first, second] = [before.noise, now.noise];
  const known = first.basis[base.own] > 0 && second.basis[head.own] > 0;
  const df = Math.max(second.df[head.own], 1);
  const processes = second.processes[head.own];
  const alike = before.machine === now.machine && base.line === head.line;
  return {
    sign: metric.better === "higher" ? -1 : 1, unit: metric.unit, timed: metric.name !== "" && metric.unit !== "bytes",
    sessions: known ? sessionsOf(first.sessions[base.own], Math.max(first.df[base.own], 1), second.sessions[head.own], df, alike) : null,
    process: known ? { variance: (Number.isNaN(processes) ? 0 : processes) ** 2, df: Math.min(df, 20) } : null,
    bound: second.basis[head.own] === 2,
    tolerance: second.tolerance[head.own],
    identical: before.machine === now.machine && alike && same(base.cell, before.place, head.cell, now.place),
  };
}

/** The variance that the sessions of both ends have together. @param {number} one @param {number} oneDf @param {number} other @param {number} otherDf @param {boolean} alike */
function sessionsOf(one, oneDf, other, otherDf, alike) {
  if (alike) return { variance: 2 * other ** 2, df: otherDf };
  const parts = { centre: 0, processes: { variance: one ** 2, df: oneDf }, sessions: { variance: other ** 2, df: otherDf } };
  return { variance: one ** 2 + other ** 2, df: dfOf(parts) };
}

/** Whether one measurement stands for both: carried over from one to the other. @param {Cell} base @param {number} at @param {Cell} head @param {number} now */
function same(base, at, head, now) {
  return (base.measured !== null || head.measured !== null) && (base.measured ?? at) === (head.measured ?? now);
}

/** The rows, those inconclusive whose change could be chance among so many. @param {Row[]} rows @returns {Row[]} */
function withoutChance(rows) {
  const drawn = rows.filter(({ judgement }) => judgement && !judgement.certain);
  const judgements = drawn.map(({ judgement }) => /** @type {Judgement} */ (judgement));
  /** @type {Set<Row>} */
  const doubted = new Set();
  for (const verdict of /** @type {const} */ (["slower", "faster"])) {
    adjusted(judgements.map((one) => one[verdict])).forEach((chance, at) => {
      if (drawn[at].said === verdict && chance > RATE) doubted.add(drawn[at]);
    });
  }
  return rows.map((row) => (doubted.has(row) ? { ...row, said: "inconclusive",
    reason: [row.reason, "could be chance among so many comparisons"].filter(Boolean).join("; ") } : row));
}

/** Benjamini and Hochberg's adjusted p-values (J. Royal Statistical Society B 57, 1995), in the order given. @param {number[]} chances */
function adjusted(chances) {
  const order = chances.map((_, at) => at).sort((a, b) => chances[a] - chances[b]);
  const found = new Array(chances.length).fill(1);
  let least = 1;
  for (let rank = order.length; rank > 0; rank--) {
    least = Math.min(least, (chances[order[rank - 1]] * order.length) / rank);
    found[order[rank - 1]] = least;
  }
  return found;
}

/**
 * The geometric mean of head over base of the main metrics in `unit` where less is better, with its 99 % interval; null
 * with fewer than two bounded ratios. As verdicts/means.py has it: one session's shift hits all rows alike.
 * @param {Row[]} rows @param {string} unit
 */
export function meanOf(rows, unit) {
  const found = rows.flatMap(({ judgement, metric }) => (judgement && !metric.name && metric.unit === unit && metric.better !== "higher"
    && judgement.worse.low > 0 && judgement.worse.high < Infinity ? [judgement.difference] : []));
  const count = found.length;
  if (count < 2) return null;
  const centre = found.reduce((sum, one) => sum + one.centre, 0) / count;
  const shift = (found.reduce((sum, one) => sum + Math.sqrt(one.sessions.variance), 0) / count) ** 2;
  const parts = [...found.map(({ processes }) => ({ variance: processes.variance / count ** 2, df: processes.df })),
    { variance: shift, df: Math.min(...found.map(({ sessions }) => sessions.df)) }];
  const variance = parts.reduce((sum, one) => sum + one.variance, 0);
  const spread = parts.reduce((sum, one) => sum + one.variance ** 2 / one.df, 0);
  const half = quantile995(spread ? variance ** 2 / spread : 1) * Math.sqrt(variance);
  return { unit, count, ratio: Math.exp(centre), low: Math.exp(centre - half), high: Math.exp(centre + half) };
}
