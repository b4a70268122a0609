// What `groundspeed find` answered: the culprit of each search that ended, or that nothing changed.

import { commitLine, commitLink } from "../../parts/commit.js";
import { h } from "../../dom.js";
import { ratio } from "../../parts/ratio.js";
import { day } from "../../units.js";

/**
 * @typedef {import("../../answers.js").FindRow} FindRow
 * @typedef {import("../../data.js").Store} Store
 */

/**
 * The searches, the newest first; nothing where there are none.
 * @param {Store} store @param {FindRow[]} rows @returns {Node[]}
 */
export function finds(store, rows) {
  if (!rows.length) return [];
  return [h("section", { class: "finds" }, h("h2", {}, "Searched commit by commit"),
    h("ul", {}, ...rows.map((row) => h("li", {}, ...line(store, row)))))];
}

/** @param {Store} store @param {FindRow} row */
function line(store, row) {
  const { found } = row;
  const about = h("span", { class: "quiet" }, ` on ${row.machine}, ${day(row.at)}`);
  if (!found) return [h("strong", {}, row.case), " nothing changed from ", commitLink(store, row.old), " to ", commitLink(store, row.new), about];
  return [h("strong", {}, row.case), ` ${found.did}: `, ...commitLine(store, found.culprit).flatMap((node) => [node, " "]),
    found.ratio && h("span", {}, ratio(found.ratio[0], { low: found.ratio[1], high: found.ratio[2] })),
    found.unbuildable > 0 && h("span", {}, ` or the ${found.unbuildable} before it that did not build`),
    found.merge && h("span", {}, " merged by ", commitLink(store, found.merge)), about];
}
