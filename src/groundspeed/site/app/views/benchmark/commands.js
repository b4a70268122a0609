// Commands that take a picked commit or step further, in a terminal. Owns their text: patterns, which exist. Pure.

import { quoted } from "../../parts/command.js";

/**
 * @typedef {Object} Asked
 * @property {string[]} cases  `name(p1, p2)`: the lines in view, whole
 * @property {string} benchmark
 * @property {string} commit  the picked one
 * @property {string | null} before  the measured commit before it; of a step the last one of the old level
 * @property {boolean} step  whether a new level begins there
 *
 * @typedef {{what: string, command: string}} Command
 */

const DIGITS = 12; // of a hash: 42,000 commits share ten with odds of 1 in 1,200, twelve with 1 in 300,000
const ALTERNATIVES = 4; // cases named one by one; beyond them the pattern is of the whole benchmark

/**
 * What can be done next. New commands that start from a commit and a case belong here.
 * @param {Asked} asked
 * @returns {Command[]}
 */
export function commandsFor({ cases, benchmark, commit, before, step }) {
  const bench = `--bench ${quoted(pattern(cases, benchmark))}`;
  const [base, head] = [before?.slice(0, DIGITS), commit.slice(0, DIGITS)];
  const again = { what: "Measure this commit once more", command: `groundspeed run ${quoted(`${head}^!`)} --again ${bench}` };
  if (!base) return [again];
  return [
    { what: step ? "Measure both sides of the step in turn" : "Measure it and the commit before in turn", command: `groundspeed compare ${base} ${head} --measure ${bench}` },
    { what: "Compare what is on record", command: `groundspeed compare ${base} ${head} --all ${bench}` },
    again,
    ...(step ? [
      { what: "Ask for a yes or no (exit code 1: slower)", command: `groundspeed gate --base ${base} --head ${head} ${bench}` },
      { what: "List what else got worse", command: `groundspeed regressions --all ${bench}` },
    ] : []),
  ];
}

/** A regular expression of Python's that finds these cases and no other; some commands write `@metric` behind a case. @param {string[]} cases @param {string} benchmark */
export function pattern(cases, benchmark) {
  const known = [...new Set(cases)];
  if (!known.length || known.length > ALTERNATIVES) return `^${escaped(benchmark)}([(@]|$)`;
  if (known.length === 1) return `^${escaped(known[0])}(@|$)`;
  return `^(${known.map(escaped).join("|")})(@|$)`;
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
