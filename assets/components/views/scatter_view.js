// Points of a plane that can be dragged, each as large as its weight, with the curve through them and one place on it.

import { FONT, write } from "../kit/canvas.js";
import { clamp, number } from "../kit/numbers.js";
import { rowOf } from "../kit/selection.js";

/** @import { Scatter } from "../kit/figure_kinds.js" */
/** @import { Looked, Readable, Tensor, Theme } from "../kit/types.js" */

/** @import { Figure } from "../figure.js" */

const HEIGHT = 400;
const [LEFT, RIGHT, TOP, FOOT] = [40, 14, 26, 74];
const BARS = 42; // pixels of a weight of 1, below the plane
const NEAR = 18; // pixels within which a point is meant
const NUDGE = 0.1;

/** @typedef {[across: number, up: number]} Point */

export class ScatterView {
  width = 1;
  left = 0;
  right = 1;
  low = 0;
  high = 1;
  /** @type {{ index: number, to: Point } | null} */
  moved = null; // a point on its way, until what it makes of the curve is here
  held = false;

  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
  }

  /** @param {Scatter} view @param {number} width */
  layout(view, width) {
    const points = pairs(this.figure.tensor(view.tensor));
    [this.left, this.right, this.low, this.high] = view.window;
    for (const [x, y] of points) {
      [this.left, this.right] = [Math.min(this.left, x), Math.max(this.right, x)];
      [this.low, this.high] = [Math.min(this.low, y), Math.max(this.high, y)];
    }
    this.width = width - LEFT - RIGHT;
    const arrived = this.moved && points[this.moved.index];
    if (!this.held && arrived && arrived.every((at, axis) => Math.abs(at - (this.moved?.to[axis] ?? 0)) < 1e-3))
      this.moved = null;
    return HEIGHT;
  }

  /** @param {Point} point @returns {Point} */
  #place([x, y]) {
    return [
      LEFT + ((x - this.left) / (this.right - this.left)) * this.width,
      HEIGHT - FOOT - ((y - this.low) / (this.high - this.low)) * (HEIGHT - FOOT - TOP),
    ];
  }

  /** @param {Scatter} view @returns {Point[]} */
  #points(view) {
    return pairs(this.figure.tensor(view.tensor)).map((point, index) =>
      this.moved?.index === index ? this.moved.to : point,
    );
  }

  /** @param {Scatter} view @param {Looked} now */
  #chosen(view, now) {
    return clamp(rowOf(now, view.rows), 0, this.figure.tensor(view.tensor).rows - 1);
  }

  /** @param {CanvasRenderingContext2D} context @param {Scatter} view @param {number} share */
  paint(context, view, share) {
    const { theme, selection } = this.figure;
    const weights = this.figure.tensor(view.weights);
    const chosen = this.#chosen(view, selection.now);
    this.#frame(context, view, theme);
    const curve = pairs(this.figure.tensor(view.curve)).map((point) => this.#place(point));
    context.globalAlpha = this.moved ? 0.35 : 1; // it is of where the point was
    line(context, curve.slice(0, Math.max(2, Math.ceil(clamp(share, 0, 1) * curve.length))), theme.colours.output, 2.5);
    const [asked] = pairs(this.figure.tensor(view.asked)).map((point) => this.#place(point));
    context.setLineDash([5, 4]);
    line(context, [[asked[0], TOP], [asked[0], HEIGHT - FOOT]], theme.colours.query, 1.5); // biome-ignore format: two ends
    context.setLineDash([]);
    write(context, "q", asked[0] + 5, TOP + 6, { font: `700 13px ${FONT.sans}`, colour: theme.colours.query });
    this.#points(view).forEach((point, index) => {
      const [x, y] = this.#place(point);
      const weight = weights.at(0, index);
      context.fillStyle = theme.colours.key;
      context.fillRect(x - 3, HEIGHT - FOOT + 4, 6, Math.max(1, BARS * weight));
      circle(context, x, y, 5 + 11 * weight, theme.colours.value, theme.colours.surface, 1.5);
      if (index !== chosen) return;
      circle(context, x, y, 8 + 11 * weight, null, theme.colours.ink, 2);
      const small = { font: `600 12px ${FONT.mono}`, colour: theme.colours.ink };
      write(context, number(weight, 3), x + 12 + 11 * weight, y, small);
    });
    circle(context, ...asked, 7, theme.colours.output, theme.colours.surface, 2);
    context.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} context @param {Scatter} view @param {Theme} theme */
  #frame(context, view, theme) {
    const small = { font: `500 11px ${FONT.mono}`, colour: theme.colours["ink-2"] };
    context.fillStyle = theme.colours["control-line"];
    for (const up of new Set([this.low, 0, this.high])) {
      const [, y] = this.#place([this.left, up]);
      context.fillRect(LEFT, y, this.width, 1);
      write(context, number(up, 0), LEFT - 6, y, { ...small, align: "right" });
    }
    for (const across of new Set([this.left, 0, this.right])) {
      const [x] = this.#place([across, this.low]);
      context.fillRect(x, TOP, 1, HEIGHT - FOOT - TOP);
      write(context, number(across, 0), x, TOP - 12, { ...small, align: "center" });
    }
    const words = { font: `400 12px ${FONT.sans}`, colour: theme.colours["ink-2"] };
    write(context, `${view.up} ↑ · ${view.across} → · bars: weights`, LEFT, HEIGHT - 10, words);
  }

  /** @param {number} x @param {number} y @param {Scatter} view */
  #nearest(x, y, view) {
    const apart = this.#points(view).map((point) => {
      const [px, py] = this.#place(point);
      return Math.hypot(px - x, py - y);
    });
    const nearest = apart.indexOf(Math.min(...apart));
    return apart[nearest] < NEAR ? nearest : -1;
  }

  /** @param {number} x @param {number} y @param {Scatter} view */
  at(x, y, view) {
    const index = this.#nearest(x, y, view);
    return index < 0 ? null : { [view.rows]: index };
  }

  /** @param {number} dx @param {number} dy @param {Scatter} view @param {Looked} now */
  move(dx, dy, view, now) {
    return { [view.rows]: clamp(this.#chosen(view, now) + dx + dy, 0, this.figure.tensor(view.tensor).rows - 1) };
  }

  /** Whether a point lies there to be dragged. @param {number} x @param {number} y @param {Scatter} view */
  grab(x, y, view) {
    const index = this.#nearest(x, y, view);
    if (index < 0) return false;
    this.held = true;
    this.moved = { index, to: this.#points(view)[index] };
    return true;
  }

  /** @param {number} x @param {number} y @param {Scatter} view */
  drag(x, y, view) {
    if (!this.moved) return;
    this.moved.to = within(view, [
      this.left + ((x - LEFT) / this.width) * (this.right - this.left),
      this.low + ((HEIGHT - FOOT - y) / (HEIGHT - FOOT - TOP)) * (this.high - this.low),
    ]);
  }

  /** Where the point was let go: its number, and its place. */
  drop() {
    this.held = false;
    return this.moved && [this.moved.index, ...this.moved.to];
  }

  /** The chosen point, moved by a key. @param {number} dx @param {number} dy @param {Scatter} view @param {Looked} now */
  nudge(dx, dy, view, now) {
    const index = this.#chosen(view, now);
    const [x, y] = this.#points(view)[index];
    this.moved = { index, to: within(view, [x + NUDGE * dx, y - NUDGE * dy]) };
    return this.drop();
  }

  /** Its marks are no colours of a scale. */
  hasScale() {
    return false;
  }

  /** @param {CanvasRenderingContext2D} context @param {Scatter} view @param {number} side */
  thumbnail(context, view, side) {
    const { theme } = this.figure;
    const [left, right, low, high] = view.window;
    /** @param {Point} point @returns {Point} */
    const place = ([x, y]) => [((x - left) / (right - left)) * side, side - ((y - low) / (high - low)) * side];
    line(context, pairs(this.figure.tensor(view.curve)).map(place), theme.colours.output, 1.5);
    for (const point of pairs(this.figure.tensor(view.tensor)))
      circle(context, ...place(point), 2, theme.colours.value, null, 0);
  }

  /** @param {Scatter} view */
  summary(view) {
    const [x, y] = pairs(this.figure.tensor(view.asked))[0];
    const count = this.figure.tensor(view.tensor).rows;
    return `${count} points; at ${view.across} ${number(x)} the curve is at ${number(y)}. Shift and an arrow key move a point`;
  }

  /** @param {Scatter} view @returns {Readable[]} */
  read(view) {
    const [points, weights] = [this.figure.tensor(view.tensor), this.figure.tensor(view.weights)];
    return [
      {
        title: "Points",
        rows: Array.from({ length: points.rows }, (_, index) => `point ${index}`),
        columns: [view.across, view.up, "weight"],
        cell: (row, column) => number(column < 2 ? points.at(row, column) : weights.at(0, row), 3),
      },
    ];
  }

  /** @param {Scatter} view @param {Looked} now */
  describe(view, now) {
    const index = this.#chosen(view, now);
    const [x, y] = this.#points(view)[index];
    return `point ${index} at ${number(x)}, ${number(y)}, weight ${number(this.figure.tensor(view.weights).at(0, index), 3)}`;
  }
}

/** @param {Tensor} tensor @returns {Point[]} */
const pairs = (tensor) => Array.from({ length: tensor.rows }, (_, row) => [tensor.at(row, 0), tensor.at(row, 1)]);

/**
 * The nearest place that a link can say: inside the window, to a hundredth.
 *
 * @param {Scatter} view
 * @param {Point} point
 * @returns {Point}
 */
function within({ window: [left, right, low, high] }, [x, y]) {
  return [Math.round(100 * clamp(x, left, right)) / 100, Math.round(100 * clamp(y, low, high)) / 100];
}

/** @param {CanvasRenderingContext2D} context @param {Point[]} points @param {string} colour @param {number} wide */
function line(context, points, colour, wide) {
  context.strokeStyle = colour;
  context.lineWidth = wide;
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 * @param {string | null} fill
 * @param {string | null} edge
 * @param {number} wide
 */
function circle(context, x, y, radius, fill, edge, wide) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  if (fill) {
    context.fillStyle = fill;
    context.fill();
  }
  if (!edge) return;
  context.strokeStyle = edge;
  context.lineWidth = wide;
  context.stroke();
}
