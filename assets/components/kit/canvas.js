// Drawing on canvas: sharp on every screen, one heatmap for all.

import { parse, shade } from "./colour.js";
import { indexed, lineOf } from "./text.js";

/** @import { Pen, Theme } from "./types.js" */

export const FONT = {
  sans: '"Source Sans", sans-serif',
  mono: '"Source Code Pro", monospace',
  serif: '"Source Serif", serif',
};

/**
 * @typedef {object} Heat
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 * @property {number} rows
 * @property {number} columns
 * @property {(row: number, column: number) => number | symbol} value
 * @property {number[][]} colours
 * @property {number} low
 * @property {number} high
 * @property {Theme} theme
 * @property {number} [alpha]
 */
/** @typedef {{ font: string, colour: string, align?: CanvasTextAlign, baseline?: CanvasTextBaseline }} Lettering */

/**
 * What draws on a canvas.
 *
 * @template {HTMLCanvasElement | OffscreenCanvas} C
 * @param {C} canvas
 */
export function penOf(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser draws on no canvas");
  return /** @type {C extends HTMLCanvasElement ? CanvasRenderingContext2D : OffscreenCanvasRenderingContext2D} */ (
    context
  );
}

/**
 * Pixels of the screen for one of CSS.
 *
 * @param {Pen} context
 */
export const ratioOf = (context) => context.getTransform().a;

/**
 * Sizes a canvas in CSS pixels and returns a cleared context that draws in them.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function fit(canvas, width, height) {
  const ratio = Math.max(1, window.devicePixelRatio || 1);
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = penOf(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** @type {Map<string, CanvasPattern>} */
const patterns = new Map();

/**
 * Hatching for cells that have no value to show.
 *
 * @param {Pen} context
 * @param {Record<string, string>} colours
 * @returns {CanvasPattern}
 */
export function hatching(context, { "hatch-ground": ground, hatch }) {
  const ratio = ratioOf(context);
  const key = `${ground}${hatch}${ratio}`;
  let pattern = patterns.get(key);
  if (!pattern) {
    const side = Math.round(6 * ratio);
    const tile = new OffscreenCanvas(side, side);
    const pen = penOf(tile);
    pen.fillStyle = ground;
    pen.fillRect(0, 0, side, side);
    pen.strokeStyle = hatch;
    pen.lineWidth = ratio;
    for (const shift of [-side, 0, side]) {
      pen.beginPath();
      pen.moveTo(shift, side);
      pen.lineTo(shift + side, 0);
      pen.stroke();
    }
    pattern = /** @type {CanvasPattern} */ (context.createPattern(tile, "repeat")); // null for no image alone
    pattern.setTransform(new DOMMatrix().scale(1 / ratio));
    patterns.set(key, pattern);
  }
  return pattern;
}

/** What `value` of a heatmap answers besides a number. */
export const HIDDEN = Symbol("hatched");

/**
 * What a view calls such a cell.
 *
 * @param {{hiddenWord?: string}} view
 */
export const hiddenWord = (view) => view.hiddenWord ?? "not allowed";
export const BLANK = Symbol("not computed yet: empty");

/**
 * A heatmap of rows x columns in the box (x, y, width, height).
 *
 * value(row, column) -> number, HIDDEN or BLANK. Where cells are smaller than a pixel of the screen, a pixel shows the
 * cell that is furthest from 0 among those it covers, so that nothing strong can vanish.
 *
 * @param {Pen} context
 * @param {Heat} box
 */
export function heat(context, { x, y, width, height, rows, columns, value, colours, low, high, theme, alpha = 1 }) {
  const ratio = ratioOf(context);
  const across = Math.min(columns, Math.max(1, Math.floor(width * ratio)));
  const down = Math.min(rows, Math.max(1, Math.floor(height * ratio)));
  const image = new ImageData(across, down);
  const every = across === columns && down === rows;
  /** @type {[number, number][]} */
  const hidden = [];
  const blank = parse(theme.colours.sunken);
  for (let r = 0, at = 0; r < down; r++) {
    for (let c = 0; c < across; c++, at += 4) {
      const cell = every ? value(r, c) : strongest(value, r, c, rows, columns, down, across);
      if (cell === HIDDEN) hidden.push([r, c]);
      const colour = typeof cell === "number" ? shade(colours, cell, low, high) : blank;
      image.data[at] = colour[0];
      image.data[at + 1] = colour[1];
      image.data[at + 2] = colour[2];
      image.data[at + 3] = 255;
    }
  }
  const small = cellsOf(image);
  const [cellWidth, cellHeight] = [width / across, height / down];
  context.save();
  context.globalAlpha = alpha;
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, across, down, x, y, width, height);
  if (hidden.length) {
    context.fillStyle = hatching(context, theme.colours);
    context.beginPath();
    for (const [r, c] of hidden) context.rect(x + c * cellWidth, y + r * cellHeight, cellWidth, cellHeight);
    context.fill();
  }
  context.fillStyle = theme.colours.surface;
  if (cellHeight >= 7) for (let r = 1; r < down; r++) context.fillRect(x, y + r * cellHeight - 1, width, 1);
  if (cellWidth >= 7) for (let c = 1; c < across; c++) context.fillRect(x + c * cellWidth - 1, y, 1, height);
  context.restore();
}

/** @type {OffscreenCanvas | null} */
let scratch = null;
const SCRATCH = 64; // pixels a side

/**
 * A canvas with a pixel for each cell, in its upper left corner. A new canvas takes longer than all cells of a small
 * heatmap, so that those share one; it is good until the next one is asked for.
 *
 * @param {ImageData} image
 */
function cellsOf(image) {
  const { width, height } = image;
  scratch ??= new OffscreenCanvas(SCRATCH, SCRATCH);
  const canvas = width <= SCRATCH && height <= SCRATCH ? scratch : new OffscreenCanvas(width, height);
  penOf(canvas).putImageData(image, 0, 0);
  return canvas;
}

/**
 * @param {Heat["value"]} value
 * @param {number} r
 * @param {number} c
 * @param {number} rows
 * @param {number} columns
 * @param {number} down
 * @param {number} across
 */
function strongest(value, r, c, rows, columns, down, across) {
  /** @type {number | symbol} */
  let best = HIDDEN;
  let size = 0;
  const [below, beyond] = [Math.ceil(((r + 1) * rows) / down), Math.ceil(((c + 1) * columns) / across)];
  for (let i = Math.floor((r * rows) / down); i < below; i++) {
    for (let j = Math.floor((c * columns) / across); j < beyond; j++) {
      const cell = value(i, j);
      if (cell === BLANK) return BLANK;
      if (typeof cell === "number" && (best === HIDDEN || Math.abs(cell) > size)) {
        best = cell;
        size = Math.abs(cell);
      }
    }
  }
  return best;
}

/**
 * The outline of a box, drawn outside its cells.
 *
 * @param {Pen} context
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 * @param {string} colour
 * @param {number} [line]
 */
export function outline(context, x, y, width, height, colour, line = 1.5) {
  context.strokeStyle = colour;
  context.lineWidth = line;
  context.strokeRect(x - line / 2, y - line / 2, width - 1 + line, height - 1 + line);
}

/**
 * Text cut to a width, with an ellipsis.
 *
 * @param {Pen} context
 * @param {string} text
 * @param {number} width
 */
export function cut(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  const letters = [...text];
  while (letters.length > 1 && context.measureText(`${letters.join("")}…`).width > width) letters.pop();
  return `${letters.join("")}…`;
}

/**
 * One line of text: where, how, in which colour. A word from right to left stays in its place, with its signs on their sides.
 *
 * @param {Pen} context
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {Lettering} style
 */
export function write(context, text, x, y, { font, colour, align = "left", baseline = "middle" }) {
  context.font = font;
  context.fillStyle = colour;
  context.textAlign = align;
  context.textBaseline = baseline;
  context.direction = lineOf(text);
  context.fillText(text, x, y);
}

/**
 * Words of ours in one line, with their letters below it, as Q in W_Q. Returns how wide they are.
 *
 * @param {Pen} context
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {Lettering} style
 */
export function writeLettered(context, text, x, y, { align = "left", ...style }) {
  const small = style.font.replace(/\d+(?=px)/, (size) => String(Math.round(Number(size) * 0.75)));
  const parts = indexed(text).map((part, place) => {
    context.font = place % 2 ? small : style.font;
    return { part, font: context.font, down: place % 2 ? 3 : 0, width: context.measureText(part).width };
  });
  const width = parts.reduce((sum, part) => sum + part.width, 0);
  let at = x - { left: 0, start: 0, center: width / 2, right: width, end: width }[align];
  for (const { part, font, down, width: own } of parts) {
    write(context, part, at, y + down, { ...style, font });
    at += own;
  }
  return width;
}

/**
 * Saves the drawing as a picture file.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {string} ground
 * @param {string} name
 */
export function savePicture(canvas, ground, name) {
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const pen = penOf(copy);
  pen.fillStyle = ground;
  pen.fillRect(0, 0, copy.width, copy.height);
  pen.drawImage(canvas, 0, 0);
  return copy.convertToBlob({ type: "image/png" }).then((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}
