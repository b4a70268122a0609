// A value with its 99 % interval, as tables have it.

import { h } from "../dom.js";
import { display, displayInterval } from "../units.js";

/**
 * `1.240 ms (1.200 – 1.280 ms)`; without its interval where none is known.
 * @param {import("../answers.js").Interval} value
 * @param {string} unit
 * @returns {import("../dom.js").Child[]}
 */
export function level({ centre, low, high }, unit) {
  return [display(centre, unit), low !== null && high !== null && h("span", { class: "quiet" }, ` (${displayInterval(low, high, unit)})`)];
}
