// The token strip: the sentence, each word inked by its weight, lines from the word that asks to what it attends to.
// Where another sentence asks, it stands above. Words chosen with Shift ask together: their weights are added up.

import { css, inkOn, shade, UNREAD } from "./kit/colour.js";
import { clamp, total } from "./kit/numbers.js";
import { button, childrenOf, directionOf, element, focusedIn } from "./kit/text.js";

/** @import { Selection, Theme, Token } from "./kit/types.js" */

const FAINT = 0.01; // below this a word keeps the colour of the paper
const LINE_FROM = 0.015; // below this no line is drawn
const NUMBER_FROM = 0.02; // below this no number is written
/** @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
const SVG = "http://www.w3.org/2000/svg";

/** @typedef {(number | null)[]} Weights one per token, null where it may not attend */
/** @typedef {{ x: number, top: number, bottom: number }} Middle of a word */
/**
 * tokens   the words that are attended to.
 * asking   the words that ask, where they are another sentence.
 * weights  weights(query) -> what it gives to each token.
 *
 * @typedef {{
 *   tokens: Token[], asking?: Token[] | null, weights: (query: number) => Weights, theme: Theme, movable?: boolean,
 * }} Sentence
 */

export class TokenStrip {
  /** @type {Token[]} */
  tokens = [];
  /** @type {Theme} */
  theme = UNREAD;
  /** @type {Sentence["weights"]} */
  weights = () => [];
  movable = false;
  apart = false;
  wording = "";

  /**
   * onReorder(from, to): a word was dragged,
   * or moved with Alt and an arrow key. touched: whether fingers get buttons for what Shift and Alt do.
   *
   * @param {Selection} selection
   * @param {{onReorder?: (from: number, to: number) => void, touched?: boolean}} [hooks]
   */
  constructor(selection, { onReorder = () => {}, touched = true } = {}) {
    this.selection = selection;
    this.onReorder = onReorder;
    /** @type {Set<number>} */
    this.chosen = new Set();
    this.lines = document.createElementNS(SVG, "svg");
    this.lines.setAttribute("aria-hidden", "true");
    this.asking = this.#row("query");
    this.words = this.#row("key");
    this.inner = element("div", { className: "inner", children: [this.lines, this.asking, this.words] });
    this.note = element("div", { className: "sum", "aria-live": "polite" });
    this.adding = this.#adder();
    this.movers = [this.#mover("‹ Move word", -1), this.#mover("Move word ›", 1)];
    this.tools = element("div", { className: "by-touch", children: [this.adding, ...this.movers] });
    this.node = element("div", {
      className: "token-strip",
      children: [this.inner, this.note, ...(touched ? [this.tools] : [])],
    });
    this.inner.onpointerleave = () => selection.release();
    /** @type {[index: number, weights: Weights][]} */
    this.drawn = []; // the words that ask, each with its weights
    this.node.onscroll = () => this.apart && this.#draw(); // a shorter sentence stays where it is
  }

  /** For fingers, which have no Shift. */
  #adder() {
    const node = button("Add up words", { className: "small-button", "aria-pressed": "false" });
    node.onclick = () => {
      const on = node.getAttribute("aria-pressed") !== "true";
      node.setAttribute("aria-pressed", String(on));
      if (!on) this.#pin("query", this.selection.pinned.query);
    };
    return node;
  }

  /**
   * For fingers, which have no Alt either.
   *
   * @param {string} label
   * @param {number} step
   */
  #mover(label, step) {
    const node = button(label, { className: "small-button" });
    node.onclick = () => {
      const at = this.selection.pinned.query;
      const goal = clamp(at + step, 0, this.tokens.length - 1);
      if (goal !== at) this.onReorder(at, goal);
    };
    return node;
  }

  /** @param {"query" | "key"} role */
  #row(role) {
    const row = element("div", { className: `words ${role}-words`, role: "listbox" });
    row.onkeydown = (event) => this.#key(event, row);
    return row;
  }

  /**
   * tokens   the words that are attended to.
   * asking   the words that ask, where they are another sentence.
   * weights  weights(query) -> one weight per token, null where it may not attend.
   *
   * @param {Sentence} sentence
   */
  update({ tokens, asking = null, weights, theme, movable = false }) {
    const wording = JSON.stringify([tokens, asking, movable]);
    [this.tokens, this.weights, this.theme] = [tokens, weights, theme];
    [this.movable, this.apart] = [movable, asking !== null];
    if (wording !== this.wording) this.#spell(asking);
    this.wording = wording;
    this.paint();
  }

  /** @param {Token[] | null} asking */
  #spell(asking) {
    const { tokens } = this;
    this.chosen.clear();
    const held = this.#focused(this.words);
    const role = this.apart ? "key" : "query";
    for (const node of this.movers) node.hidden = !this.movable;
    this.words.setAttribute(
      "aria-label",
      `${this.apart ? "The words that are asked" : "The sentence"}. Arrow keys move between tokens.`,
    );
    this.asking.setAttribute("aria-label", "The words that ask. Arrow keys move between tokens.");
    this.node.classList.toggle("apart", this.apart);
    for (const [row, shown] of /** @type {const} */ ([
      [this.words, tokens],
      [this.asking, asking ?? []],
    ])) {
      row.dir = directionOf(shown.filter(({ special }) => !special).map(({ text }) => text));
    }
    this.words.replaceChildren(...tokens.map((token, index) => this.#word(token, index, role)));
    this.asking.replaceChildren(...(asking ?? []).map((token, index) => this.#word(token, index, "query")));
    if (held >= 0) childrenOf(this.words)[Math.min(held, tokens.length - 1)]?.focus({ preventScroll: true });
  }

  /** @param {Token} token @param {number} index @param {"query" | "key"} role */
  #word(token, index, role) {
    const node = element("div", {
      className: token.special ? "token special" : "token",
      role: "option",
      tabindex: index === this.selection.pinned[role] ? 0 : -1,
      title: meaning(token),
      draggable: this.movable ? "true" : undefined,
      children: [
        element("bdi", { className: "word", children: [token.text] }),
        element("span", { className: "weight" }),
      ],
    });
    node.onpointerenter = () => this.selection.point({ [role]: index });
    node.onfocus = () => this.selection.point({ [role]: index });
    node.onclick = (event) =>
      (event.shiftKey || this.adding.getAttribute("aria-pressed") === "true") && role === "query"
        ? this.#choose(index)
        : this.#pin(role, index);
    if (this.movable) {
      node.ondragstart = (event) => event.dataTransfer?.setData("text/plain", String(index));
      node.ondragover = (event) => event.preventDefault();
      node.ondrop = (event) => {
        event.preventDefault();
        this.onReorder(Number(event.dataTransfer?.getData("text/plain")), index);
      };
    }
    return node;
  }

  /** @param {number} index */
  #choose(index) {
    if (!this.chosen.size) this.chosen.add(this.selection.pinned.query);
    if (!this.chosen.delete(index)) this.chosen.add(index);
    this.paint();
  }

  /** @param {"query" | "key"} role @param {number} index */
  #pin(role, index) {
    this.chosen.clear();
    this.selection.pin(role === "key" ? { key: index } : { query: index, key: this.#best(index) });
  }

  /** @param {HTMLElement} row */
  #focused(row) {
    return childrenOf(row).indexOf(/** @type {HTMLElement} */ (focusedIn(row)));
  }

  /** @param {number} query */
  #best(query) {
    const weights = this.weights(query);
    let best = 0;
    for (const [key, weight] of weights.entries()) if ((weight ?? -1) > (weights[best] ?? -1)) best = key;
    return best;
  }

  /** @param {KeyboardEvent} event @param {HTMLElement} row */
  #key(event, row) {
    const turned = row.dir === "rtl" && event.key.startsWith("Arrow") ? -1 : 1; // an arrow goes to where it points
    const step = STEPS[event.key] && turned * STEPS[event.key];
    const nodes = childrenOf(row);
    const at = this.#focused(row);
    const asks = row === this.asking || !this.apart;
    if (event.shiftKey && (event.key === "Enter" || event.key === " ") && at >= 0 && asks) {
      this.#choose(at);
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (!step || at < 0) return;
    const goal = clamp(at + step, 0, nodes.length - 1);
    if (event.altKey && this.movable) {
      if (goal !== at) {
        nodes[goal].focus();
        this.onReorder(at, goal);
      }
    } else {
      nodes[at].tabIndex = -1;
      nodes[goal].tabIndex = 0;
      nodes[goal].focus();
      this.#pin(asks ? "query" : "key", goal);
    }
    event.preventDefault();
    event.stopPropagation();
  }

  paint() {
    if (!this.tokens?.length) return;
    const { query, key: looked } = this.selection.now;
    const together = this.chosen.size > 1;
    const asking = together ? [...this.chosen] : [query];
    const rows = asking.map((index) => this.weights(index));
    const sums = this.tokens.map((_, key) => rows.reduce((sum, row) => sum + (row[key] ?? 0), 0));
    const { colours, ramps } = this.theme;
    [...this.words.children].forEach((node, key) => {
      const share = sums[key] / rows.length;
      const ground = shade(ramps.weights, share, 0, 1);
      node.classList.toggle("asking", !this.apart && asking.includes(key));
      node.classList.toggle("asked", this.apart && key === looked);
      node.setAttribute("aria-selected", String(this.apart ? key === looked : asking.includes(key)));
      const [word, shown] = childrenOf(node);
      word.style.background = share < FAINT ? "" : css(ground);
      word.style.color = share < FAINT ? colours["ink-2"] : inkOn(ground);
      shown.textContent = sums[key] >= NUMBER_FROM ? sums[key].toFixed(2) : "";
    });
    [...this.asking.children].forEach((node, index) => {
      node.classList.toggle("asking", asking.includes(index));
      node.setAttribute("aria-selected", String(asking.includes(index)));
    });
    this.#bringIntoSight((this.apart ? this.asking : this.words).children[query]);
    this.drawn = asking.map((index, i) => [index, rows[i]]);
    this.#draw();
    this.note.textContent = together ? `sum over ${rows.length} words: ${total(sums).toFixed(2)}` : "";
  }

  #draw() {
    this.lines.replaceChildren(...this.drawn.flatMap(([index, row]) => this.#curves(index, row)));
  }

  /**
   * A long sentence scrolls to the word looked at, unless the pointer is on it already.
   *
   * @param {Element | undefined} node
   */
  #bringIntoSight(node) {
    if (!node || this.inner.matches(":hover")) return;
    const [here, window] = [node.getBoundingClientRect(), this.node.getBoundingClientRect()];
    if (here.left < window.left || here.right > window.right)
      this.node.scrollLeft += here.left - window.left - window.width / 2;
    const { inner } = this;
    if (inner.scrollHeight <= inner.clientHeight) return;
    const frame = inner.getBoundingClientRect();
    if (here.top < frame.top || here.bottom > frame.bottom) inner.scrollTop += here.top - frame.top - frame.height / 2;
  }

  /** @param {number} query @param {Weights} weights */
  #curves(query, weights) {
    const frame = this.inner.getBoundingClientRect();
    const middle = (/** @type {Element} */ node) => {
      const box = node.getBoundingClientRect();
      return { x: box.left - frame.left + box.width / 2, top: box.top - frame.top, bottom: box.bottom - frame.top };
    };
    const from = middle((this.apart ? this.asking : this.words).children[query] ?? this.words.children[0]);
    const strong = weights.map((weight, key) => [weight ?? 0, key]).filter(([weight]) => weight >= LINE_FROM);
    strong.sort(([a], [b]) => a - b);
    return strong.map(([weight, key]) => {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", this.#curve(from, middle(this.words.children[key]), key === query && !this.apart));
      path.setAttribute("stroke", css(shade(this.theme.ramps.weights, 0.25 + 0.75 * weight, 0, 1)));
      path.setAttribute("stroke-width", (1 + 8 * weight).toFixed(1));
      return path;
    });
  }

  /** @param {Middle} from @param {Middle} to @param {boolean} toItself */
  #curve(from, to, toItself) {
    if (this.apart) {
      const half = (from.bottom + to.top) / 2;
      return `M${from.x} ${from.bottom} C${from.x} ${half} ${to.x} ${half} ${to.x} ${to.top}`;
    }
    const base = to.top;
    if (toItself)
      return `M${from.x - 7} ${base} C${from.x - 15} ${base - 24} ${from.x + 15} ${base - 24} ${from.x + 7} ${base}`;
    const top = base - 1.3 * clamp(14 + Math.abs(to.x - from.x) * 0.16, 18, 44);
    return `M${from.x} ${base} C${from.x} ${top} ${to.x} ${top} ${to.x} ${base}`;
  }
}

/**
 * What a newcomer cannot know of a token.
 *
 * @param {Token} token
 */
function meaning({ text, special }) {
  if (text === "[UNK]") return "A word that the model has no token for";
  if (special) return "A special token: it stands for no word of the sentence";
  return text.startsWith("##") ? "Goes on with the word before" : undefined;
}
