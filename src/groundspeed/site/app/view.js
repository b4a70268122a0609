// What a view is, and what it may ask of the page. Types only.

/**
 * A module in views/ exports `open(frame, subject, words)`, which resolves once its data is there.
 * @typedef {(frame: Frame, subject: string | null, words: URLSearchParams) => Promise<View>} Open
 *
 * @typedef {Object} View
 * @property {string} title  of the document; "" on the start page
 * @property {Node[]} nodes  the first of them is, or holds, an h1 with tabindex -1
 * @property {(words: URLSearchParams) => void} update  the words of the address changed
 * @property {() => void} [shown]  the nodes stand in the document: what needs a width is drawn here
 * @property {() => void} [repaint]  the colours changed
 * @property {() => void} [destroy]
 * @property {(text: string) => void} [search]  look for what the search box holds; without it the list of benchmarks does
 * @property {() => HTMLElement | null} [first]  the first of what was found: an arrow down in the search box
 *   focuses it, Enter there follows it
 * @property {[keys: string, does: string][]} [keys]  the view's own keys, as the dialog behind `?` lists them
 *
 * @typedef {Object} Frame
 * @property {import("./data.js").Store} store
 * @property {(words: URLSearchParams | Record<string, string> | [string, string][], options?: {replace?: boolean}) => void} go
 *   change the words of this view's address; `update` is called with them
 */

export {};
