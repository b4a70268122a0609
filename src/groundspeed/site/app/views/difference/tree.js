// The tree of a differential flame graph: who called whom, what lies where. Pure; draws nothing.

/**
 * @typedef {"both" | "base" | "head"} By  what a node's width stands for
 *
 * @typedef {Object} Spot  a function where it was called; the first is the call of the benchmark itself
 * @property {number} at  its place among the spots
 * @property {number} function  a place among the functions; -1: the call
 * @property {number} depth  the call has 0
 * @property {number} base  with all that it calls
 * @property {number} head
 * @property {Spot | null} caller
 * @property {Spot[]} calls
 *
 * @typedef {{spot: Spot, left: number, wide: number, row: number}} Box  `left` and `wide` are parts of the whole width
 *
 * @typedef {{function: number[], depth: number[], base: number[], head: number[]}} Nodes  of the payload, in preorder
 */

const ABOVE = 4; // callers of what is zoomed in on that are drawn over it: deeper ones are named by the crumbs

/** @param {Nodes} nodes @param {{base: number, head: number}} call @returns {Spot[]} */
export function grown(nodes, { base, head }) {
  const root = /** @type {Spot} */ ({ at: 0, function: -1, depth: 0, base, head, caller: null, calls: [] });
  const spots = [root];
  const line = [root]; // from the root to the spot before
  nodes.function.forEach((one, place) => {
    const depth = nodes.depth[place] + 1;
    const caller = line[depth - 1];
    const spot = { at: place + 1, function: one, depth, base: nodes.base[place], head: nodes.head[place], caller, calls: [] };
    caller.calls.push(spot);
    line.length = depth;
    line.push(spot);
    spots.push(spot);
  });
  return spots;
}

/** How wide a spot is, in the unit of its figures. @param {Spot} spot @param {By} by */
export function weight({ base, head }, by) {
  return by === "both" ? base + head : by === "base" ? base : head;
}

/** From the call to the spot, both included. @param {Spot} spot @returns {Spot[]} */
export function lineTo(spot) {
  const line = [];
  for (let one = /** @type {Spot | null} */ (spot); one; one = one.caller) line.unshift(one);
  return line;
}

/**
 * Where everything lies when `root` is as wide as the picture: its callers over it, what it calls below. What is thinner than
 * `least`, a part of the width, is left out with all that it calls.
 * @param {Spot} root @param {By} by @param {number} least
 * @returns {Box[]}  callers before what they call
 */
export function laid(root, by, least) {
  const above = lineTo(root).slice(0, -1).slice(-ABOVE);
  const boxes = above.map((spot, row) => ({ spot, left: 0, wide: 1, row }));
  const whole = weight(root, by);
  if (!(whole > 0)) return [...boxes, { spot: root, left: 0, wide: 1, row: above.length }];
  /** @type {Box[]} */
  const ahead = [{ spot: root, left: 0, wide: 1, row: above.length }];
  for (let box = ahead.pop(); box; box = ahead.pop()) {
    boxes.push(box);
    let left = box.left;
    for (const spot of box.spot.calls) {
      const wide = weight(spot, by) / whole;
      if (wide >= least) ahead.push({ spot, left, wide, row: box.row + 1 });
      left += wide;
    }
  }
  return boxes;
}

/** The box next to another in its row, to the right (1) or the left (-1). @param {Box[]} boxes @param {Box} box @param {1 | -1} way @returns {Box | null} */
export function beside(boxes, box, way) {
  const row = boxes.filter((one) => one.row === box.row).sort((one, other) => one.left - other.left);
  return row[row.indexOf(box) + way] ?? null;
}

/** The widest of what a box calls. @param {Box[]} boxes @param {Box} box @returns {Box | null} */
export function widestBelow(boxes, box) {
  return boxes.filter(({ spot }) => spot.caller === box.spot).reduce((/** @type {Box | null} */ widest, one) => (widest && widest.wide >= one.wide ? widest : one), null);
}
