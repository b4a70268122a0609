// The profiles that a site holds, and the address that opens one. Owns the payload of the piece "profiles".

import { h } from "../dom.js";

/**
 * @typedef {import("../data.js").Store} Store
 *
 * @typedef {Object} Profile
 * @property {string} machine
 * @property {number | null} commit  its place in history; null: no result is of that commit
 * @property {string} hash  the first eight digits
 * @property {string} case  as people write it
 * @property {string} [benchmark]  where the results know the case
 * @property {string[]} [params]
 * @property {string} kind  cpu, alloc, …
 * @property {string} file
 * @property {number} bytes  as it is published, compressed
 * @property {string} [against]  the first eight digits of the commit of the profile it is compared with, where there is one
 * @property {string} [difference]  the file that compares both
 *
 * @typedef {Object} Profiles  the piece "profiles"
 * @property {string} viewer  speedscope's own document
 * @property {Profile[]} profiles  newest commit first
 * @property {{file: string, reason: string}[]} unreadable
 */

/** What an address calls a profile that is compared with another one. @param {Profile} one */
export function nameOf({ machine, case: text, kind, hash }) {
  return `${hash} ${kind} ${machine} ${text}`;
}

/** @param {Store} store @returns {Promise<Profiles | null>} */
export function readProfiles(store) {
  return store.piece("profiles");
}

/**
 * The profiles of a case at a commit, of every machine where none is named.
 * @param {Profiles | null} payload
 * @param {{benchmark: string, params: (string | null)[], hash: string, machine?: string}} wanted  `params` may hold null where the
 *   case has no value; `hash` has eight digits or more
 * @returns {Profile[]}
 */
export function profilesOf(payload, { benchmark, params, hash, machine }) {
  const values = params.filter((value) => value !== null).join("\n");
  return (payload?.profiles ?? []).filter((one) => one.benchmark === benchmark && (one.params ?? []).join("\n") === values && hash.startsWith(one.hash) &&
    (machine === undefined || one.machine === machine));
}

/**
 * A link that opens a profile in speedscope, which reads what to load from behind the #.
 * @param {Store} store @param {Profiles} payload @param {Profile} profile @param {string} [text]
 */
export function profileLink(store, payload, profile, text = `${profile.kind} profile`) {
  const viewer = new URL(payload.viewer, store.base);
  const title = `${profile.case}, ${profile.kind}, ${profile.hash} on ${profile.machine}`;
  viewer.hash = `profileURL=${encodeURIComponent(new URL(profile.file, store.base).pathname)}&title=${encodeURIComponent(title)}`;
  return h("a", { href: viewer.href, target: "_blank", rel: "noopener", title: "opens in a new tab" }, text);
}
