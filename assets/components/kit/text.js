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
 * Spans [["text", role], ...] from Python or from a part, as nodes. A role is a class: query, key, number, mark ...
 *
 * @param {Span[]} parts
 * @returns {(Text | HTMLElement)[]}
 */
export function spans(parts) {
  return parts.map(([text, role]) => {
    if (!role) return document.createTextNode(text);
    const node = element(role === "mark" ? "mark" : "span", { className: role });
    node.textContent = text;
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
