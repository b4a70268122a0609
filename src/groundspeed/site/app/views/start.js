// The start page: is it all right, and what changed? Shows what the piece "start" found; of its own it knows the clock only.

import { format as address } from "../address.js";
import { choicesOf, readStart, sentence, stale, standing } from "../answers.js";
import { breakable, counted, h, outward, style } from "../dom.js";
import { commitLine, commitLink, date } from "../parts/commit.js";
import { copyable } from "../parts/command.js";
import { percentText, ratio, ratioText } from "../parts/ratio.js";
import { readReports, reportLink } from "../parts/reports.js";
import { table } from "../parts/table.js";
import { trend } from "../parts/trend.js";
import { looks, verdict } from "../parts/verdict.js";
import { ago, day, display, lasting, memory, moment } from "../units.js";

/**
 * @typedef {import("../data.js").Store} Store
 * @typedef {import("../answers.js").Start} Start
 * @typedef {import("../answers.js").Health} Health
 * @typedef {import("../answers.js").Complaint} Complaint
 * @typedef {import("../answers.js").Line} Line
 * @typedef {import("../parts/reports.js").Report} Report
 */

const CHANGES_SHOWN = 5; // a side: what fits into a screen of 800 pixels under the machines
const TRENDS_SHOWN = 12;
const FAILURES_SHOWN = 6;

/** @type {import("../view.js").Open} */
export async function open({ store, go }, _subject, words) {
  const [start, reports] = await Promise.all([readStart(store), readReports(store), style(new URL("./start.css", import.meta.url))]);
  if (!start) return { title: "", nodes: [title(store), nothing()], update() {} };
  const trends = h("section", { "aria-labelledby": "h-trends" });
  const update = (/** @type {URLSearchParams} */ words) => trends.replaceChildren(...moduleTrends(start, words, go));
  update(words);
  return { title: "", update, nodes: [
    h("header", { class: "state" }, title(store), signs(start), figures(store)),
    ...notices(store, start), ...complaints(start), machines(store, start, reports), changes(store, start),
    ...troubles(store, start), ...(start.trends.length ? [trends] : []), recent(store, start),
  ] };
}

/** @param {Store} store */
function title(store) {
  return h("h1", { tabindex: "-1" }, store.manifest.project.name);
}

function nothing() {
  return h("div", { class: "empty" }, h("p", {}, "This site was published without anything found in its history. Publish it again:"), copyable("groundspeed publish"));
}

/** @param {Store} store */
function figures(store) {
  const { counts, project } = store.manifest;
  const said = /** @type {[number, string, string?][]} */ ([[counts.benchmarks, "benchmark"], [counts.cases, "case"], [counts.series, "series", "series"], [counts.commits, "commit"]]);
  return h("p", { class: "figures" }, said.map(([count, one, many = `${one}s`]) =>
    h("span", {}, h("strong", {}, count.toLocaleString("en")), ` ${count === 1 ? one : many}`)),
    project.url && outward(project.url, project.url.replace(/^https?:\/\//, "").replace(/\/$/, "")));
}

/** The answer to "is it all right?", each part of it a way to more. @param {Start} start */
function signs(start) {
  const late = start.machines.filter(stale).length;
  const failing = start.machines.reduce((sum, one) => sum + one.failing, 0);
  const vanished = start.machines.reduce((sum, one) => sum + one.vanished, 0);
  const drifting = start.machines.filter(({ control }) => control.state === "drifting").length;
  const confirmed = start.confirmed ? `, ${start.confirmed.toLocaleString("en")} confirmed` : "";
  const wrong = [
    ...[...new Set(standing(start).filter(ofAll).map(({ kind }) => kind))].map((kind) => h("span", { class: "sign bad" }, verdict("stale", kind))),
    late > 0 && sign("stale", `${counted(late, "machine")} stale`, "machines"),
    start.open > 0 && sign("regression", `${counted(start.open, "open regression")}${confirmed}`, "regressions"),
    start.targets.fails > 0 && sign("fails", `${counted(start.targets.fails, "target")} missed`, "targets"),
    start.targets.missing > 0 && sign("inconclusive", `${counted(start.targets.missing, "target")} without data`, "targets"),
    failing > 0 && sign("failed", `${failing.toLocaleString("en")} failed`, "machines"),
    vanished > 0 && sign("vanished", `${vanished.toLocaleString("en")} vanished`, "machines"),
    drifting > 0 && sign("drifting", `${counted(drifting, "host")} changed`, "machines"),
  ].filter(Boolean);
  const well = [
    !start.open && sign("fresh", "no open regression", "regressions"),
    start.targets.holds > 0 && sign("holds", `${counted(start.targets.holds, "target")} met`, "targets"),
  ];
  return h("p", { class: "signs" }, wrong, well);
}

/** @param {string} word @param {string} text @param {string} view */
function sign(word, text, view) {
  return h("a", { class: `sign ${looks(word)[1]}`, href: address(view) }, verdict(word, text));
}

/** @param {Store} store @param {Start} start */
function notices(store, start) {
  const { unreadable } = store.manifest.counts;
  const said = [...(unreadable ? [`${counted(unreadable, "result file")} could not be read; groundspeed publish names them.`] : []), ...start.notices];
  return said.length ? [h("ul", {}, said.map((text) => h("li", { class: "notice" }, text)))] : [];
}

/** Of the whole project: no other sign says it. @param {Complaint} one */
function ofAll({ machine, single }) {
  return !machine && !single;
}

/** The sentences of groundspeed health, of which the page's own clock knows some. @param {Start} start */
function complaints(start) {
  const all = standing(start);
  if (!all.length) return [];
  const [shared, single] = [all.filter((one) => !one.single), all.filter((one) => one.single)];
  const unlisted = start.complaints_total - start.complaints.length;
  const list = (/** @type {Complaint[]} */ some) => h("ul", { class: "failures" }, some.map((one) => h("li", {}, h("strong", {}, one.kind), `: ${sentence(one)}`,
    one.as_of !== null && h("span", { class: "quiet" }, ` So it was when this page was published, ${moment(one.as_of)}.`))));
  return [h("section", { class: "sheet", "aria-labelledby": "h-complaints" },
    h("header", {}, h("h2", { id: "h-complaints" }, verdict("stale", `Unhealthy: ${counted(all.length + unlisted, "complaint")}`)), h("span", { class: "quiet" }, "as groundspeed health says, by your clock")),
    shared.length > 0 && list(shared),
    single.length > 0 && h("details", {}, h("summary", {}, `${(single.length + unlisted).toLocaleString("en")} of single benchmarks`), list(single),
      unlisted > 0 && h("p", { class: "quiet" }, `${unlisted.toLocaleString("en")} more are not listed.`)))];
}

/** @param {Store} store @param {Start} start @param {Report[]} reports */
function machines(store, start, reports) {
  return h("section", { "aria-label": "Machines" }, h("div", { class: "hosts" }, start.machines.map((one) => machine(store, one, reports.filter((report) => report.machine === one.machine)))));
}

/** @param {Store} store @param {Health} health @param {Report[]} reports  of the machine */
function machine(store, health, reports) {
  const { last, control } = health;
  return h("article", { class: `card host${stale(health) ? " old" : ""}` },
    h("header", {}, h("h2", {}, health.machine), last && h("span", { class: "quiet" }, last.known_by === "commit" ? "newest commit of " : "measured ", date(last.at, { since: true }))),
    stale(health) && last && h("p", { class: "alarm" }, verdict("stale", `Stale: nothing measured for ${lasting(Date.now() / 1000 - last.at)}`),
      health.usual_s !== null && ` (usually every ${lasting(health.usual_s)})`),
    health.retired && h("p", { class: "quiet" }, "Retired: nobody waits for it."),
    last ? h("p", {}, commitLine(store, last.commit).flatMap((node) => [node, " "])) : h("p", { class: "quiet" }, "nothing measured yet"),
    last && h("p", { class: "tallies" }, h("span", {}, counted(last.values, "value")),
      last.failures > 0 && verdict("failed", `${last.failures.toLocaleString("en")} failed`),
      last.carried > 0 && verdict("carried over", `${last.carried.toLocaleString("en")} carried over`),
      health.vanished > 0 && verdict("vanished", `${counted(health.vanished, "benchmark")} vanished`),
      control.state === "drifting" && control.ratio !== null && verdict("inconclusive", `the host itself changed: control ${ratioText(control.ratio)}`)),
    health.carried_since && h("p", { class: "quiet" }, verdict("carried over", `${counted(health.carried_since.values, "value")} carried over to `), commitLink(store, health.carried_since.commit),
      " since: not measured, the built content is the same"),
    reports.length > 0 && h("p", { class: "tallies" }, reports.map((one) => reportLink(store, one))),
    h("p", { class: "facts" }, facts(health.facts)));
}

/** @param {Record<string, string>} facts */
function facts(facts) {
  return [facts.cpu, facts.num_cpu && counted(Number(facts.num_cpu), "CPU"), facts.ram && memory(facts.ram), facts.os].filter(Boolean).join(" · ");
}

/** @param {Store} store @param {Start} start */
function changes(store, start) {
  return h("div", { class: "pair" },
    side(store, "Regressions", start.worse, start.worse_total, "regressions", "regression",
      "No open regression: no series stands on a level that is worse than an earlier one."),
    side(store, "Improvements", start.better, start.better_total, "improvements", "improvement", "No improvement that lasts was found."));
}

/**
 * @param {Store} store @param {string} heading @param {import("../answers.js").Brief[]} groups @param {number} total
 * @param {string} kind @param {"regression" | "improvement"} word @param {string} none
 */
function side(store, heading, groups, total, kind, word, none) {
  /** @type {Record<string, string>} */
  const words = kind === "improvements" ? { show: "better" } : {};
  return h("section", { class: "sheet", "aria-labelledby": `h-${kind}` },
    h("header", {}, h("h2", { id: `h-${kind}` }, verdict(word, `${heading} lately`)),
      total > 0 && h("a", { href: address("regressions", null, words) }, `All ${counted(total, word)}`)),
    groups.length ? h("ol", { class: "changes" }, groups.slice(0, CHANGES_SHOWN).map((group) => change(store, group, word, words))) : h("p", { class: "quiet" }, none));
}

/** @param {Store} store @param {import("../answers.js").Brief} group @param {"regression" | "improvement"} word @param {Record<string, string>} words */
function change(store, group, word, words) {
  const { head } = group.range;
  const many = group.range.commits !== null && group.range.commits > 1 ? `one of ${group.range.commits} commits up to ` : "";
  return h("li", {},
    h("p", { class: "size" }, h("a", { href: address("regressions", null, { ...words, id: group.id }) },
      ratio(group.median, { tone: word === "regression" ? "bad" : "good" }), h("span", {}, word === "regression" ? " worse" : " better")),
      word === "regression" && verdict(group.state)),
    h("div", { class: "what" },
      h("p", { class: "head", title: head.subject }, h("span", { class: "quiet" }, date(head.date)), " ", many, commitLine(store, head).flatMap((node) => [node, " "])),
      h("p", { class: "where" }, counted(group.cases, "case"), ` on ${group.machines.join(", ")}; most in `, caseLink(group.worst.line), ` ${ratioText(group.worst.factor)}`)));
}

/** @param {Line} line */
function caseLink(line) {
  return h("a", { class: "case", href: address("benchmark", line.benchmark, choicesOf(line)) }, breakable(line.name));
}

/** What failed, vanished or misses its target; nothing of what is all right. @param {Store} store @param {Start} start */
function troubles(store, start) {
  const parts = [missed(start), failures(store, start), vanished(store, start)].filter((part) => part !== null);
  return parts.length ? [h("div", { class: "pair" }, parts)] : [];
}

/** @param {Start} start */
function missed(start) {
  if (!start.missed.length) return null;
  return h("section", { class: "sheet", "aria-labelledby": "h-missed" },
    h("header", {}, h("h2", { id: "h-missed" }, "Targets missed"), h("a", { href: address("targets") }, "All targets")),
    h("ul", { class: "failures" }, start.missed.map((row) => h("li", { class: row.state === "fails" ? "" : "gone" },
      row.line ? caseLink(row.line) : h("code", {}, row.subject), " ", verdict(row.state === "fails" ? "fails" : "inconclusive", row.state === "fails" ? "missed" : "no data"),
      h("p", { class: "where" }, row.value ? `${display(row.value.centre, row.unit)}, wanted ${row.text}` : `wanted ${row.text}`, ` on ${row.machine}`, row.reason && `: ${row.reason}`)))));
}

/** @param {Store} store @param {Start} start */
function failures(store, start) {
  if (!start.failing.length) return null;
  const item = (/** @type {import("../answers.js").Failure} */ one) => h("li", {}, caseLink(one.line),
    h("span", { class: "quiet" }, ` ${one.cases > 1 ? `${counted(one.cases, "case")} ` : ""}on ${one.line.machine} at `, commitLink(store, one.commit), `, ${day(one.commit.date)}`),
    one.text && h("p", { class: "why" }, one.text));
  return more("failures", "Failed when last measured", start.failing, start.failing_total, item);
}

/** @param {Store} store @param {Start} start */
function vanished(store, start) {
  if (!start.vanished.length) return null;
  const item = (/** @type {import("../answers.js").Vanished} */ one) => h("li", { class: "gone" }, h("code", {}, breakable(one.benchmark)),
    h("span", { class: "quiet" }, ` on ${one.machine}: `, one.why === "dropped" ? "the suite has it no more" : `left out of the last ${counted(one.missed, "measuring")}`,
      ", last at ", commitLink(store, one.commit), `, ${day(one.commit.date)}`));
  return more("vanished", "Vanished", start.vanished, start.vanished_total, item);
}

/**
 * A list of which the first are shown.
 * @template T
 * @param {string} id @param {string} heading @param {T[]} all @param {number} total @param {(one: T) => HTMLElement} item
 */
function more(id, heading, all, total, item) {
  const list = h("ul", { class: "failures" }, all.slice(0, FAILURES_SHOWN).map(item));
  const rest = all.slice(FAILURES_SHOWN);
  const button = rest.length > 0 && h("button", { type: "button", onclick: () => {
    const shown = rest.map(item);
    list.append(...shown);
    if (button) button.remove();
    shown[0].querySelector("a")?.focus();
  } }, `Show ${rest.length} more`);
  return h("section", { class: "sheet", "aria-labelledby": `h-${id}` }, h("header", {}, h("h2", { id: `h-${id}` }, heading), h("span", { class: "count" }, total.toLocaleString("en"))), list,
    button && h("p", {}, button), total > all.length && h("p", { class: "quiet" }, `${(total - all.length).toLocaleString("en")} more are not listed.`));
}

/** @param {Start} start @param {URLSearchParams} words @param {import("../view.js").Frame["go"]} go */
function moduleTrends(start, words, go) {
  const known = [...new Set(start.trends.map((one) => one.machine))];
  const asked = words.get("machine");
  const measured = (/** @type {string} */ name) => start.machines.find((one) => one.machine === name)?.last?.commit.date ?? 0;
  const machine = asked !== null && known.includes(asked) ? asked : [...known].sort((one, other) => measured(other) - measured(one))[0];
  const trends = start.trends.filter((one) => one.machine === machine);
  const all = words.has("all");
  const choice = known.length > 1 && h("span", { class: "machines-choice", role: "group", "aria-label": "Machine" }, known.map((name) =>
    h("button", { type: "button", "aria-pressed": String(name === machine), onclick: () => go({ machine: name, ...(all && { all: "" }) }, { replace: true }) }, name)));
  return [
    h("div", { class: "heading" }, h("h2", { id: "h-trends" }, "Modules over time"), h("span", { class: "quiet" }, "geometric mean of the series, one where each began; down is better"), choice),
    h("ul", { class: "trends" }, (all ? trends : trends.slice(0, TRENDS_SHOWN)).map((one) => h("li", {}, moduleTrend(one)))),
    trends.length > TRENDS_SHOWN && !all && h("p", { class: "quiet" }, h("button", { type: "button", onclick: () => go({ ...(asked && { machine }), all: "" }, { replace: true }) }, `Show all ${trends.length} modules`)),
  ].filter((node) => node instanceof Node);
}

/** @param {import("../answers.js").Trend} one */
function moduleTrend(one) {
  /** @type {Record<string, string>} */
  const words = one.module ? { q: `${one.module}.` } : {};
  const tone = (/** @type {number} */ value) => (value > 1.05 ? "bad" : value < 1 / 1.05 ? "good" : "even"); // 5 %: the tolerance of a verdict
  return h("a", { href: address("benchmarks", null, words) },
    h("span", { class: "label" }, h("span", { class: "module", title: one.module }, one.module || "top level"), verdict({ bad: "worse", good: "better", even: "same" }[tone(one.ratio)], ratioText(one.ratio))),
    trend(one.at, one.mean),
    h("span", { class: "lately" }, `lately ${percentText(one.lately)} · ${counted(one.lines, "series", "series")}`));
}

/** @param {Store} store @param {Start} start */
function recent(store, start) {
  const carried = start.recent.some((one) => one.carried);
  const { node } = table({
    label: "Newest commits", rows: start.recent,
    columns: [
      { key: "commit", label: "commit", cell: ({ commit }) => commitLink(store, commit) },
      { key: "date", label: "committed", kind: "date", cell: ({ commit }) => date(commit.date) },
      { key: "subject", label: "subject", kind: "subject", cell: ({ commit }) => [...commit.tags.map((tag) => h("span", { class: "tag" }, tag)), " ", commit.subject ?? h("span", { class: "quiet" }, "not in the repository")] },
      { key: "machine", label: "machine", kind: "name", cell: ({ machine }) => machine },
      { key: "values", label: "values", number: true, cell: ({ values }) => values.toLocaleString("en") },
      { key: "failed", label: "failed", number: true, cell: ({ failures }) => (failures ? verdict("failed", failures.toLocaleString("en")) : "0") },
      ...(carried ? [{ key: "carried", label: "carried over", number: true, cell: (/** @type {import("../answers.js").Tally} */ one) => (one.carried ? verdict("carried over", one.carried.toLocaleString("en")) : "0") }] : []),
    ],
  });
  const newest = start.recent[0];
  return h("section", { "aria-labelledby": "h-recent" }, h("div", { class: "heading" }, h("h2", { id: "h-recent" }, carried ? "Newest commits, measured or carried over" : "Newest commits measured"),
    newest && h("span", { class: "quiet" }, ago(newest.commit.date))), node);
}
