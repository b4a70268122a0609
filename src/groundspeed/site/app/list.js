// The list of benchmarks with its search box. Owns the side of the page and the keys that move in it.

import { breakable, counted, h } from "./dom.js";
import { caseText, find, matchedCases, moduleOf, pieces, wordsOf } from "./search.js";
import { addressOf } from "./state.js";

/**
 * @typedef {import("./data.js").Entry} Entry
 * @typedef {import("./search.js").Match} Match
 * @typedef {import("./state.js").State} State
 */

const ALL_OPEN = 40; // benchmarks up to which every module stands open
const CASES_EACH = 6; // cases listed below a benchmark that a search met in part
const FOUND_AT_MOST = 400; // rows of a search; past them, another word helps more

export class List {
  #entries;
  #onQuery;
  #drawn = "";
  #current = /** @type {string | null} */ (null);

  /** @param {Entry[]} entries @param {(query: string) => void} onQuery */
  constructor(entries, onQuery) {
    this.#entries = entries;
    this.#onQuery = onQuery;
    this.box = /** @type {HTMLInputElement} */ (h("input", {
      type: "search", id: "search", placeholder: "Search benchmarks", autocomplete: "off", spellcheck: "false",
      "aria-controls": "benchmarks", "aria-describedby": "found",
      oninput: () => this.#onQuery(this.box.value),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#boxKey(event),
    }));
    this.found = h("p", { id: "found", role: "status" });
    this.tree = h("div", { id: "benchmarks", onkeydown: (/** @type {KeyboardEvent} */ event) => this.#treeKey(event) });
    this.toggle = h("button", { type: "button", class: "browse", "aria-expanded": "false", "aria-controls": "benchmarks",
      onclick: () => this.expand(this.toggle.getAttribute("aria-expanded") !== "true") }, "Browse");
    this.node = h("nav", { class: "side", "aria-label": "Benchmarks" },
      h("div", { class: "find" },
        h("label", { for: "search", class: "unseen" }, "Search benchmarks by words"),
        this.box, h("kbd", { "aria-hidden": "true", title: "press / to search" }, "/"), this.toggle),
      this.found, this.tree);
  }

  /** On a narrow page the list opens and closes. @param {boolean} open */
  expand(open) {
    this.toggle.setAttribute("aria-expanded", String(open));
    this.node.classList.toggle("open", open);
  }

  /** @param {State} state */
  update(state) {
    if (this.box.value !== state.query) this.box.value = state.query;
    const moved = this.#current !== state.benchmark;
    this.#current = state.benchmark;
    const wanted = state.query.trim();
    if (wanted && this.#drawn !== `=${wanted}`) this.expand(true);
    if (this.#drawn !== `=${wanted}` || moved) this.#draw(wanted);
    this.#drawn = `=${wanted}`;
    for (const link of this.tree.querySelectorAll("a")) {
      const here = link.dataset.benchmark === state.benchmark && !link.dataset.case;
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (moved) this.tree.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} query */
  #draw(query) {
    const matches = find(this.#entries, query);
    const cases = matches.reduce((sum, match) => sum + matchedCases(match), 0);
    this.found.textContent = matches.length
      ? `${counted(matches.length, "benchmark")}, ${counted(cases, "case")}`
      : "No case holds all these words. Try fewer.";
    /** @type {Map<string, Match[]>} */
    const modules = new Map();
    for (const match of matches.slice(0, query ? FOUND_AT_MOST : undefined)) {
      const [module] = moduleOf(match.entry.name);
      modules.set(module, [...(modules.get(module) ?? []), match]);
    }
    const open = query !== "" || this.#entries.length <= ALL_OPEN;
    this.tree.replaceChildren(
      ...[...modules].map(([module, found]) => this.#module(module, found, query, open)),
      ...(query && matches.length > FOUND_AT_MOST
        ? [h("p", { class: "quiet" }, `${counted(matches.length - FOUND_AT_MOST, "more benchmark")}: another word narrows it.`)] : []),
    );
  }

  /** @param {string} module @param {Match[]} found @param {string} query @param {boolean} open */
  #module(module, found, query, open) {
    const words = wordsOf(query);
    const holdsCurrent = found.some((match) => match.entry.name === this.#current);
    const list = h("ul");
    const fill = () => list.childElementCount || list.append(...found.map((match) => this.#row(match, query, words)));
    const group = h("details", { open: open || holdsCurrent, ontoggle: fill },
      h("summary", {}, h("span", { class: "module" }, marked(module || "top level", words)), h("span", { class: "count" }, found.length)),
      list);
    if (open || holdsCurrent) fill();
    return group;
  }

  /** @param {Match} match @param {string} query @param {string[]} words */
  #row({ entry, cases }, query, words) {
    const [, name] = moduleOf(entry.name);
    return h("li", {},
      h("a", { href: addressOf(entry.name, query), "data-benchmark": entry.name },
        h("span", { class: "name" }, marked(name, words)),
        entry.cases > 1 && h("span", { class: "count", title: counted(entry.cases, "case") }, cases ? `${cases.length} / ${entry.cases}` : entry.cases)),
      cases && h("ul", { class: "cases" }, cases.slice(0, CASES_EACH).map((places) => this.#case(entry, places, query, words)),
        cases.length > CASES_EACH && h("li", { class: "quiet" }, `and ${counted(cases.length - CASES_EACH, "more case")}`)));
  }

  /** @param {Entry} entry @param {(number | null)[]} places @param {string} query @param {string[]} words */
  #case(entry, places, query, words) {
    const choices = places.flatMap((place, axis) =>
      place === null ? [] : [/** @type {[string, string]} */ ([`p.${entry.param_names[axis]}`, entry.params[axis][place]])]);
    const text = caseText(entry, places).slice(entry.name.length);
    return h("li", {}, h("a", { href: addressOf(entry.name, query, choices), "data-benchmark": entry.name, "data-case": text },
      h("span", { class: "name" }, marked(text, words))));
  }

  /** @param {KeyboardEvent} event */
  #boxKey(event) {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      const stops = this.#stops();
      (stops.find((stop) => this.box.value && stop.matches("a")) ?? stops[0])?.focus(); // a search leads to its first hit
    } else if (event.key === "Enter") {
      this.tree.querySelector("a")?.click();
    } else if (event.key === "Escape" && this.box.value) {
      event.preventDefault();
      this.#onQuery("");
    }
  }

  /** @param {KeyboardEvent} event */
  #treeKey(event) {
    const stops = this.#stops();
    const at = stops.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      (stops[at + step] ?? (step < 0 ? this.box : stops[at])).focus();
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      stops[event.key === "Home" ? 0 : stops.length - 1]?.focus();
    } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      const group = /** @type {HTMLDetailsElement | null} */ (document.activeElement?.closest("details"));
      if (!group) return;
      event.preventDefault();
      group.open = event.key === "ArrowRight";
      if (!group.open) group.querySelector("summary")?.focus();
    }
  }

  /** What the arrow keys stop at: modules, and what stands in the open ones. @returns {HTMLElement[]} */
  #stops() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.tree.querySelectorAll("summary, details[open] a"))];
  }
}

/** A text with the words of the search marked. @param {string} text @param {string[]} words */
function marked(text, words) {
  return pieces(text, words).flatMap((piece, place) => {
    if (!piece) return [];
    return place % 2 ? [h("mark", {}, piece)] : breakable(piece);
  });
}
