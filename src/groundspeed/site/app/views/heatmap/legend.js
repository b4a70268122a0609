// What the shades mean, in numbers.

import { h } from "../../dom.js";
import { codeOf } from "./scale.js";
import { cssOf, shadesOf } from "../../parts/shades.js";

const FACTORS = [1.05, 1.2, 1.5, 3, 10]; // about evenly far apart on the scale

/** @param {import("./scale.js").Scale} scale @param {Element} element  whose stylesheet names the shades @param {[better: string, worse: string]} ways */
export function legend(scale, element, [better, worse]) {
  const shades = shadesOf(element);
  const swatch = (/** @type {number} */ log, /** @type {string} */ text) => {
    const patch = h("span", { class: "patch", "aria-hidden": "true" });
    patch.style.setProperty("background-color", cssOf(shades[codeOf(log, scale)]));
    return h("li", {}, patch, h("span", {}, text));
  };
  return h("div", { class: "shades", role: "group", "aria-label": "Legend" },
    h("div", {}, h("p", { class: "ways" }, h("span", {}, `← ${better}`), h("span", {}, `${worse} →`)),
      h("ol", {}, [...FACTORS].reverse().map((factor) => swatch(-Math.log(factor), `×${factor}`)), swatch(0, "usual"), FACTORS.map((factor) => swatch(Math.log(factor), `×${factor}`)))),
    h("ul", {}, h("li", { class: "none" }, h("span", { class: "patch gap", "aria-hidden": "true" }), h("span", {}, "no value"))));
}
