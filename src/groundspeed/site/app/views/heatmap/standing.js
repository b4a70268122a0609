// What stands out, as a table: the same picture for those who read rather than look.

import { breakable, h } from "../../dom.js";
import { commitLink, date, tags } from "../../parts/commit.js";
import { ratioText } from "../../parts/ratio.js";
import { table } from "../../parts/table.js";
import { directionWord, verdict } from "../../parts/verdict.js";

/**
 * @typedef {import("./departures.js").Departure} Departure
 * @typedef {import("./departures.js").Stretch} Stretch
 * @typedef {import("./suite.js").Suite} Suite
 * @typedef {import("../../data.js").Store} Store
 */

const NAMED = 3; // benchmarks of a departure at once; the rest unfold

/**
 * @param {Store} store @param {Suite} suite @param {Departure[]} departures @param {[number, number]} window
 * @param {(row: import("./suite.js").Row, column: number) => string} address
 */
export function standing(store, suite, departures, [first, last], address) {
  const rows = departures;
  const at = (/** @type {number} */ column) => store.commits[suite.places[column]];
  return table({ label: "What stands out", rows, columns: [
    { key: "what", label: "Benchmarks", kind: "what", cell: ({ stretches, from }) => benchmarks(stretches, (stretch) => address(stretch.row, from)) },
    { key: "level", label: "Level", kind: "level", cell: levels },
    { key: "from", label: "From", kind: "when", cell: ({ from }) => (from === first ? h("span", { class: "quiet" }, first ? "before this window" : "the first commit") : when(store, at(from))) },
    { key: "to", label: "Last at", kind: "when", cell: ({ to }) => (to === last ? h("span", { class: "quiet" }, last < suite.places.length - 1 ? "beyond this window" : "still so") : when(store, at(to))) },
    { key: "commits", label: "Commits", number: true, cell: ({ from, to }) => (to - from + 1).toLocaleString("en") },
  ] }).node;
}

/** @param {Stretch[]} stretches @param {(stretch: Stretch) => string} address */
function benchmarks(stretches, address) {
  const items = stretches.map((stretch) => h("li", {}, h("a", { href: address(stretch) }, breakable(stretch.row.text))));
  const rest = items.slice(NAMED);
  return [h("ul", {}, items.slice(0, NAMED)), rest.length > 0 && h("details", {}, h("summary", {}, `and ${rest.length} more`), h("ul", {}, rest))];
}

/** From the smallest of the ratios to the largest. @param {Departure} departure */
function levels({ worse, stretches }) {
  const ratios = stretches.map(({ log }) => ratioText(Math.exp(log)));
  const logs = stretches.map(({ log }) => log);
  const [low, high] = [logs.indexOf(Math.min(...logs)), logs.indexOf(Math.max(...logs))];
  return [verdict(worse ? "worse" : "better", directionWord(stretches[0].row.metric, worse)), h("div", { class: "ratio" }, `${ratios[low] === ratios[high] ? ratios[low] : `${ratios[low]} – ${ratios[high]}`} ${ratios.length > 1 ? "their" : "its"} usual`)];
}

/** @param {Store} store @param {import("../../data.js").Commit} commit */
function when(store, commit) {
  return h("span", { title: commit.subject }, commitLink(store, commit), " ", date(commit.date), ...tags(commit));
}
