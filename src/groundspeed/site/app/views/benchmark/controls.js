// What the reader can choose, as fields: pills for lines, segments for axes. Owns their look; the view says what a choice does.

import { h } from "../../dom.js";

/**
 * @param {{key: string, label: string, values: string[], on: Set<string>, type: "radio" | "checkbox", change: (value: string) => void,
 *   words?: Record<string, string>}} asked  `words`: what a value is called, where not by itself
 */
export function choice({ key, label, values, on, type, change, words = {} }) {
  return h("fieldset", { class: type }, h("legend", {}, label), h("div", { class: "options" }, values.map((value, place) => {
    const input = h("input", { type, name: key, id: `choice-${key}-${place}`, value, checked: on.has(value), onchange: () => change(value) });
    return h("label", { title: words[value] ?? value }, input, h("span", {}, words[value] ?? value));
  })));
}

/**
 * Put fields in place of others; focus and scrolled boxes stay where they were.
 * @param {HTMLElement} host @param {Node[]} fields
 */
export function replaced(host, fields) {
  const focused = host.contains(document.activeElement) ? document.activeElement?.id : null;
  const scrolls = [...host.querySelectorAll(".options")].map((box) => box.scrollTop);
  host.replaceChildren(...fields);
  host.hidden = !fields.length;
  host.querySelectorAll(".options").forEach((box, place) => {
    if (scrolls[place]) box.scrollTop = scrolls[place]; // setting it costs a layout, 0 as well
  });
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}
