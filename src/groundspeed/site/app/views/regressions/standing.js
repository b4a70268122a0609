// How many regressions were open over time: a line of steps.

import { counted, h, svg } from "../../dom.js";
import { anchor, dateTicks, figure, linear } from "../../parts/figure.js";
import { day } from "../../units.js";

const HEIGHT = 96;
const FLOOR = HEIGHT - 20;

/** @param {import("../../answers.js").Changes["standing"]} course  oldest first */
export function standing(course) {
  const times = [...course].sort((a, b) => a.commit.date - b.commit.date);
  const [first, last] = [times[0], times[times.length - 1]];
  const most = Math.max(...times.map(({ open }) => open));
  const words = `${counted(last.open, "regression")} open at the newest commit, ${day(last.commit.date)}; at most ${most.toLocaleString("en")} since ${day(first.commit.date)}`;
  return h("section", { class: "sheet standing", "aria-labelledby": "h-standing" },
    h("div", { class: "caption" }, h("h2", { id: "h-standing" }, "Open over time"), h("span", {}, words)),
    figure({ role: "img", "aria-label": words }, (width) => drawn(times, most, width)));
}

/** @param {import("../../answers.js").Changes["standing"]} times @param {number} most @param {number} width */
function drawn(times, most, width) {
  const [from, to] = [times[0].commit.date, times[times.length - 1].commit.date];
  const x = linear([from, to], [26, width - 26]);
  const y = linear([0, Math.max(1, most)], [FLOOR, 8]);
  const line = times.map(({ commit, open }, place) => (place ? `H${x(commit.date).toFixed(1)}V${y(open).toFixed(1)}` : `M${x(commit.date).toFixed(1)} ${y(open).toFixed(1)}`)).join("");
  return svg("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}` },
    svg("path", { class: "grid", d: `M26 ${y(most)}H${width - 26}M26 ${FLOOR}H${width - 26}` }),
    svg("text", { x: 20, y: y(most) + 4, "text-anchor": "end" }, most.toLocaleString("en")),
    svg("text", { x: 20, y: FLOOR + 4, "text-anchor": "end" }, "0"),
    svg("path", { class: "area", d: `${line}V${FLOOR}H${x(from).toFixed(1)}Z` }),
    svg("path", { class: "line", d: line }),
    dateTicks(from, to, Math.max(2, Math.floor(width / 80))).map(({ at, label }) => svg("text", { x: x(at), y: HEIGHT - 3, "text-anchor": anchor(x(at), width) }, label)));
}
