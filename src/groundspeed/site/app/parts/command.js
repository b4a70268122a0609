// A command that a reader may take into a terminal. Owns quoting and copying; runs nothing.

import { h } from "../dom.js";

/**
 * A line of code with a button that copies it. Where the browser lets no page write the clipboard, the
 * text is selected instead, and the reader told so.
 * @param {string} text
 * @param {string} [label]  what the button copies, for those who hear it: "Copy <label>"
 * @returns {HTMLElement}
 */
export function copyable(text, label = "the command") {
  const code = h("code", {}, text);
  const said = h("span", { class: "said", role: "status" });
  const button = h("button", { type: "button", "aria-label": `Copy ${label}`, onclick: async () => {
    said.textContent = (await copied(text)) ? "Copied" : selected(code);
  }, onblur: () => {
    said.textContent = "";
  } }, "Copy");
  return h("span", { class: "command" }, h("span", { class: "line", tabindex: "0", role: "group", "aria-label": label }, code), button, said);
}

/** @param {string} text */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // not allowed, or no secure context: a site over plain HTTP has no clipboard
  }
}

/** @param {HTMLElement} code */
function selected(code) {
  getSelection()?.selectAllChildren(code);
  return "Selected: copy it with Ctrl+C";
}

/** As a POSIX shell takes it for one word. @param {string} text */
export function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
