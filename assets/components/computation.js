// The formula of a lesson and the function that made a step: whole, with marks on what the step shows.

import { broken } from "./kit/broken.js";
import { childrenOf, element, symbolic } from "./kit/text.js";

/** @import { CodeLine, StepView, StepViewerData } from "./kit/types.js" */

const [EASY, SMALLEST] = [14, 12]; // pixels of a formula's letters: a smaller one is broken, a part of it at most so small
const DEEPEST = 3; // brackets in which it is broken
const EDGES = 13; // pixels beside a formula within its box
/** @type {Record<string, string>} */
const ROLES = { queries: "query", keys: "key", values: "value", output: "output" };

export class Computation {
  /** @param {(step: string | null) => void} onLook is told the step whose symbol the pointer is on */
  constructor(onLook = () => {}) {
    this.formula = element("div", { className: "formula" });
    this.formula.onpointerover = (event) => {
      const symbol = /** @type {Element} */ (event.target).closest(".symbol");
      this.#look(symbol);
    };
    this.formula.onpointerleave = () => this.#look(null);
    this.onLook = onLook;
    this.meanings = element("dl");
    this.letters = element("details", {
      className: "letters",
      children: [element("summary", { children: ["What the letters mean"] }), this.meanings],
    });
    this.code = element("pre", {
      className: "code",
      tabindex: 0,
      role: "group",
      "aria-label": "The code that computes it",
    });
    /** @type {{ formula?: string, code?: string, letters?: string }} */
    this.written = {}; // what stands there now
    /** @type {{ whole: HTMLElement, parts: HTMLElement[] }[]} */
    this.broken = []; // formulas in parts, which stand in their places
  }

  /**
   * Formula and code of a step: the lesson's, or its own; neither where it stands aside of the computation.
   *
   * @param {StepView} stepView
   * @param {StepViewerData} lesson
   * @param {boolean} aside
   */
  show(stepView, lesson, aside) {
    const formula = stepView.formula ?? lesson.formula;
    const lines = stepView.code === null ? [] : lesson.code[stepView.code];
    const code = JSON.stringify(lines);
    this.#join();
    if (formula !== this.written.formula) this.formula.innerHTML = formula; // MathML of declared formulas alone
    if (code !== this.written.code) this.code.replaceChildren(...lines.map(codeLine));
    const explained = stepView.letters ?? lesson.letters;
    const letters = JSON.stringify(explained);
    if (letters !== this.written.letters)
      this.meanings.replaceChildren(
        ...explained.flatMap(([letter, means]) => [
          element("dt", { children: symbolic(letter) }),
          element("dd", { children: [means] }),
        ]),
      );
    this.written = { formula, code, letters };
    const symbols = /** @type {HTMLElement[]} */ ([...this.formula.querySelectorAll(".symbol")]);
    /** @param {HTMLElement} symbol */
    const inIt = (symbol) => stepView.steps.includes(symbol.dataset.step ?? "");
    for (const symbol of symbols) symbol.classList.toggle("on", inIt(symbol));
    for (const line of childrenOf(this.code)) {
      const made = (line.dataset.steps ?? "").split(" ");
      line.classList.toggle(
        "on",
        made.some((step) => stepView.steps.includes(step)),
      );
    }
    this.formula.hidden = aside;
    this.letters.hidden = this.formula.hidden || !explained.length;
    this.code.hidden = aside || !lines.length;
    this.#fit();
    this.#turn();
  }

  /**
   * Marks a symbol of the formula, and its name in the code.
   *
   * @param {Element | null} symbol
   */
  #look(symbol) {
    const step = symbol?.getAttribute("data-step") ?? null;
    for (const each of this.formula.querySelectorAll(".symbol")) each.classList.toggle("looked", each === symbol);
    for (const name of this.code.querySelectorAll("[data-name]"))
      name.classList.toggle("looked", name.getAttribute("data-name") === step);
    this.onLook(step);
  }

  /** What is marked stands in sight. */
  #turn() {
    const first = childrenOf(this.code).find((line) => line.classList.contains("on"));
    this.code.scrollTop = first ? first.offsetTop - this.code.clientHeight / 3 : 0;
  }

  /** What was broken is whole again. */
  #join() {
    for (const { whole, parts } of this.broken) {
      parts[0].before(whole);
      for (const part of parts) part.remove();
    }
    this.broken = [];
  }

  /** A formula that is too wide gets smaller, then goes on in the next line; what is too wide even so scrolls. */
  #fit() {
    const { formula } = this;
    const room = formula.clientWidth - EDGES;
    if (room <= 0) return;
    for (const whole of /** @type {HTMLElement[]} */ ([...formula.querySelectorAll("math")])) {
      let parts = [whole];
      for (let depth = 0; narrow(parts, room) < EASY && depth < DEEPEST; depth += 1) {
        const found = broken(whole, depth);
        parts[0].before(...found);
        for (const part of parts) part.remove();
        parts = found;
      }
      if (parts[0] !== whole) this.broken.push({ whole, parts });
    }
    // what scrolls must be reached by keyboard
    if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
    else formula.removeAttribute("tabindex");
  }
}

/**
 * Makes letters as small as the widest of these needs, if they can still be read, and returns how small that would have to be.
 *
 * @param {HTMLElement[]} maths
 * @param {number} room
 */
function narrow(maths, room) {
  for (const math of maths) math.style.fontSize = "";
  let size = parseFloat(getComputedStyle(maths[0]).fontSize);
  // brackets and spaces do not get smaller in step with the letters
  for (let trial = 0; trial < 4; trial += 1) {
    const widest = Math.max(...maths.map((math) => math.getBoundingClientRect().width));
    if (widest <= room) break;
    size *= room / widest;
    for (const math of maths) math.style.fontSize = `${Math.max(SMALLEST, size)}px`;
    if (size < SMALLEST) break;
  }
  return size;
}

/** @param {CodeLine} line */
function codeLine({ text, steps }) {
  // every second piece is a name
  const children = text.split(/\b([a-z]\w*)\b/).map((word, place) => {
    if (place % 2 === 0) return word;
    const node = element("span", { className: ROLES[word] ?? "", children: [word] });
    node.dataset.name = word;
    return node;
  });
  const node = element("div", { children });
  node.dataset.steps = steps.join(" ");
  return node;
}
