// The answers of the history as the views use them, and how they are read. Owns wire → record; draws nothing.
//
// On the wire (pieces/tables.py) every commit and every line stands once, in the tables "commits" and "lines" of
// its file; under the keys of COMMITS, and under "line", stand places in them. Under those of INTERVALS stand
// [centre, low, high], and "affected" are columns. Here each is put in its place.
// Times are seconds since 1970. What is not known is null.

import { lasting } from "./units.js";

/**
 * @typedef {import("./data.js").Store} Store
 *
 * @typedef {Object} Commit
 * @property {string} hash
 * @property {string} short  its first eight digits
 * @property {number} date  of the author
 * @property {string | null} subject  null: the repository has it no more
 * @property {string | null} author
 * @property {string[]} tags
 *
 * @typedef {Object} Line  one case's metric on one machine in one environment
 * @property {string} name  `module.Class.name(p1, p2)@metric`, as people write it
 * @property {string} benchmark
 * @property {string} metric  "": the main one
 * @property {string} machine
 * @property {string} environment
 * @property {[string, string][]} params  name and value of each parameter that it has
 *
 * @typedef {{centre: number, low: number | null, high: number | null}} Interval  null: no bound is known
 *
 * @typedef {Object} Range  commits after base up to head, both measured
 * @property {Commit} base
 * @property {Commit} head
 * @property {number | null} commits  how many git has in it; null where git does not know
 */

// --- changes ------------------------------------------------------------------------------------------

/**
 * @typedef {"suspected" | "confirmed" | "not confirmed" | "acknowledged" | "recovered"} State
 *   of a regression; the first two are open. An improvement is "suspected" while it lasts, else "recovered".
 *
 * @typedef {Object} Affected  a line in a group, and its step there
 * @property {Line} line
 * @property {string} unit
 * @property {"lower" | "higher"} better
 * @property {Commit} base  the last measured commit of the old level
 * @property {Commit} head  the first of the new one
 * @property {Interval} before
 * @property {Interval} after
 * @property {"ratio" | "difference"} scale  of change
 * @property {Interval} change  after over before, or after less before
 * @property {number} factor  how many times worse (of improvements: better), 1 or more
 * @property {number} q  rate of false discoveries at which this step still counts
 * @property {State} state
 * @property {Range | null} recovered  where the line went back
 *
 * @typedef {{ruling: string, by: string, at: number, note: string}} Decision
 *
 * @typedef {Object} Command
 * @property {string} purpose  "measure both ends again", "look at the commit", …: what it is for, in words
 * @property {string} text  to be copied into a shell
 *
 * @typedef {Object} Group  steps that one commit explains
 * @property {string} id  stable; `#/regressions?id=<id>`
 * @property {State} state
 * @property {boolean} open
 * @property {number} evidence  0 to 1 of its strongest line; 1 where it was measured again
 * @property {Range} range  all but surely in here
 * @property {Range} likely  most likely in here
 * @property {string[]} machines
 * @property {number} series  lines in all
 * @property {number} counted  of them those that its state and rank rest on (the open ones; all where none is)
 * @property {number} cases  different cases among all
 * @property {number} benchmarks  different benchmarks among all
 * @property {number} median  of the counted ones' factors
 * @property {number} largest  of the counted ones' factors
 * @property {number[]} factors  of all lines, the largest first; thinned evenly where there are very many
 * @property {Affected[]} affected  the most pressing first; not all where `series` is more
 * @property {Decision[]} decisions
 * @property {Command[]} commands
 * @property {string | null} hint  "it moved 63 % of the series on i7: look at the host …"
 *
 * @typedef {Object} Changes  the piece "changes"
 * @property {Record<string, number>} searched  series by machine
 * @property {number} false_discoveries  the share of steps listed that noise may have made
 * @property {Record<State, number>} states  regressions by state
 * @property {{commit: Commit, open: number}[]} standing  how many regressions were open over time
 * @property {Group[]} worse  the most pressing first, whatever their state
 * @property {Group[]} better
 * @property {number} stale  decisions in triage.toml about nothing that is found now
 * @property {FindRow[]} finds  searches by `groundspeed find` that ended, the newest first
 *
 * @typedef {Object} FindRow
 * @property {string} case
 * @property {string} machine
 * @property {number} at
 * @property {Named} old  the old end of the range
 * @property {Named} new
 * @property {number} probability  of the answer
 * @property {FindCulprit | null} found  null: nothing changed
 *
 * @typedef {Object} FindCulprit
 * @property {Named} culprit
 * @property {Named | null} merge  that brought it in
 * @property {number} unbuildable  commits before it that do not build: one of them may be the one
 * @property {string} did  worse, better, fails from there on, works from there on
 * @property {[number, number, number] | null} ratio  centre, low, high; null where it fails at one of both
 *
 * @typedef {import("./parts/commit.js").Named} Named
 */

// --- health -------------------------------------------------------------------------------------------

/**
 * @typedef {Object} Last  what a machine measured last
 * @property {number} at
 * @property {"session" | "file" | "commit"} known_by  file: asv's file tells when; commit: nothing does, `at` is its date
 * @property {string | null} session
 * @property {Commit} commit  the newest in history that was measured then
 * @property {number} values
 * @property {number} failures
 * @property {number} carried
 *
 * @typedef {Object} Control  the control benchmark from session to session: work that no commit changes
 * @property {"steady" | "drifting" | "unknown"} state
 * @property {number | null} ratio  the newest median over the usual one; above 1: the host became slower
 * @property {number | null} limit  the ratio (or its reciprocal) from which on that is drifting
 * @property {number} sessions  that it was told from
 *
 * @typedef {Object} Health
 * @property {string} machine
 * @property {Record<string, string>} facts  asv's machine.json
 * @property {Last | null} last
 * @property {number | null} usual_s  median time between measurings; null: too few
 * @property {number | null} stale_at  from this moment on what the machine measured is old; null: nothing was
 * @property {boolean} retired  nobody waits for it any more: it is never old
 * @property {Control} control
 * @property {number} series  on the machine
 * @property {number} failing  cases' metrics that failed when last measured
 * @property {number} vanished  benchmarks
 * @property {{commit: Commit, values: number} | null} carried_since  newer than `last.commit`: not measured, the
 *   built content is the same
 *
 * @typedef {Object} Failure  cases that failed alike when last measured
 * @property {Commit} commit
 * @property {Line} line  one of them
 * @property {number} cases
 * @property {string} text  the last line of what it printed; may be ""
 *
 * @typedef {Object} Vanished  a benchmark that is not measured any more on a machine
 * @property {string} machine
 * @property {string} benchmark
 * @property {number} cases
 * @property {Commit} commit  the newest it was measured at
 * @property {"dropped" | "not measured"} why  dropped: the suite has it no more
 * @property {number} missed  measurings of the machine since then
 *
 * @typedef {Object} Tally
 * @property {string} machine
 * @property {Commit} commit
 * @property {number} values
 * @property {number} failures
 * @property {number} carried
 */

/**
 * @typedef {Object} Complaint  what groundspeed health says; of silence also what it will say when nothing comes
 * @property {string} kind  "results are old", "machine is silent", "benchmark fails", …
 * @property {string} machine  "": none's own
 * @property {boolean} single  about one benchmark
 * @property {string[]} words  the sentence; of two, how long it has been since `since` stands between them
 * @property {number | null} since
 * @property {number | null} due_at  from this moment on it is one; null: it is
 * @property {number | null} as_of  when it was so, where it may have been mended since; null: the results say it
 */

// --- start --------------------------------------------------------------------------------------------

/**
 * @typedef {Object} Brief  a group as the start page shows it
 * @property {string} id
 * @property {State} state
 * @property {Range} range
 * @property {string[]} machines
 * @property {number} series
 * @property {number} cases
 * @property {number} benchmarks
 * @property {number} median
 * @property {Affected} worst  the line with the largest factor
 *
 * @typedef {Object} Trend  a module's geometric mean over time, 1 where it begins; lower is better
 * @property {string} module  "": benchmarks that stand in no module
 * @property {string} machine
 * @property {number} lines  that it is the mean of at its end
 * @property {number[]} at  dates, ascending
 * @property {(number | null)[]} mean  null before it begins
 * @property {number} ratio  its end over its beginning
 * @property {number} lately  its end over what it was at the last tenth of the machine's commits
 *
 * @typedef {Object} TargetCounts
 * @property {number} holds
 * @property {number} fails
 * @property {number} inconclusive
 * @property {number} missing
 *
 * @typedef {Object} Start  the piece "start": all that the start page needs beside the manifest
 * @property {Health[]} machines
 * @property {Complaint[]} complaints  the most pressing first; those of single benchmarks last, and capped
 * @property {number} complaints_total
 * @property {Tally[]} recent  the newest commits, newest first, a row a machine
 * @property {Failure[]} failing
 * @property {number} failing_total  groups, of which the first are listed
 * @property {Vanished[]} vanished
 * @property {number} vanished_total
 * @property {number} open  regressions that are open
 * @property {number} confirmed  of them those that were measured again
 * @property {Brief[]} worse  the latest open regressions, newest first
 * @property {number} worse_total
 * @property {Brief[]} better  the latest improvements that last, newest first
 * @property {number} better_total
 * @property {TargetCounts} targets  all 0: the project states none
 * @property {TargetRow[]} missed  that fail, then those without data; capped
 * @property {Trend[]} trends  by machine, the one that changed most first
 * @property {string[]} notices  what could not be judged, and why
 */

// --- targets ------------------------------------------------------------------------------------------

/**
 * @typedef {Object} TargetRow
 * @property {"holds" | "fails" | "inconclusive" | "missing"} state  missing: no data, which is no pass
 * @property {string} machine
 * @property {string} key  as groundspeed.toml has it
 * @property {string} text  its limit as written there, "< 80 ms"
 * @property {string} subject  what was judged: a case with its metric, at a size where the target says so
 * @property {Line | null} line  where there is one of exactly this subject
 * @property {string | null} ladder  the id of the ladder, where the target is one at a size
 * @property {string} relation  "<", "<=", ">", ">="
 * @property {string} unit
 * @property {Interval | null} value
 * @property {number | null} limit  in unit
 * @property {number | null} room  how far it may go until it fails; negative: how far it must come back
 * @property {{direction: "improving" | "worsening" | "steady" | "too few commits", change: number, commits: number} | null} trend
 * @property {{commit: Commit, commits: number, from_the_first: boolean} | null} since
 * @property {Commit | null} commit
 * @property {Commit | null} carried_from
 * @property {boolean} told  false: the value is no more than a guess
 * @property {string[]} notes
 * @property {string} reason  why it is missing; else ""
 * @property {string} command  that would measure what is missing; else ""
 *
 * @typedef {Object} Targets  the piece "targets"
 * @property {boolean} stated  whether the project states any
 * @property {TargetCounts} counts
 * @property {TargetRow[]} rows  by machine, in the order of groundspeed.toml
 * @property {string[]} notices
 */

// --- scaling ------------------------------------------------------------------------------------------

/**
 * @typedef {Object} Ladder  a case over its sizes, on one machine
 * @property {string} id  for the address
 * @property {string} name  the case without its size, with its metric
 * @property {string} machine
 * @property {string} environment
 * @property {string} metric
 * @property {string} unit  "s" or "bytes"
 * @property {"lower" | "higher"} better
 * @property {string} parameter  that is the size
 * @property {string} size_unit  "bytes", or "" for plain numbers
 * @property {{size: number, value: Interval, commit: Commit, line: Line}[]} points  by size
 * @property {{size: number, reason: string}[]} unmeasured
 * @property {Growth | null} growth
 * @property {string} reason  why there is no growth; else ""
 * @property {Answer[]} answers  at the sizes that targets ask for, by size
 * @property {ExponentChange[]} changes  along the history
 * @property {string} command  that measures sizes never measured; else ""
 *
 * @typedef {Object} Growth
 * @property {Interval} exponent
 * @property {string[]} forms  usual forms that fit, the best first: "n", "n log n"; none: a power of its own
 * @property {number} scatter  of a size about the best form, as a share (0.02)
 * @property {{size: number, value: number, low: number, high: number}[]} band  the fit, by size, from the smallest
 *   size measured to the largest that is measured or asked for and can be told
 *
 * @typedef {Object} Answer
 * @property {number} size
 * @property {Interval | null} value  null: nothing can be said
 * @property {boolean} told  whether the sizes measured tell it
 * @property {string[]} doubts  why not to believe it, or why there is none
 * @property {{text: string, state: "holds" | "fails" | "inconclusive"}[]} limits  targets at this size
 *
 * @typedef {Object} ExponentChange
 * @property {Commit} base
 * @property {Commit} head
 * @property {Interval} before
 * @property {Interval} after
 * @property {Interval} difference
 * @property {number} p
 *
 * @typedef {Object} Scaling  the piece "scaling"
 * @property {Ladder[]} ladders  by machine, then name
 * @property {{benchmark: string, parameter: string}[]} candidates  parameters that could be a size; capped
 * @property {string[]} notices
 */

// --- machines -----------------------------------------------------------------------------------------

/**
 * @typedef {Object} ControlRun
 * @property {number} at
 * @property {Interval} median  in s, with its 99 % interval; null bounds: too few samples
 *
 * @typedef {Object} Session
 * @property {string} id
 * @property {number} at
 * @property {Commit[]} measured  commits, newest first; capped
 * @property {number} measured_total
 * @property {number} runs  worker processes on record
 * @property {number} failures
 * @property {ControlRun[]} control  first and last of the session, as far as there are any
 * @property {{ratio: number, floor: number, beyond: boolean} | null} moved  the control within the session, after
 *   over before; null: not two
 * @property {{check: string, severity: "fine" | "note" | "unfit" | "unknown", seen: string, advice: string}[]} fitness
 *   what is not fine
 * @property {[string, string][]} versions  of what measured
 * @property {[string, string][]} sampling
 * @property {{quantity: string, unit: string, low: number, median: number, high: number}[]} telemetry  extremes
 *
 * @typedef {Object} FingerprintChange
 * @property {string} session  at which it was first seen
 * @property {number} at
 * @property {string} field
 * @property {string} before  "" where the host did not say
 * @property {string} after
 *
 * @typedef {Object} Machine
 * @property {string} name
 * @property {Record<string, string>} facts  asv's machine.json
 * @property {[string, string][]} profile  what groundspeed.toml expects of it; none: it has no profile
 * @property {[string, string][]} fingerprint  of the newest session
 * @property {FingerprintChange[]} fingerprint_changes  newest first
 * @property {Health} health
 * @property {Session[]} sessions  newest first; capped
 * @property {number} sessions_total
 *
 * @typedef {Object} Machines  the piece "machines"
 * @property {Machine[]} machines
 */

// --- reading ------------------------------------------------------------------------------------------

/** Keys under which a place in "commits" stands, or a list of them. */
const COMMITS = new Set(["commit", "base", "head", "carried_from", "measured"]);

/** Keys under which an interval stands. */
const INTERVALS = new Set(["value", "before", "after", "change", "difference", "exponent", "median"]);

/** @param {Store} store @returns {Promise<Start | null>} */
export const readStart = (store) => answer(store, "start");
/** @param {Store} store @returns {Promise<Changes | null>} */
export const readChanges = (store) => answer(store, "changes");
/** @param {Store} store @returns {Promise<Targets | null>} */
export const readTargets = (store) => answer(store, "targets");
/** @param {Store} store @returns {Promise<Scaling | null>} */
export const readScaling = (store) => answer(store, "scaling");
/** @param {Store} store @returns {Promise<Machines | null>} */
export const readMachines = (store) => answer(store, "machines");

/** @type {WeakMap<object, any>} */
const known = new WeakMap();

/**
 * A piece with its commits and lines in place; null where the site has none. The same record each time.
 * @param {Store} store @param {string} piece @returns {Promise<any>}
 */
async function answer(store, piece) {
  const wire = await store.piece(piece);
  if (!wire) return null;
  let record = known.get(wire);
  if (!record) known.set(wire, record = placed(wire));
  return record;
}

/** @param {any} wire */
function placed(wire) {
  const commits = wire.commits.map((/** @type {any} */ one) => ({ ...one, short: one.hash.slice(0, 8) }));
  const { texts, names, rows } = wire.lines;
  const lines = rows.map((/** @type {any[]} */ row) => lineOf(row, texts, names));
  /** @param {any} value @param {string} key @returns {any} */
  const resolve = (value, key) => {
    if (Array.isArray(value)) {
      if (INTERVALS.has(key) && typeof value[0] === "number") return { centre: value[0], low: value[1], high: value[2] };
      return value.map((one) => resolve(one, key));
    }
    if (value !== null && typeof value === "object") {
      const record = Object.fromEntries(Object.entries(value).map(([inner, one]) => [inner, resolve(one, inner)]));
      return key === "affected" ? recordsOf(record) : record;
    }
    if (typeof value !== "number") return value;
    return key === "line" ? lines[value] : COMMITS.has(key) ? commits[value] : value;
  };
  const { commits: _, lines: __, ...rest } = wire;
  return resolve(rest, "");
}

/** @param {any[]} row @param {string[]} texts @param {string[][]} names @returns {Line} */
function lineOf([benchmark, metric, machine, environment, parameters, values], texts, names) {
  const name = values.length ? `${texts[benchmark]}(${values.join(", ")})` : texts[benchmark];
  return {
    name: texts[metric] ? `${name}@${texts[metric]}` : name,
    benchmark: texts[benchmark], metric: texts[metric], machine: texts[machine], environment: texts[environment],
    params: values.map((/** @type {string} */ value, /** @type {number} */ place) => [names[parameters][place], value]),
  };
}

/** Columns as records. @param {Record<string, any[]>} columns @returns {any[]} */
function recordsOf(columns) {
  const keys = Object.keys(columns);
  return (columns[keys[0]] ?? []).map((_, row) => Object.fromEntries(keys.map((key) => [key, columns[key][row]])));
}

/**
 * What a case's view is to be opened with: the words of its address (views/benchmark/state.js).
 * @param {Line} line
 * @returns {[string, string][]}
 */
export function choicesOf(line) {
  return [["machine", line.machine], ["env", line.environment],
    .../** @type {[string, string][]} */ (line.metric ? [["metric", line.metric]] : []),
    ...line.params.map(([name, value]) => /** @type {[string, string]} */ ([`p.${name}`, value]))];
}

/** By the clock of who reads: a site that nobody publishes any more cannot know it. @param {Health} health */
export function stale({ retired, stale_at: at }) {
  return !retired && due(at);
}

/** What is complained of by now. @param {Start} start */
export function standing({ complaints }) {
  return complaints.filter((one) => due(one.due_at));
}

/** @param {Complaint} complaint */
export function sentence({ words, since }) {
  return words.join(since === null ? "" : lasting(Date.now() / 1000 - since));
}

/** @param {number | null} at  null: it always was */
function due(at) {
  return at === null || Date.now() / 1000 >= at;
}
