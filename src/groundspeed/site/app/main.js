// The page: the frame around every view, and the way from an address to a view.

import { format, parse } from "./address.js";
import { Republished, Store } from "./data.js";
import { h, mark } from "./dom.js";

/**
 * @typedef {import("./view.js").View} View
 * @typedef {import("./address.js").Place} Place
 */

/** A view's module, and its name among the links at the top; none: it is reached from others. */
const VIEWS = /** @type {Record<string, {module: string, label?: string}>} */ ({
  "": { module: "start", label: "Overview" },
  benchmarks: { module: "benchmarks", label: "Benchmarks" },
  benchmark: { module: "benchmark/benchmark" },
});

/** @param {import("./data.js").Manifest} manifest @param {URL} base */
export async function start(manifest, base) {
  const page = new Page(await Store.open(manifest, base));
  document.body.replaceChildren(...page.nodes);
  window.addEventListener("hashchange", () => void page.show());
  document.addEventListener("keydown", (event) => page.key(event));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => page.repaint());
  await page.show();
}

class Page {
  #store;
  /** @type {Place | null} */ #place = null;
  /** @type {View | null} */ #view = null;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.main = h("main", { id: "main" });
    this.box = /** @type {HTMLInputElement} */ (h("input", {
      type: "search", id: "search", placeholder: "Search benchmarks", autocomplete: "off", spellcheck: "false",
      oninput: () => this.#search(),
    }));
    this.links = h("ul", { class: "views" }, Object.entries(VIEWS).filter(([, { label }]) => label).map(([view, { label }]) =>
      h("li", {}, h("a", { href: format(view), "data-view": view }, label))));
    this.nodes = [
      h("a", { class: "skip", href: "#main", onclick: (/** @type {Event} */ event) => {
        event.preventDefault();
        this.#focusTitle();
      } }, "Skip to the content"),
      h("header", { class: "top" },
        h("a", { class: "brand", href: "#/" }, mark(), h("span", { class: "project" }, store.manifest.project.name), h("span", { class: "tool" }, "groundspeed")),
        h("nav", { "aria-label": "Views" }, this.links),
        h("div", { class: "find", role: "search" }, h("label", { for: "search", class: "unseen" }, "Search benchmarks by words"), this.box,
          h("kbd", { "aria-hidden": "true", title: "press / to search" }, "/"))),
      this.main,
    ];
  }

  async show() {
    const place = parse(location.hash);
    const before = this.#place;
    this.#place = place;
    for (const link of this.links.querySelectorAll("a")) {
      if (link.dataset.view === place.view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (document.activeElement !== this.box) this.box.value = place.view === "benchmarks" ? place.words.get("q") ?? "" : "";
    if (this.#view && before && before.view === place.view && before.subject === place.subject) {
      this.#view.update(place.words);
      return;
    }
    await this.#open(place);
    if (before && this.#place === place && document.activeElement !== this.box) this.#focusTitle();
  }

  /** @param {Place} place */
  async #open(place) {
    const known = VIEWS[place.view];
    if (!known) return this.#fill(nothing(`This site has no page ${location.hash}.`));
    this.main.setAttribute("aria-busy", "true");
    try {
      const { open } = await import(`./views/${known.module}.js`);
      const view = await open({ store: this.#store, go: this.#goer(place) }, place.subject, place.words);
      if (this.#place === place) this.#fill(view);
    } catch (error) {
      this.#fill(failure(error));
      if (!(error instanceof Republished)) throw error;
    } finally {
      this.main.removeAttribute("aria-busy");
    }
  }

  /** @param {Place} place @returns {import("./view.js").Frame["go"]} */
  #goer(place) {
    return (words, { replace = false } = {}) => {
      const address = format(place.view, place.subject, words);
      if (address === location.hash) return;
      if (replace) history.replaceState(null, "", address);
      else history.pushState(null, "", address);
      void this.show();
    };
  }

  /** @param {View} view */
  #fill(view) {
    this.#view?.destroy?.();
    this.#view = view;
    this.main.replaceChildren(...view.nodes);
    const { name } = this.#store.manifest.project;
    document.title = view.title ? `${view.title} · ${name}` : `${name} · groundspeed`;
    window.scrollTo(0, 0);
    view.shown?.();
  }

  #search() {
    const address = format("benchmarks", null, this.box.value ? { q: this.box.value } : {});
    if (this.#place?.view === "benchmarks") history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    void this.show();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const typing = event.target instanceof HTMLInputElement && ["search", "text"].includes(event.target.type);
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.box.focus();
    this.box.select();
  }

  repaint() {
    this.#view?.repaint?.();
  }

  #focusTitle() {
    this.main.querySelector("h1")?.focus({ preventScroll: true });
  }
}

/** @param {string} text @returns {View} */
function nothing(text) {
  return { title: "Not here", nodes: [h("h1", { tabindex: "-1" }, "Not here"), h("p", {}, text)], update() {} };
}

/** @param {unknown} error @returns {View} */
function failure(error) {
  const nodes = error instanceof Republished
    ? [h("h1", { tabindex: "-1" }, "Published anew"), h("p", {}, "This site was published again while you were reading."),
      h("p", {}, h("button", { type: "button", onclick: () => location.reload() }, "Reload"))]
    : [h("h1", { tabindex: "-1" }, "This could not be read"), h("p", {}, String(error instanceof Error ? error.message : error))];
  return { title: "Error", nodes, update() {} };
}
