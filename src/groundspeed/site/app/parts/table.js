// A table whose columns sort. Owns the order of rows and what its heads say; the words of the address are kept by who asks.

import { h } from "../dom.js";

/**
 * @template Row
 * @typedef {Object} Column
 * @property {string} key  its word in the address
 * @property {string} label
 * @property {(row: Row) => import("../dom.js").Child | import("../dom.js").Child[]} cell
 * @property {(row: Row) => number | string | null} [value]  what it is sorted by; none: it is not. null stands last either way
 * @property {boolean} [number]  aligned to the right, and sorted from large to small first
 * @property {boolean} [head]  its cells are the heads of their rows
 * @property {string} [kind]  a class of its cells
 * @property {string} [title]
 */

/**
 * @typedef {{key: string, descending: boolean}} Order
 */

/** `ratio`, `-ratio` or nothing ↔ an order. @param {string | null} word @returns {Order | null} */
export function orderOf(word) {
  if (!word) return null;
  return word.startsWith("-") ? { key: word.slice(1), descending: true } : { key: word, descending: false };
}

/** @param {Order} order */
export function wordOf(order) {
  return `${order.descending ? "-" : ""}${order.key}`;
}

/**
 * The rows in an order. Equal ones stay as they were; rows without a value stand last. Numbers go by size,
 * texts by `a2 < a10`.
 * @template Row
 * @param {Row[]} rows
 * @param {Column<Row>[]} columns
 * @param {Order | null} order
 * @returns {Row[]}
 */
function sorted(rows, columns, order) {
  const value = order && columns.find((column) => column.key === order.key)?.value;
  if (!order || !value) return rows;
  const sign = order.descending ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return sign * (typeof a === "number" && typeof b === "number" ? a - b : COLLATOR.compare(String(a), String(b)));
  });
}

const COLLATOR = new Intl.Collator("en", { numeric: true });

/**
 * A table in a box that scrolls sideways by itself. `sort` is called with the word of a new order; who keeps
 * it in the address calls `table` again, or `update` of what this returns.
 * @template Row
 * @param {{label: string, rows: Row[], columns: Column<Row>[], order?: Order | null, sort?: (word: string) => void,
 *   attributes?: (row: Row) => import("../dom.js").Attributes}} asked  `label` names the table to those who hear it
 * @returns {{node: HTMLElement, update: (rows: Row[], order: Order | null) => void}}
 */
export function table({ label, rows, columns, order = null, sort, attributes = () => ({}) }) {
  const body = h("tbody");
  const heads = columns.map((column) => head(column, sort && column.value ? () => sort(wordOf(next(column, current))) : null));
  let current = order;
  /** @param {Row[]} rows @param {Order | null} order */
  const update = (rows, order) => {
    current = order;
    columns.forEach((column, place) => tellOrder(heads[place], order?.key === column.key ? order : null));
    body.replaceChildren(...sorted(rows, columns, order).map((row) => h("tr", attributes(row), columns.map((column) => cell(column, row)))));
  };
  update(rows, order);
  const node = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    h("table", {}, h("thead", {}, h("tr", {}, heads)), body));
  return { node, update };
}

/**
 * The order that a press on a head asks for: the other way round on the same column.
 * @template Row
 * @param {Column<Row>} column
 * @param {Order | null} order
 * @returns {Order}
 */
function next(column, order) {
  if (order?.key === column.key) return { key: column.key, descending: !order.descending };
  return { key: column.key, descending: Boolean(column.number) };
}

/** @template Row @param {Column<Row>} column @param {(() => void) | null} press */
function head(column, press) {
  const attributes = { scope: "col", class: kindOf(column), title: column.title };
  if (!press) return h("th", attributes, column.label);
  return h("th", attributes, h("button", { type: "button", class: "sort", onclick: press }, column.label,
    h("span", { class: "arrow", "aria-hidden": "true" })));
}

/** @param {HTMLElement} head @param {Order | null} order */
function tellOrder(head, order) {
  const arrow = head.querySelector(".arrow");
  if (!arrow) return;
  if (order) head.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
  else head.removeAttribute("aria-sort");
  arrow.textContent = order ? (order.descending ? "▾" : "▴") : "";
}

/** @template Row @param {Column<Row>} column @param {Row} row */
function cell(column, row) {
  const shown = column.cell(row);
  const children = Array.isArray(shown) ? shown : [shown];
  return h(column.head ? "th" : "td", { scope: column.head && "row", class: kindOf(column) }, ...children);
}

/** @template Row @param {Column<Row>} column */
function kindOf(column) {
  return [column.number && "number", column.kind].filter(Boolean).join(" ") || null;
}
