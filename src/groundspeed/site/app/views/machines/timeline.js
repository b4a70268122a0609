// Sessions along time: the control benchmark with its interval, and the moments at which the host changed.

import { anchor, dateTicks, figure, linear } from "../../parts/figure.js";
import { counted, svg } from "../../dom.js";
import { day, display } from "../../units.js";

/**
 * @typedef {import("../../answers.js").Machine} Machine
 * @typedef {import("../../answers.js").Session} Session
 */

const [LEFT, TOP, HEIGHT] = [64, 22, 168];
const FLOOR = HEIGHT - 24;

/**
 * A press picks the session nearest to it; the table below does the same for keys.
 * @param {Machine} machine @param {Session | null} picked @param {(session: Session) => void} pick
 */
export function timeline(machine, picked, pick) {
  const { sessions, fingerprint_changes: changes } = machine;
  const moved = sessions.filter((one) => one.moved?.beyond).length;
  const label = `Control benchmark of ${counted(sessions.length, "session")}, ${day(sessions[sessions.length - 1].at)} to ${day(sessions[0].at)}: ` +
    `${moved ? `moved in ${moved}` : "moved in none"}; ${counted(changes.length, "change")} of the host`;
  return figure({ class: "timeline", role: "img", "aria-label": label }, (width) => drawn(machine, picked, pick, width));
}

/** @param {Machine} machine @param {Session | null} picked @param {(session: Session) => void} pick @param {number} width */
function drawn({ sessions, fingerprint_changes: changes }, picked, pick, width) {
  const times = sessions.map(({ at }) => at);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const x = linear([from, to], [LEFT + 12, width - 16]);
  const runs = sessions.flatMap(({ control }) => control.map(({ median }) => median));
  const bounds = runs.flatMap(({ centre, low, high }) => [centre, low ?? centre, high ?? centre]);
  const [low, high] = bounds.length ? [Math.min(...bounds), Math.max(...bounds)] : [0, 1];
  const margin = Math.max((high - low) * 0.1, high * 0.01);
  const y = linear([low - margin, high + margin], [FLOOR, TOP]);
  const picture = svg("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, onclick: (/** @type {MouseEvent} */ event) => {
    const at = event.clientX - picture.getBoundingClientRect().left;
    pick(sessions.reduce((best, one) => (Math.abs(x(one.at) - at) < Math.abs(x(best.at) - at) ? one : best)));
  } },
  svg("path", { class: "grid", d: `M${LEFT} ${FLOOR}H${width}` }),
  bounds.length > 0 && [low, (low + high) / 2, high].filter((tick, place, all) => all.indexOf(tick) === place).flatMap((tick) => [svg("path", { class: "grid", d: `M${LEFT} ${y(tick)}H${width}` }),
    svg("text", { x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end" }, display(tick, "s", 3))]),
  bounds.length === 0 && svg("text", { x: LEFT + 12, y: TOP + 20 }, "no control benchmark ran in these sessions"),
  dateTicks(from, to, Math.max(2, Math.floor(width / 90))).map(({ at, label }) => svg("text", { x: x(at), y: HEIGHT - 5, "text-anchor": anchor(x(at), width) }, label)),
  eventsOf(changes).map(([at, place]) => [svg("path", { class: "event", d: `M${x(at)} ${TOP - 8}V${FLOOR}` }), svg("text", { class: "event", x: x(at), y: TOP - 11, "text-anchor": "middle" }, place)]).flat(),
  picked && svg("path", { class: "picked", d: `M${x(picked.at)} ${TOP - 4}V${FLOOR}` }),
  sessions.map((session) => marks(session, x(session.at), y)));
  return picture;
}

/**
 * When the host changed, and the number of the newest change at that moment in the list (which counts down).
 * @param {Machine["fingerprint_changes"]} changes  newest first
 * @returns {[number, string][]}
 */
function eventsOf(changes) {
  /** @type {Map<number, number[]>} */
  const places = new Map();
  changes.forEach(({ at }, place) => places.set(at, [...(places.get(at) ?? []), changes.length - place]));
  return [...places].map(([at, numbers]) => [at, numbers.length > 1 ? `${Math.min(...numbers)}–${Math.max(...numbers)}` : String(numbers[0])]);
}

/** A session: a dot for each control run, a triangle where it moved beyond the ordinary. @param {Session} session @param {number} x @param {(value: number) => number} y */
function marks({ control, moved, fitness }, x, y) {
  const unfit = fitness.some(({ severity }) => severity === "unfit");
  if (!control.length) return svg("path", { class: "none", d: `M${x} ${FLOOR - 5}v10` });
  return svg("g", { class: moved?.beyond ? "moved" : "run" }, control.flatMap(({ median: { centre, low, high } }, place) => [
    low !== null && high !== null && svg("path", { class: "whisker", d: `M${x + 3 * place} ${y(low)}V${y(high)}` }),
    moved?.beyond ? svg("path", { class: "mark", d: `M${x + 3 * place} ${y(centre) - 5}l5 9h-10z` }) : svg("circle", { class: "mark", cx: x + 3 * place, cy: y(centre), r: 3 }),
  ]), unfit && svg("text", { class: "unfit", x, y: FLOOR - 3, "text-anchor": "middle" }, "✕"));
}
