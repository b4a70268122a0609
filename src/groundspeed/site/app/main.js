// The page: the frame around everything, and the way from an address to what it shows.

import { BenchmarkPage } from "./benchmark.js";
import { Republished, Store } from "./data.js";
import { h, mark } from "./dom.js";
import { List } from "./list.js";
import { startPage } from "./start.js";
import { format, parse } from "./state.js";

/** @typedef {import("./state.js").State} State */

/** @param {import("./data.js").Manifest} manifest @param {URL} base */
export async function start(manifest, base) {
  const store = await Store.open(manifest, base);
  const page = new Page(store);
  document.body.replaceChildren(...page.nodes);
  window.addEventListener("hashchange", () => void page.show(parse(location.hash)));
  document.addEventListener("keydown", (event) => page.key(event));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => page.repaint());
  await page.show(parse(location.hash));
}

class Page {
  #store;
  #state = parse("");
  #started = false;
  /** @type {BenchmarkPage | null} */ #view = null;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.list = new List(store.index.benchmarks, (query) => this.go({ query }, { replace: true }));
    this.main = h("main", { id: "main" });
    this.nodes = [
      h("a", { class: "skip", href: "#main", onclick: (/** @type {Event} */ event) => {
        event.preventDefault();
        this.#focusTitle();
      } }, "Skip to the content"),
      h("header", { class: "top" },
        h("a", { class: "brand", href: "#/" }, mark(), h("span", { class: "project" }, store.manifest.project.name), h("span", { class: "tool" }, "groundspeed"))),
      h("div", { class: "body" }, this.list.node, this.main),
    ];
  }

  /** @param {Partial<State>} change @param {{replace?: boolean}} [options] */
  go(change, { replace = false } = {}) {
    const address = format({ ...this.#state, ...change });
    if (address === location.hash) return;
    if (replace) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    void this.show(parse(address));
  }

  /** @param {State} state */
  async show(state) {
    const moved = !this.#started || state.benchmark !== this.#state.benchmark;
    const first = !this.#started;
    this.#state = state;
    this.#started = true;
    this.list.update(state);
    if (!moved) {
      this.#view?.update(state);
      return;
    }
    if (!first) this.list.expand(false);
    await this.#open(state);
    if (!first && this.#state === state && document.activeElement !== this.list.box) this.#focusTitle();
  }

  /** @param {State} state */
  async #open(state) {
    const name = state.benchmark;
    const entry = name === null ? null : this.#store.entries.get(name);
    if (name === null) return this.#fill(startPage(this.#store), null);
    if (!entry) return this.#fill([h("h1", { tabindex: "-1" }, "Not here"), h("p", {}, "The results hold no benchmark named ", h("code", {}, name), ".")], name);
    this.main.setAttribute("aria-busy", "true");
    try {
      const benchmark = await this.#store.benchmark(entry);
      if (this.#state.benchmark !== name) return;
      const view = new BenchmarkPage(this.#store, benchmark, this.#state, (change, options) => this.go(change, options));
      this.#fill(view.nodes, name);
      this.#view = view;
      view.repaint();
    } catch (error) {
      this.#fill(failure(error), name);
      if (!(error instanceof Republished)) throw error;
    } finally {
      this.main.removeAttribute("aria-busy");
    }
  }

  /** @param {import("./dom.js").Child[]} nodes @param {string | null} title */
  #fill(nodes, title) {
    this.#view?.destroy();
    this.#view = null;
    this.main.replaceChildren(...nodes.filter((node) => node instanceof Node));
    const { name } = this.#store.manifest.project;
    document.title = title ? `${title} · ${name}` : `${name} · groundspeed`;
    this.main.scrollTop = 0;
    window.scrollTo(0, 0);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const typing = event.target instanceof HTMLInputElement && ["search", "text"].includes(event.target.type);
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.list.expand(true);
    this.list.box.focus();
    this.list.box.select();
  }

  repaint() {
    this.#view?.repaint();
  }

  #focusTitle() {
    this.main.querySelector("h1")?.focus({ preventScroll: true });
  }
}

/** @param {unknown} error */
function failure(error) {
  if (error instanceof Republished) {
    return [h("h1", { tabindex: "-1" }, "Published anew"), h("p", {}, "This site was published again while you were reading."),
      h("p", {}, h("button", { type: "button", onclick: () => location.reload() }, "Reload"))];
  }
  return [h("h1", { tabindex: "-1" }, "This could not be read"), h("p", {}, String(error instanceof Error ? error.message : error))];
}
