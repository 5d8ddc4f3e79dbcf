// Words that hold the visitor's own tokens. They are set as text and never read as markup.

/** @import { Span } from "./types.js" */

/**
 * @typedef {{ className?: string | undefined, children?: (Node | string)[], [attribute: string]: unknown }} Attributes
 */

/**
 * An element with a class, children and attributes. Strings among the children become text.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, { className, children = [], ...attributes } = {}) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) Object.assign(node, { [name]: value });
    else if (value !== undefined && value !== null && value !== false)
      node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children);
  return node;
}

/**
 * The parts of words of ours in turns: what stands on the line, and a letter or number that stands below it, as Q does in W_Q.
 *
 * @param {string} text
 */
export const indexed = (text) => text.split(/(?<=\p{L})_(\p{L}|\d)(?![\p{L}\p{N}_])/u);

/**
 * A letter of a formula as nodes, with all that stands below the line: mid in Z_mid.
 *
 * @param {string} letter one, or several with commas between them
 * @returns {(string | HTMLElement)[]}
 */
export const symbolic = (letter) =>
  letter
    .split(/(?<=\p{L})_([\p{L}\p{N}]+)/u)
    .map((part, place) => (place % 2 ? element("sub", { children: [part] }) : part));

/**
 * Words of ours as a voice reads them.
 *
 * @param {string} text
 */
export const spoken = (text) => indexed(text).join("");

/**
 * Words of ours as nodes, with their letters below the line.
 *
 * @param {string} text
 * @returns {(string | HTMLElement)[]}
 */
export const lettered = (text) =>
  indexed(text).map((part, place) => (place % 2 ? element("sub", { children: [part] }) : part));

/**
 * The way in which words are written: to the left where most of their letters are of Arabic, Hebrew or their kin.
 *
 * @param {string[]} words
 */
export function directionOf(words) {
  const letters = words.join("").match(/\p{L}/gu) ?? [];
  const leftward = letters.filter((letter) => LEFTWARD.test(letter));
  return leftward.length * 2 > letters.length ? "rtl" : "ltr";
}

/**
 * The way in which one word stands: as its first letter is written.
 *
 * @param {string} text
 */
export const lineOf = (text) => (LEFTWARD.test(/\p{L}/u.exec(text)?.[0] ?? "") ? "rtl" : "ltr");

const LEFTWARD =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}\p{Script=Samaritan}\p{Script=Mandaic}]/u;

/**
 * Spans [["text", role], ...] from Python or from a part, as nodes. A role is a class: query, key, number, mark ... What
 * has none is ours, and so is a letter, which stands for a table.
 *
 * @param {Span[]} parts
 * @returns {(string | HTMLElement)[]}
 */
export function spans(parts) {
  return parts.flatMap(([text, role]) => {
    if (!role) return lettered(text);
    const children = role === "letter" ? lettered(text) : [text];
    const node = element(role === "mark" ? "mark" : "span", { className: role, children });
    // a word of a right-to-left script must not turn the sentence around
    node.dir = "auto";
    return node;
  });
}

/**
 * What has the focus where a node stands: the document's word ends at a shadow root.
 *
 * @param {Node} node
 */
export const focusedIn = (node) => /** @type {Document | ShadowRoot} */ (node.getRootNode()).activeElement;

/**
 * The elements within one, all of them of HTML.
 *
 * @param {Element} node
 */
export const childrenOf = (node) => /** @type {HTMLElement[]} */ ([...node.children]);

/** @param {string} label @param {Attributes} [attributes] */
export const button = (label, attributes = {}) =>
  element("button", { type: "button", ...attributes, children: [label] });
