// A picture under a grid of cells: what a word looks at stays in the light, the rest is veiled.

import { cut, FONT, outline, write } from "../kit/canvas.js";
import { css, inkOn, shade } from "../kit/colour.js";
import { clamp, number } from "../kit/numbers.js";
import { paintMap, pictureOf, veilOf, withMap } from "../kit/picture.js";

/** @import { Lettering } from "../kit/canvas.js" */
/** @import { Overlay } from "../kit/figure_kinds.js" */
/** @import { Looked, Place, Tensor } from "../kit/types.js" */

/** @import { Figure } from "../figure.js" */

const LARGEST = 420;
const MARGIN = 22; // for the names of rows and columns
const SMALL = 96; // a picture of the strip
const GAP = 12;
const EDGE = 2; // for the frame of the word that is looked at
const VEIL = 0.86;
const NUMBERED = 60; // pixels of a cell that has room for its number
const TOLD = 3; // cells that the summary speaks of
const LINE = 20; // below the picture, for the end of a scale of its own

export class OverlayView {
  words = 0;
  side = 0;
  across = 0;
  /** @type {ReturnType<typeof withMap> | null} where a row's map of its own stands */
  map = null;
  /** @type {Tensor | null} */
  drawn = null;
  /** @type {OffscreenCanvas | null} */
  canvas = null;
  /** @type {Tensor | undefined} */
  file = undefined;
  /** @type {ImageBitmap | null} */
  sharp = null;
  turn = 0; // of the files that were opened

  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
  }

  /** @param {Overlay} view @param {number} width */
  layout(view, width) {
    this.words = this.figure.tokens("queries").length;
    if (view.strip) {
      this.side = Math.min(SMALL, width - 2 * EDGE);
      this.across = Math.max(1, Math.floor((width - 2 * EDGE + GAP) / (this.side + GAP)));
      return Math.ceil(this.words / this.across) * (this.side + GAP + 20) + EDGE;
    }
    this.map = view.scale === "share" ? withMap(width, MARGIN, LARGEST) : null;
    this.side = this.map?.side ?? Math.min(LARGEST, width - MARGIN);
    return this.side + MARGIN + 4 + (this.map ? LINE + this.map.below : 0);
  }

  /**
   * Where the picture of a word lies.
   *
   * @param {Overlay} view
   * @param {number} query
   */
  #corner(view, query) {
    if (!view.strip) return [MARGIN, MARGIN];
    return [
      EDGE + (query % this.across) * (this.side + GAP),
      Math.floor(query / this.across) * (this.side + GAP + 20) + 20,
    ];
  }

  /** @param {CanvasRenderingContext2D} context @param {Overlay} view */
  paint(context, view) {
    const { figure } = this;
    const { theme, selection } = figure;
    const { query, key } = selection.now;
    if (view.strip) {
      for (let word = 0; word < this.words; word++) {
        const [x, y] = this.#corner(view, word);
        const on = word === query;
        const font = `${on ? 700 : 500} 13px ${FONT.sans}`;
        context.font = font;
        write(context, cut(context, figure.tokens("queries")[word].text, this.side), x, y - 9, {
          font,
          colour: theme.colours[on ? "query" : "ink-2"],
        });
        this.#picture(context, view, x, y, this.side, word >= figure.grown ? null : word);
        outline(context, x, y, this.side, this.side, on ? theme.colours.query : theme.colours.line, on ? 2.5 : 1);
      }
      return;
    }
    const [x, y] = this.#corner(view, 0);
    this.#picture(context, view, x, y, this.side, view.plain || query >= figure.grown ? null : query);
    const cell = this.side / view.side;
    /** @type {Lettering} */
    const small = { font: `500 12px ${FONT.mono}`, colour: theme.colours["ink-2"], align: "center" };
    const names = figure.tokens("keys").map(({ text }) => text);
    for (let place = 0; place < view.side; place++) {
      write(context, names[place][0], x + (place + 0.5) * cell, 10, small);
      write(context, names[place * view.side].slice(1), 9, y + (place + 0.5) * cell, small);
    }
    context.strokeStyle = theme.colours["control-line"];
    context.lineWidth = 1;
    for (let line = 0; line <= view.side; line++) {
      context.strokeRect(x + line * cell, y, 0, this.side);
      context.strokeRect(x, y + line * cell, this.side, 0);
    }
    if (!view.plain && query < figure.grown && cell >= NUMBERED) this.#numbers(context, view, x, y, cell, query);
    if (view.scale === "share") {
      const end = this.#end(view, query);
      const style = /** @type {const} */ ({ ...small, align: "left" });
      write(context, `clear: the largest weight, ${number(end, 3)}; veiled: 0`, x, y + this.side + LINE - 6, style);
      if (this.map && query < figure.grown) {
        const [asking, patches] = ["queries", "keys"].map((axis) => figure.tokens(axis));
        paintMap(context, {
          ...this.map.map,
          rows: view.side,
          columns: view.side,
          values: figure.tensor(view.tensor).row(query),
          most: end,
          title: `what ${asking[query].text} gives`,
          theme,
          marked: [
            // words that ask are none of the patches
            [asking.length < patches.length ? -1 : query - asking.length + patches.length, "query"],
            [key, "key"],
          ],
        });
      }
    }
    outline(
      context,
      x + (key % view.side) * cell,
      y + Math.floor(key / view.side) * cell,
      cell,
      cell,
      theme.colours.key,
      2.5,
    );
  }

  /**
   * The picture, and over it what one word makes of its cells.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Overlay} view
   * @param {number} x
   * @param {number} y
   * @param {number} side
   * @param {number | null} query
   */
  #picture(context, view, x, y, side, query) {
    const { figure } = this;
    context.save();
    const pixels = this.#pixels(view);
    context.imageSmoothingEnabled = pixels.width > 128;
    context.drawImage(pixels, x, y, side, side);
    context.restore();
    if (query === null) return;
    const row = figure.tensor(view.tensor).row(query);
    const end = this.#end(view, query);
    const cell = side / view.side;
    const veil = veilOf(figure.stack(view.picture), figure.theme);
    row.forEach((value, place) => {
      const [left, top] = [x + (place % view.side) * cell, y + Math.floor(place / view.side) * cell];
      if (view.scale !== "signed") {
        context.globalAlpha = VEIL * (1 - Math.min(1, value / end));
        context.fillStyle = veil;
      } else {
        context.globalAlpha = 0.72;
        context.fillStyle = css(shade(figure.colours(view), value, ...figure.range(view)));
      }
      context.fillRect(left, top, cell, cell);
      context.globalAlpha = 1;
    });
  }

  /**
   * What is not veiled at all: a weight of 1, or where many cells share it, the largest of the row.
   *
   * @param {Overlay} view
   * @param {number} query
   */
  #end(view, query) {
    if (view.scale !== "share") return this.figure.range(view)[1];
    return Math.max(...this.figure.tensor(view.tensor).row(query), 1e-9);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Overlay} view
   * @param {number} x
   * @param {number} y
   * @param {number} cell
   * @param {number} query
   */
  #numbers(context, view, x, y, cell, query) {
    const { figure } = this;
    const row = figure.tensor(view.tensor).row(query);
    row.forEach((value, place) => {
      if (view.scale !== "signed" && value < 0.005) return;
      const [left, top] = [x + (place % view.side) * cell + 5, y + Math.floor(place / view.side) * cell + 5];
      const text = number(value, 2);
      const font = `500 12px ${FONT.mono}`;
      context.font = font;
      const ground = shade(figure.colours(view), value, ...figure.range(view));
      context.fillStyle = css(ground);
      context.fillRect(left, top, context.measureText(text).width + 8, 17);
      write(context, text, left + 4, top + 9, { font, colour: inkOn(ground) });
    });
  }

  /**
   * The pixels of the picture as a canvas: those that the model sees, or where they are there, those for the screen.
   *
   * @param {Overlay} view
   */
  #pixels(view) {
    const file = this.figure.stack(`${view.picture}_file`);
    if (file !== this.file) this.#open(file);
    if (this.sharp) return this.sharp;
    const stack = this.figure.stack(view.picture);
    if (this.drawn !== stack || !this.canvas) this.canvas = pictureOf(stack);
    this.drawn = stack;
    return this.canvas;
  }

  /**
   * Opens the file of a picture for the screen; until it is open, what the model sees stands there.
   *
   * @param {Tensor | undefined} file
   */
  #open(file) {
    const [now, before] = [file?.values ?? [], this.file?.values ?? []];
    this.file = file;
    if (now.length === before.length && now.every((byte, place) => byte === before[place])) return;
    this.sharp = null;
    const turn = ++this.turn;
    if (!file) return;
    createImageBitmap(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (file.values)])).then(
      (found) => {
        if (turn !== this.turn) return;
        this.sharp = found;
        this.figure.selection.point({});
      },
      () => {}, // what cannot be opened leaves what the model sees
    );
  }

  /**
   * What stands on the timeline.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Overlay} view
   * @param {number} side
   */
  thumbnail(context, view, side) {
    this.#picture(context, view, 0, 0, side, view.plain ? null : this.figure.selection.pinned.query);
  }

  /** @param {number} x @param {number} y @param {Overlay} view @returns {Place | null} */
  at(x, y, view) {
    if (view.strip) {
      for (let query = 0; query < this.words; query++) {
        const [left, top] = this.#corner(view, query);
        if (x < left || y < top - 20 || x >= left + this.side || y >= top + this.side) continue;
        const cell = this.side / view.side;
        /** @param {number} at */
        const place = (at) => clamp(Math.floor(at / cell), 0, view.side - 1);
        return { query, key: place(y - top) * view.side + place(x - left) };
      }
      return null;
    }
    const picture = { x: MARGIN, y: MARGIN, side: this.side };
    for (const box of this.map ? [picture, this.map.map] : [picture]) {
      const cell = box.side / view.side;
      const [column, row] = [Math.floor((x - box.x) / cell), Math.floor((y - box.y) / cell)];
      if (Math.min(column, row) >= 0 && Math.max(column, row) < view.side)
        return { key: row * view.side + column, cell: true, query: this.figure.selection.pinned.query };
    }
    return null;
  }

  /** @param {number} dx @param {number} dy @param {Overlay} view @param {Looked} now */
  move(dx, dy, view, { query, key }) {
    if (view.strip) return { query: clamp(query + dx + dy * this.across, 0, this.words - 1) };
    const [row, column] = [Math.floor(key / view.side), key % view.side];
    return { key: clamp(row + dy, 0, view.side - 1) * view.side + clamp(column + dx, 0, view.side - 1) };
  }

  /**
   * Veils have no legend: their end is written below the picture.
   *
   * @param {Overlay} view
   */
  hasScale(view) {
    return view.scale !== "share";
  }

  /** @param {Overlay} view */
  summary(view) {
    const { figure } = this;
    const size = `a picture of ${view.side} by ${view.side} cells`;
    if (view.plain) return size;
    const { query } = figure.selection.now;
    const row = figure.tensor(view.tensor).row(query);
    const order = [...row.keys()].sort((a, b) => row[b] - row[a]).slice(0, TOLD);
    if (query >= figure.grown) return size;
    return `${size}, most for ${figure.tokens("queries")[query].text} in ${order.map((place) => `${figure.tokens("keys")[place].text} ${number(row[place], 3)}`).join(", ")}`;
  }

  /** @param {Overlay} view @param {Looked} now */
  describe(view, { query, key }) {
    const [word, cell] = [this.figure.tokens("queries")[query].text, this.figure.tokens("keys")[key].text];
    if (view.plain) return `cell ${cell}`;
    const value = this.figure.value(view, query, key);
    const asks = this.figure.tokens("queries").length < this.figure.tokens("keys").length ? "word" : "patch";
    return `${asks} ${word}, cell ${cell}: ${typeof value === "number" ? number(value, 3) : "not written yet"}`;
  }
}
