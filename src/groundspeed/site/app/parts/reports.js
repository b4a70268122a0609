// The reports that stand beside the page, and links to them. Owns the payload of the piece "reports".

import { h } from "../dom.js";

/**
 * @typedef {import("../data.js").Store} Store
 *
 * @typedef {Object} Report  of a machine: a page of its own, without a script
 * @property {string} machine
 * @property {string} name  baseline, bottlenecks
 * @property {string} title  what a link to it says
 * @property {string} commit  the hash that it is of
 * @property {string[]} said  its answer, in sentences
 * @property {string} html
 * @property {string} markdown
 *
 * @typedef {Object} Reports  the piece "reports"
 * @property {Report[]} reports  by machine
 */

/** @param {Store} store @returns {Promise<Report[]>} none where the site was published without */
export async function readReports(store) {
  /** @type {Reports | null} */
  const payload = await store.piece("reports");
  return payload?.reports ?? [];
}

/** A link to a report. @param {Store} store @param {Report} report @param {string} [text] */
export function reportLink(store, report, text = report.title) {
  return h("a", { href: address(store, report.html), title: `at ${report.commit.slice(0, 8)}` }, text);
}

/** What each report says first, with links to it. @param {Store} store @param {Report[]} reports */
export function reportList(store, reports) {
  return h("dl", { class: "pairs reports" }, reports.flatMap((one) => [
    h("dt", {}, reportLink(store, one)),
    h("dd", {}, one.said.join(" "), h("span", { class: "quiet" }, ` At ${one.commit.slice(0, 8)}. `), h("a", { href: address(store, one.markdown), download: `${one.name}.md` }, "Markdown")),
  ]));
}

/** The folder of a machine is percent-encoded already, once for the file system. @param {Store} store @param {string} file */
function address(store, file) {
  return new URL(file.split("/").map(encodeURIComponent).join("/"), store.base).href;
}
