// Two distributions over one axis: the raw dot products and the scaled ones.

import { FONT, write } from "../kit/canvas.js";
import { clamp, number } from "../kit/numbers.js";

/** @import { Histogram } from "../kit/figure_kinds.js" */
/** @import { Looked, Readable } from "../kit/types.js" */

/** @import { Figure } from "../figure.js" */

const HEIGHT = 400;
const LEFT = 8;
const PANEL = 160;
const GAP = 32;

export class HistogramView {
  low = 0;
  high = 0;
  width = 0;

  /** @param {Figure} figure */
  constructor(figure) {
    this.figure = figure;
  }

  /** @param {Histogram} view @param {number} width */
  layout(view, width) {
    const all = view.series.flatMap(({ edges }) => edges);
    [this.low, this.high] = [Math.min(...all), Math.max(...all)];
    this.width = width - 2 * LEFT;
    return HEIGHT;
  }

  /** @param {number} value */
  #x(value) {
    return LEFT + ((value - this.low) / (this.high - this.low || 1)) * this.width;
  }

  /** @param {CanvasRenderingContext2D} context @param {Histogram} view @param {number} share */
  paint(context, view, share) {
    const { theme, selection } = this.figure;
    const at = this.#bin(view, selection.now.dimension);
    view.series.forEach(({ name, edges, counts, words }, panel) => {
      const base = 16 + panel * (PANEL + GAP) + PANEL;
      const grown = clamp(share * view.series.length - panel, 0, 1);
      const most = Math.max(...counts, 1);
      counts.forEach((count, bin) => {
        const height = ((PANEL - 30) * count * grown) / most;
        const x = this.#x(edges[bin]);
        context.fillStyle = theme.colours[bin === at ? "ink" : "control-line"];
        context.fillRect(x, base - height, Math.max(1, this.#x(edges[bin + 1]) - x - 0.5), height);
      });
      context.fillStyle = theme.colours["control-line"];
      context.fillRect(LEFT, base, this.width, 1);
      const font = `600 13px ${FONT.sans}`;
      write(context, name, LEFT, base - PANEL + 12, { font, colour: theme.colours.ink });
      context.font = font;
      const beside = LEFT + context.measureText(name).width + 10;
      write(context, words, beside, base - PANEL + 12, {
        font: `400 12px ${FONT.sans}`,
        colour: theme.colours["ink-2"],
      });
      const ends = [edges[0], edges[edges.length - 1]];
      const apart = this.#x(ends[1]) - this.#x(ends[0]);
      for (const value of apart > 90 ? [ends[0], 0, ends[1]] : [0]) {
        const text = number(value, value && Math.abs(value) < 10 ? 1 : 0);
        const x = clamp(this.#x(value), LEFT + 16, LEFT + this.width - 16);
        write(context, text, x, base + 12, {
          font: `500 11px ${FONT.mono}`,
          colour: theme.colours["ink-2"],
          align: "center",
        });
      }
    });
  }

  /** @param {Histogram} view @param {number} dimension */
  #bin(view, dimension) {
    return clamp(dimension, 0, view.series[0].counts.length - 1);
  }

  /** @param {number} x @param {number} _y @param {Histogram} view */
  at(x, _y, view) {
    const value = this.low + ((x - LEFT) / this.width) * (this.high - this.low);
    const bin = view.series[0].edges.findLastIndex((edge) => edge <= value);
    return bin >= 0 ? { dimension: this.#bin(view, bin) } : null;
  }

  /** @param {number} dx @param {number} _dy @param {Histogram} view @param {Looked} now */
  move(dx, _dy, view, { dimension }) {
    return { dimension: this.#bin(view, dimension + dx) };
  }

  hasScale() {
    return false;
  }

  /** @param {Histogram} view */
  summary(view) {
    return view.series
      .map(
        ({ name, words, edges }) =>
          `${name}, ${words}, from ${number(edges[0], 1)} to ${number(edges[edges.length - 1], 1)}`,
      )
      .join("; ");
  }

  /** @param {Histogram} view @param {string} title @returns {Readable[]} */
  read(view, title) {
    return view.series.map(({ name, edges, counts }) => ({
      title: `${title}: ${name}`,
      rows: counts.map((_, bin) => `${number(edges[bin])} to ${number(edges[bin + 1])}`),
      columns: ["draws"],
      cell: (bin) => counts[bin],
    }));
  }

  /** @param {Histogram} view @param {Looked} now */
  describe(view, { dimension }) {
    return view.series
      .map(({ name, edges, counts }) => {
        const bin = clamp(dimension, 0, counts.length - 1);
        return `${name} from ${number(edges[bin], 1)} to ${number(edges[bin + 1], 1)}: ${counts[bin]} of the draws`;
      })
      .join(", ");
  }
}
