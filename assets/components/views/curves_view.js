// One line for each row of a tensor, over evenly spaced places: what changes with distance, or with a shift. Where places
// are told, both axes are logarithmic. Marks are points with names among the lines.

import { cut, FONT, write } from "../kit/canvas.js";
import { clamp, number, ofAnySize, power } from "../kit/numbers.js";
import { rowOf } from "../kit/selection.js";

/** @import { Curves } from "../kit/figure_kinds.js" */
/** @import { Looked, Readable } from "../kit/types.js" */

/** @import { Figure } from "../figure.js" */

const HEIGHT = 380; // with one row of names, or two
const [LEFT, RIGHT, TOP, FOOT] = [52, 14, 30, 44];
const ROW = 20; // of names
const DASH = 27; // the piece of a line before its name
const APART = 16; // one name from the next
const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3], [14, 5]]; // colour is not all that tells lines apart
const COLOURS = ["query", "key", "value", "output", "ink"];

/** How the line of a row is drawn: no two of the first 25 are alike. @param {number} row */
export function lined(row) {
  const again = Math.floor(row / COLOURS.length); // the same colour comes with another dash
  return { colour: COLOURS[row % COLOURS.length], dash: DASHES[(row + again) % DASHES.length] };
}

export class CurvesView {
  low = 0;
  high = 1;
  width = 1;
  top = TOP;
  height = HEIGHT;
  /** Where each line is named. @type {{ x: number, y: number, text: string }[]} */
  names = [];
  /** @type {number[] | null} */
  places = null;

  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
  }

  /** @param {Curves} view @param {number} width */
  layout(view, width) {
    const tensor = this.figure.tensor(view.tensor);
    this.places = view.places ?? null;
    const found = view.marks?.map((mark) => mark.up) ?? [];
    for (let row = 0; row < tensor.rows; row++) found.push(...tensor.row(row));
    const drawn = found.filter((value) => Number.isFinite(value) && (!this.places || value > 0));
    if (!this.places) drawn.push(0); // a line is seen against nothing
    [this.low, this.high] = [Math.min(...drawn), Math.max(...drawn)];
    if (!drawn.length) this.low = 0.1;
    if (!(this.low < this.high)) this.high = this.low + 1;
    this.width = width - LEFT - RIGHT;
    this.#name(view, tensor.rows);
    return this.height;
  }

  /**
   * Names stand side by side, in as many rows as they need.
   *
   * @param {Curves} view
   * @param {number} count
   */
  #name(view, count) {
    let [x, y] = [LEFT, 10];
    this.names = Array.from({ length: count }, (_, row) => {
      const text = this.#named(view, row);
      const room = DASH + this.figure.textWidth({ text, special: false }, 12);
      if (x > LEFT && x + room > LEFT + this.width) [x, y] = [LEFT, y + ROW];
      const place = { x, y, text };
      x += room + APART;
      return place;
    });
    this.top = TOP + y - 10;
    this.height = HEIGHT + Math.max(0, y - 10 - ROW);
  }

  /** How far a value is on the way from one end to the other. @param {number} value @param {number} from @param {number} to */
  #share(value, from, to) {
    if (!this.places) return (value - from) / (to - from);
    return Math.log(value / from) / Math.log(to / from);
  }

  /** @param {number} column @param {number} columns */
  #x(column, columns) {
    const { places } = this;
    if (places) return this.#across(places[column]);
    return LEFT + (column / Math.max(1, columns - 1)) * this.width;
  }

  /** Where a number lies between the first place and the last. @param {number} value */
  #across(value) {
    const places = this.places ?? [0, 1];
    return LEFT + this.#share(value, places[0], places[places.length - 1]) * this.width;
  }

  /** @param {number} value */
  #y(value) {
    return this.height - FOOT - this.#share(value, this.low, this.high) * (this.height - FOOT - this.top);
  }

  /** @param {CanvasRenderingContext2D} context @param {Curves} view @param {number} share */
  paint(context, view, share) {
    const { theme } = this.figure;
    const tensor = this.figure.tensor(view.tensor);
    const at = this.#column(view, this.#looked(view, this.figure.selection.now));
    this.#frame(context, view, tensor.columns);
    const shown = Math.max(1, Math.ceil(clamp(share, 0, 1) * tensor.columns));
    for (let row = 0; row < tensor.rows; row++) {
      const { colour: named, dash } = lined(row);
      const colour = theme.colours[named];
      context.strokeStyle = colour;
      context.lineWidth = 2;
      context.setLineDash(dash);
      context.beginPath();
      let broken = true; // a value that is none leaves a gap
      for (let column = 0; column < shown; column++) {
        const value = tensor.at(row, column);
        if (!Number.isFinite(value)) broken = true;
        else if (broken) [broken] = [false, context.moveTo(this.#x(column, tensor.columns), this.#y(value))];
        else context.lineTo(this.#x(column, tensor.columns), this.#y(value));
      }
      context.stroke();
      const { x, y, text } = this.names[row];
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x + DASH - 5, y);
      context.stroke();
      context.setLineDash([]);
      const font = `600 12px ${FONT.sans}`;
      context.font = font;
      const name = cut(context, text, this.width - DASH);
      write(context, name, x + DASH, y, { font, colour: theme.colours.ink });
      const value = tensor.at(row, at);
      if (at >= shown || !Number.isFinite(value)) continue;
      context.beginPath();
      context.arc(this.#x(at, tensor.columns), this.#y(value), 4, 0, 2 * Math.PI);
      context.fillStyle = colour;
      context.fill();
    }
    if (shown === tensor.columns) this.#marks(context, view);
  }

  /** @param {CanvasRenderingContext2D} context @param {Curves} view */
  #marks(context, view) {
    const { ink, surface } = this.figure.theme.colours;
    const font = `500 12px ${FONT.sans}`;
    const marks = (view.marks ?? []).map((mark) => ({ ...mark, x: this.#across(mark.across), y: this.#y(mark.up) }));
    const taken = marks.map(({ x, y }) => ({ from: x - 6, to: x + 6, y }));
    context.font = font;
    marks.sort((one, other) => one.y - other.y); // names that make room for each other stand in the order of their marks
    for (const { name, x, y } of marks) {
      const room = context.measureText(name).width;
      const left = x + 9 + room > LEFT + this.width; // there is no room at its right
      const [from, to] = left ? [x - 9 - room, x - 9] : [x + 9, x + 9 + room];
      let beside = y;
      const hits = (/** @type {{ from: number, to: number, y: number }} */ other) =>
        from < other.to && to > other.from && Math.abs(beside - other.y) < 13;
      while (taken.some(hits)) beside += 3;
      taken.push({ from, to, y: beside });
      context.fillStyle = surface; // no line runs through a name
      context.fillRect(from - 2, beside - 7, to - from + 4, 14);
      write(context, name, from, beside, { font, colour: ink });
    }
    context.fillStyle = ink;
    for (const { x, y } of marks) {
      context.beginPath();
      for (const [dx, dy] of [
        [0, -5],
        [5, 0],
        [0, 5],
        [-5, 0],
      ]) {
        context.lineTo(x + dx, y + dy);
      }
      context.fill();
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Curves} view @param {number} columns */
  #frame(context, view, columns) {
    const { theme, selection } = this.figure;
    const at = this.#column(view, this.#looked(view, selection.now));
    const small = { font: `500 11px ${FONT.mono}`, colour: theme.colours["ink-2"] };
    context.setLineDash([]);
    for (const [value, name] of this.lines()) {
      context.fillStyle = theme.colours[this.places ? "line" : "control-line"]; // of many lines each is quiet
      context.fillRect(LEFT, this.#y(value), this.width, 1);
      write(context, name, LEFT - 6, this.#y(value), { ...small, align: "right" });
    }
    context.fillStyle = theme.colours.ink;
    context.fillRect(this.#x(at, columns), this.top, 1, this.height - FOOT - this.top);
    for (const column of new Set([0, at, columns - 1])) {
      const near = column !== at && Math.abs(this.#x(column, columns) - this.#x(at, columns)) < 34;
      if (near) continue;
      const x = clamp(this.#x(column, columns), LEFT + 6, LEFT + this.width - 10);
      write(context, this.#placed(view, column), x, this.height - FOOT + 13, { ...small, align: "center" });
    }
    const words = { font: `400 12px ${FONT.sans}`, colour: theme.colours["ink-2"] };
    write(context, `${view.up} ↑ · ${view.across} →`, LEFT, this.height - 10, words);
  }

  /**
   * The lines across, each with its name.
   *
   * @returns {[number, string][]}
   */
  lines() {
    if (!this.places) {
      const values = [...new Set([this.low, 0, this.high])];
      return values.map((value) => [value, number(value, Math.abs(value) < 10 && value ? 2 : 0)]);
    }
    const [first, last] = [Math.ceil(Math.log10(this.low)), Math.floor(Math.log10(this.high))];
    const every = Math.max(1, Math.ceil((last - first) / 6));
    const exponents = Array.from(
      { length: Math.max(0, Math.floor((last - first) / every) + 1) },
      (_, i) => first + i * every,
    );
    if (exponents.length > 1) return exponents.map((exponent) => [10 ** exponent, power(exponent)]);
    const between = [first - 1, first].flatMap((exponent) => [1, 2, 5].map((times) => times * 10 ** exponent));
    return between.filter((value) => this.low <= value && value <= this.high).map((value) => [value, ofAnySize(value)]);
  }

  /** @param {Curves} view @param {number} row */
  #named(view, row) {
    return this.figure.tokens(view.rows)?.[row]?.text ?? String(row);
  }

  /** @param {Curves} view @param {number} column */
  #placed(view, column) {
    return view.places ? ofAnySize(view.places[column]) : number(view.start + view.every * column, 0);
  }

  /** @param {Curves} view @param {number} dimension */
  #column(view, dimension) {
    return clamp(dimension, 0, this.figure.tensor(view.tensor).columns - 1);
  }

  /**
   * The column that is looked at: of its own axis, or the number that all figures look at.
   *
   * @param {Curves} view
   * @param {Looked} now
   */
  #looked(view, now) {
    return rowOf(now, view.axis ?? "dimension");
  }

  /** @param {Curves} view @param {number} column */
  #place(view, column) {
    return { [view.axis ?? "dimension"]: this.#column(view, column) };
  }

  /** @param {number} x @param {number} y @param {Curves} view */
  at(x, y, view) {
    const { columns } = this.figure.tensor(view.tensor);
    if (y < this.top - 8 || x < LEFT - 8) return null;
    const away = (/** @type {number} */ column) => Math.abs(this.#x(column, columns) - x);
    const every = Array.from({ length: columns }, (_, column) => column);
    return this.#place(
      view,
      every.reduce((best, column) => (away(column) < away(best) ? column : best), 0),
    );
  }

  /** @param {number} dx @param {number} _dy @param {Curves} view @param {Looked} now */
  move(dx, _dy, view, now) {
    return this.#place(view, this.#column(view, this.#looked(view, now)) + dx);
  }

  /** @param {number} value @param {number} digits */
  #told(value, digits) {
    return this.places ? ofAnySize(value) : number(value, digits);
  }

  /** What it draws is no colour of a scale. */
  hasScale() {
    return false;
  }

  /** @param {Curves} view */
  summary(view) {
    const tensor = this.figure.tensor(view.tensor);
    const ends = [0, tensor.columns - 1];
    return Array.from({ length: tensor.rows }, (_, row) => {
      const [first, last] = ends.map((column) => this.#told(tensor.at(row, column), 2));
      const places = ends.map((column) => this.#placed(view, column));
      return `${this.#named(view, row)}: ${first} at ${places[0]}, ${last} at ${places[1]}`;
    }).join("; ");
  }

  /** @param {Curves} view @param {string} title @returns {Readable[]} */
  read(view, title) {
    const tensor = this.figure.tensor(view.tensor);
    return [
      {
        title: `${title}: ${view.up} by ${view.across}`,
        rows: Array.from({ length: tensor.columns }, (_, column) => this.#placed(view, column)),
        columns: Array.from({ length: tensor.rows }, (_, row) => this.#named(view, row)),
        cell: (row, column) => this.#told(tensor.at(column, row), 3),
      },
      ...this.#toldMarks(view, title),
    ];
  }

  /** @param {Curves} view @param {string} title @returns {Readable[]} */
  #toldMarks({ marks, across, up }, title) {
    if (!marks?.length) return [];
    return [
      {
        title: `${title}: marks`,
        rows: marks.map((mark) => mark.name),
        columns: [across, up],
        cell: (row, column) => ofAnySize(column ? marks[row].up : marks[row].across),
      },
    ];
  }

  /** @param {Curves} view @param {Looked} now */
  describe(view, now) {
    const tensor = this.figure.tensor(view.tensor);
    const at = this.#column(view, this.#looked(view, now));
    const values = Array.from(
      { length: tensor.rows },
      (_, row) => `${this.#named(view, row)} ${this.#told(tensor.at(row, at), 3)}`,
    );
    return `${view.across} ${this.#placed(view, at)}: ${values.join(", ")}`;
  }
}
