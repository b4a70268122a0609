// The site's data: which files hold it, and reading each of them once. Draws nothing; shard.js undoes a benchmark's.

import { decodeBenchmark } from "./shard.js";

/**
 * @typedef {Object} Manifest
 * @property {string} format
 * @property {number} version
 * @property {string} app  the folder of the page
 * @property {{name: string, url: string, show_commit_url: string}} project
 * @property {{benchmarks: number, cases: number, series: number, commits: number, unreadable: number}} counts
 * @property {Record<string, string>} files  of each piece of data the file that it begins with
 *
 * @typedef {{hash: string, short: string, date: number, subject: string | null, tags: string[]}} Commit
 *
 * @typedef {Object} Entry  one benchmark, as the index knows it
 * @property {string} name
 * @property {string[][]} params
 * @property {string[]} param_names
 * @property {string[]} metrics
 * @property {number} cases
 * @property {number} series
 * @property {string} shard
 * @property {(number | null)[][]} [listed]
 *
 * @typedef {Object} Index
 * @property {Entry[]} benchmarks
 *
 * @typedef {{name: string, unit: string, better: string}} Metric
 *
 * A change of level, as `Step` in verdicts/steps.py: the culprit is most likely in (base, head], all but surely in
 * (earliest, latest]; `change` is after over before, or their difference. Places in history.
 * @typedef {Object} Step
 * @property {number} base
 * @property {number} head
 * @property {number} earliest
 * @property {number} latest
 * @property {Interval} before
 * @property {Interval} after
 * @property {Interval} change
 * @property {"ratio" | "difference"} scale
 * @property {boolean} worse
 * @property {number} p  the chance that noise alone makes such a step anywhere in the series
 *
 * @typedef {{centre: number, low: number, high: number}} Interval
 *
 * @typedef {Object} Series
 * @property {string} machine
 * @property {string} environment
 * @property {Metric} metric
 * @property {string | null} version
 * @property {(string | null)[]} params
 * @property {number[]} commits  places in history
 * @property {(number | null)[]} values
 * @property {(number | null)[] | null} low
 * @property {(number | null)[] | null} high
 * @property {Map<number, string>} failures  by row
 * @property {Map<number, number>} carried  places that hold no measurement, but share the one of a row
 * @property {Step[]} steps  in order
 *
 * @typedef {Object} Benchmark
 * @property {string} name
 * @property {string} code
 * @property {string | null} current  the version that the suite has now
 * @property {string[]} machines
 * @property {string[]} environments
 * @property {Metric[]} metrics
 * @property {string[]} param_names
 * @property {string[][]} params
 * @property {Series[]} series
 */

/** The files that the manifest named are gone: somebody published while the page was open. */
export class Republished extends Error {}

const VERSION = 2; // of the manifest that this page was made for

/**
 * What a view may ask for. Nothing is fetched before somebody asks, and nothing twice: a view names what it
 * needs of `index` and `commits` in `load`, and has them as plain values from then on.
 */
export class Store {
  /** @type {Map<string, Promise<any>>} */
  #files = new Map();
  /** @type {Index | null} */ #index = null;
  /** @type {Commit[] | null} */ #commits = null;
  /** @type {Map<string, Entry>} */ #entries = new Map();

  /** @param {Manifest} manifest @param {URL} base */
  constructor(manifest, base) {
    if (manifest.format !== "groundspeed-site" || manifest.version !== VERSION) {
      throw new Error(`This page reads groundspeed-site ${VERSION}, but manifest.json is ${manifest.format} ${manifest.version}. ` +
        "Publish again with one groundspeed: groundspeed publish.");
    }
    this.manifest = manifest;
    this.base = base;
  }

  /**
   * Fetch what `index`, `entries`, `commits` and `placeOf` read; both where neither is named.
   * @param {...("index" | "commits")} names
   */
  async load(...names) {
    const wanted = names.length ? names : ["index", "commits"];
    await Promise.all(wanted.map(async (name) => {
      const payload = await this.piece(name);
      if (name === "commits") this.#commits ??= decodeCommits(payload);
      else if (!this.#index) {
        this.#index = /** @type {Index} */ (payload);
        this.#entries = new Map(this.#index.benchmarks.map((entry) => [entry.name, entry]));
      }
    }));
  }

  /** The benchmarks, after `load("index")`. @returns {Index} */
  get index() {
    if (!this.#index) throw new Error('say `await store.load("index")` first');
    return this.#index;
  }

  /** The index's benchmarks by name. @returns {Map<string, Entry>} */
  get entries() {
    return this.index && this.#entries;
  }

  /** The commits in history order, after `load("commits")`. @returns {Commit[]} */
  get commits() {
    if (!this.#commits) throw new Error('say `await store.load("commits")` first');
    return this.#commits;
  }

  /** @param {Entry} entry @returns {Promise<Benchmark>} */
  benchmark(entry) {
    return this.#once(entry.shard, async (address) => {
      const file = await (await answered(address)).arrayBuffer();
      return undamaged(address, () => decodeBenchmark(file));
    });
  }

  /**
   * The JSON that a piece begins with, read once; null where the site has none.
   * @param {string} piece  its name in the manifest
   * @returns {Promise<any>}
   */
  piece(piece) {
    const name = this.manifest.files[piece];
    return name ? this.#once(name, (address) => read(address, `groundspeed-${piece}`)) : Promise.resolve(null);
  }

  /** @param {string} name  of a file of the site @returns {Promise<ArrayBuffer>} */
  bytes(name) {
    return this.#once(name, (address) => answered(address).then((answer) => answer.arrayBuffer()));
  }

  /** @param {string} digits of a hash @returns {number} place in history, -1 when unknown */
  placeOf(digits) {
    return this.commits.findIndex((commit) => commit.hash.startsWith(digits));
  }

  /** @template T @param {string} name @param {(address: URL) => Promise<T>} fetching @returns {Promise<T>} */
  #once(name, fetching) {
    const known = this.#files.get(name);
    if (known) return known;
    const promise = fetching(new URL(name, this.base));
    promise.catch(() => this.#files.delete(name)); // what failed is asked for again
    this.#files.set(name, promise);
    return promise;
  }
}

/** @param {URL} address @param {string} format */
async function read(address, format) {
  const text = await (await answered(address)).text();
  const payload = await undamaged(address, () => JSON.parse(text));
  if (payload.format !== format || payload.version !== 1) {
    throw new Error(`${address.pathname} is not ${format} 1 but ${payload.format} ${payload.version}`);
  }
  return payload;
}

/** What is read from a file that came; a sentence where it cannot be. @template T @param {URL} address @param {() => T | Promise<T>} reading */
async function undamaged(address, reading) {
  try {
    return await reading();
  } catch (error) {
    throw new Error(`${address.pathname} is damaged: ${error instanceof Error ? error.message : error} Publish again: groundspeed publish.`, { cause: error });
  }
}

/** @param {URL} address @returns {Promise<Response>} */
async function answered(address) {
  const answer = await fetch(address);
  if (answer.status === 404) throw new Republished(`${address.pathname} is not there any more`);
  if (!answer.ok) throw new Error(`${address.pathname}: ${answer.status} ${answer.statusText}`);
  return answer;
}

/** @param {any} payload @returns {Commit[]} */
function decodeCommits(payload) {
  return payload.hash.map((/** @type {string} */ hash, /** @type {number} */ place) => ({
    hash,
    short: hash.slice(0, 8),
    date: payload.date[place],
    subject: payload.subject[place],
    tags: payload.tags[place] ?? [],
  }));
}
