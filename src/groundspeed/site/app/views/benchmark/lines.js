// Which series are drawn, and under which names. Pure: benchmark and choices in, lines out.

/**
 * @typedef {import("../../data.js").Benchmark} Benchmark
 * @typedef {import("../../data.js").Series} Series
 * @typedef {import("../../data.js").Metric} Metric
 * @typedef {import("./state.js").State} State
 *
 * @typedef {Object} Dimension  something the reader can choose on
 * @property {string} key  its name in the address
 * @property {string} label
 * @property {string[]} values
 * @property {(series: Series) => string} of
 *
 * @typedef {Object} Line  one case on one machine in one environment, over all its versions
 * @property {number} tag  1, 2, 3 …: written at the line's end and in the legend
 * @property {string} label  what sets it apart from the other lines
 * @property {Series[]} versions  the current one last
 */

const AT_FIRST = 8; // lines drawn before anybody chose: as many as there are colours
export const AT_MOST = 24; // lines that can be told apart by their numbers
const ABSENT = "–"; // the value of a parameter that a case did not have yet, or that its metric is without

/** What can be chosen among the series of a metric. @param {Benchmark} benchmark @param {Metric} metric @returns {Dimension[]} */
export function dimensions(benchmark, metric) {
  const pool = benchmark.series.filter((series) => series.metric === metric);
  return everyDimension(benchmark).map((dimension) => {
    const there = new Set(pool.map(dimension.of));
    return { ...dimension, values: dimension.values.filter((value) => there.has(value)) };
  });
}

/** @param {Benchmark} benchmark @returns {Dimension[]} */
function everyDimension(benchmark) {
  return [
    { key: "machine", label: "machine", values: benchmark.machines, of: (series) => series.machine },
    { key: "env", label: "environment", values: benchmark.environments, of: (series) => series.environment },
    ...benchmark.params.map((values, axis) => ({
      key: `p.${benchmark.param_names[axis]}`,
      label: benchmark.param_names[axis],
      values: [...values, ABSENT],
      of: (/** @type {Series} */ series) => series.params[axis] ?? ABSENT,
    })),
  ];
}

/** @param {Metric} metric its name in the address */
export function metricKey(metric) {
  return metric.name || "main";
}

/** @param {Benchmark} benchmark @param {State} state @returns {Metric} */
export function chosenMetric(benchmark, state) {
  const wanted = state.choices.get("metric")?.[0];
  return benchmark.metrics.find((metric) => metricKey(metric) === wanted) ?? benchmark.metrics[0];
}

/**
 * What is chosen on each dimension: what the address says, else as much as eight lines can show.
 * @param {Benchmark} benchmark
 * @param {State} state
 * @returns {Map<string, Set<string>>}
 */
export function chosen(benchmark, state) {
  const metric = chosenMetric(benchmark, state);
  const all = dimensions(benchmark, metric);
  const pool = benchmark.series.filter((series) => series.metric === metric);
  /** @type {Map<string, Set<string>>} */
  const choice = new Map();
  for (const dimension of all) {
    const said = (state.choices.get(dimension.key) ?? []).filter((value) => dimension.values.includes(value));
    if (said.length) choice.set(dimension.key, new Set(said));
  }
  const open = all.filter((dimension) => !choice.has(dimension.key));
  const fitting = pool.filter((series) => matches(series, all, choice));
  const first = fitting[0] ?? pool[0];
  if (!first) return choice;
  for (const dimension of open) {
    const wide = !dimension.key.startsWith("p.");
    choice.set(dimension.key, new Set(wide ? dimension.values : [dimension.of(first)]));
  }
  for (const dimension of open.filter(({ key }) => key.startsWith("p.")).reverse()) {
    const wider = new Map(choice).set(dimension.key, new Set(dimension.values));
    const count = new Set(pool.filter((series) => matches(series, all, wider)).map((series) => identity(series))).size;
    if (count <= AT_FIRST) choice.set(dimension.key, new Set(dimension.values));
  }
  return choice;
}

/**
 * The lines of a choice, in the order of the dimensions' values; not more than can be told apart.
 * @param {Benchmark} benchmark
 * @param {State} state
 * @returns {{lines: Line[], left: number}}
 */
export function lines(benchmark, state) {
  const metric = chosenMetric(benchmark, state);
  const all = dimensions(benchmark, metric);
  const choice = chosen(benchmark, state);
  /** @type {Map<string, Series[]>} */
  const groups = new Map();
  for (const series of benchmark.series) {
    if (series.metric !== metric || !matches(series, all, choice)) continue;
    const key = identity(series);
    groups.set(key, [...(groups.get(key) ?? []), series]);
  }
  const telling = all.filter((dimension) =>
    new Set([...groups.values()].map(([series]) => dimension.of(series))).size > 1);
  const drawn = [...groups.values()].slice(0, AT_MOST).map((versions, place) => ({
    tag: place + 1,
    label: telling.map((dimension) => dimension.of(versions[0])).join(" · ") || versions[0].machine,
    versions: inTime(versions, benchmark.current).filter((_, at, ordered) => state.earlier || at === ordered.length - 1),
  }));
  return { lines: drawn, left: groups.size - drawn.length };
}

/** @param {Series} series @param {Dimension[]} all @param {Map<string, Set<string>>} choice */
export function matches(series, all, choice) {
  return all.every((dimension) => choice.get(dimension.key)?.has(dimension.of(series)) ?? true);
}

/** @param {Series} series */
function identity(series) {
  return JSON.stringify([series.machine, series.environment, series.params]);
}

/** The youngest at the end. @param {Series[]} versions @param {string | null} current */
export function inTime(versions, current) {
  const age = (/** @type {Series} */ series) =>
    series.version === current && current !== null ? Infinity : series.commits[series.commits.length - 1] ?? -1;
  return [...versions].sort((a, b) => age(a) - age(b));
}

/** Why a chart is empty; "" where it is not. @param {Line[]} lines */
export function silent(lines) {
  const all = lines.flatMap(({ versions }) => versions);
  if (all.some(({ values }) => values.some((value) => value !== null))) return "";
  return all.some(({ failures }) => failures.size) ? "No value: it failed wherever it was measured." : "No value: it was skipped wherever it was measured.";
}
