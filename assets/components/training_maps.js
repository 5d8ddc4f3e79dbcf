// What the heads of one run look at: a small map of each, and the open one with its words.

import { HeadGrid } from "./head_grid.js";
import { cut, FONT, fit, HIDDEN, heat, outline, penOf, write } from "./kit/canvas.js";
import { clamp, number } from "./kit/numbers.js";
import { Tensor } from "./kit/payload.js";
import { button, element } from "./kit/text.js";
import { TrainingPicture } from "./training_picture.js";

/** @import { Head, Readable, Theme, TrainingData } from "./kit/types.js" */

const MAP = { most: 62, cell: 22, smallest: 9, lettered: 11 };
const GRID = { smallest: 56, most: 420 }; // pixels: of a head, of all heads side by side

export class RunMaps {
  /** @type {TrainingData | null} */
  data = null;
  /** @type {Tensor | null} */
  weights = null;
  /** @type {Head} */
  open = [0, 0];

  /**
   * @param {(layer: number, head: number) => void} onOpen
   * @param {(layer: number, head: number, silent: boolean) => void} onSilence
   * @param {boolean} away whether nobody trains behind it any more
   */
  constructor(onOpen, onSilence, away) {
    this.away = away;
    this.title = element("p", { className: "quiet" });
    this.grid = new HeadGrid({ onOpen, onHover: (place) => this.look(place ?? this.opened) });
    this.caption = element("p", { className: "caption" });
    this.map = element("canvas", { role: "img" });
    this.map.onpointermove = (event) => this.#tell(event);
    this.map.onpointerleave = () => this.#caption();
    this.picture = new TrainingPicture();
    this.mute = button("Silence this head", { className: "small-button" });
    this.mute.onclick = () => onSilence(...this.opened, !this.silent(this.opened));
    this.node = element("div", {
      className: "run",
      children: [this.title, this.grid.canvas, this.caption, this.mute, this.picture.node, this.map],
    });
    /** @type {Head} */
    this.opened = [0, 0];
    this.run = 0;
    this.at = 0;
    this.width = 0;
    this.margin = 0;
    this.name = "";
    this.cell = MAP.cell;
    /** @type {Theme | null} */
    this.theme = null;
  }

  /**
   * @param {TrainingData} data
   * @param {Theme} theme
   * @param {number} run
   * @param {number} at which moment
   * @param {number} width
   */
  paint(data, theme, run, at, width) {
    [this.data, this.theme, this.run, this.at, this.width] = [data, theme, run, at, width];
    const [layers, heads] = data.heads[run];
    const count = layers * heads;
    const stack = data.tensors[`maps${run}`];
    this.title.textContent = data.names.length > 1 ? data.names[run] : "";
    this.title.hidden = data.names.length < 2;
    this.grid.canvas.hidden = count < 2;
    this.opened = [
      clamp(data.open[run][0], 0, Math.max(0, layers - 1)),
      clamp(data.open[run][1], 0, Math.max(0, heads - 1)),
    ];
    if (count > 1) {
      const size = stack.rows * stack.columns;
      const values = stack.values.subarray(at * count * size, (at + 1) * count * size);
      const part = new Tensor(values, [count, stack.rows, stack.columns]);
      this.grid.update({
        stack: part,
        layers,
        heads,
        open: this.opened,
        beside: null,
        score: null,
        best: this.heard(layers, heads),
        theme,
      });
      this.grid.resize(Math.min(width, Math.max(GRID.smallest * heads, Math.min(GRID.most, width)), 24 + 76 * heads));
    }
    this.look(this.opened);
  }

  /** @param {Head} place */
  silent([layer, head]) {
    return Boolean(this.data?.silent[this.run].some(([at, number]) => at === layer && number === head));
  }

  /**
   * The heads that stay bright: those that speak, where some are silent.
   *
   * @param {number} layers
   * @param {number} heads
   * @returns {Head[]}
   */
  heard(layers, heads) {
    if (!this.data?.silent[this.run].length) return [];
    const all = Array.from(
      { length: layers * heads },
      (_, at) => /** @type {Head} */ ([Math.floor(at / heads), at % heads]),
    );
    return all.filter((place) => !this.silent(place));
  }

  /**
   * The map of a head with its words.
   *
   * @param {Head} place
   */
  look(place) {
    const { data, theme } = this;
    if (!data || !theme) return;
    this.open = place;
    const [layers, heads] = data.heads[this.run];
    const { colours, ramps } = theme;
    const plain = { font: `500 12px ${FONT.sans}`, colour: colours["ink-2"] };
    this.mute.hidden = !layers || this.away;
    this.picture.node.hidden = !layers || !data.side;
    if (!layers) {
      this.caption.textContent = "No attention: one state is all that it carries from token to token.";
      this.map.hidden = true;
      this.weights = null;
      return;
    }
    this.map.hidden = false;
    const index = this.at * layers * heads + place[0] * heads + place[1];
    const weights = data.tensors[`maps${this.run}`].matrix(index);
    this.weights = weights;
    const { tokens, wanted } = data;
    const pen = penOf(this.map);
    pen.font = plain.font;
    const longest = Math.max(...[...tokens, ...wanted].map((word) => pen.measureText(`→ ${word}`).width));
    this.margin = clamp(Math.ceil(longest) + 10, 20, MAP.most);
    const cell = clamp(Math.floor((this.width - 2 * this.margin - 4) / tokens.length), MAP.smallest, MAP.cell);
    const side = cell * tokens.length;
    const context = fit(this.map, this.margin + side + this.margin, this.margin + side + 4);
    const name = layers * heads > 1 ? `Layer ${place[0]}, head ${place[1]}` : "Attention";
    this.mute.textContent = this.silent(this.opened) ? "Let this head speak again" : "Silence this head";
    [this.name, this.cell] = [name, cell];
    this.#caption();
    const allowed = data.tensors[`allowed${this.run}`];
    heat(context, {
      x: this.margin,
      y: this.margin,
      width: side,
      height: side,
      rows: tokens.length,
      columns: tokens.length,
      value: (row, column) => (allowed.at(row, column) ? weights.at(row, column) / 255 : HIDDEN),
      colours: ramps.weights,
      low: 0,
      high: 1,
      theme,
    });
    if (cell >= MAP.lettered) this.#words(tokens, wanted, cell, side);
    // where it should look: a frame, so that colour is not all that tells
    for (const [row, column] of data.gold)
      outline(
        context,
        this.margin + column * cell + 1,
        this.margin + row * cell + 1,
        cell - 2,
        cell - 2,
        colours.key,
        1.2,
      );
    const best = tokens.map((_, row) => {
      const values = weights.row(row);
      const most = Math.max(...values);
      return `${tokens[row]} looks at ${tokens[values.indexOf(most)]}, ${number(most / 255, 2)}`;
    });
    this.map.setAttribute("aria-label", `Attention weights, ${name}. ${best.join("; ")}.`);
    if (data.side) this.picture.paint(data, weights, name, theme, this.width);
  }

  #caption() {
    const framed = this.data?.gold.length ? "; framed: what belongs there" : "";
    const silent = this.silent(this.open) ? ", silent: it brings nothing" : "";
    this.caption.textContent = `${this.name}${silent}: each row spends 1 on the columns${framed}`;
  }

  /**
   * The weight under the pointer, in words.
   *
   * @param {PointerEvent} event
   */
  #tell({ clientX, clientY }) {
    if (!this.data || !this.weights) return;
    const box = this.map.getBoundingClientRect();
    const row = Math.floor((clientY - box.top - this.margin) / this.cell);
    const column = Math.floor((clientX - box.left - this.margin) / this.cell);
    const { tokens, tensors } = this.data;
    if (!tokens[row] || !tokens[column]) {
      this.#caption();
      return;
    }
    const seen = tensors[`allowed${this.run}`].at(row, column);
    const says = seen ? `gives ${number(this.weights.at(row, column) / 255, 2)} to` : "may not look at";
    this.caption.textContent = `${this.name}: ${this.#called(row)} ${says} ${this.#called(column)}`;
  }

  /**
   * A token by its place: the same one may stand there twice.
   *
   * @param {number} place
   */
  #called(place) {
    return `“${this.data?.tokens[place]}” at ${place}`;
  }

  /**
   * What is read beside the rows and above the columns; behind a row, what should be written there.
   *
   * @param {string[]} tokens
   * @param {string[]} wanted
   * @param {number} cell
   * @param {number} side
   */
  #words(tokens, wanted, cell, side) {
    if (!this.theme) return;
    const context = /** @type {CanvasRenderingContext2D} */ (this.map.getContext("2d"));
    const plain = { font: `500 ${cell < 16 ? 10.5 : 12.5}px ${FONT.sans}`, colour: this.theme.colours["ink-2"] };
    context.font = plain.font;
    tokens.forEach((word, place) => {
      const middle = (place + 0.5) * cell;
      const short = cut(context, word, this.margin - 10);
      write(context, short, this.margin - 6, this.margin + middle, { ...plain, align: "right" });
      if (wanted[place]) {
        const next = cut(context, `→ ${wanted[place]}`, this.margin - 8);
        write(context, next, this.margin + side + 5, this.margin + middle, plain);
      }
      context.save();
      context.translate(this.margin + middle, this.margin - 5);
      context.rotate(-Math.PI / 2);
      write(context, cut(context, word, this.margin - 6), 0, 0, plain);
      context.restore();
    });
  }

  /**
   * The open map as a table.
   *
   * @param {string} name
   * @returns {Readable[]}
   */
  read(name) {
    const { data, weights } = this;
    if (!data || !weights) return [];
    return [
      {
        title: `${name}: attention weights of layer ${this.open[0]}, head ${this.open[1]}`,
        rows: data.tokens,
        columns: data.tokens,
        cell: (row, column) => number(weights.at(row, column) / 255, 2),
      },
      ...(data.side ? this.picture.read() : []),
    ];
  }
}
