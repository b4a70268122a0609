// Two commits, two machines or two environments, case by case. Owns what stands where; judging is compare/stored.js's.

import { caseAddress, cells, chosen, fileRows, HEADS, LEAST, ordered, wordOf } from "./compare/list.js";
import { endsOf, machineOf, presets, whatOf, wordFor } from "./compare/ends.js";
import { contentsOf, momentOf, noiseOf } from "./compare/moments.js";
import { Picture } from "./compare/picture.js";
import { picker } from "./compare/picker.js";
import { compared, meanOf, SAID } from "./compare/suite.js";
import { counted, h, style } from "../dom.js";
import { changed, select } from "../parts/choice.js";
import { copyable, quoted } from "../parts/command.js";
import { commitLine, date } from "../parts/commit.js";
import { ratio } from "../parts/ratio.js";
import { Rows, styled } from "../parts/rows.js";

/**
 * @typedef {import("./compare/ends.js").Ends} Ends
 * @typedef {import("./compare/suite.js").Row} Row
 * @typedef {import("./compare/suite.js").Compared} Compared
 * @typedef {import("./compare/moments.js").Contents} Contents
 */

/** @type {import("../view.js").Open} */
export async function open(frame, _subject, words) {
  const { store } = frame;
  const [contents, lines] = await Promise.all([contentsOf(store), store.piece("lines"), store.load(), style(new URL("./compare.css", import.meta.url)), styled()]);
  if (!contents?.machines.length || !lines) return nothing();
  const page = new Page(frame, contents, lines);
  await page.update(words);
  return { title: "Compare", nodes: page.nodes, update: (now) => void page.update(now), shown: () => page.picture.draw(), repaint: () => page.picture.draw(),
    destroy: () => page.destroy(), keys: [["← →", "in the picture: the next case"], ["Enter", "in the picture or the list: the case's history"]] };
}

/** @returns {import("../view.js").View} */
function nothing() {
  return { title: "Compare", update() {}, nodes: [h("h1", { tabindex: "-1" }, "Compare"),
    h("p", {}, "This site holds nothing to compare. Measure two commits, then publish again: ", h("code", {}, "groundspeed run main~1..main"), ".")] };
}

class Page {
  #frame; #contents; #lines;
  #words = new URLSearchParams();
  /** @type {Ends | null} */ #ends = null;
  /** @type {Compared | null} */ #compared = null;
  #asked = "";

  /** @param {import("../view.js").Frame} frame @param {Contents} contents @param {import("./compare/suite.js").Lines} lines */
  constructor(frame, contents, lines) {
    this.#frame = frame;
    this.#contents = contents;
    this.#lines = lines;
    this.picture = new Picture((row) => {
      location.hash = this.#ends ? caseAddress(row, this.#ends, frame.store.commits) : location.hash;
    });
    this.rows = new Rows(/** @type {import("../parts/rows.js").Asked<Row>} */ ({ label: "Cases compared", heads: HEADS, key: (row) => row.key,
      cells: (row) => (this.#ends ? cells(row, this.#ends, frame.store.commits, (this.#compared?.environments.length ?? 0) > 1) : []),
      sort: (word) => this.#go({ sort: word }) }));
    this.rows.node.classList.add("compared");
    this.choices = h("section", { class: "controls", "aria-label": "What is compared" });
    this.said = h("div", { class: "lead", role: "status" });
    this.filters = h("div", { class: "filters", role: "group", "aria-label": "Which cases are shown" });
    this.found = h("p", { class: "quiet", role: "status" });
    this.how = h("section", { class: "how" });
    this.body = h("section", { class: "sheet" }, this.picture.node);
    this.result = h("div", { class: "result" }, this.said, this.body, this.filters, this.found, this.rows.node, this.how);
    this.nodes = [h("h1", { tabindex: "-1" }, "Compare"), this.choices, this.result];
  }

  destroy() {
    this.picture.destroy();
    this.rows.destroy();
  }

  /** @param {URLSearchParams} words */
  async update(words) {
    this.#words = words;
    const { commits, index } = this.#frame.store;
    const ends = endsOf(words, this.#contents.machines, this.#lines.environments, commits);
    const asked = "trouble" in ends ? ends.trouble : JSON.stringify([ends.what, ends.base.machine.name, ends.base.environment, ends.base.place,
      ends.head.machine.name, ends.head.environment, ends.head.place]);
    if (asked !== this.#asked) {
      this.#asked = asked;
      this.#choose("trouble" in ends ? null : ends);
      if ("trouble" in ends) return this.#trouble(ends.trouble);
      const [base, head] = await Promise.all([ends.base, ends.head].map((end) => this.#side(end)));
      if (asked !== this.#asked) return; // the reader has gone on
      this.#ends = ends;
      this.#compared = compared(this.#lines, index.benchmarks, base, head);
      this.#tell(ends, this.#compared);
    }
    if (this.#compared && this.#ends) this.#show(this.#compared.rows);
  }

  /** @param {import("./compare/ends.js").End} end @returns {Promise<import("./compare/suite.js").Side>} */
  async #side({ machine, environment, place }) {
    const { store } = this.#frame;
    const [cells, noise] = await Promise.all([momentOf(store, this.#contents, machine, place), noiseOf(store, machine)]);
    return { machine: machine.name, environment, place, cells, noise };
  }

  /** Change words of the address; null takes one away. @param {Record<string, string | null>} changes @param {boolean} [replace] */
  #go(changes, replace = false) {
    this.#frame.go(changed(this.#words, changes), { replace });
  }

  /** @param {string} text */
  #trouble(text) {
    this.#compared = this.#ends = null;
    this.result.classList.add("empty");
    this.said.replaceChildren(h("p", {}, text));
  }

  // --- what is compared ------------------------------------------------------------------------------

  /** @param {Ends | null} ends */
  #choose(ends) {
    const held = document.activeElement?.id;
    const { machines } = this.#contents;
    const what = whatOf(this.#words);
    const machine = ends?.base.machine ?? machineOf(this.#words, machines);
    const environments = this.#lines.environments;
    this.choices.replaceChildren(...[
      this.#what(what, machines.map(({ name }) => name), environments),
      h("div", { class: "pickers" }, ...(what === "commits" ? this.#commits(ends, machine)
        : what === "machines" ? [this.#pair("machines", machines.map(({ name }) => name)), this.#one(ends)] : [this.#pair("envs", environments), this.#one(ends)]),
      what !== "machines" && machines.length > 1 && select("machine", "Machine", machines.map(({ name }) => [name, name]), machine.name, (name) => this.#go({ machine: name })),
      what !== "environments" && environments.length > 1 && select("env", "Environment", [["", "all in common"], ...environments.map((name) => [name, name])],
        this.#words.get("env") ?? "", (name) => this.#go({ env: name }))),
      what === "commits" && ends ? this.#presets(ends) : null,
    ].filter((one) => one !== null));
    if (held) document.getElementById(held)?.focus();
  }

  /** @param {import("./compare/ends.js").What} what @param {string[]} machines @param {string[]} environments */
  #what(what, machines, environments) {
    const clear = { machines: null, envs: null, at: null, base: null, head: null, env: null };
    /** @type {[string, string, Record<string, string | null> | null][]} */
    const options = [["commits", "two commits", clear],
      ["machines", "two machines", machines.length > 1 ? { ...clear, machines: machines.slice(0, 2).join(",") } : null],
      ["environments", "two environments", environments.length > 1 ? { ...clear, envs: environments.slice(-2).join(",") } : null]];
    return h("fieldset", { class: "radio" }, h("legend", {}, "Compare"), h("div", { class: "options" }, ...options.flatMap(([name, label, changes]) => (changes
      ? [h("label", {}, h("input", { type: "radio", name: "what", id: `what-${name}`, checked: what === name, onchange: () => this.#go(changes) }), h("span", {}, label))] : []))));
  }

  /** @param {Ends | null} ends @param {import("./compare/moments.js").Machine} machine */
  #commits(ends, machine) {
    const { commits } = this.#frame.store;
    const newest = machine.commits[machine.commits.length - 1];
    const head = ends?.head.place ?? newest;
    return [
      picker({ id: "base", label: "Base", commits, places: machine.commits, chosen: ends?.base.place ?? newest, against: head, choose: (word) => this.#go({ base: word }) }),
      h("button", { type: "button", class: "swap", id: "swap", "aria-label": "Swap base and head", title: "Swap base and head",
        onclick: () => ends && this.#go({ base: wordFor(commits[ends.head.place]), head: wordFor(commits[ends.base.place]) }) }, "⇄"),
      picker({ id: "head", label: "Head", commits, places: machine.commits, chosen: head, against: null, choose: (word) => this.#go({ head: word }) }),
    ];
  }

  /** @param {Ends | null} ends */
  #one(ends) {
    const { commits } = this.#frame.store;
    const places = [...new Set(this.#contents.machines.flatMap((one) => one.commits))].sort((a, b) => a - b);
    return picker({ id: "at", label: "At", commits, places, chosen: ends?.head.place ?? places[places.length - 1], against: null, choose: (word) => this.#go({ at: word }) });
  }

  /** @param {"machines" | "envs"} word @param {string[]} names */
  #pair(word, names) {
    const [one, other] = (this.#words.get(word) ?? "").split(",");
    const options = names.map((name) => [name, name]);
    return h("div", { class: "two" }, select(`${word}-base`, "Base", options, one, (name) => this.#go({ [word]: `${name},${other}` })),
      select(`${word}-head`, "Head", options, other, (name) => this.#go({ [word]: `${one},${name}` })));
  }

  /** @param {Ends} ends */
  #presets(ends) {
    const { commits } = this.#frame.store;
    const offered = presets(ends.head.place, ends.head.machine.commits, commits);
    return h("p", { class: "presets" }, h("span", { class: "quiet" }, "Head against"), ...offered.map(({ label, place }) =>
      h("button", { type: "button", "aria-pressed": String(place === ends.base.place), onclick: () => this.#go({ base: wordFor(commits[place]) }) }, label)));
  }

  // --- what came of it -------------------------------------------------------------------------------

  /** @param {Ends} ends @param {Compared} found */
  #tell(ends, found) {
    this.result.classList.toggle("empty", !found.rows.length);
    this.said.replaceChildren(...this.#who(ends), ...this.#empty(ends, found), ...means(found.rows));
    this.#filter(found.rows);
    this.how.replaceChildren(...how(ends, this.#frame.store.commits));
  }

  /** @param {Ends} ends */
  #who(ends) {
    const { store } = this.#frame;
    const line = (/** @type {string} */ label, /** @type {import("./compare/ends.js").End} */ { machine, environment, place }) =>
      h("p", { class: "end" }, h("span", { class: "label" }, label), ends.what !== "commits" && h("strong", {}, ends.what === "machines" ? machine.name : environment),
        ...commitLine(store, place), date(store.commits[place].date));
    return [line("base", ends.base), line("head", ends.head), ends.note && h("p", { class: "quiet" }, ends.note)].filter((one) => one instanceof Node);
  }

  /** Why there is nothing, or not all of it. @param {Ends} ends @param {Compared} found */
  #empty({ base, head }, { rows, apart }) {
    const { commits } = this.#frame.store;
    const lacking = [base, head].find(({ machine, place }) => !machine.commits.includes(place));
    if (lacking) {
      const near = lacking.machine.commits.reduce((one, other) => (Math.abs(other - lacking.place) < Math.abs(one - lacking.place) ? other : one));
      return [h("p", { class: "notice" }, `${commits[lacking.place].short} was not measured on ${lacking.machine.name}. The nearest that was is ${commits[near].short}; or measure it:`),
        copyable(`groundspeed run ${commits[lacking.place].short}^!`)];
    }
    if (!rows.length) return [h("p", { class: "notice" }, "Both ends have results, but none in common. Choose commits that were measured in the same environment.")];
    return apart.length ? [h("p", { class: "quiet" }, `Measured at one end alone, and left out: ${apart.join(", ")}.`)] : [];
  }

  /** @param {Row[]} rows */
  #filter(rows) {
    const modules = [...new Set(rows.map(({ module }) => module))].sort();
    const counts = SAID.flatMap((said) => {
      const count = rows.filter((row) => row.said === said).length;
      return count ? [{ said, count }] : [];
    });
    this.chips = counts.map(({ said, count }) => h("button", { type: "button", class: "chip", "data-said": said, onclick: () => this.#toggle(said) }, wordOf(said, `${count.toLocaleString("en")} ${said}`)));
    this.box = /** @type {HTMLInputElement} */ (h("input", { type: "search", id: "words", autocomplete: "off", spellcheck: "false", placeholder: "Words of the case", oninput: () => this.#go({ q: this.box?.value ?? "" }, true) }));
    this.filters.replaceChildren(h("div", { class: "chips", role: "group", "aria-label": "Verdicts" }, ...this.chips),
      h("label", { class: "field" }, h("span", {}, "Cases with"), this.box),
      select("module", "Module", [["", "all"], ...modules.map((name) => [name, name])], this.#words.get("module") ?? "", (name) => this.#go({ module: name })),
      select("least", "Changed by", LEAST, this.#words.get("least") ?? "0", (least) => this.#go({ least: least === "0" ? null : least })),
      h("button", { type: "button", onclick: () => void this.#save() }, "CSV of these cases"));
  }

  /** @param {string} said */
  #toggle(said) {
    const shown = new Set((this.#words.get("show") ?? "").split(",").filter(Boolean));
    if (!shown.delete(said)) shown.add(said);
    this.#go({ show: [...shown].join(",") });
  }

  /** @param {Row[]} all */
  #show(all) {
    const shown = (this.#words.get("show") ?? "").split(",");
    for (const chip of this.chips ?? []) chip.setAttribute("aria-pressed", String(shown.includes(chip.dataset.said ?? "")));
    if (this.box && document.activeElement !== this.box) this.box.value = this.#words.get("q") ?? "";
    for (const [id, none] of [["module", ""], ["least", "0"]]) {
      const select = /** @type {HTMLSelectElement | null} */ (this.filters.querySelector(`#${id}`));
      if (select) select.value = this.#words.get(id) ?? none;
    }
    const rows = ordered(chosen(all, this.#words), this.#words.get("sort"));
    this.found.textContent = rows.length === all.length ? counted(all.length, "case") : `${rows.length.toLocaleString("en")} of ${counted(all.length, "case")}`;
    if (!rows.length && all.length) this.found.textContent += ": none is left by these filters. Take one away.";
    this.rows.set(rows, this.#words.get("sort"), { top: true });
    this.picture.set(rows);
  }

  async #save() {
    const { save } = await import("../parts/csv.js"); // only who saves needs it
    if (this.#compared) save("compared.csv", fileRows(ordered(chosen(this.#compared.rows, this.#words), this.#words.get("sort"))));
  }
}

/** The geometric mean of each unit. @param {Row[]} rows */
function means(rows) {
  const hidden = rows.some(({ said }) => said === "slower") && rows.some(({ said }) => said === "faster");
  return [...new Set(rows.map(({ metric }) => metric.unit))].flatMap((unit) => {
    const mean = meanOf(rows, unit);
    return mean ? [h("p", { class: "mean" }, "Geometric mean of ", counted(mean.count, "case"), ` in ${unit || "no unit"}: `, ratio(mean.ratio, mean),
      hidden && h("span", { class: "quiet" }, " It hides cases that became slower and cases that became faster."))] : [];
  });
}

/** @param {Ends} ends @param {import("../data.js").Commit[]} commits */
function how({ what, base, head }, commits) {
  const environment = base.environment === null ? "" : ` --environment ${quoted(base.environment)}`;
  const command = `groundspeed compare ${commits[base.place].short} ${commits[head.place].short} --machine ${quoted(base.machine.name)}${environment}`;
  return [h("h2", {}, "How this was judged"),
    h("p", {}, "From the stored values and their 99 % intervals, the noise between sessions of each case on top where it is known, and the project's tolerance (10 % where the noise is unknown). ",
      "Slower means worse. What could be chance among so many cases is inconclusive (false discovery rate 5 %). Values here are rounded to 0.05 %, intervals outward by up to a quarter: ",
      "a case near the tolerance may be inconclusive here and decided by the samples."),
    ...(what === "commits" ? [h("p", {}, "Every sample that was kept, and what failed to build, judge:"), copyable(command)]
      : [h("p", {}, `Two ${what} differ in more than the code: what is told is that they differ, not why.`)])];
}
