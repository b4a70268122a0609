// The dialog that lists the keys: the page's own, and those of the view that is open.

import { h } from "./dom.js";

/** @typedef {[keys: string, does: string]} Key  several keys are parted by spaces */

const EVERYWHERE = /** @type {Key[]} */ ([
  ["/", "search benchmarks"],
  ["↓", "from the search box to the first hit"],
  ["Enter", "from the search box: open the first hit"],
  ["Esc", "empty the search box; close what is open"],
  ["?", "this list"],
]);

/** @param {Key[]} [own]  of the view */
export function showKeys(own = []) {
  const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { class: "keys", "aria-labelledby": "h-keys", onclose: () => dialog.remove(),
    onclick: (/** @type {Event} */ event) => event.target === dialog && dialog.close() },
    h("div", {},
      h("header", {}, h("h2", { id: "h-keys" }, "Keys"), h("button", { type: "button", onclick: () => dialog.close() }, "Close")),
      own.length > 0 && h("h3", {}, "In this view"), own.length > 0 && list(own),
      own.length > 0 && h("h3", {}, "Everywhere"), list(EVERYWHERE))));
  document.body.append(dialog);
  dialog.showModal();
}

/** @param {Key[]} keys */
function list(keys) {
  return h("dl", {}, keys.flatMap(([pressed, does]) => [
    h("dt", {}, pressed.split(" ").flatMap((key, place) => [place > 0 && " ", h("kbd", {}, key)])), h("dd", {}, does)]));
}
