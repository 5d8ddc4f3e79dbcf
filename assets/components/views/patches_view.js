// A picture cut into patches: squares that slide apart, then stand in a row, in the order in which they are read.

import { FONT, outline, write } from "../kit/canvas.js";
import { clamp, mix } from "../kit/numbers.js";
import { pictureOf } from "../kit/picture.js";

/** @import { Patches } from "../kit/figure_kinds.js" */
/** @import { Looked, Tensor } from "../kit/types.js" */

/** @import { Figure } from "../figure.js" */

const LARGEST = 380;
const GAP = 5;
const BESIDE = 4; // between two patches of the row
const NUMBER = 18; // under each of them, with its number
const SMALLEST = 8;
const EDGE = 3; // room for an outline

export class PatchesView {
  side = 0;
  share = 1;
  end = { cell: 0, across: 1, height: 0 };
  /** @type {Tensor | null} */
  drawn = null;
  /** @type {OffscreenCanvas | null} */
  canvas = null;

  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
  }

  // view.picture is (3, height, width) in 0..1; view.side patches lie side by side.
  /** @param {Patches} view @param {number} width */
  layout(view, width) {
    this.side = Math.min(LARGEST, width) - 2 * EDGE;
    this.end = this.#rows(view.side ** 2, width - 2 * EDGE);
    return Math.max(this.side, this.end.height) + 2 * EDGE;
  }

  /**
   * The largest patches whose rows, one after the other, find room.
   *
   * @param {number} n
   * @param {number} width
   */
  #rows(n, width) {
    for (let cell = Math.floor(this.side / 2); ; cell--) {
      const across = Math.min(n, Math.max(1, Math.floor((width + BESIDE) / (cell + BESIDE))));
      const height = Math.ceil(n / across) * (cell + NUMBER);
      if (height <= this.side || cell <= SMALLEST) return { cell, across, height };
    }
  }

  /**
   * Where a patch stands: share 0 in the picture, one half slid apart, 1 in the row.
   *
   * @param {Patches} view
   * @param {number} place
   * @param {number} share
   */
  #box(view, place, share) {
    const { side } = this;
    const cell = side / view.side;
    const [row, column] = [Math.floor(place / view.side), place % view.side];
    const open = clamp(share * 2, 0, 1) * GAP;
    const small = (side - open * (view.side - 1)) / view.side;
    const grid = { x: column * (small + open), y: row * (small + open), size: open ? small : cell };
    const into = clamp(share * 2 - 1, 0, 1);
    const line = {
      x: (place % this.end.across) * (this.end.cell + BESIDE),
      y: Math.floor(place / this.end.across) * (this.end.cell + NUMBER),
      size: this.end.cell,
    };
    return {
      x: mix(grid.x, line.x, into) + EDGE,
      y: mix(grid.y, line.y, into) + EDGE,
      size: mix(grid.size, line.size, into),
    };
  }

  /** @param {CanvasRenderingContext2D} context @param {Patches} view @param {number} share */
  paint(context, view, share) {
    const { figure } = this;
    const { theme, selection } = figure;
    const pixels = this.#pixels(view);
    const cell = pixels.width / view.side;
    this.share = share;
    context.imageSmoothingEnabled = false;
    for (let place = 0; place < view.side ** 2; place++) {
      const { x, y, size } = this.#box(view, place, share);
      const [row, column] = [Math.floor(place / view.side), place % view.side];
      context.drawImage(pixels, column * cell, row * cell, cell, cell, x, y, size, size);
      if (place === selection.now.key) outline(context, x, y, size, size, theme.colours.key, 2.5);
      if (share === 1 && (size >= 18 || place % 8 === 0)) {
        write(context, String(place), x + size / 2, y + size + 8, {
          font: `500 10px ${FONT.mono}`,
          colour: theme.colours[place === selection.now.key ? "key" : "ink-3"],
          align: "center",
        });
      }
    }
  }

  /** @param {Patches} view */
  #pixels(view) {
    const stack = this.figure.stack(view.picture);
    if (this.drawn !== stack || !this.canvas) this.canvas = pictureOf(stack);
    this.drawn = stack;
    return this.canvas;
  }

  /**
   * What stands on the timeline.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Patches} view
   * @param {number} side
   */
  thumbnail(context, view, side) {
    const pixels = this.#pixels(view);
    const [shown, gap] = [Math.min(view.side, 4), 3];
    const cell = pixels.width / shown;
    const size = (side - gap * (shown - 1)) / shown;
    for (let place = 0; place < shown ** 2; place++) {
      const [row, column] = [Math.floor(place / shown), place % shown];
      context.drawImage(
        pixels,
        column * cell,
        row * cell,
        cell,
        cell,
        column * (size + gap),
        row * (size + gap),
        size,
        size,
      );
    }
  }

  /** @param {number} x @param {number} y @param {Patches} view */
  at(x, y, view) {
    for (let place = 0; place < view.side ** 2; place++) {
      const box = this.#box(view, place, this.share);
      if (x >= box.x && y >= box.y && x < box.x + box.size && y < box.y + box.size) return { key: place };
    }
    return null;
  }

  /** @param {number} dx @param {number} dy @param {Patches} view @param {Looked} now */
  move(dx, dy, view, { key }) {
    return { key: clamp(key + dx + dy * (this.share === 1 ? this.end.across : view.side), 0, view.side ** 2 - 1) };
  }

  /** @param {Patches} view */
  summary(view) {
    return `a picture cut into ${view.side ** 2} patches, ${view.side} to a row, read row by row`;
  }

  /** @param {Patches} view @param {Looked} now */
  describe(view, { key }) {
    return `number ${key}, counted from 0 to ${view.side ** 2 - 1}, ${this.figure.tokens("keys")[key]?.text ?? ""}`;
  }
}
