// The page: the frame around every view, and the way from an address to a view.

import { format, parse } from "./address.js";
import { Republished, Store } from "./data.js";
import { dress, h } from "./dom.js";
import { Header } from "./header.js";
import { showKeys } from "./keys.js";

/**
 * @typedef {import("./view.js").View} View
 * @typedef {import("./address.js").Place} Place
 */

/** A view's module, and its name among the links at the top; none: it is reached from others. With a piece: only where the site has that. */
export const VIEWS = /** @type {Record<string, {module: string, label?: string, piece?: string}>} */ ({
  "": { module: "start", label: "Overview" },
  benchmarks: { module: "benchmarks", label: "Benchmarks" },
  benchmark: { module: "benchmark/benchmark" },
  regressions: { module: "regressions", label: "Regressions" },
  compare: { module: "compare", label: "Compare" },
  heatmap: { module: "heatmap", label: "Heat map" },
  targets: { module: "targets", label: "Targets" },
  scaling: { module: "scaling", label: "Scaling" },
  machines: { module: "machines", label: "Machines" },
  profiles: { module: "profiles", label: "Profiles", piece: "profiles" },
  difference: { module: "difference" },
});

const PATIENCE_MS = 200; // what is there sooner needs no word about waiting (it would only flicker)

/** @param {import("./data.js").Manifest} manifest @param {URL} base */
export async function start(manifest, base) {
  const page = new Page(new Store(manifest, base));
  document.body.replaceChildren(...page.nodes);
  history.scrollRestoration = "manual"; // a view stands after its data came: later than the browser would scroll
  window.addEventListener("hashchange", () => void page.show());
  document.addEventListener("keydown", (event) => page.key(event));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => page.repaint());
  await page.show();
}

class Page {
  #store;
  /** @type {View | null} */ #view = null;
  /** Of the view that is shown. @type {Place | null} */ #shown = null;
  /** Of the view that is being opened. @type {Place | null} */ #awaited = null;
  #scrolled = new Scrolled();

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
    this.main = h("main", { id: "main" });
    this.waiting = h("p", { class: "waiting", role: "status" });
    this.header = new Header({
      project: store.manifest.project.name,
      links: Object.entries(VIEWS).flatMap(([view, { label, piece }]) => (label && (!piece || store.manifest.files[piece]) ? [[view, label]] : [])),
      search: (text) => this.#search(text),
      first: () => this.#view?.first?.() ?? null,
      leave: () => this.#focusTitle(),
      help: () => showKeys(this.#view?.keys),
    });
    this.nodes = [
      h("a", { class: "skip", href: "#main", onclick: (/** @type {Event} */ event) => {
        event.preventDefault();
        this.#focusTitle();
      } }, "Skip to the content"),
      this.header.node, this.waiting, this.main,
    ];
  }

  /** Show what the address names. */
  async show() {
    const place = parse(location.hash);
    const top = this.#scrolled.enter();
    this.header.tell(place.view, place.view === "benchmarks" ? place.words.get("q") ?? "" : "");
    if (this.#awaited && same(this.#awaited, place)) {
      this.#awaited.words = place.words;
    } else if (this.#view && this.#shown && same(this.#shown, place)) {
      this.#awaited = null;
      this.#view.update(place.words);
    } else {
      await this.#open(place, top);
    }
  }

  /** @param {Place} place @param {number} top */
  async #open(place, top) {
    const { words } = place;
    this.#awaited = place;
    const patience = setTimeout(() => this.#wait(true), PATIENCE_MS);
    const view = await this.#opened(place);
    clearTimeout(patience);
    if (this.#awaited !== place) return view.destroy?.(); // the reader has gone on
    this.#wait(false);
    this.#awaited = null;
    const first = !this.#shown;
    this.#shown = place;
    dress(sheetOf(place));
    this.#fill(view, top);
    this.main.dataset.view = format(place.view, place.subject);
    if (place.words !== words) view.update(place.words);
    if (!first && document.activeElement !== this.header.box) this.#focusTitle();
  }

  /** @param {Place} place @returns {Promise<View>} */
  async #opened(place) {
    const known = Object.hasOwn(VIEWS, place.view) && VIEWS[place.view];
    if (!known) return nothing(`This site has no page ${location.hash}.`);
    try {
      const { open } = await import(`./views/${known.module}.js`);
      return await open({ store: this.#store, go: this.#goer(place) }, place.subject, place.words);
    } catch (error) {
      if (error instanceof Republished || (await republished(this.#store))) return anew();
      console.error(error);
      return failure(error);
    }
  }

  /** @param {Place} place @returns {import("./view.js").Frame["go"]} */
  #goer(place) {
    return (words, { replace = false } = {}) => {
      const now = parse(location.hash);
      if (same(place, now)) this.#go(format(place.view, place.subject, words), replace); // else: a late word of a view that was left
    };
  }

  /** @param {string} address @param {boolean} replace */
  #go(address, replace) {
    if (address === location.hash) return;
    if (replace) history.replaceState(history.state, "", address);
    else history.pushState(null, "", address);
    void this.show();
  }

  /** @param {View} view @param {number} top */
  #fill(view, top) {
    this.#view?.destroy?.();
    this.#view = view;
    this.main.replaceChildren(...view.nodes);
    const { name } = this.#store.manifest.project;
    document.title = view.title ? `${view.title} · ${name}` : `${name} · groundspeed`;
    view.shown?.();
    window.scrollTo(0, top);
  }

  /** @param {boolean} waiting */
  #wait(waiting) {
    this.waiting.textContent = waiting ? "Loading …" : "";
    this.main.setAttribute("aria-busy", String(waiting));
  }

  /** @param {string} text */
  #search(text) {
    const here = parse(location.hash);
    if (this.#view?.search && this.#shown && same(this.#shown, here)) this.#view.search(text);
    else this.#go(format("benchmarks", null, text ? { q: text } : {}), here.view === "benchmarks");
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { target } = event;
    const typing = target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && !["checkbox", "radio", "button", "range"].includes(target.type));
    if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "/") this.header.focus();
    else if (event.key === "?") showKeys(this.#view?.keys);
    else return;
    event.preventDefault();
  }

  repaint() {
    this.#view?.repaint?.();
  }

  #focusTitle() {
    this.main.querySelector("h1")?.focus({ preventScroll: true });
  }
}

/** How far down each entry of the browser's history was read, so that the way back leads there. */
class Scrolled {
  /** @type {Map<string, number>} */ #tops = new Map();
  #entry = "";

  /** Leave the present entry for the one that the address shows now. @returns {number} how far down to begin in it */
  enter() {
    if (this.#entry) this.#tops.set(this.#entry, window.scrollY); // asking costs a layout
    const known = history.state?.entry;
    this.#entry = known ?? `${performance.timeOrigin} ${this.#tops.size}`; // of this load: after a reload older entries are not known
    if (known === undefined) history.replaceState({ entry: this.#entry }, "");
    return this.#tops.get(this.#entry) ?? 0;
  }
}

/** The name of a view's stylesheet: its module's last. @param {Place} place */
function sheetOf({ view }) {
  return (Object.hasOwn(VIEWS, view) && VIEWS[view].module.split("/").pop()) || "";
}

/** @param {Place} one @param {Place} other */
function same(one, other) {
  return one.view === other.view && one.subject === other.subject;
}

/** @param {string} text @returns {View} */
function nothing(text) {
  return { title: "Not here", nodes: [h("h1", { tabindex: "-1" }, "Not here"), h("p", {}, text)], update() {} };
}

/** Whether a page of another name is published now: then its modules are gone, which reads like any failure. @param {Store} store */
async function republished(store) {
  try {
    const answer = await fetch(new URL("manifest.json", store.base), { cache: "no-cache" });
    return answer.ok && (await answer.json()).app !== store.manifest.app;
  } catch {
    return false; // there is no network: the failure itself says more
  }
}

/** @returns {View} */
function anew() {
  return { title: "Published anew", update() {},
    nodes: [h("h1", { tabindex: "-1" }, "Published anew"), h("p", {}, "This site was published again while you were reading."),
      h("p", {}, h("button", { type: "button", onclick: () => location.reload() }, "Reload"))] };
}

/** @param {unknown} error @returns {View} */
function failure(error) {
  return { title: "Error", update() {},
    nodes: [h("h1", { tabindex: "-1" }, "This could not be read"), h("p", {}, String(error instanceof Error ? error.message : error))] };
}
