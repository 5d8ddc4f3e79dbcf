// One bar for each row of a tensor, as long as all others and cut into parts: who takes which share of the whole.

import { cut, FONT, outline, write } from "../kit/canvas.js";
import { clamp, number } from "../kit/numbers.js";
import { rowOf } from "../kit/selection.js";
import { lined } from "./curves_view.js";

/** @import { Bars } from "../kit/figure_kinds.js" */
/** @import { Looked, Readable } from "../kit/types.js" */

/** @import { Figure } from "../figure.js" */

const [LEFT, TOP, ROW, BAR] = [84, 34, 44, 30];
const READABLE = 32; // pixels of a part that has room for its number

export class BarsView {
  width = 1;

  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
  }

  /** @param {Bars} view @param {number} width */
  layout(view, width) {
    this.width = width - LEFT - 2;
    return TOP + ROW * this.figure.tensor(view.tensor).rows + 24;
  }

  /** @param {CanvasRenderingContext2D} context @param {Bars} view @param {number} share */
  paint(context, view, share) {
    const { theme, selection } = this.figure;
    const { columns, rows } = this.figure.tensor(view.tensor);
    const bold = `600 12px ${FONT.sans}`;
    context.font = bold;
    let beside = 0;
    for (let part = 0; part < columns; part++) {
      const name = this.#word(view.columns, part);
      context.fillStyle = this.#colour(part);
      context.fillRect(beside, 5, 11, 11);
      write(context, name, beside + 16, 11, { font: bold, colour: theme.colours.ink });
      beside += 34 + context.measureText(name).width;
    }
    const shown = Math.ceil(clamp(share, 0, 1) * rows);
    for (let row = 0; row < rows; row++) {
      const y = TOP + row * ROW;
      const font = `500 12px ${FONT.sans}`;
      context.font = font;
      const word = cut(context, this.#word(view.rows, row), LEFT - 8);
      write(context, word, LEFT - 8, y + BAR / 2, { font, colour: theme.colours.ink, align: "right" });
      if (row < shown) this.#bar(context, view, row, y);
    }
    const { row, part } = this.#looked(view, selection.now);
    const [x, wide] = this.#place(view, row, part);
    outline(context, x, TOP + row * ROW, wide, BAR, theme.colours.spot);
    const words = { font: `400 12px ${FONT.sans}`, colour: theme.colours["ink-2"] };
    write(context, `${view.across} →`, LEFT, TOP + ROW * rows + 8, words);
  }

  /** @param {CanvasRenderingContext2D} context @param {Bars} view @param {number} row @param {number} y */
  #bar(context, view, row, y) {
    const tensor = this.figure.tensor(view.tensor);
    const font = `600 12px ${FONT.mono}`;
    for (let part = 0; part < tensor.columns; part++) {
      const [x, wide] = this.#place(view, row, part);
      context.fillStyle = this.#colour(part);
      context.fillRect(x, y, Math.max(0, wide - 1), BAR);
      if (wide < READABLE) continue;
      const colour = this.figure.theme.colours.surface;
      write(context, percent(tensor.at(row, part)), x + wide / 2, y + BAR / 2, { font, colour, align: "center" });
    }
  }

  /** @param {number} part */
  #colour(part) {
    return this.figure.theme.colours[lined(part).colour];
  }

  /** Where a part of a bar begins, and how wide it is. @param {Bars} view @param {number} row @param {number} part @returns {[number, number]} */
  #place(view, row, part) {
    const values = [...this.figure.tensor(view.tensor).row(row)];
    const before = values.slice(0, part).reduce((sum, value) => sum + value, 0);
    return [LEFT + before * this.width, values[part] * this.width];
  }

  /** @param {string} axis @param {number} at */
  #word(axis, at) {
    return this.figure.tokens(axis)?.[at]?.text ?? String(at);
  }

  /** @param {Bars} view @param {Looked} now */
  #looked(view, now) {
    const { rows, columns } = this.figure.tensor(view.tensor);
    return { row: clamp(rowOf(now, "query"), 0, rows - 1), part: clamp(rowOf(now, "dimension"), 0, columns - 1) };
  }

  /** @param {number} x @param {number} y @param {Bars} view */
  at(x, y, view) {
    const { rows, columns } = this.figure.tensor(view.tensor);
    const row = Math.floor((y - TOP) / ROW);
    if (row < 0 || row >= rows) return null;
    const parts = Array.from({ length: columns }, (_, part) => this.#place(view, row, part));
    const part = parts.findIndex(([from, wide]) => x < from + wide);
    return { query: row, dimension: part < 0 ? columns - 1 : part };
  }

  /** @param {number} dx @param {number} dy @param {Bars} view @param {Looked} now */
  move(dx, dy, view, now) {
    const { rows, columns } = this.figure.tensor(view.tensor);
    const { row, part } = this.#looked(view, now);
    return { query: clamp(row + dy, 0, rows - 1), dimension: clamp(part + dx, 0, columns - 1) };
  }

  /** Its colours are names and no scale. */
  hasScale() {
    return false;
  }

  /** @param {Bars} view */
  summary(view) {
    const { rows } = this.figure.tensor(view.tensor);
    return Array.from({ length: rows }, (_, row) => this.#told(view, row)).join("; ");
  }

  /** @param {Bars} view @param {number} row */
  #told(view, row) {
    const parts = [...this.figure.tensor(view.tensor).row(row)];
    const words = parts.map((value, part) => `${this.#word(view.columns, part)} ${percent(value)}`);
    return `${this.#word(view.rows, row)}: ${words.join(", ")}`;
  }

  /** @param {Bars} view @param {string} title @returns {Readable[]} */
  read(view, title) {
    const tensor = this.figure.tensor(view.tensor);
    return [
      {
        title: `${title}: ${view.across}`,
        rows: Array.from({ length: tensor.rows }, (_, row) => this.#word(view.rows, row)),
        columns: Array.from({ length: tensor.columns }, (_, part) => this.#word(view.columns, part)),
        cell: (row, column) => percent(tensor.at(row, column)),
      },
    ];
  }

  /** @param {Bars} view @param {Looked} now */
  describe(view, now) {
    return this.#told(view, this.#looked(view, now).row);
  }
}

/** @param {number} share */
const percent = (share) => `${number(100 * share, share && share < 0.01 ? 1 : 0)}%`;
