// One machine: its health, its time line, its sessions, what it is. Owns words and tables; the picture is timeline.js's.

import { changed } from "../../parts/choice.js";
import { level } from "../../parts/level.js";
import { commitLine, commitLink, date } from "../../parts/commit.js";
import { counted, h } from "../../dom.js";
import { display, lasting, memory, moment } from "../../units.js";
import { format as address } from "../../address.js";
import { orderOf, table } from "../../parts/table.js";
import { percentText } from "../../parts/ratio.js";
import { reportList } from "../../parts/reports.js";
import { stale } from "../../answers.js";
import { timeline } from "./timeline.js";
import { verdict } from "../../parts/verdict.js";

/**
 * @typedef {import("../../answers.js").Machine} Machine
 * @typedef {import("../../answers.js").Session} Session
 * @typedef {import("../../view.js").Frame} Frame
 */

const PRESSING = ["unfit", "unknown", "note", "fine"];

/** @param {Frame} frame @param {Machine} machine @param {URLSearchParams} words @param {import("../../parts/reports.js").Report[]} reports  of the machine */
export function machineSection(frame, machine, words, reports) {
  const picked = machine.sessions.find(({ id }) => id === words.get("session"));
  const id = `h-machine-${machine.name.replace(/[^a-zA-Z0-9]/g, "-")}`;
  return h("section", { class: "machine panel", "aria-labelledby": id }, h("h2", { id }, machine.name), healthOf(frame, machine),
    reports.length > 0 && reportList(frame.store, reports),
    machine.sessions.length > 0 ? [timeline(machine, picked ?? null, (session) => frame.go(changed(words, { session: session.id }), { replace: true })),
      h("div", { class: "two" }, fingerprintChanges(machine), described(machine)), sessions(frame, machine, words, picked ?? null)]
      : [h("p", { class: "quiet" }, "No session of groundspeed is on record here: these are results that asv measured, which say nothing of the host at the time."), described(machine)]);
}

/** How it is, by the clock of who reads. @param {Frame} frame @param {Machine} machine */
function healthOf({ store }, { health, sessions_total: total }) {
  const { last, retired, usual_s: usual, control } = health;
  const old = stale(health);
  return h("ul", { class: "health" },
    last ? h("li", {}, retired ? "retired: " : [verdict(old ? "stale" : "fresh", old ? "old: " : "")],
      last.known_by !== "commit" ? "last measured " : "newest measured commit is of ", date(last.at, { since: true }), ", ", commitLink(store, last.commit),
      `: ${counted(last.values, "value")}${last.failures ? `, ${counted(last.failures, "failure")}` : ""}`) : h("li", {}, "nothing was measured here"),
    usual !== null && h("li", { class: "quiet" }, `usually every ${lasting(usual)}`), total > 0 && h("li", { class: "quiet" }, counted(total, "session")),
    control.state !== "unknown" && h("li", {}, verdict(control.state, `control benchmark ${control.state}`),
      control.ratio !== null && h("span", { class: "quiet" }, ` ${percentText(control.ratio)} against the usual${control.limit === null ? "" : `, up to ${percentText(control.limit)} is ordinary`}`)),
    health.failing > 0 && h("li", {}, verdict("failed", `${counted(health.failing, "case")} failed when last measured`)),
    health.vanished > 0 && h("li", {}, verdict("vanished", `${counted(health.vanished, "benchmark")} vanished`)));
}

/** @param {Machine} machine */
function fingerprintChanges({ fingerprint_changes: changes, name }) {
  return h("div", { class: "events" }, h("h3", {}, "Changes of the host"),
    changes.length === 0 ? h("p", { class: "quiet" }, "None: every session on record found the same fingerprint.")
      : h("ol", { reversed: true, "aria-label": `Changes of ${name}` }, changes.map(({ at, field, before, after }) => h("li", {}, date(at), " ", h("strong", {}, field), " ",
        h("span", { class: "from" }, before || "not said"), " → ", h("span", { class: "to" }, after || "not said")))));
}

/** @param {Machine} machine */
function described({ profile, fingerprint, facts, sessions }) {
  const fromAsv = Object.entries(facts).map(([name, value]) => /** @type {[string, string]} */ ([name, name === "ram" ? memory(value) : value]));
  return h("div", { class: "described" },
    fingerprint.length > 0 && [h("h3", {}, "Fingerprint, as of the newest session"), pairs(fingerprint)],
    profile.length > 0 && [h("h3", {}, "Expected of it in groundspeed.toml"), pairs(profile)],
    fromAsv.length > 0 && (sessions.length ? h("details", {}, h("summary", {}, "As asv's machine.json says"), pairs(fromAsv)) : [h("h3", {}, "As asv's machine.json says"), pairs(fromAsv)]));
}

/** @param {[string, string][]} rows */
function pairs(rows) {
  return h("dl", { class: "pairs" }, rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value || h("span", { class: "quiet" }, "not said"))]));
}

/** @param {Frame} frame @param {Machine} machine @param {URLSearchParams} words @param {Session | null} picked */
function sessions(frame, machine, words, picked) {
  /** @type {import("../../parts/table.js").Column<Session>[]} */
  const columns = [
    { key: "at", label: "session", head: true, kind: "name", value: ({ at }) => at, cell: (session) => sessionLink(session, words, picked) },
    { key: "commits", label: "commits", number: true, value: (one) => one.measured_total, cell: (one) => one.measured_total.toLocaleString("en") },
    { key: "runs", label: "runs", number: true, value: ({ runs }) => runs, cell: ({ runs }) => runs.toLocaleString("en") },
    { key: "failures", label: "failed", number: true, value: ({ failures }) => failures, cell: ({ failures }) => (failures ? h("span", { class: "bad" }, `✕ ${failures.toLocaleString("en")}`) : "0") },
    { key: "control", label: "control", number: true, value: ({ control }) => control[0]?.median.centre ?? null, cell: controlCell },
    { key: "moved", label: "within the session", kind: "name", value: ({ moved }) => (moved ? moved.ratio : null), cell: movedCell },
    { key: "fitness", label: "host", value: ({ fitness }) => fitness.length, cell: fitnessCell },
  ];
  return h("div", { class: "sessions" }, h("h3", {}, "Sessions"),
    machine.sessions.length < machine.sessions_total && h("p", { class: "quiet" }, `The newest ${machine.sessions.length.toLocaleString("en")} of ${machine.sessions_total.toLocaleString("en")}.`),
    picked && details(frame, picked, words),
    table({ label: `Sessions of ${machine.name}`, rows: machine.sessions, columns, order: orderOf(words.get("sort")),
      sort: (word) => frame.go(changed(words, { sort: word }), { replace: true }), attributes: (one) => ({ class: one === picked ? "picked" : null }) }).node);
}

/** @param {Session} session @param {URLSearchParams} words @param {Session | null} picked */
function sessionLink(session, words, picked) {
  return h("a", { href: address("machines", null, changed(words, { session: session === picked ? "" : session.id })), "aria-current": session === picked && "true", "data-held": session.id },
    moment(session.at));
}

/** @param {Session} session */
function controlCell({ control: [first] }) {
  if (!first) return h("span", { class: "quiet" }, "none");
  return level(first.median, "s");
}

/** @param {Session} session */
function movedCell({ moved }) {
  if (!moved) return h("span", { class: "quiet" }, "not known");
  return moved.beyond ? verdict("moved", `moved ${percentText(moved.ratio)}`) : h("span", {}, `steady, ${percentText(moved.ratio)}`);
}

/** @param {Session} session */
function fitnessCell({ fitness }) {
  if (!fitness.length) return verdict("fine", "fit");
  const worst = PRESSING.find((severity) => fitness.some((one) => one.severity === severity)) ?? "unknown";
  return h("span", { title: fitness.map(({ check, seen }) => `${check}: ${seen}`).join("\n") }, verdict(worst, `${worst}: ${[...new Set(fitness.filter((one) => one.severity === worst).map(({ check }) => check))].join(", ")}`));
}

/** @param {Frame} frame @param {Session} session @param {URLSearchParams} words */
function details({ store }, session, words) {
  const { fitness, measured, measured_total: total, versions, sampling, telemetry, control, moved } = session;
  return h("div", { class: "session", role: "group", "aria-label": "The session picked" },
    h("header", {}, h("h4", {}, `Session of ${moment(session.at)}`), h("a", { href: address("machines", null, changed(words, { session: "" })) }, "Let go")),
    h("p", { class: "quiet hash" }, session.id),
    fitness.length > 0 && h("ul", { class: "fitness" }, fitness.map(({ check, severity, seen, advice }) => h("li", {}, verdict(severity), ` ${check}: ${seen}`, advice && h("span", { class: "quiet" }, `. ${advice}`)))),
    moved && h("p", {}, `Control: ${control.map(({ median }) => display(median.centre, "s")).join(" at the start, ")}${control.length > 1 ? " at the end" : ""}; `,
      moved.beyond ? verdict("moved", `that is ${percentText(moved.ratio)}, beyond the ordinary ${percentText(1 + moved.floor)}`) : `${percentText(moved.ratio)} is within the ordinary ${percentText(1 + moved.floor)}`),
    h("div", { class: "two" },
      h("div", {}, h("h4", {}, "Measured"), h("ul", { class: "measured" }, measured.map((commit) => h("li", {}, ...commitLine(store, commit).flatMap((node) => [node, " "])))),
        total > measured.length && h("p", { class: "quiet" }, `and ${counted(total - measured.length, "more commit")}`)),
      h("div", {}, h("h4", {}, "How"), pairs([...sampling, ...versions]))),
    telemetry.length > 0 && table({ label: "Telemetry", rows: telemetry, columns: [
      { key: "quantity", label: "while measuring", head: true, cell: (one) => one.quantity },
      ...(/** @type {const} */ (["low", "median", "high"])).map((end) => ({ key: end, label: end === "low" ? "lowest" : end === "high" ? "highest" : end, number: true,
        cell: (/** @type {Session["telemetry"][number]} */ one) => measure(one[end], one.unit) })),
    ] }).node);
}

/** A frequency in the unit that processors are sold by; all else as everywhere. @param {number} value @param {string} unit */
function measure(value, unit) {
  return unit === "Hz" ? `${(value / 1e9).toFixed(2)} GHz` : display(value, unit, 3);
}
