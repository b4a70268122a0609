// One of a few, or one of many, chosen with keys or pointer; a box that filters by words. Owns the controls, not what they mean.

import { h } from "../dom.js";
import { wordsOf } from "../search.js";

let made = 0; // radio buttons of one name are one group: each group needs its own

/**
 * A row of buttons of which one is pressed; arrow keys go from one to the next.
 * @param {string} label
 * @param {{value: string, text: string, count?: number}[]} options
 * @param {string} chosen
 * @param {(value: string) => void} change
 */
export function choice(label, options, chosen, change) {
  const name = `choice-${made++}`;
  return h("fieldset", { class: "radio" }, h("legend", {}, label), h("div", { class: "options" }, options.map(({ value, text, count }) =>
    h("label", {}, h("input", { type: "radio", name, value, checked: value === chosen, onchange: () => change(value) }),
      h("span", {}, count === undefined ? text : `${text} ${count.toLocaleString("en")}`)))));
}

/**
 * One of many, in a list that opens; its `id` is for who gives it the focus again.
 * @param {string} id
 * @param {string} label
 * @param {string[][]} options  value and text of each
 * @param {string} chosen
 * @param {(value: string) => void} change
 */
export function select(id, label, options, chosen, change) {
  const box = /** @type {HTMLSelectElement} */ (h("select", { id, onchange: () => change(box.value) },
    options.map(([value, text]) => h("option", { value, selected: value === chosen }, text))));
  return h("label", { class: "field" }, h("span", {}, label), box);
}

/**
 * A box for words, which are told as they are typed.
 * @param {string} label
 * @param {string} text
 * @param {(text: string) => void} change
 */
export function words(label, text, change) {
  const box = /** @type {HTMLInputElement} */ (h("input", { type: "search", class: "words", value: text, "aria-label": label, placeholder: label,
    autocomplete: "off", spellcheck: "false", oninput: () => change(box.value) }));
  return box;
}

/**
 * Whether a text holds every word, whatever its case.
 * @param {string} query
 * @returns {(text: string) => boolean}
 */
export function holding(query) {
  const wanted = wordsOf(query);
  return (text) => {
    const lower = text.toLowerCase();
    return wanted.every((word) => lower.includes(word));
  };
}

/**
 * The words of an address with some of them changed; those that are "" or null are left out.
 * @param {URLSearchParams} words @param {Record<string, string | null>} changed
 */
export function changed(words, changed) {
  const next = new URLSearchParams(words);
  for (const [name, value] of Object.entries(changed)) {
    if (value) next.set(name, value);
    else next.delete(name);
  }
  return next;
}
