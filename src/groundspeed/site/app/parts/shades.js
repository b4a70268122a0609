// Shades from better to worse, told apart by every kind of eye. Owns how those of the stylesheet are mixed.

import { style } from "../dom.js";

export const USUAL = 128; // the code of what did not move
export const SIDE = 127; // codes on either side of it: 1 is as good as it gets, 255 as bad
const STOPS = 5; // shades named in the stylesheet on each side; between them they are mixed

/** The stylesheet that names them: a view asks for it in `open`. */
export function shadeStyle() {
  return style(new URL("./shades.css", import.meta.url));
}

/**
 * The shade of each code as a pixel of ImageData, the highest the worst; 0, which nobody sees, where there is no value.
 * @param {Element} element  whose stylesheet names the shades
 * @returns {Uint32Array}
 */
export function shadesOf(element) {
  const rules = getComputedStyle(element);
  const shade = (/** @type {string} */ name) => rgbOf(rules.getPropertyValue(`--heat-${name}`));
  const sides = ["better", "worse"].map((side) => [shade("usual"), ...Array.from({ length: STOPS }, (_, stop) => shade(`${side}-${stop + 1}`))]);
  const pixels = new Uint8ClampedArray(256 * 4);
  for (let code = 1; code < 256; code++) {
    const far = (Math.abs(code - USUAL) / SIDE) * STOPS;
    pixels.set([...mixed(sides[Number(code > USUAL)], far), 255], code * 4);
  }
  return new Uint32Array(pixels.buffer);
}

/** @param {number[][]} stops @param {number} at  from 0 to the last of them */
function mixed(stops, at) {
  const first = Math.min(stops.length - 2, Math.floor(at));
  return stops[first].map((part, place) => part + (at - first) * (stops[first + 1][place] - part));
}

/** `#rrggbb` @param {string} text */
function rgbOf(text) {
  const digits = text.trim().slice(1);
  return [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16));
}

/** What `background-color` takes for a pixel of `shadesOf`. @param {number} pixel */
export function cssOf(pixel) {
  return `rgb(${[0, 8, 16].map((shift) => (pixel >> shift) & 255).join(" ")})`;
}
