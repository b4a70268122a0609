// The start page: what was measured last and where, and what failed. States what is; judges nothing.

import { CARRIED } from "./benchmark/details.js";
import { breakable, counted, h, outward } from "../dom.js";
import { moduleOf } from "../search.js";
import { format as address } from "../address.js";
import { addressOf } from "./benchmark/state.js";
import { ago, day, moment } from "../units.js";

/**
 * @typedef {import("../data.js").Store} Store
 * @typedef {import("../data.js").Failure} Failure
 */

const FAILURES_AT_FIRST = 12;

/** @type {import("../view.js").Open} */
export async function open({ store }) {
  await store.load("index", "commits");
  return { title: "", nodes: startPage(store), update() {} };
}

/** @param {Store} store @returns {HTMLElement[]} */
function startPage(store) {
  const { project, counts } = store.manifest;
  return [
    h("header", { class: "lead" },
      h("h1", { tabindex: "-1" }, project.name),
      h("p", { class: "figures" },
        figure(counts.benchmarks, "benchmark"), figure(counts.cases, "case"), figure(counts.series, "series", "series"),
        figure(counts.commits, "commit")),
      project.url && h("p", {}, outward(project.url, project.url.replace(/^https?:\/\//, "").replace(/\/$/, ""))),
      counts.unreadable > 0 && h("p", { class: "notice" },
        `${counted(counts.unreadable, "result file")} could not be read; groundspeed publish names them.`)),
    machines(store),
    recent(store),
    failures(store),
    modules(store),
  ];
}

/** @param {number} count @param {string} one @param {string} [many] */
function figure(count, one, many = `${one}s`) {
  return h("span", {}, h("strong", {}, count.toLocaleString("en")), ` ${count === 1 ? one : many}`);
}

/** @param {Store} store */
function machines(store) {
  const { machines: known, latest, carried_since: since = [] } = store.index;
  return h("section", { "aria-labelledby": "h-machines" },
    h("h2", { id: "h-machines" }, "Machines"),
    h("div", { class: "cards" }, known.map((machine, place) => {
      const tally = latest.find((one) => one.machine === place);
      const commit = tally && store.commits[tally.commit];
      const over = since.find((one) => one.machine === place);
      return h("article", { class: "card machine" },
        h("h3", {}, machine.name),
        h("p", { class: "facts" }, facts(machine.facts)),
        commit && h("p", {}, "Last measured commit ", commitLink(store, tally.commit), " ",
          h("span", { class: "subject" }, commit.subject ?? "")),
        commit && h("p", { class: "quiet" }, "committed ", h("time", { datetime: new Date(commit.date * 1000).toISOString(), title: moment(commit.date) },
          `${day(commit.date)}, ${ago(commit.date)}`)),
        tally && h("p", {}, counted(tally.values, "value"), tally.failures > 0 && h("span", { class: "bad" }, `, ✕ ${tally.failures.toLocaleString("en")} failed`)),
        over && h("p", { class: "quiet" }, `${CARRIED} ${counted(over.carried ?? 0, "value")} carried over to `, commitLink(store, over.commit),
          " since: not measured, the built content is the same"));
    })));
}

/** @param {Record<string, string>} facts */
function facts(facts) {
  const said = [];
  if (facts.cpu) said.push(facts.cpu);
  if (facts.num_cpu) said.push(counted(Number(facts.num_cpu), "CPU"));
  if (facts.ram) said.push(memory(facts.ram));
  if (facts.os) said.push(facts.os);
  return said.join(" · ");
}

/** asv writes bytes; until its release 0.4 it wrote KiB; people write `16 GB`. @param {string} ram */
function memory(ram) {
  if (!/^[0-9]+$/.test(ram)) return ram;
  const bytes = Number(ram) < 2 ** 28 ? Number(ram) * 1024 : Number(ram);
  return `${Math.round(bytes / 2 ** 30)} GiB`;
}

/** @param {Store} store @param {number} place */
function commitLink(store, place) {
  const commit = store.commits[place];
  return outward(store.manifest.project.show_commit_url && store.manifest.project.show_commit_url + commit.hash, commit.short, { class: "hash" });
}

/** @param {Store} store */
function recent(store) {
  const { recent: tallies, machines: known } = store.index;
  const any = tallies.some(({ carried }) => carried);
  return h("section", { "aria-labelledby": "h-recent" },
    h("h2", { id: "h-recent" }, any ? "Newest commits, measured or carried over" : "Newest measured commits"),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-labelledby": "h-recent" }, h("table", {},
      h("thead", {}, h("tr", {}, ["commit", "committed", "subject", "machine"].map((name) => h("th", { scope: "col" }, name)),
        ["values", "failed", ...(any ? ["carried over"] : [])].map((name) => h("th", { scope: "col", class: "number" }, name)))),
      h("tbody", {}, tallies.map(({ commit, machine, values, failures: failed, carried = 0 }) => h("tr", {},
        h("td", {}, commitLink(store, commit), store.commits[commit].tags.map((tag) => h("span", { class: "tag" }, tag))),
        h("td", { class: "date" }, day(store.commits[commit].date)),
        h("td", { class: "subject" }, store.commits[commit].subject ?? h("span", { class: "quiet" }, "not in the repository")),
        h("td", { class: "name" }, known[machine].name),
        h("td", { class: "number" }, values.toLocaleString("en")),
        h("td", { class: failed ? "number bad" : "number" }, failed ? `✕ ${failed.toLocaleString("en")}` : "0"),
        any && h("td", { class: "number" }, carried ? `${CARRIED} ${carried.toLocaleString("en")}` : "0")))))));
}

/** @param {Store} store */
function failures(store) {
  const { failing, failing_total: total } = store.index;
  const list = h("ul", { class: "failures" }, failing.slice(0, FAILURES_AT_FIRST).map((one) => failure(store, one)));
  const rest = failing.slice(FAILURES_AT_FIRST);
  const more = rest.length > 0 && h("button", { type: "button", onclick: () => {
    list.append(...rest.map((one) => failure(store, one)));
    /** @type {HTMLElement} */ (more).remove();
  } }, `Show ${rest.length} more`);
  return h("section", { "aria-labelledby": "h-failures" },
    h("h2", { id: "h-failures" }, "Failed when last measured"),
    total === 0 ? h("p", { class: "quiet" }, "Nothing: every case gave a value or was skipped when it was last measured.") : list,
    more,
    total > failing.length && h("p", { class: "quiet" }, `${counted(total - failing.length, "older group")} of failures not listed.`));
}

/** @param {Store} store @param {Failure} one */
function failure(store, one) {
  const choices = /** @type {[string, string][]} */ ([["machine", one.machine], ["env", one.environment]]);
  if (one.metric) choices.push(["metric", one.metric]);
  const entry = store.entries.get(one.benchmark);
  one.example.forEach((value, axis) => value !== null && entry?.param_names[axis] && choices.push([`p.${entry.param_names[axis]}`, value]));
  return h("li", {},
    h("a", { href: addressOf(one.benchmark, choices) }, breakable(one.benchmark + (one.metric ? `@${one.metric}` : ""))),
    h("span", { class: "quiet" }, ` ${one.cases > 1 ? `${counted(one.cases, "case")} ` : ""}on ${one.machine} at `, commitLink(store, one.commit), `, ${day(store.commits[one.commit].date)}`),
    one.text && h("p", { class: "why" }, one.text));
}

/** @param {Store} store */
function modules(store) {
  /** @type {Map<string, number>} */
  const sizes = new Map();
  for (const entry of store.index.benchmarks) {
    const [module] = moduleOf(entry.name);
    sizes.set(module, (sizes.get(module) ?? 0) + 1);
  }
  return h("section", { "aria-labelledby": "h-modules" },
    h("h2", { id: "h-modules" }, "Modules"),
    h("ul", { class: "modules" }, [...sizes].map(([module, size]) => h("li", {},
      h("a", { href: address("benchmarks", null, module ? { q: `${module}.` } : {}) },
        h("span", { class: "module" }, breakable(module || "top level")), h("span", { class: "count" }, counted(size, "benchmark")))))));
}
