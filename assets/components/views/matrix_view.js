// A matrix in the middle, what it is made of around it: the left operand lies beside its rows, the top operand above its
// columns. From one step to the next the matrix stays where it is.

import { cut, FONT, HIDDEN, hiddenWord, outline, write, writeLettered } from "../kit/canvas.js";
import { inkOn, shade } from "../kit/colour.js";
import { clamp, number, short } from "../kit/numbers.js";

/** @import { Matrix, Operand, View } from "../kit/figure_kinds.js" */
/** @import { Columns, Looked, Place, Stretch, Token } from "../kit/types.js" */
/** @import { Figure } from "../figure.js" */

const OPERAND = 74; // thickness of an operand
const GAP = 10;
const HEIGHT = 418;
const LARGEST_CELL = 56;
const SMALLEST_LABELLED = 9; // a row lower than this is labelled only where it is looked at
const READABLE = 11; // a row of a text that is written is at least so high: a long one is scrolled
const ALL_NUMBERS_FROM = 32; // cells of this size show their number
const ROOMY_CELL = 34;
const ROW_NUMBERS_FROM = 19; // in smaller ones down to this, only the row looked at does
const MEANING = 92; // room for what the word of a row means, where that is told
const MARGIN_LINE = 11; // a row lower than this has no number beside it
const MONO = 0.6; // how wide a letter is in its size
const OUTPUT_WIDTH = 340;
const WORD_WIDTH = 104; // of a cell that holds a word
const WORD_AND_SHARE = 80; // and of one that holds its probability, too

/**
 * @typedef {{
 *   axis: Stretch, step: number, chosen: number, tokens: Token[], colour: string, align: CanvasTextAlign,
 *   room: number, grows?: boolean,
 * }} Labels
 */

export class MatrixView {
  font = 0;
  label = 0;
  operand = 0;
  margin = 0;
  meaning = 0;
  left = 0;
  top = 0;
  cell = 0;
  across = 0;
  width = 0;
  /** @type {Stretch} */
  rows = { first: 0, count: 0 };
  /** @type {Stretch} */
  keys = { first: 0, count: 0 };
  /** @type {Columns} */
  columns = { first: 0, count: 0, size: 0 };

  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
  }

  /** @param {Matrix} view @param {number} width */
  layout(view, width) {
    const { figure } = this;
    const rows = figure.tokens(view.rows);
    const keys = this.#above(view) ?? figure.tokens("keys");
    const wide = width >= 460;
    this.wide = wide;
    this.font = wide ? 13 : 12;
    const longest = Math.max(...[...rows, ...keys].map((token) => figure.textWidth(token, this.font)));
    this.operand = wide && view.corner ? OPERAND : 0;
    this.meaning = wide && view.rows === "queries" && !view.words && figure.tokens("meanings") ? MEANING : 0;
    this.margin = (wide ? 50 : 38) + this.meaning;
    // a small matrix leaves its long words the room that cells with a number in each do not need
    const taken = this.operand + (this.operand ? GAP : 0);
    const spare = Math.min(width - this.margin - keys.length * ROOMY_CELL, HEIGHT - rows.length * ROOMY_CELL) - taken;
    this.label = Math.min(Math.max(wide ? 84 : 66, spare), longest + 10);
    this.left = this.operand + (this.operand ? GAP : 0) + this.label;
    this.top = this.left;
    this.rows = figure.window("queries", rows.length);
    this.keys = figure.window("keys", keys.length);
    const room = {
      across: (width - this.left - this.margin) / this.keys.count,
      down: (HEIGHT - this.top) / this.rows.count,
    };
    const fitting = Math.min(room.across, room.down);
    const square = fitting >= 7 ? Math.min(Math.floor(fitting), LARGEST_CELL) : fitting;
    // few rows of many columns, or few columns of many rows, would be a strip that nobody can read
    const [across, down] = [room.across, room.down].map((side) => Math.floor(Math.min(side, ROW_NUMBERS_FROM)));
    this.cell = this.rows.count < this.keys.count / 2 ? Math.max(square, down) : square;
    if (view.grows) this.cell = Math.max(this.cell, READABLE);
    const narrow = this.keys.count < this.rows.count / 2;
    // small cells are as wide as there is room, so that more of a long word above them can be read
    const wider = square < ROW_NUMBERS_FROM ? Math.min(room.across, 1.5 * square) : square;
    this.across = Math.max(square, narrow ? across : wider);
    this.width = width;
    this.columns = this.#columns(view);
    return Math.ceil(this.top + this.cell * this.rows.count + 4);
  }

  /** The words of the axis that columns are of; none where they are numbers. @param {Matrix} view */
  #above(view) {
    return view.columns === "numbers" ? undefined : this.figure.tokens(view.columns ?? "keys");
  }

  /**
   * Columns are tokens, as a rule as wide as rows are high, or the numbers of a vector, which share the room.
   *
   * @param {Matrix} view
   * @returns {Columns}
   */
  #columns(view) {
    if (this.#above(view)) return { ...this.keys, size: this.across };
    const count = this.figure.tensor(view.tensor).columns;
    const most = view.words ? count * WORD_WIDTH : OUTPUT_WIDTH;
    return { first: 0, count, size: Math.min(this.width - this.left - 4 - this.meaning, most) / count };
  }

  /** @param {CanvasRenderingContext2D} context @param {Matrix} view @param {number} share @param {View} [previous] */
  paint(context, view, share, previous) {
    const { left, top, cell, rows } = this;
    const { selection, theme } = this.figure;
    const { query, key } = selection.now;
    const columns = this.#columns(view);
    this.columns = columns;
    const dimension = Math.min(selection.now.dimension, columns.count - 1);
    const width = columns.count * columns.size;
    const done = share < 1 ? Math.floor(share * rows.count) : rows.count;
    const busy = share < 1 ? rows.first + Math.min(rows.count - 1, done) : query;
    this.#operands(context, view, busy);
    this.#corner(context, view);
    this.#labels(context, view);
    this.figure.heat(context, view, { x: left, y: top, cell, rows, columns, from: 0, to: done });
    if (done < rows.count) {
      const before = previous && previous.kind === "matrix" && previous.columns === view.columns ? previous : null;
      this.figure.heat(context, before, { x: left, y: top, cell, rows, columns, from: done, to: rows.count, view });
      outline(context, left, top + done * cell, width, cell, theme.colours.ink, 2);
      this.#margin(context, view, done);
      return;
    }
    const chosen = view.columns === "keys" ? key : dimension;
    const [x, y] = [left + (chosen - columns.first) * columns.size, top + (query - rows.first) * cell];
    const [inRows, inColumns] = [inside(rows, query), inside(columns, chosen)];
    const crossing = view.columns === "keys" ? theme.colours.key : theme.colours.ink;
    if (inColumns && view.columns === "keys") {
      outline(context, x, top, columns.size, inRows ? y - top + cell : rows.count * cell, crossing);
    }
    if (inRows) outline(context, left, y, width, cell, theme.colours[view.role ?? "query"]);
    if (inRows || view.words || cell >= ALL_NUMBERS_FROM) this.#numbers(context, view, columns);
    if (inRows && inColumns) outline(context, x, y, columns.size, cell, theme.colours.ink, 2.5);
    this.#margin(context, view, rows.count);
  }

  /** @param {CanvasRenderingContext2D} context @param {Matrix} view @param {number} busy */
  #operands(context, view, busy) {
    if (!this.operand) return;
    const { left, top, cell, rows, columns, operand } = this;
    const { theme, selection } = this.figure;
    const alpha = view.faint ? 0.12 : 1;
    if (view.left) {
      const tensor = this.figure.tensor(view.left.tensor);
      const hidden = view.left.tensor === "weights" ? "allowed" : undefined;
      const beside = { first: 0, count: tensor.columns, size: operand / tensor.columns };
      const box = { x: 0, y: top, cell, rows, columns: beside, from: 0, to: rows.count, alpha };
      this.figure.heat(context, { ...view.left, hidden, rows: view.rows, grows: view.grows }, box);
      if (!view.faint && inside(rows, busy)) {
        outline(context, 0, top + (busy - rows.first) * cell, operand + 1, cell, theme.colours.query);
      }
      if (!view.faint) this.#caption(context, view.left, 0, top - 8, "left");
    }
    if (view.top) {
      const tensor = this.figure.tensor(view.top.tensor);
      const across = columns.count * columns.size;
      // the top operand is a transposed matrix of keys, or a matrix of values as it is
      const turned = view.columns === "keys";
      const depth = turned ? tensor.columns : this.keys.count;
      const box = {
        x: left,
        y: 0,
        cell: operand / depth,
        columns,
        rows: { first: turned ? 0 : this.keys.first, count: depth },
        from: 0,
        to: depth,
        alpha,
        turned,
      };
      this.figure.heat(context, view.top, box);
      if (!view.faint) {
        const key = selection.now.key;
        if (turned && inside(columns, key)) {
          const x = left + (key - columns.first) * columns.size;
          outline(context, x, 0, columns.size, operand + 1, theme.colours.key);
        } else if (!turned && inside(this.keys, key)) {
          outline(context, left, (key - this.keys.first) * box.cell, across + 1, box.cell + 1, theme.colours.value);
        }
        this.#caption(context, view.top, left - 8, 12, "right");
      }
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Operand} operand
   * @param {number} x
   * @param {number} y
   * @param {CanvasTextAlign} align
   */
  #caption(context, { label, role }, x, y, align) {
    const colour = this.figure.theme.colours[role] ?? this.figure.theme.colours["ink-2"];
    writeLettered(context, label, x, y, { font: `600 13px ${FONT.sans}`, colour, align, baseline: "alphabetic" });
  }

  /** @param {CanvasRenderingContext2D} context @param {Matrix} view */
  #corner(context, view) {
    if (!this.operand || !view.corner) return;
    const { colours } = this.figure.theme;
    const [x, y] = [OPERAND / 2 + 6, OPERAND / 2 + (view.cornerNote ? 0 : 8)];
    write(context, view.corner, x, y, { font: `italic 500 19px ${FONT.serif}`, colour: colours.ink, align: "center" });
    if (!view.cornerNote) return;
    write(context, view.cornerNote, x, y + 22, {
      font: `400 12px ${FONT.sans}`,
      colour: colours["ink-2"],
      align: "center",
    });
  }

  /** @param {CanvasRenderingContext2D} context @param {Matrix} view */
  #labels(context, view) {
    const { left, top, cell, rows, columns } = this;
    const { theme, selection } = this.figure;
    const { query, key, dimension } = selection.now;
    const room = this.label - 8;
    const beside = { axis: rows, step: cell, chosen: query, grows: view.grows };
    const along = (/** @type {number} */ x, /** @type {Omit<Labels, "axis" | "step" | "chosen">} */ labels) =>
      this.#along(context, { ...beside, ...labels }, (i) => context.translate(x, top + (i + 0.5) * cell));
    const [words, meanings] = [view.rows, "meanings"].map((axis) => this.figure.tokens(axis));
    along(left - 7, { tokens: words, colour: theme.colours[view.role ?? "query"], align: "right", room });
    const right = left + columns.count * columns.size + (view.margin ? 46 : 8);
    const { ink } = theme.colours;
    if (this.meaning) along(right, { tokens: meanings, colour: ink, align: "left", room: this.meaning - 8 });
    const tokens = this.#above(view);
    if (!tokens) return;
    const chosen = view.columns === "keys" ? key : dimension;
    const above = { axis: columns, step: columns.size, chosen, room, tokens };
    this.#along(context, { ...above, colour: theme.colours.key, align: "left" }, (i) => {
      context.translate(left + (i + 0.5) * columns.size, top - 7);
      context.rotate(-Math.PI / 2);
    });
  }

  /** @param {CanvasRenderingContext2D} context @param {Labels} labels @param {(i: number) => void} place */
  #along(context, { axis, step, chosen, tokens, colour, align, room, grows }, place) {
    const quiet = this.figure.theme.colours["ink-2"];
    const size = clamp(step - 1, 9, this.font);
    for (let i = 0; i < axis.count; i++) {
      const index = axis.first + i;
      if (grows && index >= this.figure.grown) continue; // not written yet
      const on = index === chosen;
      if (step < SMALLEST_LABELLED && !on) continue;
      const { text, special } = tokens[index];
      const font = `${on ? 700 : 500} ${special ? size - 2 : size}px ${special ? FONT.mono : FONT.sans}`;
      context.save();
      place(i);
      context.font = font;
      write(context, cut(context, text, room), 0, 0, { font, colour: on ? colour : quiet, align });
      context.restore();
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Matrix} view @param {Columns} columns */
  #numbers(context, view, columns) {
    if (view.words) {
      this.#words(context, view, columns);
      return;
    }
    const all = view.whole ? this.cell >= 10 : this.cell >= ALL_NUMBERS_FROM && columns.size >= ALL_NUMBERS_FROM;
    const isWeight = view.scale === "weights";
    if (!all && (!isWeight || this.cell < ROW_NUMBERS_FROM || !this.#above(view))) return;
    const { left, top, cell, rows } = this;
    const colours = this.figure.colours(view);
    const [low, high] = this.figure.range(view);
    for (let r = rows.first; r < rows.first + rows.count; r++) {
      if (!all && r !== this.figure.selection.now.query) continue;
      for (let c = columns.first; c < columns.first + columns.count; c++) {
        const value = this.figure.value(view, r, c);
        if (typeof value !== "number" || (!all && value < 0.005)) continue;
        const text = view.whole ? String(value) : short(value, isWeight);
        const x = left + (c - columns.first + 0.5) * columns.size - 0.5;
        write(context, text, x, top + (r - rows.first + 0.5) * cell + 0.5, {
          font: `500 ${Math.min(11, (columns.size - 3) / (text.length * MONO))}px ${FONT.mono}`,
          colour: inkOn(shade(colours, value, low, high)),
          align: "center",
        });
      }
    }
  }

  /**
   * Cells that hold words: what each stands for, above its number.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Matrix} view
   * @param {Columns} columns
   */
  #words(context, view, columns) {
    const { left, top, cell, rows } = this;
    const colours = this.figure.colours(view);
    const shares = cell >= 15 && columns.size >= WORD_AND_SHARE; // in narrower cells the colour says it
    for (let r = rows.first; r < rows.first + rows.count; r++) {
      for (let c = 0; c < columns.count; c++) {
        const value = this.figure.value(view, r, c);
        if (typeof value !== "number") continue;
        const colour = inkOn(shade(colours, value, ...this.figure.range(view)));
        const [x, y] = [left + c * columns.size + 5, top + (r - rows.first + 0.5) * cell];
        const font = `500 ${clamp(cell - 4, 9, 12.5)}px ${FONT.sans}`;
        context.font = font;
        const room = columns.size - 10 - (shares ? 30 : 0);
        write(context, cut(context, view.words?.[r][c] ?? "", room), x, y, { font, colour });
        if (!shares) continue;
        const share = `${Math.round(100 * value)}%`;
        write(context, share, left + (c + 1) * columns.size - 5, y, {
          font: `500 10.5px ${FONT.mono}`,
          colour,
          align: "right",
        });
      }
    }
  }

  /**
   * Beside each row, added up from the very numbers that are drawn: its sum, or how many keys it may see.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Matrix} view
   * @param {number} done
   */
  #margin(context, view, done) {
    if (!view.margin) return;
    const { left, top, cell, rows, columns } = this;
    const { theme, selection } = this.figure;
    const x = left + columns.count * columns.size + 8;
    write(context, view.margin, x, top - 8, {
      font: `500 12px ${FONT.sans}`,
      colour: theme.colours["ink-2"],
      baseline: "alphabetic",
    });
    for (let i = 0; i < done; i++) {
      const row = rows.first + i;
      if (view.grows && row >= this.figure.grown) continue;
      const chosen = row === selection.now.query;
      if (cell < MARGIN_LINE && !chosen) continue;
      write(context, this.figure.rowMargin(view, row), x, top + (i + 0.5) * cell, {
        font: `${chosen ? 700 : 500} 11px ${FONT.mono}`,
        colour: theme.colours[chosen ? "ink" : "ink-3"],
      });
    }
  }

  /** @param {number} x @param {number} y @param {Matrix} view @returns {Place | null} */
  at(x, y, view) {
    const { left, top, cell, rows, columns, operand } = this;
    const row = rows.first + Math.floor((y - top) / cell);
    const column = columns.first + Math.floor((x - left) / columns.size);
    const along = view.columns === "keys" ? { key: column } : { dimension: column };
    if (inside(rows, row) && inside(columns, column)) return { query: row, ...along, cell: true };
    if (operand && view.left && !view.faint && inside(rows, row) && x >= 0 && x < operand) {
      const count = this.figure.tensor(view.left.tensor).columns;
      const at = Math.floor((x / operand) * count);
      return { query: row, ...(view.columns === "keys" ? { dimension: at } : { key: at }) };
    }
    if (operand && view.top && !view.faint && inside(columns, column) && y >= 0 && y < operand) {
      return along;
    }
    return null;
  }

  /** @param {number} dx @param {number} dy @param {Matrix} view @param {Looked} now */
  move(dx, dy, view, { query, key, dimension }) {
    const row = clamp(query + dy, 0, this.figure.tokens(view.rows).length - 1);
    if (view.columns === "keys") return { query: row, key: clamp(key + dx, 0, this.figure.tokens("keys").length - 1) };
    return { query: row, dimension: clamp(dimension + dx, 0, this.figure.tensor(view.tensor).columns - 1) };
  }

  /** @param {Matrix} view @param {Looked} now */
  describe(view, { query: asked, key, dimension: looked }) {
    const query = Math.min(asked, this.figure.tokens(view.rows).length - 1); // of rows that are no tokens there are fewer
    const dimension = Math.min(looked, this.figure.tensor(view.tensor).columns - 1);
    const row = this.figure.tokens(view.rows)[query]?.text;
    const isKey = view.columns === "keys";
    const value = this.figure.value(view, query, isKey ? key : dimension);
    const meaning = view.meanings ? ` (${view.meanings[query]?.[dimension]})` : "";
    const other = view.words
      ? `choice ${view.words[query]?.[dimension]}${meaning}`
      : this.figure.nameOf(view.columns, dimension);
    const column = isKey ? `key ${this.figure.tokens("keys")[key]?.text}` : other;
    return `row ${row}, ${column}: ${typeof value === "number" ? number(value, view.whole ? 0 : 3) : value === HIDDEN ? hiddenWord(view) : "not written yet"}`;
  }
}

/** @param {Stretch} stretch @param {number} index */
const inside = ({ first, count }, index) => index >= first && index < first + count;
