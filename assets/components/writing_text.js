// A text token by token: above each what a head spends on it, below it how surprising it was, in bits.

import { css, inkOn, shade } from "./kit/colour.js";
import { clamp, number } from "./kit/numbers.js";
import { element } from "./kit/text.js";
import { backAndOn } from "./kit/touch.js";

/** @import { Theme, WrittenToken } from "./kit/types.js" */
/** @import { Tensor } from "./kit/payload.js" */

export const MOST_BITS = 12; // from here on all is as dark: one in 4096
const TALLEST = 18; // pixels of a weight of 1
const EDGE = 2; // pixels between the rows and the edge of their box

/**
 * @typedef {object} Text
 * @property {WrittenToken[]} tokens
 * @property {Tensor | null} bits null for a text that was read and not written
 * @property {number} begun
 * @property {number} at
 * @property {boolean} open whether a token can follow
 * @property {Float32Array | Uint8Array | null} weights of a head, for the tokens before the one that is looked at
 * @property {Theme} theme
 */

export class WritingText {
  /** @type {Text | null} */
  text = null;
  /** @type {HTMLElement[]} */
  nodes = [];

  /**
   * @param {string} name
   * @param {((place: number) => void) | null} onLook null where no token of it is looked at
   */
  constructor(name, onLook) {
    this.name = name;
    this.onLook = onLook;
    const role = onLook ? "slider" : "group";
    this.words = element("div", { className: "text", tabindex: 0, role, "aria-label": name });
    this.whole = element("p", { className: "unseen" });
    this.node = element("div", { children: [this.words, this.whole] });
    if (!onLook) return;
    this.node.append(backAndOn((event) => this.key({ ...event, stopPropagation() {}, preventDefault() {} })));
    this.words.onkeydown = (event) => this.key(event);
    this.words.onclick = (event) => {
      const token = event.target instanceof Element ? event.target.closest("[data-place]") : null;
      if (token) this.look(Number(token.getAttribute("data-place")));
    };
  }

  /** @param {Text} text */
  update(text) {
    this.text = text;
    const { tokens, bits } = text;
    this.nodes = tokens.map((token, place) => this.token(token, place, bits ? bits.values[place] : NaN, text));
    if (text.open) {
      const slot = element("span", { className: "word", children: ["…"] });
      this.nodes.push(this.box(slot, tokens.length, "the next token", "next", ""));
    }
    const breaks = this.nodes.flatMap((node, place) =>
      tokens[place]?.text.includes("\n")
        ? [node, element("span", { className: "break", role: "presentation" })]
        : [node],
    );
    this.words.replaceChildren(...breaks);
    if (this.onLook) {
      this.words.setAttribute("aria-label", `${this.name}, ${tokens.length} tokens: the one that is looked at`);
      this.words.setAttribute("aria-valuemin", "1");
      this.words.setAttribute("aria-valuemax", String(this.nodes.length - 1));
    }
    this.whole.textContent = tokens.map((token) => token.text).join("");
    if (this.onLook) this.mark(text.at);
    this.weigh(text.weights);
    const looked = this.nodes[text.at];
    if (looked) this.words.scrollTop = this.first(looked) - EDGE;
  }

  /**
   * Where the first row must begin that is in sight, so that it is whole and the row of this token is the last.
   *
   * @param {HTMLElement} looked
   */
  first(looked) {
    const top = looked.offsetTop + looked.offsetHeight + EDGE - this.words.clientHeight;
    return (this.nodes.find((node) => node.offsetTop - EDGE >= top) ?? looked).offsetTop;
  }

  /**
   * @param {WrittenToken} token
   * @param {number} place
   * @param {number} bits
   * @param {Text} text
   */
  token(token, place, bits, { begun, theme, bits: all }) {
    const known = !Number.isNaN(bits);
    const shown = token.text.replaceAll("\n", "⏎") || token.name;
    const word = element("span", { className: "word", children: [shown] });
    word.dir = "auto";
    if (known) {
      const colour = shade(theme.ramps.weights, Math.min(bits, MOST_BITS), 0, MOST_BITS);
      word.style.background = css(colour);
      word.style.color = inkOn(colour);
    }
    const kind = token.forced ? "forced" : place < begun ? "given" : "written";
    const told = known ? `${number(bits, 1)} bits` : "nothing was expected of it";
    if (!all) return this.box(word, place, token.name, kind, "");
    const more = `${token.name}, ${kind === "given" ? "of the beginning" : kind === "forced" ? "chosen by you" : "written"}, ${told}`;
    return this.box(word, place, more, kind, known ? number(bits, 1) : "–");
  }

  /**
   * @param {HTMLElement} word
   * @param {number} place
   * @param {string} told
   * @param {string} kind
   * @param {string} bits
   */
  box(word, place, told, kind, bits) {
    const weight = element("i", { className: "weight" });
    const below = element("span", { className: "bits", children: [kind === "forced" ? `✎${bits}` : bits] });
    return element("span", {
      className: `token ${kind}`,
      "data-place": place,
      title: told,
      children: [element("span", { className: "above", children: [weight] }), word, below],
    });
  }

  /** @param {number} at */
  mark(at) {
    for (const [place, node] of this.nodes.entries()) {
      node.classList.toggle("looked", place === at);
      node.classList.toggle("asking", place === at - 1);
    }
    this.words.setAttribute("aria-valuenow", String(at));
    this.words.setAttribute("aria-valuetext", this.nodes[at]?.title ?? "");
  }

  /**
   * What a head spends on the tokens before the one that is looked at.
   *
   * @param {Float32Array | Uint8Array | null} weights
   */
  weigh(weights) {
    for (const [place, node] of this.nodes.entries()) {
      const bar = /** @type {HTMLElement} */ (node.querySelector(".weight"));
      const weight = weights && place < weights.length ? weights[place] : 0;
      bar.style.height = `${(weight * TALLEST).toFixed(1)}px`;
    }
  }

  /** @param {number} place */
  look(place) {
    if (!this.text || !this.onLook) return;
    const goal = clamp(place, 1, this.nodes.length - 1);
    this.mark(goal);
    this.onLook(goal);
  }

  /** @param {Pick<KeyboardEvent, "key" | "stopPropagation" | "preventDefault">} event */
  key(event) {
    event.stopPropagation(); // r and c are Streamlit's
    const text = this.text;
    if (!text) return;
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined) return;
    const now = this.nodes.findIndex((node) => node.classList.contains("looked"));
    this.look(clamp(now + step, 1, this.nodes.length - 1));
    event.preventDefault();
  }
}
