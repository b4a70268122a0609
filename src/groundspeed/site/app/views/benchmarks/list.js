// What the list of benchmarks holds, and in which order. Pure: the site's columns in, rows out.

import { caseText, moduleOf } from "../../search.js";

/**
 * @typedef {import("../../data.js").Entry} Entry
 * @typedef {import("../../data.js").Metric} Metric
 *
 * @typedef {Object} Step  the last change of a line's level
 * @property {number} change  after ÷ before, or after − before where `differs`
 * @property {boolean} differs
 * @property {number} base  places in history: the step lies between
 * @property {number} head
 *
 * @typedef {Object} Item  a case's metric on a machine in an environment
 * @property {number} line  its place in the order of the site's lines
 * @property {Entry} entry
 * @property {string} text  `module.Class.name(p1, p2)@metric`
 * @property {string} lower
 * @property {string} module
 * @property {(number | null)[]} params  places on the benchmark's axes
 * @property {string} machine
 * @property {string} environment
 * @property {Metric} metric
 * @property {number | null} value
 * @property {number | null} at  the place in history of the value
 * @property {Step | null} step
 * @property {boolean} few  too few values to be searched for steps
 * @property {boolean} failed  when last measured
 * @property {number | null} carried  the newest commit that the value was carried over to
 *
 * @typedef {{kind: "case", item: Item} | {kind: "group", module: string, items: Item[], open: boolean}} Row
 *
 * @typedef {{machine: string, environment: string, query: string, sort: string, isOpen: (module: string) => boolean}} Wanted
 *   `environment` "": of each case the one measured last; `sort` as in the address
 */

/** @param {any} lines @param {any} sparks  payloads of these pieces @param {Entry[]} entries @returns {Item[]} */
export function itemsOf(lines, sparks, entries) {
  const steps = stepsOf(sparks);
  const [few, failed] = [new Set(sparks.few), new Set(sparks.failed)];
  /** @type {Map<number, number>} */
  const carried = new Map(sparks.carried ?? []);
  const modules = entries.map(({ name }) => moduleOf(name)[0]);
  return lines.benchmark.map((/** @type {number} */ benchmark, /** @type {number} */ line) => {
    const entry = entries[benchmark];
    const metric = lines.metrics[lines.metric[line]];
    const params = lines.combinations[lines.params[line]];
    const text = caseText(entry, params) + (metric.name ? `@${metric.name}` : "");
    return {
      line, entry, text, lower: text.toLowerCase(), module: modules[benchmark], params, metric,
      machine: lines.machines[lines.machine[line]], environment: lines.environments[lines.environment[line]],
      value: lines.value[line], at: lines.at[line], step: steps.get(line) ?? null,
      few: few.has(line), failed: failed.has(line), carried: carried.get(line) ?? null,
    };
  });
}

/** @param {any} sparks @returns {Map<number, Step>} by line */
function stepsOf({ steps, differing }) {
  const differs = new Set(differing);
  return new Map(steps.line.map((/** @type {number} */ line, /** @type {number} */ at) =>
    [line, { change: steps.change[at], differs: differs.has(line), base: steps.base[at], head: steps.head[at] }]));
}

/** The machine with the newest value. @param {Item[]} items */
export function newestMachine(items) {
  let newest = items[0];
  for (const item of items) if ((item.at ?? -1) > (newest.at ?? -1)) newest = item;
  return newest?.machine ?? "";
}

/** The lines of a machine; of each case the newest where no environment is asked for. @param {Item[]} items @param {Wanted} wanted @returns {Item[]} */
export function chosen(items, { machine, environment }) {
  const those = items.filter((item) => item.machine === machine && (!environment || item.environment === environment));
  if (environment) return those;
  /** @type {Map<string, Item>} */
  const newest = new Map();
  for (const item of those) {
    const known = newest.get(item.text);
    if (!known || (item.at ?? -1) >= (known.at ?? -1)) newest.set(item.text, item);
  }
  return [...newest.values()];
}

/** Those whose text holds every word. @param {Item[]} items @param {string[]} words in lower case */
export function holding(items, words) {
  return words.length ? items.filter(({ lower }) => words.every((word) => lower.includes(word))) : items;
}

/** By module where they stand by name; else in one run, since the question is then for the first of all. @param {Item[]} items @param {Wanted} wanted @returns {Row[]} */
export function rowsOf(items, { sort, isOpen }) {
  const descending = sort.startsWith("-");
  const key = descending ? sort.slice(1) : sort;
  const order = ORDERS[key];
  if (order) return [...items].sort(order(descending ? -1 : 1)).map((item) => ({ kind: "case", item }));
  const groups = [...grouped(items)];
  if (descending) groups.reverse();
  return groups.flatMap(([module, those]) => {
    const open = isOpen(module);
    const cases = open ? those.map((item) => /** @type {Row} */ ({ kind: "case", item })) : [];
    return [/** @type {Row} */ ({ kind: "group", module, items: those, open }), ...(descending ? cases.reverse() : cases)];
  });
}

/** @param {Item[]} items */
function grouped(items) {
  /** @type {Map<string, Item[]>} */
  const groups = new Map();
  for (const item of items) {
    const group = groups.get(item.module);
    if (group) group.push(item);
    else groups.set(item.module, [item]);
  }
  return groups;
}

/** @type {Record<string, (sign: 1 | -1) => (one: Item, other: Item) => number>} */
const ORDERS = {
  change: (sign) => (one, other) => nullsLast(worsening(one), worsening(other), sign),
  value: (sign) => (one, other) => (one.metric.unit === other.metric.unit ? nullsLast(one.value, other.value, sign) : one.metric.unit < other.metric.unit ? -1 : 1),
  since: (sign) => (one, other) => nullsLast(one.step?.head ?? null, other.step?.head ?? null, sign),
  measured: (sign) => (one, other) => nullsLast(one.at, other.at, sign),
};

/** @param {number | null} one @param {number | null} other @param {1 | -1} sign */
function nullsLast(one, other, sign) {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  return sign * (one - other);
}

/** How much worse the last step made it, as a logarithm; null where there is none, or no ratio. @param {Item} item */
function worsening({ step, metric }) {
  if (!step || step.differs) return null;
  return Math.log(step.change) * (metric.better === "higher" ? -1 : 1);
}

/** Whether the last step made it worse. @param {Item} item */
export function worse({ step, metric }) {
  return step !== null && (step.change > (step.differs ? 0 : 1)) === (metric.better !== "higher");
}
