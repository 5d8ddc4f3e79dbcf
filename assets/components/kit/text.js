// Words that hold the visitor's own tokens. They are set as text and never read as markup.

/** An element with a class, children and attributes. Strings among the children become text. */
export function element(tag, { className, children = [], ...attributes } = {}) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node[name] = value;
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/** Spans [["text", role], ...] from Python or from a part, as nodes. A role is a class: query, key, number, mark ... */
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

export const button = (label, attributes = {}) => element("button", { type: "button", ...attributes, children: [label] });
