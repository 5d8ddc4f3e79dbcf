import assert from "node:assert/strict";
import { test } from "node:test";
import { broken } from "../../assets/components/kit/broken.js";

/** As much of an element as a formula is asked for. */
class Made {
  /** @type {Made[]} */
  children = [];
  /**
   * @param {string} localName
   * @param {string} text
   */
  constructor(localName, text = "") {
    this.localName = localName;
    this.text = text;
  }
  /** @returns {string} */
  get textContent() {
    return this.text + this.children.map((child) => child.textContent).join("");
  }
  get childElementCount() {
    return this.children.length;
  }
  get lastElementChild() {
    return this.children.at(-1) ?? null;
  }
  /** @param {boolean} whole */
  cloneNode(whole) {
    const copy = new Made(this.localName, this.text);
    if (whole) copy.append(...this.children.map((child) => child.cloneNode(true)));
    return copy;
  }
  /** @param {Made[]} children */
  append(...children) {
    this.children.push(...children);
  }
  setAttribute() {}
}

/** @param {string} text letters and signs, with spaces between them */
function formula(text) {
  const math = new Made("math");
  math.append(...text.split(" ").map((each) => new Made(/^\w/.test(each) ? "mi" : "mo", each)));
  return /** @type {Element} */ (/** @type {unknown} */ (math));
}

/**
 * @param {string} text
 * @param {number} depth
 */
const lines = (text, depth) => broken(formula(text), depth).map((part) => part.textContent);

test("a formula goes on in the next line at an operator, in no more brackets than are asked for", () => {
  assert.deepEqual(lines("a + ( b + c ) d", 0), ["a", "+(b+c)d"]);
  assert.deepEqual(lines("a + ( b + c ) d", 1), ["a", "+(b", "+c)d"]);
});

test("a sign that belongs to what follows it stays with that", () => {
  assert.deepEqual(lines("y = − a b + f ( − a , − b )", 1), ["y", "=−ab", "+f(−a,−b)"]);
});
