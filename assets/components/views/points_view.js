// Values and outputs as points of a plane. Each output is a weighted mean of values, so it cannot leave their hull.

import { cut, FONT, write } from "../kit/canvas.js";
import { clamp, number } from "../kit/numbers.js";

/** @import { Points } from "../kit/figure_kinds.js" */
/** @import { Looked, Readable, Tensor, Token } from "../kit/types.js" */

/** @import { Figure } from "../figure.js" */

const HEIGHT = 400;
const MARGIN = 46;
const LINE = 14; // height of a name
const NEAR = 16; // pixels within which a point is meant

/** @typedef {number[]} Point across, up */
/** @typedef {{ x: number, y: number, half: number }} Taken where a name stands, and half its width */

export class PointsView {
  /** @type {Point[]} */
  values = [];
  /** @type {Point[]} */
  outputs = [];

  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
  }

  /** @param {Points} view @param {number} width */
  layout(view, width) {
    const points = [...pairs(this.figure.tensor(view.values)), ...pairs(this.figure.tensor(view.outputs))];
    const span = (/** @type {number} */ axis) => [
      Math.min(...points.map((p) => p[axis])),
      Math.max(...points.map((p) => p[axis])),
    ];
    const [[left, right], [low, high]] = [span(0), span(1)];
    // one unit is equally long in both directions, or the hull would be distorted
    const unit = Math.min((width - 2 * MARGIN) / (right - left || 1), (HEIGHT - 2 * MARGIN) / (high - low || 1));
    /** @param {Point} point */
    const place = ([x, y]) => [width / 2 + (x - (left + right) / 2) * unit, HEIGHT / 2 - (y - (low + high) / 2) * unit];
    this.values = pairs(this.figure.tensor(view.values)).map(place);
    this.outputs = pairs(this.figure.tensor(view.outputs)).map(place);
    return HEIGHT;
  }

  /** @param {CanvasRenderingContext2D} context @param {Points} view @param {number} share */
  paint(context, view, share) {
    const { theme, selection } = this.figure;
    const { query, key } = selection.now;
    const weights = this.figure.tensor("weights");
    const hull = convexHull(this.values);
    context.beginPath();
    for (const [x, y] of hull) context.lineTo(x, y);
    context.closePath();
    context.fillStyle = theme.colours.sunken;
    context.fill();
    context.strokeStyle = theme.colours["control-line"];
    context.setLineDash([4, 4]);
    context.stroke();
    context.setLineDash([]);
    const outputs = this.outputs.map((goal, i) =>
      share < 1 && i === query ? towards(this.#mean(), goal, share) : goal,
    );
    const [ox, oy] = outputs[query];
    this.values.forEach(([x, y], i) => {
      const weight = weights.at(query, i);
      context.strokeStyle = theme.colours.value;
      context.globalAlpha = 0.15 + 0.85 * weight;
      context.lineWidth = 0.5 + 7 * weight;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(ox, oy);
      context.stroke();
      context.globalAlpha = 1;
    });
    this.values.forEach(([x, y], i) => {
      dot(
        context,
        x,
        y,
        4 + 8 * weights.at(query, i),
        theme.colours.value,
        i === key ? theme.colours.ink : theme.colours.surface,
      );
    });
    outputs.forEach(([x, y], i) => {
      diamond(context, x, y, i === query ? 8 : 4.5, theme.colours.output, theme.colours.surface);
    });
    // the output and the value that are looked at have their names, then the heaviest values as far as there is room
    /** @type {Taken[]} */
    const taken = [];
    this.#label(context, taken, oy + 20, this.figure.tokens("queries")[query], ox, 700, theme.colours.output);
    const order = [...this.values.keys()].sort(
      (a, b) => Number(b === key) - Number(a === key) || weights.at(query, b) - weights.at(query, a),
    );
    for (const i of order) {
      const [x, y] = this.values[i];
      const { colours } = theme;
      const name = (/** @type {number} */ at) =>
        this.#label(context, taken, at, this.figure.valued(i), x, i === key ? 700 : 500, colours.value);
      if (!name(y - 14) && i === key) name(y + 20);
    }
    write(context, view.note, 0, HEIGHT - 8, { font: `400 12px ${FONT.sans}`, colour: theme.colours["ink-2"] });
  }

  /** @returns {Point} */
  #mean() {
    const count = this.values.length;
    return [0, 1].map((axis) => this.values.reduce((sum, point) => sum + point[axis], 0) / count);
  }

  /**
   * Writes a name, unless one of those `taken` stands there; whether it did.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Taken[]} taken
   * @param {number} y
   * @param {Token} token
   * @param {number} x
   * @param {number} weight
   * @param {string} colour
   */
  #label(context, taken, y, token, x, weight, colour) {
    const font = `${weight} 12px ${token.special ? FONT.mono : FONT.sans}`;
    context.font = font;
    const text = cut(context, token.text, 84);
    const half = context.measureText(text).width / 2 + 3;
    if (taken.some((other) => Math.abs(other.x - x) < other.half + half && Math.abs(other.y - y) < LINE)) return false;
    taken.push({ x, y, half });
    write(context, text, x, y, { font, colour, align: "center" });
    return true;
  }

  /** @param {number} x @param {number} y */
  at(x, y) {
    const near = (/** @type {Point[]} */ points) => points.findIndex(([px, py]) => Math.hypot(px - x, py - y) < NEAR);
    const [output, value] = [near(this.outputs), near(this.values)];
    if (value >= 0) return { key: value };
    return output >= 0 ? { query: output } : null;
  }

  /** @param {number} dx @param {number} dy @param {Points} _view @param {Looked} now */
  move(dx, dy, _view, { query, key }) {
    return { query: clamp(query + dy, 0, this.outputs.length - 1), key: clamp(key + dx, 0, this.values.length - 1) };
  }

  hasScale() {
    return false;
  }

  /** @param {Points} view */
  summary(view) {
    return `${this.values.length} values and ${this.outputs.length} outputs as points of a plane. ${view.note}`;
  }

  /** @param {Points} view */
  read(view) {
    const { figure } = this;
    /** @param {string} title @param {string} name @param {string[]} tokens @returns {Readable} */
    const table = (title, name, tokens) => {
      const tensor = figure.tensor(name);
      return {
        title,
        rows: tokens,
        columns: ["across", "up"],
        cell: (row, column) => number(tensor.at(row, column), 3),
      };
    };
    return [
      table(
        "Values",
        view.values,
        this.values.map((_, place) => figure.valued(place).text),
      ),
      table(
        "Outputs",
        view.outputs,
        figure.tokens("queries").map(({ text }) => text),
      ),
    ];
  }

  /** @param {Points} _view @param {Looked} now */
  describe(_view, { query, key }) {
    const weight = this.figure.tensor("weights").at(query, key);
    const [asks, asked] = [this.figure.tokens("queries")[query].text, this.figure.tokens("keys")[key].text];
    return `the output of ${asks} holds ${number(weight, 3)} of the value of ${asked}`;
  }
}

/** @param {Tensor} tensor @returns {Point[]} */
const pairs = (tensor) => Array.from({ length: tensor.rows }, (_, row) => [tensor.at(row, 0), tensor.at(row, 1)]);
/** @param {Point} from @param {Point} to @param {number} share @returns {Point} */
const towards = (from, to, share) => from.map((start, axis) => start + (to[axis] - start) * share);

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 * @param {string} fill
 * @param {string} line
 */
function dot(context, x, y, radius, fill, line) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = line;
  context.lineWidth = 2;
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 * @param {string} fill
 * @param {string} line
 */
function diamond(context, x, y, radius, fill, line) {
  context.beginPath();
  for (const [dx, dy] of [
    [0, -radius],
    [radius, 0],
    [0, radius],
    [-radius, 0],
  ])
    context.lineTo(x + dx, y + dy);
  context.closePath();
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = line;
  context.lineWidth = 1.5;
  context.stroke();
}

/**
 * Andrew's monotone chain.
 *
 * @param {Point[]} points
 */
function convexHull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (/** @type {Point[]} */ list) => {
    /** @type {Point[]} */
    const chain = [];
    for (const point of list) {
      while (chain.length > 1 && turn(chain[chain.length - 2], chain[chain.length - 1], point) <= 0) chain.pop();
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return sorted.length < 3 ? sorted : [...half(sorted), ...half(sorted.reverse())];
}

/** @param {Point} a @param {Point} b @param {Point} c */
const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
