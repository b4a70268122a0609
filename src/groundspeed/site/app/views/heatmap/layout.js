// Where the rows of a heat map stand. Pure: groups and a width in, places in CSS pixels out.

/**
 * @typedef {import("./suite.js").Group} Group
 * @typedef {import("./suite.js").Row} Row
 *
 * @typedef {Object} Head  the name of a group
 * @property {string} text
 * @property {number} top  of the group
 * @property {number} foot
 * @property {number} room  how much of it, from its top, holds the name alone; 0: it stands beside its rows
 *
 * @typedef {Object} Layout
 * @property {Row[]} rows  in the order in which they stand
 * @property {Float64Array} tops  of each row's strip, from the top of the map
 * @property {number} strip  the height of a strip
 * @property {number} line  from a row to the next
 * @property {boolean} named  whether each row has its name
 * @property {boolean} stacked  names stand above their strips, not beside them
 * @property {number} left  width of what stands beside the strips
 * @property {Head[]} heads
 * @property {number} height
 */

const NARROW = 640; // CSS pixels: below, names beside the strips would leave too little for these
const LETTER = 7.3; // CSS pixels of one in a name: exact for those of rows, which are monospaced, ample for modules
const [PLAIN, HOOKED] = [12, 26]; // beside a name: of a row; of a module, with its line
const [LINE, STACKED, HEAD] = [16, 31, 24]; // of a row with a name, of one with the name above it, of a group's own name
const SMALL_HEAD = 16;
const [LEAST, MOST] = [2, 14]; // of a row without a name: a pixel less and a row is lost between others
const GAP = 3;

/**
 * @param {Group[]} groups @param {number} width @param {number} room  the height that shows without scrolling
 * @param {boolean} named  whether rows have their names however many they are; else where there is room for all
 * @returns {Layout}
 */
export function layoutOf(groups, width, room, named) {
  const count = groups.reduce((sum, { rows }) => sum + rows.length, 0);
  const stacked = width < NARROW;
  const titled = groups.some(({ module }) => module);
  const head = titled ? HEAD : 0;
  if (named || count * (stacked ? STACKED : LINE) + groups.length * head <= room) {
    const left = stacked ? 0 : beside(groups.flatMap(({ rows }) => rows.map(({ short, text }) => (titled ? short : text))), PLAIN, width * 0.34);
    return placed(groups, { head, line: stacked ? STACKED : LINE, strip: stacked ? 13 : LINE - 1, lead: stacked ? 16 : 0, left, named: true, stacked });
  }
  const small = stacked && titled ? SMALL_HEAD : 0;
  const line = Math.max(LEAST, Math.min(MOST, Math.floor((room - groups.length * (small + GAP)) / count)));
  return placed(groups, { head: small, line, strip: line > 5 ? line - 1 : line, lead: 0, left: stacked || !titled ? 0 : beside(groups.map(({ module }) => module), HOOKED, width * 0.25), named: false, stacked });
}

/** The width that names take, as far as they may. @param {string[]} names @param {number} margin @param {number} most */
function beside(names, margin, most) {
  return Math.round(Math.min(most, margin + LETTER * Math.max(...names.map(({ length }) => length), 8)));
}

/** @param {Group[]} groups @param {{head: number, line: number, strip: number, lead: number, left: number, named: boolean, stacked: boolean}} sizes @returns {Layout} */
function placed(groups, { head, lead, ...sizes }) {
  const rows = groups.flatMap((group) => group.rows);
  const tops = new Float64Array(rows.length);
  /** @type {Head[]} */
  const heads = [];
  let [y, at] = [0, 0];
  for (const { module, rows } of groups) {
    const top = y;
    y += head;
    for (let place = 0; place < rows.length; place++, y += sizes.line) tops[at++] = y + lead;
    heads.push({ text: module || "top level", top, foot: y, room: head });
    y += GAP;
  }
  return { ...sizes, rows, tops, heads: groups.some(({ module }) => module) ? heads : [], height: y - GAP };
}

/** The row whose strip is next to a height. @param {Layout} layout @param {number} y @returns {number} its place; -1: there are none */
export function rowAt({ tops, strip }, y) {
  let [low, high] = [0, tops.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (y < (tops[middle] + strip + tops[middle + 1]) / 2) high = middle;
    else low = middle + 1;
  }
  return high;
}

/** The rows of which something shows between two heights, inclusive. @param {Layout} layout @param {number} from @param {number} to @returns {[number, number]} */
export function rowsBetween(layout, from, to) {
  return [Math.max(0, rowAt(layout, from)), rowAt(layout, to)];
}
