// Where the reader is, as the address says it. Owns hash ↔ place; what its words mean is the view's business.

/**
 * `#/compare?base=v1.0&head=main` is the view "compare" with two words; `#/benchmark/<name>?…` has a subject.
 * @typedef {Object} Place
 * @property {string} view  "": the start page
 * @property {string | null} subject
 * @property {URLSearchParams} words
 */

/** @param {string} hash @returns {Place} */
export function parse(hash) {
  const at = hash.indexOf("?");
  const path = (at < 0 ? hash : hash.slice(0, at)).replace(/^#?\/?/, "");
  const slash = path.indexOf("/");
  return {
    view: slash < 0 ? path : path.slice(0, slash),
    subject: slash < 0 ? null : decode(path.slice(slash + 1)),
    words: new URLSearchParams(at < 0 ? "" : hash.slice(at + 1)),
  };
}

/**
 * @param {string} view
 * @param {string | null} [subject]
 * @param {URLSearchParams | Record<string, string> | [string, string][]} [words]
 */
export function format(view, subject = null, words = []) {
  const query = new URLSearchParams(words).toString();
  return `#/${view}${subject === null ? "" : `/${encodeURIComponent(subject)}`}${query ? `?${query}` : ""}`;
}

/** The words of the address as it stands: for what lives longer than the words that it was made with. */
export function wordsNow() {
  return parse(location.hash).words;
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // somebody cut the address in the middle of a character
  }
}
