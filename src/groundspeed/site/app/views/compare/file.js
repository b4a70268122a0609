// A file for a spreadsheet: RFC 4180, handed to the reader without leaving the page.

/**
 * A cell. Text that begins like a formula gets an apostrophe in front (OWASP, "CSV Injection").
 * @param {string | number | null} value
 */
export function cell(value) {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @param {string} name @param {string} text */
export function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  document.body.append(link); // Firefox follows only what stands in the document
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // Safari reads it later than it says
}
