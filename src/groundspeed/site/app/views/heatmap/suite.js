// The rows of a machine's heat map: what each is, which are shown, in which order. Pure: payloads in, rows out.

import { moduleOf } from "../../search.js";
import { logsOf, mirrored } from "./scale.js";

/**
 * @typedef {import("../../data.js").Entry} Entry
 * @typedef {import("../../data.js").Metric} Metric
 *
 * @typedef {Object} Row
 * @property {number} at  its place in the file: the first of its codes is at this times the number of commits
 * @property {Entry} entry
 * @property {Metric} metric
 * @property {string} text  `module.Class.name@metric`
 * @property {string} module
 * @property {string} short  the text without its module
 * @property {number} cases
 * @property {number} reference  its usual level, in the metric's unit
 *
 * @typedef {Object} Suite  all that one machine measured
 * @property {string} machine
 * @property {number[]} places  of history: the commits that it measured, in order
 * @property {Row[]} rows
 * @property {Uint8Array} codes  row by row, as pieces/heat.py writes them
 * @property {Uint8Array} worse  the same, turned round where higher is better: above the usual is worse
 * @property {Float64Array} logs  of each code
 * @property {import("./scale.js").Scale} scale
 *
 * @typedef {{module: string, rows: Row[]}} Group
 */

/** @param {any} heat  the piece @param {Entry[]} entries @param {any} machine  one of the piece's @param {ArrayBuffer} bytes @returns {Suite} */
export function suiteOf(heat, entries, machine, bytes) {
  const codes = new Uint8Array(bytes);
  const worse = codes.slice();
  const width = machine.places.length;
  const rows = machine.benchmark.map((/** @type {number} */ place, /** @type {number} */ at) => {
    const [entry, metric] = [entries[place], /** @type {Metric} */ (heat.metrics[machine.metric[at]])];
    const text = entry.name + (metric.name ? `@${metric.name}` : "");
    const [module] = moduleOf(entry.name);
    if (metric.better === "higher") for (let cell = at * width; cell < (at + 1) * width; cell++) worse[cell] = mirrored(codes[cell]);
    return { at, entry, metric, text, module, short: module ? text.slice(module.length + 1) : text, cases: machine.cases[at], reference: machine.reference[at] };
  });
  return { machine: machine.name, places: machine.places, rows, codes, worse, logs: logsOf(heat), scale: heat };
}

/** The machine with the newest commit, where none of this name is known. @param {any} heat @param {string | null} named @returns {any} */
export function machineOf(heat, named) {
  const last = (/** @type {any} */ { places }) => places[places.length - 1];
  return heat.machines.find((/** @type {any} */ { name }) => name === named)
    ?? heat.machines.reduce((/** @type {any} */ newest, /** @type {any} */ one) => (last(one) > last(newest) ? one : newest));
}

/** @param {Row[]} rows @returns {Group[]} */
export function byModule(rows) {
  return grouped(rows, ({ module }) => module).map((those) => ({ module: those[0].module, rows: those }));
}

/** Items that share a key, in the order of their firsts. @template Item @param {Item[]} items @param {(item: Item) => string} key @returns {Item[][]} */
export function grouped(items, key) {
  /** @type {Map<string, Item[]>} */
  const groups = new Map();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return [...groups.values()];
}

/**
 * The columns that an address names by their commits, both ends inclusive; all of them where it names none that are measured here.
 * @param {number[]} places @param {number} from  place in history; below 0: not known @param {number} to
 * @returns {[number, number]}
 */
export function windowOf(places, from, to) {
  const last = places.length - 1;
  const begin = from < 0 ? 0 : places.findIndex((place) => place >= from);
  const end = to < 0 ? last : places.findLastIndex((place) => place <= to);
  return begin < 0 || end < 0 || begin > end ? [0, last] : [begin, end];
}
