// A file for a spreadsheet: RFC 4180, handed to the reader without leaving the page.
//
// A cell of text that begins with one of = + - @, also as a full-width letter or behind white space, is a formula to a
// spreadsheet that opens the file: such a cell gets an apostrophe in front (OWASP, "CSV Injection"). Numbers stay as they are.

/** @typedef {string | number | null} Cell */

const FORMULA = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/;

/** @param {Cell} value  null: nothing is known */
function cell(value) {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @param {Cell[][]} rows  the first names the columns */
export function csv(rows) {
  return rows.map((cells) => `${cells.map(cell).join(",")}\r\n`).join("");
}

/** @param {string} name  of the file @param {Cell[][]} rows */
export function save(name, rows) {
  const address = URL.createObjectURL(new Blob([csv(rows)], { type: "text/csv;charset=utf-8" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  document.body.append(link); // Firefox follows only what stands in the document
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // Safari reads it later than it says
}
