// Tables side by side: one row per token, one column per number. X; or Q, K and V.

import { cut, FONT, hiddenWord, outline, write, writeLettered } from "../kit/canvas.js";
import { inkOn, shade } from "../kit/colour.js";
import { clamp, number } from "../kit/numbers.js";
import { rowOf } from "../kit/selection.js";
import { spoken } from "../kit/text.js";

/** @import { Table, Tables } from "../kit/figure_kinds.js" */
/** @import { Looked, Part, Place, Tensor, Token } from "../kit/types.js" */

/** @import { Figure } from "../figure.js" */

const HEADING = 26; // above the tables, with labels of one line
const LINE = 15;
const FOOT = 24;
const GAP = 16;
const HEIGHT = 418;
const SMALLEST_LABELLED = 9;
const READABLE = 11; // a row of a text that is written is at least so high: a long one is scrolled

/**
 * A table with its numbers and its place.
 *
 * @typedef {Omit<Table, "tensor"> & { tensor: Tensor, name: string, x: number, width: number, lines: string[] }} Placed
 */

export class TablesView {
  font = 0;
  label = 0;
  cell = 0;
  heading = HEADING;
  /** @type {Placed[]} */
  tables = [];

  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
  }

  /** @param {Tables} view @param {number} width */
  layout(view, width) {
    const { figure } = this;
    const tables = view.tables.map((table) => ({ ...table, tensor: figure.tensor(table.tensor), name: table.tensor }));
    const rows = Math.max(...tables.map((table) => figure.tokens(table.rows).length));
    this.font = width >= 460 ? 13 : 12;
    const labels = tables.flatMap((table) => figure.tokens(table.rows));
    const longest = Math.max(...labels.map((token) => figure.textWidth(token, this.font)));
    this.label = Math.min(width >= 460 ? 84 : 66, longest + 10);
    // a table whose rows differ from the one before gets labels of its own
    let x = 0;
    const own = tables.map((table, i) => i === 0 || table.rows !== tables[i - 1].rows || table.labelled);
    const room = width - own.filter(Boolean).length * this.label - (tables.length - 1) * GAP - 4;
    this.tables = tables.map((table, i) => {
      if (own[i]) x += this.label;
      const lines = this.#broken(table.label, room / tables.length + GAP - 8);
      const box = { ...table, x, width: room / tables.length, labelled: own[i], lines };
      x += box.width + GAP;
      return box;
    });
    this.heading = HEADING + LINE * (Math.max(...this.tables.map(({ lines }) => lines.length)) - 1);
    const fitting = (HEIGHT - this.heading - FOOT) / rows;
    this.cell = fitting >= 7 ? Math.min(Math.floor(fitting), 44) : fitting;
    if (tables.some((table) => table.grows)) this.cell = Math.max(this.cell, READABLE);
    return Math.ceil(this.heading + rows * this.cell + FOOT);
  }

  /**
   * A label in lines that have room above a table, broken between its words.
   *
   * @param {string} label
   * @param {number} room
   */
  #broken(label, room) {
    /** @type {string[]} */
    const lines = [];
    for (const word of label.split(" ")) {
      const longer = lines.length ? `${lines[lines.length - 1]} ${word}` : word;
      if (lines.length && this.figure.textWidth({ text: longer, special: false }, 13) > room) lines.push(word);
      else lines.splice(-1, 1, longer);
    }
    return lines;
  }

  /** @param {CanvasRenderingContext2D} context @param {Tables} view @param {number} share */
  paint(context, view, share) {
    const { figure, cell } = this;
    const { theme } = figure;
    this.#headings(context);
    for (const table of this.tables) {
      const tokens = figure.tokens(table.rows);
      const done = share < 1 ? Math.floor(share * tokens.length) : tokens.length;
      const chosen = share < 1 ? Math.min(done, tokens.length - 1) : this.#row(table);
      if (table.labelled) this.#labels(context, table, tokens, chosen);
      const rows = { first: 0, count: tokens.length };
      const columns = { first: 0, count: table.tensor.columns, size: table.width / table.tensor.columns };
      const box = { x: table.x, y: this.heading, cell, rows, columns };
      const drawn = {
        kind: "table",
        tensor: table.name,
        limit: table.limit,
        scale: table.scale ?? "signed",
        rows: table.rows,
        columns: table.columns,
        hidden: table.hidden,
        grows: table.grows,
      };
      figure.heat(context, drawn, { ...box, from: 0, to: done });
      figure.heat(context, null, { ...box, from: done, to: tokens.length, view: drawn });
      if (table.percent) this.#percents(context, table, drawn, done);
      const colour = theme.colours[table.role] ?? theme.colours.ink;
      outline(context, table.x, this.heading + chosen * cell, table.width + 1, cell, colour);
      if (share < 1) continue;
      const at = this.#column(table);
      outline(
        context,
        table.x + at * columns.size,
        this.heading + chosen * cell,
        Math.max(columns.size, 2),
        cell,
        theme.colours.ink,
        2,
      );
    }
    if (view.note && this.tables[0].width > 120) {
      const y = this.heading + Math.max(...this.tables.map(({ tensor }) => tensor.rows)) * cell + 15;
      context.font = `400 12px ${FONT.sans}`;
      const last = this.tables[this.tables.length - 1];
      const note = cut(context, view.note, last.x + last.width - this.tables[0].x);
      write(context, note, this.tables[0].x, y, { font: context.font, colour: theme.colours["ink-2"] });
    }
  }

  /**
   * Tables of keys and values follow the key that is looked at, all others the query. In a table of tokens as they were
   * typed, `order` leads from the place of a token now to its place there.
   *
   * @param {Placed} table
   */
  #row(table) {
    return clamp(this.figure.standing(table), 0, this.figure.tokens(table.rows).length - 1);
  }

  /** @param {Placed} table */
  #column(table) {
    const { key, dimension } = this.figure.selection.now;
    const column = table.columns === "keys" ? (table.order?.[key] ?? key) : dimension;
    return clamp(column, 0, table.tensor.columns - 1);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Placed} table
   * @param {Token[]} tokens
   * @param {number} chosen
   */
  #labels(context, table, tokens, chosen) {
    const { theme } = this.figure;
    const size = clamp(this.cell - 1, 9, this.font);
    tokens.forEach((token, row) => {
      if (table.grows && row >= this.figure.grown) return; // not written yet
      if (this.cell < SMALLEST_LABELLED && row !== chosen) return;
      const weight = row === chosen ? 700 : 500;
      const font = token.special ? `${weight} ${size - 2}px ${FONT.mono}` : `${weight} ${size}px ${FONT.sans}`;
      context.font = font;
      const colour = row === chosen ? (theme.colours[table.role] ?? theme.colours.ink) : theme.colours["ink-2"];
      const text = cut(context, token.text, this.label - 8);
      write(context, text, table.x - 7, this.heading + (row + 0.5) * this.cell, { font, colour, align: "right" });
    });
  }

  /**
   * What share each row is, in a table of one column.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Placed} table
   * @param {Part} drawn
   * @param {number} done
   */
  #percents(context, table, drawn, done) {
    const font = `500 ${clamp(this.cell - 4, 9, 12.5)}px ${FONT.mono}`;
    for (let row = 0; row < done; row++) {
      const value = table.tensor.at(row, 0);
      const colour = inkOn(shade(this.figure.colours(drawn), value, ...this.figure.range(drawn)));
      write(
        context,
        `${number(100 * value, table.width < 64 ? 0 : 1)} %`,
        table.x + 10,
        this.heading + (row + 0.5) * this.cell,
        { font, colour },
      );
    }
  }

  /**
   * The labels, and beside them the names and sizes of the tensors: all of them or none, one letter of a name says nothing.
   *
   * @param {CanvasRenderingContext2D} context
   */
  #headings(context) {
    const [font, foot] = [`400 12px ${FONT.sans}`, this.heading - 10];
    const beside = this.tables.map((table) => 6 + this.#label(context, table));
    context.font = font;
    /** @type {((table: Placed) => string)[]} */
    const ways = [({ name, tensor }) => `${name}  ${tensor.rows} × ${tensor.columns}`, ({ name }) => name];
    const says = ways.find((way) =>
      this.tables.every((table, at) => beside[at] + context.measureText(way(table)).width <= table.x + table.width),
    );
    const style = { font, colour: this.figure.theme.colours["ink-2"] };
    for (const [at, table] of this.tables.entries()) {
      if (says) write(context, says(table), beside[at], foot, { ...style, baseline: "alphabetic" });
    }
  }

  /**
   * Where the label of a table ends.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Placed} table
   */
  #label(context, { x, lines, role }) {
    const { colours } = this.figure.theme;
    const font = `600 13px ${FONT.sans}`;
    const widths = lines.map((line, at) => {
      const y = this.heading - 10 - LINE * (lines.length - 1 - at);
      return writeLettered(context, line, x, y, { font, colour: colours[role] ?? colours.ink, baseline: "alphabetic" });
    });
    return x + widths[widths.length - 1];
  }

  /** @param {number} x @param {number} y */
  #under(x, y) {
    for (const table of this.tables) {
      const row = Math.floor((y - this.heading) / this.cell);
      const column = Math.floor(((x - table.x) / table.width) * table.tensor.columns);
      const within =
        row >= 0 && row < this.figure.tokens(table.rows).length && column >= 0 && column < table.tensor.columns;
      if (within) return { table, row, column };
    }
    return null;
  }

  /** @param {Placed} table @param {number} row @param {number} column @returns {Place} */
  #place(table, row, column) {
    const end = this.figure.end(table.rows);
    const home = (/** @type {number} */ place) => {
      const at = table.order?.indexOf(place) ?? place;
      return at < 0 ? rowOf(this.figure.selection.now, end) : at; // no token stands in that row
    };
    return {
      table: table.name,
      [end]: home(row),
      [table.columns === "keys" ? "key" : "dimension"]: table.columns === "keys" ? home(column) : column,
    };
  }

  /** @param {number} x @param {number} y */
  at(x, y) {
    const found = this.#under(x, y);
    return found && { ...this.#place(found.table, found.row, found.column), cell: true };
  }

  /** @param {number} dx @param {number} dy @param {Tables} _view @param {Looked} now */
  move(dx, dy, _view, now) {
    const table = this.tables.find(({ name }) => name === now.table) ?? this.tables[0];
    const row = clamp(this.#row(table) + dy, 0, this.figure.tokens(table.rows).length - 1);
    const column = clamp(this.#column(table) + dx, 0, table.tensor.columns - 1);
    return this.#place(table, row, column);
  }

  /** @param {Tables} view */
  summary(view) {
    return view.tables
      .map((table) => `${spoken(table.label)}, ${this.figure.summary({ scale: "signed", ...table })}`)
      .join(". ");
  }

  /** @param {Tables} view */
  read(view) {
    return view.tables.map((table) => this.figure.tableOf(table, table.label));
  }

  /** @param {Tables} _view @param {Looked} now */
  describe(_view, now) {
    const table = this.tables.find(({ name }) => name === now.table) ?? this.tables[0];
    const [row, column] = [this.#row(table), this.#column(table)];
    const token = this.figure.tokens(table.rows)[row].text;
    const beside = table.tensor.columns > 1 ? `, ${this.figure.nameOf(table.columns, column)}` : "";
    const seen = !table.hidden || this.figure.visible(row, column, table.hidden);
    const value = seen ? number(table.tensor.at(row, column), 3) : hiddenWord(table);
    return `${spoken(table.label)} of ${token}${beside}: ${value}`;
  }
}
