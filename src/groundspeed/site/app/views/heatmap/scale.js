// What a byte of a heat map says: a logarithm of a ratio, and words. Pure; its shade is parts/shades.js'.

import { ratioText } from "../../parts/ratio.js";
import { SIDE, USUAL } from "../../parts/shades.js";

export { USUAL };

/**
 * The scale that pieces/heat.py writes with: code 0 has no value, else x = bend sinh((code − 128) asinh(limit / bend) / 127)
 * is the natural logarithm of the ratio to the row's median.
 * @typedef {{bend: number, limit: number}} Scale
 */

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

/** `1.32× its usual` @param {number} log */
export function inWords(log) {
  const text = ratioText(Math.exp(log));
  return text === "1.00×" ? "at its usual level" : `${text} its usual`;
}
