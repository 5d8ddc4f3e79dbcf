// The token strip: the sentence, each word inked by its weight, lines from the word that asks to what it attends to.
// Where another sentence asks, it stands above. Words chosen with Shift ask together: their weights are added up.

import { css, inkOn, shade } from "./kit/colour.js";
import { clamp } from "./kit/numbers.js";
import { button, element } from "./kit/text.js";

const FAINT = 0.01; // below this a word keeps the colour of the paper
const LINE_FROM = 0.015; // below this no line is drawn
const NUMBER_FROM = 0.02; // below this no number is written
const SVG = "http://www.w3.org/2000/svg";

export class TokenStrip {
  /**
   * onReorder(from, to): a word was dragged, or moved with Alt and an arrow key. touched: whether fingers get buttons for
   * what Shift and Alt do.
   */
  constructor(selection, { onReorder, touched = true } = {}) {
    this.selection = selection;
    this.onReorder = onReorder;
    this.chosen = new Set();
    this.lines = document.createElementNS(SVG, "svg");
    this.lines.setAttribute("aria-hidden", "true");
    this.asking = this.#row("query");
    this.words = this.#row("key");
    this.inner = element("div", { className: "inner", children: [this.lines, this.asking, this.words] });
    this.note = element("div", { className: "sum", "aria-live": "polite" });
    this.tools = this.#buttons();
    this.node = element("div", { className: "token-strip", children: [this.inner, this.note, ...(touched ? [this.tools] : [])] });
    this.inner.onpointerleave = () => selection.release();
    this.drawn = []; // the words that ask, each with its weights
    this.node.onscroll = () => this.apart && this.#draw(); // a shorter sentence stays where it is
  }

  /** For fingers, which have neither Shift nor Alt. */
  #buttons() {
    this.adding = button("Add up words", { className: "small-button", "aria-pressed": "false" });
    this.adding.onclick = () => {
      const on = this.adding.getAttribute("aria-pressed") !== "true";
      this.adding.setAttribute("aria-pressed", String(on));
      if (!on) this.#pin("query", this.selection.pinned.query);
    };
    this.movers = [["‹ Move word", -1], ["Move word ›", 1]].map(([label, step]) => {
      const node = button(label, { className: "small-button" });
      node.onclick = () => {
        const at = this.selection.pinned.query;
        const goal = clamp(at + step, 0, this.tokens.length - 1);
        if (goal !== at) this.onReorder(at, goal);
      };
      return node;
    });
    return element("div", { className: "by-touch", children: [this.adding, ...this.movers] });
  }

  #row(role) {
    const row = element("div", { className: `words ${role}-words`, role: "listbox" });
    row.onkeydown = (event) => this.#key(event, row);
    return row;
  }

  /**
   * tokens   the words that are attended to.
   * asking   the words that ask, where they are another sentence.
   * weights  weights(query) -> one weight per token, null where it may not attend.
   */
  update({ tokens, asking = null, weights, theme, movable = false }) {
    const wording = JSON.stringify([tokens, asking, movable]);
    Object.assign(this, { tokens, weights, theme, movable, apart: asking !== null });
    if (wording !== this.wording) this.#spell(asking);
    this.wording = wording;
    this.paint();
  }

  #spell(asking) {
    const { tokens } = this;
    this.chosen.clear();
    const held = this.#focused(this.words);
    const role = this.apart ? "key" : "query";
    for (const node of this.movers) node.hidden = !this.movable;
    this.words.setAttribute("aria-label", `${this.apart ? "The words that are asked" : "The sentence"}. Arrow keys move between tokens.`);
    this.asking.setAttribute("aria-label", "The words that ask. Arrow keys move between tokens.");
    this.node.classList.toggle("apart", this.apart);
    this.words.replaceChildren(...tokens.map((token, index) => this.#word(token, index, role)));
    this.asking.replaceChildren(...(asking ?? []).map((token, index) => this.#word(token, index, "query")));
    if (held >= 0) this.words.children[Math.min(held, tokens.length - 1)]?.focus({ preventScroll: true });
  }

  #word(token, index, role) {
    const node = element("div", {
      className: token.special ? "token special" : "token",
      role: "option",
      tabindex: index === this.selection.pinned[role] ? 0 : -1,
      title: meaning(token),
      draggable: this.movable ? "true" : undefined,
      children: [element("bdi", { className: "word", children: [token.text] }), element("span", { className: "weight" })],
    });
    node.onpointerenter = () => this.selection.point({ [role]: index });
    node.onfocus = () => this.selection.point({ [role]: index });
    node.onclick = (event) => ((event.shiftKey || this.adding.getAttribute("aria-pressed") === "true") && role === "query" ? this.#choose(index) : this.#pin(role, index));
    if (this.movable) {
      node.ondragstart = (event) => event.dataTransfer.setData("text/plain", String(index));
      node.ondragover = (event) => event.preventDefault();
      node.ondrop = (event) => {
        event.preventDefault();
        this.onReorder(Number(event.dataTransfer.getData("text/plain")), index);
      };
    }
    return node;
  }

  #choose(index) {
    if (!this.chosen.size) this.chosen.add(this.selection.pinned.query);
    if (!this.chosen.delete(index)) this.chosen.add(index);
    this.paint();
  }

  #pin(role, index) {
    this.chosen.clear();
    this.selection.pin(role === "key" ? { key: index } : { query: index, key: this.#best(index) });
  }

  #focused(row) {
    return [...row.children].indexOf(row.getRootNode().activeElement);
  }

  #best(query) {
    const weights = this.weights(query);
    return weights.reduce((best, weight, key) => ((weight ?? -1) > (weights[best] ?? -1) ? key : best), 0);
  }

  #key(event, row) {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    const at = this.#focused(row);
    const asks = row === this.asking || !this.apart;
    if (event.shiftKey && (event.key === "Enter" || event.key === " ") && at >= 0 && asks) {
      this.#choose(at);
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (!step || at < 0) return;
    const goal = clamp(at + step, 0, row.children.length - 1);
    if (event.altKey && this.movable) {
      if (goal !== at) {
        row.children[goal].focus();
        this.onReorder(at, goal);
      }
    } else {
      row.children[at].tabIndex = -1;
      row.children[goal].tabIndex = 0;
      row.children[goal].focus();
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
      const [word, shown] = node.children;
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
    this.note.textContent = together ? `sum over ${rows.length} words: ${sums.reduce((a, b) => a + b, 0).toFixed(2)}` : "";
  }

  #draw() {
    this.lines.replaceChildren(...this.drawn.flatMap(([index, row]) => this.#curves(index, row)));
  }

  /** A long sentence scrolls to the word looked at, unless the pointer is on it already. */
  #bringIntoSight(node) {
    if (!node || this.inner.matches(":hover")) return;
    const [here, window] = [node.getBoundingClientRect(), this.node.getBoundingClientRect()];
    if (here.left < window.left || here.right > window.right) this.node.scrollLeft += here.left - window.left - window.width / 2;
    const { inner } = this;
    if (inner.scrollHeight <= inner.clientHeight) return;
    const frame = inner.getBoundingClientRect();
    if (here.top < frame.top || here.bottom > frame.bottom) inner.scrollTop += here.top - frame.top - frame.height / 2;
  }

  #curves(query, weights) {
    const frame = this.inner.getBoundingClientRect();
    const middle = (node) => {
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

  #curve(from, to, toItself) {
    if (this.apart) {
      const half = (from.bottom + to.top) / 2;
      return `M${from.x} ${from.bottom} C${from.x} ${half} ${to.x} ${half} ${to.x} ${to.top}`;
    }
    const base = to.top;
    if (toItself) return `M${from.x - 7} ${base} C${from.x - 15} ${base - 24} ${from.x + 15} ${base - 24} ${from.x + 7} ${base}`;
    const top = base - 1.3 * clamp(14 + Math.abs(to.x - from.x) * 0.16, 18, 44);
    return `M${from.x} ${base} C${from.x} ${top} ${to.x} ${top} ${to.x} ${base}`;
  }
}

/** What a newcomer cannot know of a token. */
function meaning({ text, special }) {
  if (text === "[UNK]") return "A word that the model has no token for";
  if (special) return "Added by the tokenizer: it frames the sentence";
  return text.startsWith("##") ? "Goes on with the word before" : undefined;
}
