// A commit, wherever one is named: its hash as a link, its tags, its date and subject.

import { h, outward } from "../dom.js";
import { ago, day, moment } from "../units.js";

/**
 * A commit as a payload embeds it. `subject` is null where the repository does not know it any more.
 * @typedef {{hash: string, date?: number, subject?: string | null, tags?: string[]}} Named
 * @typedef {import("../data.js").Store} Store
 */

/**
 * The first eight digits of a commit's hash, as a link to where the project shows it.
 * @param {Store} store
 * @param {Named | number} commit  embedded, or its place in history (needs `store.load("commits")`)
 * @returns {HTMLElement}
 */
export function commitLink(store, commit) {
  const known = commitOf(store, commit);
  const show = store.manifest.project.show_commit_url;
  return outward(show && show + known.hash, known.hash.slice(0, 8), { class: "hash", title: known.subject });
}

/**
 * A commit in a line: hash, tags, subject.
 * @param {Store} store
 * @param {Named | number} commit
 * @returns {HTMLElement[]}
 */
export function commitLine(store, commit) {
  const known = commitOf(store, commit);
  return [commitLink(store, known), ...tags(known), h("span", { class: known.subject ? "subject" : "subject quiet" },
    known.subject ?? "not in the repository")];
}

/** @param {Named} commit @returns {HTMLElement[]} */
export function tags(commit) {
  return (commit.tags ?? []).map((tag) => h("span", { class: "tag" }, tag));
}

/**
 * A moment as a day; the minute stands in its title, and how long ago it is behind it where asked.
 * @param {number} seconds since 1970
 * @param {{since?: boolean}} [options]
 */
export function date(seconds, { since = false } = {}) {
  return h("time", { class: "date", datetime: new Date(seconds * 1000).toISOString(), title: moment(seconds) },
    since ? `${day(seconds)}, ${ago(seconds)}` : day(seconds));
}

/** @param {Store} store @param {Named | number} commit @returns {Named} */
function commitOf(store, commit) {
  return typeof commit === "number" ? store.commits[commit] : commit;
}
