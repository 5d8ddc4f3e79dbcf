// A formula that is too wide goes on in the next line at an operator, as it would on paper: MathML itself breaks no line.

const AT = ["+", "−", "-", "=", "⊙"];
const [OPEN, CLOSED] = [
  ["(", "[", "{"],
  [")", "]", "}"],
];

/**
 * What an operator or a bracket is; "" for all else.
 *
 * @param {Element | null} node
 */
const signOf = (node) => (node?.localName === "mo" ? (node.textContent ?? "").trim() : "");

/**
 * The formula in parts that may stand below each other: a part begins at each operator that stands in no more brackets than
 * `depth`. What stands in a fraction, a root or an index stays whole. Each part keeps the groups that it is in, and their marks.
 *
 * @param {Element} math
 * @param {number} depth
 * @returns {HTMLElement[]}
 */
export function broken(math, depth) {
  let level = 0;
  /** @param {Element} row */
  function parts(row) {
    const begin = () => /** @type {HTMLElement} */ (row.cloneNode(false));
    const found = [begin()];
    for (const node of row.children) {
      if (node.localName === "mrow") {
        const [first, ...others] = parts(node);
        found[found.length - 1].append(first);
        for (const other of others) {
          found.push(begin());
          found[found.length - 1].append(other);
        }
        continue;
      }
      const [sign, before] = [signOf(node), found[found.length - 1].lastElementChild];
      const copy = /** @type {Element} */ (node.cloneNode(true));
      // a sign behind a bracket or another sign joins nothing: it belongs to what follows it
      const joins = before && ![...OPEN, ...AT, ","].includes(signOf(before));
      if (AT.includes(sign) && level <= depth && joins) {
        found.push(begin());
        copy.setAttribute("form", "infix"); // it joins two parts, though it is the first sign of its own
      }
      found[found.length - 1].append(copy);
      if (OPEN.includes(sign)) level += 1;
      if (CLOSED.includes(sign)) level -= 1;
    }
    return found;
  }
  return parts(math);
}
