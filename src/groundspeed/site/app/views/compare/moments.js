// What every line of a machine was at a commit (pieces/moments.py), and its noise (pieces/noise.py). Judges nothing.

/**
 * @typedef {import("../../data.js").Store} Store
 *
 * @typedef {"absent" | "value" | "failed" | "skipped"} Kind
 *
 * @typedef {Object} Cell  one line at one commit
 * @property {Kind} kind
 * @property {number} value  NaN where there is none
 * @property {number} low
 * @property {number} high
 * @property {boolean} bounded  whether both bounds are stored
 * @property {number | null} version  null: none is known
 * @property {number | null} measured  the place in history that it was carried over from
 *
 * @typedef {{name: string, commits: number[], chunks: string[]}} Machine  `commits` are places in history
 * @typedef {{step: number, per: number, machines: Machine[]}} Contents
 *
 * @typedef {Object} Noise  columns over a machine's lines; NaN where nothing is known
 * @property {Float32Array} sessions
 * @property {Float32Array} processes
 * @property {Float32Array} df
 * @property {Uint8Array} basis
 * @property {number[]} tolerance
 */

const [ABSENT, POSITIVE, ZERO, NEGATIVE, EXACT, ENDLESS, FAILED] = [0, 1, 2, 3, 4, 5, 6];
const CARRIED = 16;
const [AT_VALUE, BEYOND_ZERO, UNBOUNDED] = [0, 254, 255];
const LEAST = 2 ** -16;
const UNVERSIONED = 255;

/** @param {Store} store @returns {Promise<Contents | null>} null where the site holds none */
export async function contentsOf(store) {
  const payload = await store.piece("moments");
  return payload && { ...payload, machines: payload.machines.map((/** @type {Machine} */ one) => ({ ...one, commits: summed(one.commits) })) };
}

/**
 * The lines of a machine at a place in history; all absent where it has nothing of it.
 * @param {Store} store @param {Contents} contents @param {Machine} machine @param {number} place
 * @returns {Promise<Cell[]>}
 */
export async function momentOf(store, contents, machine, place) {
  const column = machine.commits.indexOf(place);
  if (column < 0) return [];
  const bytes = await inflated(await store.bytes(machine.chunks[Math.floor(column / contents.per)]));
  return columnOf(bytes, column % contents.per, contents.step, (back) => machine.commits[column - back]);
}

/** @param {Store} store @param {Machine} machine @returns {Promise<Noise>} */
export async function noiseOf(store, machine) {
  const { tolerances, machines } = await store.piece("noise");
  const { buffer } = await inflated(await store.bytes(machines[machine.name]));
  const count = buffer.byteLength / 15;
  const places = new DataView(buffer, 13 * count);
  return { sessions: new Float32Array(buffer, 0, count), processes: new Float32Array(buffer, 4 * count, count),
    df: new Float32Array(buffer, 8 * count, count), basis: new Uint8Array(buffer, 12 * count, count),
    tolerance: Array.from({ length: count }, (_, line) => tolerances[places.getUint16(2 * line, true)]) };
}

/** @param {ArrayBuffer} content @returns {Promise<Uint8Array<ArrayBuffer>>} */
async function inflated(content) {
  const stream = new Blob([content]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * One commit of a chunk. The codes are differences, so that the whole chunk is walked: 2 ms for 100,000 cells.
 * @param {Uint8Array<ArrayBuffer>} bytes @param {number} wanted @param {number} step @param {(back: number) => number} measuredAt
 * @returns {Cell[]}
 */
function columnOf(bytes, wanted, step, measuredAt) {
  const view = new DataView(bytes.buffer);
  const [lines, commits, codes, bounds, exact] = [0, 4, 8, 12, 16].map((at) => view.getUint32(at, true));
  const cells = lines * commits;
  const starts = summed([24, cells, cells, 3 * codes, bounds, bounds, 8 * exact]);
  const [kinds, versions, planes, highs, lows, kept, backs] = starts;
  let [code, coded, bound, told, carried] = [0, 0, 0, 0, 0];
  /** @type {Cell[]} */
  const found = [];
  for (let at = 0; at < cells; at++) {
    const kind = bytes[kinds + at];
    const own = kind % CARRIED;
    let value = NaN;
    if (own === POSITIVE || own === NEGATIVE) {
      const zigzag = bytes[planes + coded] | (bytes[planes + codes + coded] << 8) | (bytes[planes + 2 * codes + coded] << 16);
      code += (zigzag >> 1) ^ -(zigzag & 1);
      coded++;
      value = code; // its logarithm's: only the wanted commit's is turned into a number
    } else if (own === ZERO) value = 0;
    else if (own === EXACT || own === ENDLESS) value = view.getFloat64(kept + 8 * told++, true);
    const bounded = own >= POSITIVE && own <= EXACT ? bound++ : -1;
    const shared = kind >= CARRIED ? view.getInt32(backs + 4 * carried++, true) : null;
    if (at % commits !== wanted) continue;
    if (own === POSITIVE || own === NEGATIVE) value = Math.exp(code * step) * (own === POSITIVE ? 1 : -1);
    const sides = bounded < 0 ? null : sidesOf(value, (bytes[lows + bounded] + bytes[highs + bounded]) & 255, bytes[highs + bounded]);
    const version = bytes[versions + at];
    found.push({ kind: own === ABSENT ? "absent" : own < FAILED ? "value" : own === FAILED ? "failed" : "skipped", value,
      low: sides?.[0] ?? NaN, high: sides?.[1] ?? NaN, bounded: sides !== null, version: version === UNVERSIONED ? null : version,
      measured: shared === null ? null : measuredAt(shared) });
  }
  return found;
}

/** The bounds that two codes stand for; null where none are stored. @param {number} value @param {number} low @param {number} high @returns {[number, number] | null} */
function sidesOf(value, low, high) {
  if (low === UNBOUNDED || high === UNBOUNDED) return null;
  return [low === AT_VALUE ? value : low === BEYOND_ZERO ? Math.min(0, value - 1) : value * (1 - reach(low)),
    high === AT_VALUE ? value : high === BEYOND_ZERO ? Math.max(1, value + 1) : value * (1 + reach(high))];
}

/** How far a bound lies off, in shares of the value: four steps to the doubling. @param {number} code */
function reach(code) {
  return LEAST * 2 ** Math.floor((code - 1) / 4) * (1 + ((code - 1) % 4) / 4);
}

/** @param {number[]} steps */
function summed(steps) {
  let sum = 0;
  return steps.map((one) => (sum += one));
}
