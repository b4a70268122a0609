// A row of the targets: what was judged, how far it is from its limit, where it goes. Owns words and the small bullet chart.

import { choicesOf } from "../../answers.js";
import { commitLink, date } from "../../parts/commit.js";
import { copyable } from "../../parts/command.js";
import { breakable, counted, h, svg } from "../../dom.js";
import { display, displayInterval } from "../../units.js";
import { format as address } from "../../address.js";
import { linear } from "../../parts/figure.js";
import { shareText } from "../../parts/ratio.js";
import { verdict } from "../../parts/verdict.js";

/** @typedef {import("../../answers.js").TargetRow} TargetRow */

const TRENDS = { improving: "↘ improving", worsening: "↗ worsening", steady: "→ steady", "too few commits": "too few commits" };

/**
 * @param {import("../../data.js").Store} store @param {boolean} several  whether rows are of several machines
 * @returns {import("../../parts/table.js").Column<TargetRow>[]}
 */
export function columns(store, several) {
  const all = /** @type {(import("../../parts/table.js").Column<TargetRow> | false)[]} */ ([
    { key: "state", label: "state", value: (row) => row.state, cell: (row) => verdict(row.state) },
    { key: "target", label: "target", head: true, kind: "what", value: (row) => row.subject, cell: (row) => subjectOf(row) },
    { key: "value", label: "value", number: true, value: (row) => row.value?.centre ?? null, cell: (row) => valueOf(row) },
    { key: "limit", label: "limit", kind: "limit", cell: (row) => breakable(row.text) },
    { key: "far", label: "how far", value: (row) => (row.value && row.limit ? row.value.centre / row.limit : null), cell: (row) => [h("span", { class: "room" }, roomOf(row)), bullet(row)] },
    { key: "trend", label: "trend", kind: "name", value: (row) => row.trend?.change ?? null, cell: (row) => trendOf(row) },
    { key: "since", label: "since", value: (row) => row.since?.commit.date ?? null, cell: (row) => sinceOf(store, row) },
    several && { key: "machine", label: "machine", kind: "name", value: (row) => row.machine, cell: (row) => row.machine },
  ]);
  return all.flatMap((column) => (column ? [column] : []));
}

/** @param {TargetRow} row */
function subjectOf({ subject, line, ladder, notes, told, reason, command, carried_from: carried }) {
  const href = line ? address("benchmark", line.benchmark, choicesOf(line)) : ladder ? address("scaling", null, { id: ladder }) : null;
  const said = [...notes];
  if (!told && !reason) said.push("not told by what was measured: no more than a guess");
  if (carried) said.push(`carried over from ${carried.short}`);
  return [
    href ? h("a", { class: "subject", href }, breakable(subject)) : h("span", { class: "subject" }, breakable(subject)),
    ...said.map((text) => h("span", { class: "quiet remark" }, text)),
    reason && h("span", { class: "unsure remark" }, reason), command && copyable(command, "what would measure it"),
  ];
}

/** @param {TargetRow} row */
function valueOf({ value, unit }) {
  if (!value) return h("span", { class: "quiet" }, "no data");
  return [display(value.centre, unit), value.low !== null && value.high !== null && h("span", { class: "quiet remark" }, displayInterval(value.low, value.high, unit))];
}

/** How far the value may go, or must come back, as a share of the limit. @param {TargetRow} row */
function roomOf({ value, limit, room, unit, relation, state }) {
  if (!value || limit === null || room === null) return "";
  const side = relation.startsWith("<") === room >= 0 ? "below" : "above";
  if (Math.abs(room) < Math.abs(limit) * 0.0005) return "at the limit";
  const far = limit ? `${percent(Math.abs(room / limit))} ${side}` : `${display(Math.abs(room), unit)} ${side}`;
  return state === "inconclusive" ? `${far}, undecided` : far;
}

/** @param {number} share */
function percent(share) {
  return share >= 10 ? `${Math.round(share + 1)}×` : shareText(share);
}

/** @param {TargetRow} row */
function trendOf({ trend }) {
  if (!trend) return "";
  const change = trend.direction === "improving" || trend.direction === "worsening" ? ` ${trend.change > 0 ? "+" : "−"}${percent(Math.abs(trend.change))}` : "";
  return h("span", { class: trend.direction === "worsening" ? "bad" : trend.direction === "improving" ? "good" : "quiet",
    title: `over ${counted(trend.commits, "measured commit")}` }, (TRENDS[trend.direction] ?? trend.direction) + change);
}

/** @param {import("../../data.js").Store} store @param {TargetRow} row */
function sinceOf(store, { since }) {
  if (!since) return "";
  return [since.from_the_first ? "the first, " : "", commitLink(store, since.commit), h("span", { class: "quiet remark" }, date(since.commit.date), `, ${counted(since.commits, "commit")}`)];
}

const [WIDTH, HEIGHT] = [120, 18];

/** The value as a bar, its interval as a whisker, the limit as an upright; the side that is allowed is shaded. @param {TargetRow} row */
function bullet({ value, limit, relation, unit, state }) {
  if (!value || limit === null) return "";
  const top = Math.max(value.high ?? value.centre, value.centre, limit) * 1.15 || 1;
  const x = linear([0, top], [1, WIDTH - 1]);
  const [low, high] = [value.low ?? value.centre, value.high ?? value.centre].map((bound) => Math.min(WIDTH - 1, Math.max(1, x(bound))));
  const [from, to] = relation.startsWith("<") ? [1, x(limit)] : [x(limit), WIDTH - 1];
  return svg("svg", { class: `bullet ${state}`, width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img",
    "aria-label": `${display(value.centre, unit)} against a limit of ${display(limit, unit)}` },
  svg("rect", { class: "allowed", x: from, y: 1, width: Math.max(0, to - from), height: HEIGHT - 2 }),
  svg("rect", { class: "value", x: 1, y: 6, width: Math.max(0, Math.min(WIDTH - 2, x(value.centre) - 1)), height: 6 }),
  high - low > 1 && svg("path", { class: "whisker", d: `M${low} 9H${high}M${low} 5.5v7M${high} 5.5v7` }),
  svg("path", { class: "limit", d: `M${x(limit)} 0V${HEIGHT}` }));
}
