// One benchmark's file undone: bytes in, series out. Its layout is written down in shard.py, its rounding in quantised.py.

/**
 * @typedef {import("./data.js").Benchmark} Benchmark
 * @typedef {import("./data.js").Series} Series
 * @typedef {import("./data.js").Step} Step
 * @typedef {import("./data.js").Interval} Interval
 */

const MAGIC = "GSB2";
const EXACT = 8; // bytes of a number that is the value itself
const [NO_INTERVAL, AT_VALUE, FIRST] = [0, 1, 2];
const TINY_EXPONENT = -300; // below it 10 ** -exponent may overflow
const STEP_COLUMNS = 10;

/** @param {ArrayBuffer} file @returns {Promise<Benchmark>} */
export async function decodeBenchmark(file) {
  if (file.byteLength < 8) throw new Error("it ends within its first eight bytes.");
  const head = new Uint8Array(file, 0, 8);
  const magic = String.fromCharCode(...head.subarray(0, 4));
  if (magic !== MAGIC) throw new Error(`it is no benchmark's file, but begins with ${JSON.stringify(magic)}.`);
  const packed = new Blob([new Uint8Array(file, 8)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  const length = new DataView(file).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(0, length)));
  if (header.format !== "groundspeed-benchmark" || header.version !== 2) {
    throw new Error(`it is not groundspeed-benchmark 2 but ${header.format} ${header.version}.`);
  }
  return benchmark(header, new Columns(bytes, length));
}

/** Columns one after another, each byte by byte: all lowest bytes first. */
class Columns {
  /** @param {Uint8Array} bytes @param {number} at */
  constructor(bytes, at) {
    this.bytes = bytes;
    this.at = at;
  }

  /** @param {number} count @returns {Uint8Array} */
  take(count) {
    this.at += count;
    if (this.at > this.bytes.length) throw new Error("it ends before its last column does.");
    return this.bytes.subarray(this.at - count, this.at);
  }

  /** @param {number} count @param {number} width  in bytes, four at most @returns {Uint32Array} */
  numbers(count, width) {
    const numbers = new Uint32Array(count);
    for (let byte = 0; byte < width; byte++) {
      const plane = this.take(count);
      for (let row = 0; row < count; row++) numbers[row] |= plane[row] << (8 * byte);
    }
    return numbers;
  }

  /** @param {number} count @returns {Float64Array} */
  doubles(count) {
    const whole = new DataView(new ArrayBuffer(8 * count));
    for (let byte = 0; byte < 8; byte++) this.take(count).forEach((bits, row) => whole.setUint8(8 * row + byte, bits));
    return Float64Array.from({ length: count }, (_, row) => whole.getFloat64(8 * row, true));
  }
}

/** @param {any} header @param {Columns} columns @returns {Benchmark} */
function benchmark(header, columns) {
  const { series: said, positions, fail, carried = [], texts, ...rest } = header;
  const places = positions.map((/** @type {[number, number]} */ [count, width]) => undoDifferences(columns.numbers(count, width)));
  const failures = bySeries(fail);
  const over = new Map(carried);
  /** @type {Series[]} */
  const series = said.machine.map((/** @type {number} */ machine, /** @type {number} */ at) => {
    const commits = places[said.positions[at]];
    const rows = decodedRows(columns, commits.length, { width: said.width[at], offset: said.offset[at], exponent: said.exponent[at],
      bounded: said.bounded[at], least: said.least[at], pitch: said.pitch[at] });
    return {
      machine: rest.machines[machine],
      environment: rest.environments[said.environment[at]],
      metric: rest.metrics[said.metric[at]],
      version: said.version[at],
      params: said.params[at].map((/** @type {number | null} */ place, /** @type {number} */ axis) => (place === null ? null : rest.params[axis][place])),
      commits,
      get values() { return rows().values; },
      get low() { return rows().low; },
      get high() { return rows().high; },
      failures: new Map((failures.get(at) ?? []).map(([row, text]) => [row, texts[text]])),
      carried: carriedOver(over.get(at) ?? [], commits),
      steps: [],
    };
  });
  addSteps(series, said, columns);
  return { ...rest, series };
}

/**
 * @typedef {Object} Rounding  how a series was made small
 * @property {number} width
 * @property {number} offset
 * @property {number} exponent
 * @property {number} bounded
 * @property {number} least
 * @property {number} pitch
 *
 * @typedef {{values: (number | null)[], low: (number | null)[] | null, high: (number | null)[] | null}} Rows
 */

/**
 * A series' columns, undone when they are first asked for: a file may hold two thousand series, a picture shows eight.
 * @param {Columns} columns @param {number} count @param {Rounding} rounding @returns {() => Rows}
 */
function decodedRows(columns, count, rounding) {
  const numbers = new Columns(columns.take(count * rounding.width), 0);
  const sides = rounding.bounded ? [columns.take(count), columns.take(count)] : null;
  /** @type {Rows | null} */
  let rows = null;
  return () => {
    if (rows) return rows;
    const values = decodeValues(numbers, count, rounding);
    const [low, high] = sides ? [bounds(values, sides[0], -1, rounding), bounds(values, sides[1], 1, rounding)] : [null, null];
    return (rows = { values, low, high });
  };
}

/** @param {Columns} columns @param {number} count @param {Rounding} rounding @returns {(number | null)[]} */
function decodeValues(columns, count, { width, offset, exponent }) {
  if (width === EXACT) return Array.from(columns.doubles(count), (value) => (Number.isNaN(value) ? null : value));
  const none = 2 ** (8 * width) - 1;
  return Array.from(columns.numbers(count, width), (number) => (number === none ? null : unscale(offset + number, exponent)));
}

/**
 * One end of every interval; null where none is stored, or a side has no bound.
 * @param {(number | null)[]} values @param {Uint8Array} codes @param {1 | -1} sign @param {Rounding} rounding @returns {(number | null)[]}
 */
function bounds(values, codes, sign, { least, pitch }) {
  return values.map((value, row) => {
    const code = codes[row];
    if (code === NO_INTERVAL || value === null) return null;
    return code === AT_VALUE ? value : value + sign * Math.exp(least + (code - FIRST) * pitch);
  });
}

/** Give each series its steps. @param {Series[]} series @param {any} said @param {Columns} columns */
function addSteps(series, said, columns) {
  const count = said.steps.reduce((/** @type {number} */ sum, /** @type {number} */ one) => sum + one, 0);
  const table = columns.doubles(count * STEP_COLUMNS);
  let row = 0;
  series.forEach((one, at) => {
    for (let left = said.steps[at]; left > 0; left--, row++) {
      one.steps.push(step(table.subarray(row * STEP_COLUMNS, (row + 1) * STEP_COLUMNS), Boolean(said.ratio[at]), one.metric.better));
    }
  });
}

/** @param {Float64Array} numbers @param {boolean} ratio @param {string} better @returns {Step} */
function step([base, head, earliest, latest, before, beforeHalf, after, afterHalf, half, p], ratio, better) {
  const undo = ratio ? Math.exp : (/** @type {number} */ value) => value;
  /** @param {number} centre @param {number} half @returns {Interval} */
  const interval = (centre, half) => ({ centre: undo(centre), low: undo(centre - half), high: undo(centre + half) });
  return {
    base, head, earliest, latest, p,
    before: interval(before, beforeHalf),
    after: interval(after, afterHalf),
    change: interval(after - before, half),
    scale: ratio ? "ratio" : "difference",
    worse: (after > before) === (better === "lower"),
  };
}

/** @param {[number, number, number[]][]} listed  series, text, rows @returns {Map<number, [number, number][]>}  row, text */
function bySeries(listed) {
  /** @type {Map<number, [number, number][]>} */
  const found = new Map();
  for (const [series, text, steps] of listed) {
    const rows = found.get(series) ?? [];
    for (const row of undoDifferences(steps)) rows.push([row, text]);
    found.set(series, rows);
  }
  return found;
}

/** @param {ArrayLike<number>} steps @returns {number[]} */
function undoDifferences(steps) {
  let place = 0;
  return Array.from(steps, (step) => (place += step));
}

/** @param {[number, number][]} steps  since the one before, since the measured @param {number[]} commits @returns {Map<number, number>} */
function carriedOver(steps, commits) {
  let place = 0;
  return new Map(steps.map(([step, back]) => [(place += step), commits.indexOf(place - back)]));
}

/** @param {number} number @param {number} exponent */
function unscale(number, exponent) {
  if (exponent >= 0) return number * 10 ** exponent;
  return exponent > TINY_EXPONENT ? number / 10 ** -exponent : Number(`${number}e${exponent}`);
}
