// The header over every view: the project, the links, the search box, the menu of a narrow page. Owns no address:
// what is searched and where it leads is told by who makes it.

import { format } from "./address.js";
import { h, mark } from "./dom.js";

/**
 * @typedef {Object} Asked
 * @property {string} project
 * @property {[view: string, label: string][]} links
 * @property {(text: string) => void} search  the text in the box changed
 * @property {() => HTMLElement | null} first  the first hit
 * @property {() => void} leave  the reader is done with the box
 * @property {() => void} help
 */

export class Header {
  #links;
  #menu;

  /** @param {Asked} asked */
  constructor(asked) {
    this.box = /** @type {HTMLInputElement} */ (h("input", {
      type: "search", id: "search", placeholder: "Search benchmarks", autocomplete: "off", spellcheck: "false", "aria-keyshortcuts": "/",
      oninput: () => asked.search(this.box.value),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event, asked),
    }));
    this.#links = h("ul", { class: "links", id: "links" }, asked.links.map(([view, label]) =>
      h("li", {}, h("a", { href: format(view), "data-view": view, onclick: () => this.#open(false) }, label))));
    this.#menu = h("button", { type: "button", class: "menu", "aria-expanded": "false", "aria-controls": "links",
      onclick: () => this.#open(this.#menu.getAttribute("aria-expanded") === "false") }, "Menu");
    this.node = h("header", { class: "top" },
      h("a", { class: "brand", href: "#/" }, mark(), h("span", { class: "project" }, asked.project), h("span", { class: "tool" }, "groundspeed")),
      h("nav", { "aria-label": "Views", onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && this.#close(),
        onfocusout: (/** @type {FocusEvent} */ event) => this.#left(event) }, this.#menu, this.#links),
      h("search", { class: "find" }, h("label", { for: "search", class: "unseen" }, "Search benchmarks by words"), this.box,
        h("kbd", { "aria-hidden": "true" }, "/")),
      h("button", { type: "button", class: "help", title: "Keys (?)", "aria-label": "Keys", "aria-haspopup": "dialog", onclick: asked.help }, "?"));
  }

  /** @param {string} view  the one that is shown @param {string} text  what it searches for */
  tell(view, text) {
    for (const link of this.#links.querySelectorAll("a")) {
      if (link.dataset.view === view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (document.activeElement !== this.box) this.box.value = text;
  }

  focus() {
    this.box.focus();
    this.box.select();
  }

  /** @param {KeyboardEvent} event @param {Asked} asked */
  #key(event, asked) {
    if (event.key === "Escape") {
      event.preventDefault(); // Chromium would empty it by itself, others would not
      if (!this.box.value) return asked.leave();
      this.box.value = "";
      asked.search("");
    } else if (event.key === "ArrowDown" || event.key === "Enter") {
      const first = asked.first();
      if (!first) return;
      event.preventDefault();
      first.focus();
      if (event.key === "Enter") first.click();
    }
  }

  /** @param {boolean} open */
  #open(open) {
    this.#menu.setAttribute("aria-expanded", String(open));
    this.#links.classList.toggle("open", open);
  }

  #close() {
    if (this.#menu.getAttribute("aria-expanded") === "false") return;
    this.#open(false);
    this.#menu.focus();
  }

  /** @param {FocusEvent} event */
  #left(event) {
    const nav = /** @type {Node} */ (event.currentTarget);
    if (event.relatedTarget instanceof Node && !nav.contains(event.relatedTarget)) this.#open(false);
  }
}
