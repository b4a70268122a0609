// A box that finds a commit by words: ARIA's editable combobox with a list. Owns its keyboard; changes no address.

import { h } from "../../dom.js";
import { wordsOf } from "../../search.js";
import { day } from "../../units.js";
import { presets, wordFor } from "./ends.js";

const SHOWN = 60; // options at once: more would be searched by further words

/**
 * @typedef {import("../../data.js").Commit} Commit
 *
 * @typedef {Object} Asked
 * @property {string} id
 * @property {string} label
 * @property {Commit[]} commits
 * @property {number[]} places  that may be chosen, oldest first
 * @property {number} chosen
 * @property {number | null} against  a commit that what is often compared with it is offered of
 * @property {(word: string) => void} choose
 */

/** @param {Asked} asked @returns {HTMLElement} */
export function picker(asked) {
  const { id, label, commits, places, chosen } = asked;
  /** @type {{place: number, label: string}[]} */
  let options = [];
  let active = -1;
  const list = h("ul", { id: `${id}-list`, role: "listbox", "aria-label": label, hidden: true });
  const box = /** @type {HTMLInputElement} */ (h("input", { id, type: "text", role: "combobox", autocomplete: "off", spellcheck: "false",
    "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-autocomplete": "list",
    oninput: () => show(box.value), onfocus: () => box.select(), onclick: () => show(""), onblur: () => close(),
    onkeydown: (/** @type {KeyboardEvent} */ event) => key(event) }));
  box.value = titleOf(commits[chosen]);

  /** @param {string} query */
  function show(query) {
    const offered = asked.against === null ? [] : presets(asked.against, places, commits);
    options = query ? found(query, places, commits) : [...offered, ...found("", places, commits)];
    list.replaceChildren(...options.map(({ place, label }, at) => h("li", { id: `${id}-${at}`, role: "option", "aria-selected": "false",
      onpointerdown: (/** @type {Event} */ event) => { event.preventDefault(); take(at); } },
      label && h("span", { class: "preset" }, label), h("code", {}, commits[place].short), ...commits[place].tags.map((tag) => h("span", { class: "tag" }, tag)),
      h("span", { class: "date" }, day(commits[place].date)), h("span", { class: "subject" }, commits[place].subject ?? ""))));
    if (!options.length) list.append(h("li", { role: "option", "aria-disabled": "true" }, "No measured commit holds these words."));
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
    mark(query && options.length ? 0 : -1);
  }

  function close() {
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
    box.value = titleOf(commits[chosen]);
  }

  /** @param {number} at */
  function mark(at) {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = at;
    const option = options[at] && list.children[at];
    if (!option) return box.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", option.id);
  }

  /** @param {number} at */
  function take(at) {
    const option = options[at];
    close();
    if (option) asked.choose(wordFor(commits[option.place]));
  }

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      if (list.hidden) show("");
      mark(active < 0 && step < 0 ? options.length - 1 : Math.max(0, Math.min(options.length - 1, active + step)));
    } else if (event.key === "Enter" && !list.hidden) take(Math.max(0, active));
    else if (event.key === "Escape" && !list.hidden) close();
    else return;
    event.preventDefault();
  }

  return h("div", { class: "picker" }, h("label", { for: id }, label), box, list);
}

/** The newest first. @param {string} query @param {number[]} places @param {Commit[]} commits */
function found(query, places, commits) {
  const words = wordsOf(query);
  const fits = (/** @type {number} */ place) => {
    const { hash, subject, tags, date } = commits[place];
    const text = `${subject ?? ""} ${tags.join(" ")} ${day(date)}`.toLowerCase();
    return words.every((word) => text.includes(word) || hash.startsWith(word));
  };
  return places.filter(fits).slice(-SHOWN).reverse().map((place) => ({ place, label: "" }));
}

/** @param {Commit} commit */
function titleOf({ short, tags, subject }) {
  return [short, ...tags, subject ?? ""].filter(Boolean).join(" · ");
}
