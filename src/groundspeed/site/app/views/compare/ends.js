// Which two things are compared, as the words of the address say it. Pure; knows commits, no values.

/**
 * @typedef {import("../../data.js").Commit} Commit
 * @typedef {import("./moments.js").Machine} Machine
 *
 * @typedef {"commits" | "machines" | "environments"} What
 *
 * @typedef {Object} End
 * @property {Machine} machine
 * @property {string | null} environment  null: every one that both ends have
 * @property {number} place  in history
 *
 * @typedef {{what: What, base: End, head: End, note: string}} Ends  the note: what the reader did not ask for and got
 * @typedef {{trouble: string}} Trouble
 */

/** @param {URLSearchParams} words @returns {What} */
export function whatOf(words) {
  return words.has("machines") ? "machines" : words.has("envs") ? "environments" : "commits";
}

/**
 * @param {URLSearchParams} words @param {Machine[]} machines @param {string[]} environments @param {Commit[]} commits
 * @returns {Ends | Trouble}
 */
export function endsOf(words, machines, environments, commits) {
  const what = whatOf(words);
  if (what === "commits") return twoCommits(words, machines, commits);
  const names = (words.get(what === "machines" ? "machines" : "envs") ?? "").split(",");
  const machine = machineOf(words, machines);
  const pair = names.map((name) => (what === "machines" ? machines.find((one) => one.name === name) : machine));
  const missing = names.find((name, at) => !pair[at] || (what === "environments" && !environments.includes(name)));
  if (names.length !== 2 || missing !== undefined) return { trouble: `This site knows no two ${what} “${names.join(", ")}”. Choose two of them.` };
  const [one, other] = /** @type {Machine[]} */ (pair);
  const at = words.get("at") ?? "newest";
  const both = one.commits.filter((place) => other.commits.includes(place));
  const places = at !== "newest" ? [one, other].map((each) => placeOf(at, each.commits, commits))
    : both.length ? [both[both.length - 1], both[both.length - 1]] : [one, other].map((each) => each.commits[each.commits.length - 1]);
  if (places.some((place) => place < 0)) return { trouble: `“${at}” names no commit of this site. Choose one by its subject, hash, tag or day.` };
  const note = at !== "newest" ? "" : both.length ? "At the newest commit that both have." : "No commit was measured on both: each stands at its newest.";
  const environment = words.get("env");
  return { what, note,
    base: { machine: one, place: places[0], environment: what === "machines" ? environment : names[0] },
    head: { machine: other, place: places[1], environment: what === "machines" ? environment : names[1] } };
}

/** @param {URLSearchParams} words @param {Machine[]} machines @param {Commit[]} commits @returns {Ends | Trouble} */
function twoCommits(words, machines, commits) {
  const machine = machineOf(words, machines);
  const [base, head] = [words.get("base") ?? "newest~1", words.get("head") ?? "newest"].map((word) => ({ word, place: placeOf(word, machine.commits, commits) }));
  const unknown = [base, head].find(({ place }) => place < 0);
  if (unknown) return { trouble: `“${unknown.word}” names no commit of this site. Choose one by its subject, hash, tag or day.` };
  const environment = words.get("env");
  return { what: "commits", note: "", base: { machine, environment, place: base.place }, head: { machine, environment, place: head.place } };
}

/** The machine that is asked for, else the one with the newest results. @param {URLSearchParams} words @param {Machine[]} machines */
export function machineOf(words, machines) {
  const newest = (/** @type {Machine} */ one) => one.commits[one.commits.length - 1];
  return machines.find(({ name }) => name === words.get("machine")) ?? machines.reduce((one, other) => (newest(other) > newest(one) ? other : one));
}

/**
 * Where `newest`, `newest~10` (of the measured ones), a tag or the digits of a hash are in history; -1: nowhere.
 * @param {string} word @param {number[]} measured @param {Commit[]} commits @returns {number}
 */
function placeOf(word, measured, commits) {
  const counted = /^newest(?:~(\d+))?$/.exec(word);
  if (counted) return measured[Math.max(0, measured.length - 1 - Number(counted[1] ?? 0))] ?? -1;
  const tagged = commits.findLastIndex(({ tags }) => tags.includes(word));
  if (tagged >= 0) return tagged;
  return /^[0-9a-f]{4,}$/i.test(word) ? commits.findIndex(({ hash }) => hash.startsWith(word.toLowerCase())) : -1;
}

const DAY = 86400;

/**
 * What is often compared with a commit: the one before, the last tag, a month and a year earlier.
 * @param {number} head @param {number[]} measured @param {Commit[]} commits
 * @returns {{label: string, place: number}[]}
 */
export function presets(head, measured, commits) {
  const older = measured.filter((place) => place < head);
  const before = (/** @type {number} */ days) => older.findLast((place) => commits[place].date <= commits[head].date - days * DAY) ?? -1;
  return [
    { label: "the one before", place: older.at(-1) ?? -1 },
    { label: "the last tag", place: older.findLast((place) => commits[place].tags.length) ?? -1 },
    { label: "a month earlier", place: before(30) },
    { label: "a year earlier", place: before(365) },
  ].filter(({ place }) => place >= 0);
}

/** How an address names a commit: by its tag, else eight digits. @param {Commit} commit */
export function wordFor({ tags, short }) {
  return tags[0] ?? short;
}
