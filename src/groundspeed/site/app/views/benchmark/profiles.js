// Where the time of the lines in view went at a commit: links to the profiles that are stored of it.

import { format as address } from "../../address.js";
import { h } from "../../dom.js";
import { nameOf, profileLink, profilesOf, readProfiles } from "../../parts/profiles.js";
import { tagged } from "./details.js";

/**
 * @typedef {import("../../data.js").Store} Store
 * @typedef {import("./lines.js").Line} Line
 */

/**
 * @param {{store: Store, benchmark: {name: string}, lines: Line[], place: number}} asked
 * @returns {Promise<HTMLElement[]>} nothing where none is stored
 */
export async function profilesAt({ store, benchmark, lines, place }) {
  const payload = await readProfiles(store);
  if (!payload) return [];
  const { hash } = store.commits[place];
  const held = lines.flatMap(({ tag, label, versions: [{ params, machine }] }) =>
    profilesOf(payload, { benchmark: benchmark.name, params, hash, machine }).map((profile) => ({ tag, label, profile })));
  if (!held.length) return [];
  return [h("h3", {}, "Where it went"), h("ul", { class: "profiles" }, held.map(({ tag, label, profile }) =>
    h("li", {}, tagged(tag), ` ${label} `, profileLink(store, payload, profile),
      profile.against && ", ", profile.against && h("a", { href: address("difference", nameOf(profile)) }, `compared with ${profile.against}`))))];
}
