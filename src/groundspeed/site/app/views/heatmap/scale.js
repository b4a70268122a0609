// What a byte of a heat map says: a logarithm of a ratio, a shade, words. Pure apart from reading the stylesheet's colours.

import { ratioText } from "../../parts/ratio.js";

/**
 * The scale that pieces/heat.py writes with: code 0 has no value, else x = bend sinh((code − 128) asinh(limit / bend) / 127)
 * is the natural logarithm of the ratio to the row's median.
 * @typedef {{bend: number, limit: number}} Scale
 */

export const USUAL = 128; // the code of a ratio of one
const SIDE = 127; // codes on either side of it
const STOPS = 5; // shades named in the stylesheet on each side; between them they are mixed

/** The logarithm that each code stands for; NaN for no value. @param {Scale} scale @returns {Float64Array} */
export function logsOf({ bend, limit }) {
  const bent = Math.asinh(limit / bend) / SIDE;
  return Float64Array.from({ length: 256 }, (_, code) => (code ? bend * Math.sinh((code - USUAL) * bent) : NaN));
}

/** The code next to a logarithm. @param {number} log @param {Scale} scale */
export function codeOf(log, { bend, limit }) {
  const within = Math.max(-limit, Math.min(limit, log));
  return Math.round(USUAL + (Math.asinh(within / bend) * SIDE) / Math.asinh(limit / bend));
}

/** The code as far on the other side of the usual; no value stays none. @param {number} code */
export function mirrored(code) {
  return code && 2 * USUAL - code;
}

/**
 * The shade of each code as a pixel of ImageData, the highest the worst; 0, which nobody sees, where there is no value.
 * @param {Element} element  whose stylesheet names the shades
 * @returns {Uint32Array}
 */
export function shadesOf(element) {
  const style = getComputedStyle(element);
  const shade = (/** @type {string} */ name) => rgbOf(style.getPropertyValue(`--heat-${name}`));
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

/** `1.32× its usual` @param {number} log */
export function inWords(log) {
  const text = ratioText(Math.exp(log));
  return text === "1.00×" ? "at its usual level" : `${text} its usual`;
}
