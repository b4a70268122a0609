// Every benchmark, found by words.

import { breakable, counted, h } from "../dom.js";
import { find } from "../search.js";
import { addressOf } from "./benchmark/state.js";

/** @type {import("../view.js").Open} */
export async function open({ store }, _subject, words) {
  await store.load("index");
  const found = h("p", { id: "found", role: "status" });
  const list = h("ul", { id: "benchmarks" });
  /** @param {URLSearchParams} words */
  const update = (words) => {
    const matches = find(store.index.benchmarks, words.get("q") ?? "");
    found.textContent = counted(matches.length, "benchmark");
    list.replaceChildren(...matches.map(({ entry }) => h("li", {}, h("a", { href: addressOf(entry.name) }, breakable(entry.name)))));
  };
  update(words);
  return { title: "Benchmarks", nodes: [h("h1", { tabindex: "-1" }, "Benchmarks"), found, list], update };
}
