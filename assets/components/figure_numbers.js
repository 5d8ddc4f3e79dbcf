// What views ask of a figure: the numbers, what they are called, how far their scales reach, what stands out in them.

import { BLANK, FONT, HIDDEN, hiddenWord, penOf } from "./kit/canvas.js";
import { UNREAD } from "./kit/colour.js";
import { clamp, nth, number, total } from "./kit/numbers.js";
import { rowOf } from "./kit/selection.js";

/** @import { Heat } from "./kit/canvas.js" */
/** @import { Dial, Dials, Matrix, Table, Tables, View } from "./kit/figure_kinds.js" */
/** @import { Live, Look, Part, Readable, Selection, Shown, Stretch, Tensor, Theme, Token } from "./kit/types.js" */

const ZOOMED = 24; // tokens of the closest look

/** @typedef {{ value: number, row: number, column: number }} Cell */
/** @typedef {{ low: Cell, high: Cell }} Extremes */

export class FigureNumbers {
  /** @type {Shown} */
  payload = { tokens: {}, focus: {}, tensors: {}, limits: {}, divisor: 1, dotProduct: true };
  /** @type {Theme} */
  theme = UNREAD;
  grown = Infinity; // rows of a view that grows which are computed so far
  /** @type {(Pick<Look, "query" | "key"> & { share: number }) | null} */
  zoom = null;
  /** @type {Map<string, Extremes>} */
  #found = new Map(); // by what was asked
  /** @type {OffscreenCanvasRenderingContext2D | null} */
  #measure = null;

  /** @param {Selection} selection */
  constructor(selection) {
    this.selection = selection;
  }

  /** @param {Shown} payload @param {Theme} theme */
  update(payload, theme) {
    this.payload = payload;
    this.theme = theme;
    this.#found.clear();
    this.#measure = null;
  }

  /** @param {string} axis */
  tokens(axis) {
    return this.payload.tokens[axis];
  }

  /**
   * What a live part of a sentence says of the cell that is looked at.
   *
   * @param {Live} live
   * @returns {string}
   */
  live({ word, of, count, row, column, end, form }) {
    const at = (/** @type {string | undefined} */ axis) => rowOf(this.selection.now, axis ?? "query");
    if (word) return (word === "values" ? this.valued(at(end)) : this.tokens(word)[at(end)]).text;
    if (count) return String(total(this.tensor(count).row(at(row))));
    const value = of ? this.tensor(of).at(at(row), at(column)) : at(end);
    if (form === ".0%") return `${Math.round(100 * value)}%`;
    return number(value, form ? Number(form[1]) : 0);
  }

  /**
   * Which part of the selection a table's rows stand for: an end of the pair,
   * or what the lesson chose of an axis of its own.
   *
   * @param {string} rows
   */
  end(rows) {
    if (rows in this.payload.focus) return rows;
    return rows === "keys" || rows === "values" ? "key" : "query";
  }

  /**
   * The row of a table in which what is looked at stands.
   *
   * @param {{ rows: string, order?: number[] }} table
   */
  standing({ rows, order }) {
    const row = rowOf(this.selection.now, this.end(rows));
    return order?.[row] ?? row;
  }

  /**
   * The token whose value stands at a place: that of the key, unless the learner moved keys alone.
   *
   * @param {number} place
   */
  valued(place) {
    return (this.tokens("values") ?? this.tokens("keys"))[place];
  }

  /**
   * Its word, numbered where several have the same.
   *
   * @param {number} place
   */
  valuedApart(place) {
    const { text } = this.valued(place);
    const same = (this.tokens("values") ?? this.tokens("keys")).flatMap((each, at) => (each.text === text ? [at] : []));
    return same.length > 1 ? `${nth(same.indexOf(place) + 1)} ${text}` : text;
  }

  /**
   * A matrix; of a tensor with heads, the matrix of the head that is looked at.
   *
   * @param {string} name
   * @param {number} [head]
   * @returns {Tensor}
   */
  tensor(name, head = this.selection.now.head) {
    const tensor = this.payload.tensors[name];
    return tensor?.shape.length === 3 ? tensor.matrix(Math.min(head, tensor.shape[0] - 1)) : tensor;
  }

  /**
   * A tensor with all its heads.
   *
   * @param {string} name
   * @returns {Tensor}
   */
  stack(name) {
    return this.payload.tensors[name];
  }

  /** @param {Token} token @param {number} size */
  textWidth(token, size) {
    this.#measure ??= penOf(new OffscreenCanvas(1, 1));
    // as it is while it is looked at
    this.#measure.font = token.special ? `700 ${size - 2}px ${FONT.mono}` : `700 ${size}px ${FONT.sans}`;
    return this.#measure.measureText(token.text).width;
  }

  /**
   * Which part of an axis is shown: all of it, or the zoomed part around what is looked at.
   *
   * @param {string} axis
   * @param {number} total
   * @returns {Stretch}
   */
  window(axis, total) {
    if (!this.zoom || total <= ZOOMED) return { first: 0, count: total };
    const count = clamp(Math.round(total * this.zoom.share), ZOOMED, total);
    const middle = this.zoom[axis === "queries" ? "query" : "key"];
    return { first: clamp(Math.round(middle - count / 2), 0, total - count), count };
  }

  /** @param {number} times */
  zoomBy(times) {
    const share = times >= 1 ? 1 : (this.zoom?.share ?? 1) * times;
    const { query, key } = this.selection.now;
    this.zoom = share >= 1 ? null : { share, query, key };
  }

  /** @param {Part} view */
  colours(view) {
    return this.theme.ramps[view.scale === "signed" ? "signed" : "weights"];
  }

  /**
   * Weights are always drawn from 0 to 1, signed tensors around 0 to their printed limit, shares from 0 to it.
   *
   * @param {Part} view
   * @returns {[low: number, high: number]}
   */
  range({ scale, limit = 1 }) {
    if (scale === "weights") return [0, 1];
    return [scale === "signed" ? -limit : 0, limit];
  }

  /**
   * What answers the cells of a view, which are many: what they are read from is found once.
   *
   * view.hidden names the tensor that says which cells may be seen: "allowed" as a rule.
   *
   * @param {Part} view
   * @returns {Heat["value"]}
   */
  cells({ tensor: name, head, hidden, grows }) {
    const tensor = this.tensor(name, head);
    const allowed = hidden ? this.tensor(hidden) : undefined;
    return (row, column) => {
      if (grows && row >= this.grown) return BLANK;
      if (allowed && allowed.at(row, column) !== 1) return HIDDEN;
      return tensor.at(row, column);
    };
  }

  /**
   * @param {Part} view
   * @param {number} row
   * @param {number} column
   * @returns {number | symbol}
   */
  value(view, row, column) {
    return this.cells(view)(row, column);
  }

  /** @param {number} query @param {number} key @param {string} [mask] */
  visible(query, key, mask = "allowed") {
    const allowed = this.tensor(mask);
    return !allowed || allowed.at(query, key) === 1;
  }

  /**
   * Whether some cell of a view may not be seen.
   *
   * @param {Part} view
   */
  hides({ hidden }) {
    return Boolean(hidden && this.stack(hidden)?.values.some((seen) => seen !== 1));
  }

  /**
   * The smallest and the largest of the cells of a view that may be seen, each with its place.
   *
   * @param {Part} view
   * @returns {Extremes}
   */
  extremes(view) {
    const { tensor: name, hidden, grows, head = this.selection.now.head } = view;
    const key = JSON.stringify([name, head, hidden, grows && this.grown]);
    const known = this.#found.get(key);
    if (known) return known;
    const [tensor, allowed] = [this.tensor(name, head), hidden && this.tensor(hidden)];
    const [low, high] = [
      { value: Infinity, row: 0, column: 0 },
      { value: -Infinity, row: 0, column: 0 },
    ];
    const rows = grows ? Math.min(tensor.rows, this.grown) : tensor.rows;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < tensor.columns; column++) {
        if (allowed && allowed.at(row, column) !== 1) continue;
        const value = tensor.at(row, column);
        if (value < low.value) Object.assign(low, { value, row, column });
        if (value > high.value) Object.assign(high, { value, row, column });
      }
    }
    const found = { low, high };
    this.#found.set(key, found);
    return found;
  }

  /**
   * What a place of an axis is called: its word, or its number.
   *
   * @param {string | null | undefined} axis
   * @param {number} place
   */
  nameOf(axis, place) {
    return (axis && axis !== "numbers" ? this.tokens(axis)?.[place]?.text : undefined) ?? `number ${place}`;
  }

  /**
   * In words: how large a tensor is, and what stands out in it.
   *
   * @param {Part} view
   * @param {{rows?: string, columns?: string}} [names]
   */
  summary(view, { rows = view.rows ?? "queries", columns = view.columns } = {}) {
    const tensor = this.tensor(view.tensor, view.head);
    const { low, high } = this.extremes(view);
    const size = `${tensor.rows} ${rows === "values" ? "keys" : rows} by ${tensor.columns} ${columns ?? "numbers"}`;
    const place = `${this.nameOf(rows, high.row)} on ${this.nameOf(columns, high.column)}`;
    if (view.scale === "weights") return `${size}; the strongest is ${place}, ${number(high.value, 3)}`;
    return `${size}, from ${number(low.value)} to ${number(high.value)}; the largest is ${place}`;
  }

  /**
   * A tensor of a view, to be read as a table.
   *
   * @param {Part} part
   * @param {string} title
   * @returns {Readable}
   */
  tableOf(part, title) {
    const tensor = this.tensor(part.tensor, part.head);
    const names = (/** @type {string | undefined} */ axis, /** @type {number} */ count) => {
      const tokens = axis && axis !== "numbers" ? this.tokens(axis) : null;
      return Array.from({ length: count }, (_, place) => tokens?.[place]?.text ?? place);
    };
    /** @type {Readable["cell"]} */
    const cell = (row, column) => {
      const value = this.value(part, row, column);
      const text =
        typeof value === "number"
          ? number(value, part.whole ? 0 : 3)
          : value === HIDDEN
            ? hiddenWord(part)
            : "not written yet";
      return part.words ? `${part.words[row]?.[column]} ${text}` : text;
    };
    return {
      title,
      rows: names(part.rows ?? "queries", tensor.rows),
      columns: names(part.columns, tensor.columns),
      cell,
    };
  }

  /** @param {Matrix} view @param {number} row */
  rowMargin(view, row) {
    const keys = this.tokens("keys").length;
    let [sum, seen] = [0, 0];
    for (let key = 0; key < keys; key++) {
      if (!this.visible(row, key)) continue;
      seen++;
      sum += this.tensor(view.tensor).at(row, key);
    }
    return view.margin === "sum" ? sum.toFixed(2) : String(seen);
  }
}

/**
 * What a view draws tensors of: each of its tables, or itself.
 *
 * @param {View} view
 * @returns {(Table | Dial | Exclude<View, Tables | Dials>)[]}
 */
export const partsOf = (view) => ("tables" in view ? view.tables : [view]);
