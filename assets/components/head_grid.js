// All heads of a model on one canvas: a row per layer, a column per head. Hover to look, click to open.

import { FONT, fit, heat, outline, penOf, ratioOf, write } from "./kit/canvas.js";
import { UNREAD } from "./kit/colour.js";
import { clamp } from "./kit/numbers.js";
import { Tensor } from "./kit/payload.js";
import { element } from "./kit/text.js";
import { byTouch } from "./kit/touch.js";

/** @import { Head, Readable, Theme } from "./kit/types.js" */

const MARGIN = { left: 24, top: 20 };
const GAP = 4;
const SIDE = { smallest: 14, finger: 40, largest: 96 };

/**
 * stack: (layers * heads, rows, columns) in 0..255. Where a kind of head is looked for, score has a number for each and
 * best the [layer, head] that stay bright. open: below 0 where no head is.
 *
 * @typedef {object} Grid
 * @property {Tensor} stack
 * @property {number} layers
 * @property {number} heads
 * @property {Head} open
 * @property {Head | null} beside
 * @property {number[] | null} score
 * @property {number[][]} best
 * @property {Theme} theme
 * @property {number[]} [numbers] of the layers, where some of the model's do not attend
 */

export class HeadGrid {
  /** @type {Tensor} */
  stack = new Tensor(new Uint8Array(0), [0, 0, 0]);
  layers = 0;
  /** @type {number[]} */
  numbers = [];
  heads = 0;
  /** @type {Head} */
  open = [0, 0];
  /** @type {Head | null} */
  beside = null;
  /** @type {number[] | null} */
  score = null;
  /** @type {Theme} */
  theme = UNREAD;
  /** @type {OffscreenCanvas | null} */
  pictures = null;
  /** @type {Set<number> | null} */
  bright = null;
  side = 0;
  /** @type {[width: number, height: number] | null} */
  size = null;
  /** @type {Head | null} */
  hovered = null;

  /**
   * onOpen(layer, head, beside) is called on a click or Enter; onHover(layer, head) with null when the pointer leaves.
   *
   * @param {{onOpen: (layer: number, head: number, beside?: boolean) => void, onHover: (place: Head | null) => void}} hooks
   */
  constructor({ onOpen, onHover }) {
    this.onOpen = onOpen;
    this.onHover = onHover;
    this.canvas = element("canvas", {
      tabindex: 0,
      role: "application",
      "aria-roledescription": "figure, arrow keys move in it",
    });
    this.canvas.onpointermove = (event) => this.#hover(this.#under(event));
    this.canvas.onpointerleave = () => this.#hover(null);
    this.canvas.onclick = (event) => {
      const place = this.#under(event);
      if (place) this.onOpen(place[0], place[1], event.shiftKey);
    };
    this.canvas.onkeydown = (event) => this.#key(event);
  }

  /** @param {Grid} grid */
  update({ stack, layers, heads, open, beside, score, best, theme, numbers = [] }) {
    this.numbers = numbers;
    [this.stack, this.layers, this.heads, this.theme] = [stack, layers, heads, theme];
    [this.open, this.beside, this.score] = [open, beside, score];
    this.pictures = null;
    this.bright = best.length ? new Set(best.map(([layer, head]) => layer * heads + head)) : null;
  }

  /** @param {number} width */
  resize(width) {
    this.side = clamp(
      Math.floor((width - MARGIN.left) / this.heads) - GAP,
      byTouch() ? SIDE.finger : SIDE.smallest,
      SIDE.largest,
    );
    const shape = [MARGIN.left + this.heads * (this.side + GAP), MARGIN.top + this.layers * (this.side + GAP)];
    this.size = [Math.max(width, shape[0]), shape[1]];
    this.repaint();
  }

  /** All pictures anew. */
  repaint() {
    this.pictures = null;
    this.paint();
  }

  /**
   * Where the picture of a head begins.
   *
   * @param {number} layer
   * @param {number} head
   * @returns {Head}
   */
  corner(layer, head) {
    return [MARGIN.left + head * (this.side + GAP), MARGIN.top + layer * (this.side + GAP)];
  }

  paint() {
    if (!this.size) return;
    const [width, height] = this.size;
    const context = fit(this.canvas, width, height);
    const { colours } = this.theme;
    this.pictures ??= this.draw(width, height, ratioOf(context));
    context.drawImage(this.pictures, 0, 0, width, height);
    const [atLayer, atHead] = this.#at();
    for (let head = 0; head < this.heads; head++) {
      const every = this.side < 22 ? 2 : 1;
      if (head % every && head !== atHead) continue;
      const font = `500 ${this.side < 22 ? 10 : 12}px ${FONT.mono}`;
      write(context, String(head), this.corner(0, head)[0] + this.side / 2, 10, {
        font,
        colour: colours[head === atHead ? "ink" : "ink-3"],
        align: "center",
      });
    }
    for (let layer = 0; layer < this.layers; layer++) {
      const y = this.corner(layer, 0)[1] + this.side / 2;
      write(context, this.number(layer), 3, y, {
        font: `500 12px ${FONT.mono}`,
        colour: colours[layer === atLayer ? "ink" : "ink-3"],
      });
    }
    /** @param {Head} place @param {string} colour @param {number} line */
    const box = ([layer, head], colour, line) => {
      const [x, y] = this.corner(layer, head);
      outline(context, x - 1, y - 1, this.side + 3, this.side + 3, colour, line);
    };
    if (this.hovered) box(this.hovered, colours.edge, 2);
    if (this.beside) box(this.beside, colours["control-line"], 3);
    if (this.open[0] >= 0) box(this.open, colours.ink, 2.5);
    const value = `${this.score ? "found by" : "strongest weight"} ${this.value(atLayer, atHead)}`;
    this.canvas.setAttribute(
      "aria-label",
      `All heads: a small map of weights for each, ${this.layers} layers by ${this.heads} heads. Layer ${this.number(atLayer)}, head ${atHead}, ${value}. Arrow keys move, Enter opens, Shift and Enter compares.`,
    );
  }

  /**
   * What the model calls a layer.
   *
   * @param {number} layer
   */
  number(layer) {
    return String(this.numbers[layer] ?? layer);
  }

  /**
   * The one number of a head: what it was found by, or the strongest weight of its small map.
   *
   * @param {number} layer
   * @param {number} head
   */
  value(layer, head) {
    const index = layer * this.heads + head;
    return (this.score ? this.score[index] : this.strongest(index)).toFixed(2);
  }

  /** @param {number} index */
  strongest(index) {
    let most = 0;
    for (const step of this.stack.matrix(index).values) most = Math.max(most, step);
    return most / 255;
  }

  /**
   * The one number of every head, as a table.
   *
   * @returns {Readable[]}
   */
  read() {
    const layers = Array.from({ length: this.layers }, (_, layer) => `layer ${this.number(layer)}`);
    const heads = Array.from({ length: this.heads }, (_, head) => `head ${head}`);
    return [
      {
        title: this.score
          ? "What heads are found by"
          : "Strongest weight of each head, from its small map of 256 steps",
        rows: layers,
        columns: heads,
        cell: (layer, head) => this.value(layer, head),
      },
    ];
  }

  /**
   * All pictures as one bitmap.
   *
   * @param {number} width
   * @param {number} height
   * @param {number} ratio
   */
  draw(width, height, ratio) {
    const bitmap = new OffscreenCanvas(Math.round(width * ratio), Math.round(height * ratio));
    const context = penOf(bitmap);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (let index = 0; index < this.layers * this.heads; index++) {
      const [x, y] = this.corner(Math.floor(index / this.heads), index % this.heads);
      const matrix = this.stack.matrix(index);
      const bright = !this.bright || this.bright.has(index);
      const open = index === this.open[0] * this.heads + this.open[1];
      heat(context, {
        x,
        y,
        width: this.side,
        height: this.side,
        rows: matrix.rows,
        columns: matrix.columns,
        value: (r, c) => matrix.at(r, c),
        colours: this.theme.ramps.weights,
        low: 0,
        high: 255,
        theme: this.theme,
        alpha: bright || open ? 1 : 0.16,
      });
      if (this.bright && bright) outline(context, x, y, this.side + 1, this.side + 1, this.theme.colours.ink, 1.25);
    }
    return bitmap;
  }

  /**
   * The head that keys begin at.
   *
   * @returns {Head}
   */
  #at() {
    return this.hovered ?? (this.open[0] >= 0 ? this.open : [0, 0]);
  }

  /** @param {MouseEvent} event @returns {Head | null} */
  #under(event) {
    const box = this.canvas.getBoundingClientRect();
    const head = Math.floor((event.clientX - box.left - MARGIN.left) / (this.side + GAP));
    const layer = Math.floor((event.clientY - box.top - MARGIN.top) / (this.side + GAP));
    return head >= 0 && head < this.heads && layer >= 0 && layer < this.layers ? [layer, head] : null;
  }

  /** @param {Head | null} place */
  #hover(place) {
    if (String(place) === String(this.hovered)) return;
    this.hovered = place;
    this.paint();
    this.onHover(place);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    event.stopPropagation(); // r and c are Streamlit's
    const [layer, head] = this.#at();
    const end = { Home: 0, End: this.heads - 1 }[event.key];
    if (end !== undefined) this.#hover([layer, end]);
    else if (step) this.#hover([clamp(layer + step[0], 0, this.layers - 1), clamp(head + step[1], 0, this.heads - 1)]);
    else if (event.key === "Enter" || event.key === " ") this.onOpen(layer, head, event.shiftKey);
    else if (event.key === "Escape") this.#hover(null);
    else return;
    event.preventDefault();
  }
}
