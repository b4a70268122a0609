// The machines: what each is, what changed on it, what its control benchmark says of it from session to session.

import { readMachines } from "../answers.js";
import { changed, choice } from "../parts/choice.js";
import { copyable } from "../parts/command.js";
import { h, style } from "../dom.js";
import { machineSection } from "./machines/machine.js";
import { readReports } from "../parts/reports.js";

/** @type {import("../view.js").Open} */
export async function open(frame, _subject, words) {
  const [payload, reports] = await Promise.all([readMachines(frame.store), readReports(frame.store), style(new URL("./machines.css", import.meta.url))]);
  if (!payload || !payload.machines.length) return nothing();
  const { machines } = payload;
  const box = h("div", { class: "machines" });
  /** @param {URLSearchParams} words */
  const show = (words) => {
    const active = box.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement) : null;
    const held = active?.dataset.held ?? null;
    const chose = active?.matches("input") ?? false;
    const chosen = words.get("machine") ?? "";
    const shown = chosen ? machines.filter(({ name }) => name === chosen) : machines;
    box.replaceChildren(h("header", { class: "lead" }, h("h1", { tabindex: "-1" }, "Machines")),
      ...(machines.length > 1 ? [h("div", { class: "controls" }, choice("Machine", [{ value: "", text: "all" }, ...machines.map(({ name }) => ({ value: name, text: name }))], chosen,
        (value) => frame.go(changed(words, { machine: value, session: "" }))))] : []),
      ...(shown.length ? shown.map((machine) => machineSection(frame, machine, words, reports.filter((one) => one.machine === machine.name))) : [h("div", { class: "empty" }, h("p", {}, `There are no results of a machine ${chosen}.`))]));
    if (chose) /** @type {HTMLElement | null} */ (box.querySelector("input:checked"))?.focus();
    if (held) /** @type {HTMLElement | null} */ (box.querySelector(`[data-held="${CSS.escape(held)}"]`))?.focus();
  };
  show(words);
  return { title: "Machines", nodes: [box], update: show };
}

/** @returns {import("../view.js").View} */
function nothing() {
  return { title: "Machines", update() {}, nodes: [h("h1", { tabindex: "-1" }, "Machines"),
    h("div", { class: "empty" }, h("p", {}, "This site was published without its machines. Publish it again, and they are described here:"), copyable("groundspeed publish"))] };
}
