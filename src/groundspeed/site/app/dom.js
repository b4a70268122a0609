// Building the document. Owns the only way text gets into it: textContent, never markup.

/**
 * @typedef {Node | string | number | null | undefined | false} Child
 * @typedef {Record<string, unknown>} Attributes
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. Attributes are set as attributes; `onclick` and the like are listeners; `true` is an
 * attribute without a value, `false`, `null` and `undefined` leave it out.
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  return /** @type {HTMLElement} */ (fill(document.createElement(tag), attributes, children));
}

/**
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  return /** @type {SVGElement} */ (fill(document.createElementNS(SVG, tag), attributes, children));
}

/** @param {Element} element @param {Attributes} attributes @param {(Child | Child[])[]} children */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children.flat()) {
    if (child instanceof Node) element.append(child);
    else if (child !== null && child !== undefined && child !== false) element.append(document.createTextNode(String(child)));
  }
  return element;
}

/**
 * A dotted name that may break after its dots and underscores, and nowhere else.
 * @param {string} text
 * @returns {Child[]}
 */
export function breakable(text) {
  return text.split(/(?<=[._,(])/).flatMap((part, place) => (place ? [h("wbr"), part] : [part]));
}

/**
 * A link to a web address, or plain text where the address is of no kind that may be followed.
 * @param {string} address
 * @param {string} text
 * @param {Attributes} [attributes]
 * @returns {HTMLElement}
 */
export function outward(address, text, attributes = {}) {
  if (!/^https?:\/\//i.test(address)) return h("span", attributes, text);
  return h("a", { ...attributes, href: address, rel: "noopener noreferrer" }, text);
}

/** @param {number} count @param {string} one @param {string} [many] */
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** The icon of a benchmark, here and in the corner of the page. @returns {SVGElement} */
export function mark() {
  return svg("svg", { viewBox: "0 0 32 32", class: "mark", "aria-hidden": "true" },
    svg("rect", { width: 32, height: 32, rx: 7 }),
    svg("path", { d: "M5 10h8v10h7v-6h7" }));
}

/** @type {Map<string, Promise<void>>} */
const styles = new Map();

/**
 * Link a stylesheet, once however often it is asked for; resolves when it is there. A view asks for its own
 * in `open`: `await style(new URL("./compare.css", import.meta.url))`. It counts from when the view is shown.
 * @param {URL} address
 * @returns {Promise<void>}
 */
export function style(address) {
  const known = styles.get(address.href);
  if (known) return known;
  const promise = new Promise((/** @type {(value: void) => void} */ resolve, reject) => {
    const link = /** @type {HTMLLinkElement} */ (h("link", { rel: "stylesheet", href: address.href, onload: () => {
      if (ofView(link) && link.sheet) link.sheet.disabled = true;
      resolve();
    }, onerror: () => reject(new Error(`${address.pathname} could not be read`)) }));
    document.head.append(link);
  });
  promise.catch(() => styles.delete(address.href));
  styles.set(address.href, promise);
  return promise;
}

/** Let the stylesheet of one view count, and no other view's: what each calls `changes` is its own. @param {string} view  its file's name */
export function dress(view) {
  for (const link of /** @type {NodeListOf<HTMLLinkElement>} */ (document.querySelectorAll("link[rel=stylesheet]"))) {
    if (ofView(link) && link.sheet) link.sheet.disabled = !link.href.endsWith(`/views/${view}.css`);
  }
}

/** @param {HTMLLinkElement} link */
function ofView({ href }) {
  return /\/views\/[^/]+$/.test(href);
}
