// The profiles that the results hold, each a link into speedscope.

import { changed, holding, words as wordBox } from "../parts/choice.js";
import { commitLink, date } from "../parts/commit.js";
import { breakable, counted, h, style } from "../dom.js";
import { display } from "../units.js";
import { format as address } from "../address.js";
import { orderOf, table } from "../parts/table.js";
import { nameOf, profileLink, readProfiles } from "../parts/profiles.js";
import { readReports, reportLink } from "../parts/reports.js";

/** @typedef {import("../parts/profiles.js").Profile} Profile */

/** @type {import("../view.js").Open} */
export async function open(frame, _subject, words) {
  const { store } = frame;
  const [payload, reports] = await Promise.all([readProfiles(store), readReports(store), store.load("commits", "index"), style(new URL("./profiles.css", import.meta.url))]);
  if (!payload) return nothing();
  const count = h("p", { class: "count", role: "status" });
  let now = words;
  const shownOf = () => {
    const holds = holding(now.get("q") ?? "");
    return payload.profiles.filter((one) => holds(`${one.case}\n${one.kind}\n${one.machine}\n${one.hash}\n${commitOf(store, one)?.subject ?? ""}`));
  };
  const made = table({ label: "Profiles", rows: payload.profiles, columns: columns(store, payload),
    sort: (word) => frame.go(changed(now, { sort: word }), { replace: true }) });
  const box = wordBox("Filter by case, kind, machine or commit", words.get("q") ?? "", (text) => frame.go(changed(now, { q: text }), { replace: true }));
  /** @param {URLSearchParams} words */
  const update = (words) => {
    now = words;
    if (document.activeElement !== box) box.value = words.get("q") ?? "";
    const shown = shownOf();
    made.update(shown, orderOf(words.get("sort")));
    count.textContent = counted(shown.length, "profile");
  };
  update(words);
  return { title: "Profiles", update, first: () => made.node.querySelector("tbody a"), nodes: [
    h("header", { class: "lead" }, h("h1", { tabindex: "-1" }, "Profiles"), h("p", { class: "quiet" }, "Where the time or memory of a case went. Each opens in speedscope, which this site brings along, in a new tab."),
      reports.filter(({ name }) => name === "bottlenecks").map((one) => h("p", {}, reportLink(store, one, `${one.title} on ${one.machine}`), ", by these"))),
    h("div", { class: "profiles" }, box, count, made.node),
    payload.unreadable.length > 0 && h("section", { "aria-labelledby": "h-unreadable" }, h("h2", { id: "h-unreadable" }, "Not profiles"),
      h("ul", { class: "unreadable" }, payload.unreadable.map(({ file, reason }) => h("li", {}, h("code", {}, file), ` ${reason}`)))),
  ].filter((one) => one instanceof Node) };
}

/** @param {import("../data.js").Store} store @param {Profile} profile */
function commitOf(store, { commit }) {
  return commit === null ? null : store.commits[commit];
}

/** @param {import("../data.js").Store} store @param {import("../parts/profiles.js").Profiles} payload @returns {import("../parts/table.js").Column<Profile>[]} */
function columns(store, payload) {
  return [
    { key: "case", label: "case", head: true, kind: "case", value: (one) => one.case, cell: (one) => caseLink(store, one) },
    { key: "kind", label: "profile", kind: "name", value: (one) => one.kind, cell: (one) => profileLink(store, payload, one, `Open ${one.kind}`) },
    { key: "against", label: "against", kind: "name", value: (one) => one.against ?? null, cell: (one) => one.against && h("a", { href: address("difference", nameOf(one)) }, `Compare with ${one.against}`) },
    { key: "commit", label: "commit", value: (one) => one.commit, cell: (one) => {
      const commit = commitOf(store, one);
      return commit ? [commitLink(store, commit), " ", commit.subject ?? h("span", { class: "quiet" }, "not in the repository")] : [h("span", { class: "hash" }, one.hash), h("span", { class: "quiet" }, " no results are of it")];
    } },
    { key: "date", label: "date", value: (one) => commitOf(store, one)?.date ?? null, cell: (one) => {
      const commit = commitOf(store, one);
      return commit ? date(commit.date) : "";
    } },
    { key: "machine", label: "machine", kind: "name", value: (one) => one.machine, cell: (one) => one.machine },
    { key: "bytes", label: "size", number: true, value: (one) => one.bytes, cell: (one) => display(one.bytes, "bytes", 3) },
  ];
}

/** @param {import("../data.js").Store} store @param {Profile} profile */
function caseLink(store, { benchmark, params = [], case: text, machine, hash }) {
  const entry = benchmark === undefined ? undefined : store.entries.get(benchmark);
  if (!entry || benchmark === undefined) return breakable(text);
  const chosen = params.map((value, axis) => /** @type {[string, string]} */ ([`p.${entry.param_names[axis]}`, value]));
  return h("a", { href: address("benchmark", benchmark, [["machine", machine], ...chosen, ["commit", hash]]) }, breakable(text));
}

/** @returns {import("../view.js").View} */
function nothing() {
  return { title: "Profiles", update() {}, nodes: [h("h1", { tabindex: "-1" }, "Profiles"),
    h("div", { class: "empty" }, h("p", {}, "The results hold no profiles. One lies beside them as "),
      h("pre", {}, "<machine>/profiles/<first eight digits of the commit>/<case>.<kind>.gz"), h("p", {}, "a gzipped speedscope file; the next publish brings it here."))] };
}
