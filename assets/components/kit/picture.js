// Pixels that came as numbers.

import { FONT, heat, outline, penOf, write } from "./canvas.js";
import { clamp, total } from "./numbers.js";

/** @import { Tensor, Theme } from "./types.js" */

const BESIDE = 440; // a width from which the map stands beside the picture
const APART = 14;
const LINE = 20; // of words

/**
 * A picture, (3, height, width) from 0 to `largest`, as a canvas of its own size.
 *
 * @param {Tensor} picture
 * @param {number} [largest]
 */
export function pictureOf({ values, shape: [, height, width] }, largest = 1) {
  const image = new ImageData(width, height);
  const plane = height * width;
  for (let at = 0; at < plane; at++) {
    for (let channel = 0; channel < 3; channel++)
      image.data[4 * at + channel] = 255 * clamp(values[channel * plane + at] / largest, 0, 1);
    image.data[4 * at + 3] = 255;
  }
  const canvas = new OffscreenCanvas(width, height);
  penOf(canvas).putImageData(image, 0, 0);
  return canvas;
}

/**
 * What is laid over a picture where nobody looks: the ground of the page, or its ink over a picture that is so much like
 * the ground that what is veiled could not be told from what is clear.
 *
 * @param {Tensor} picture
 * @param {Theme} theme
 * @param {number} [largest]
 */
export function veilOf({ values }, theme, largest = 1) {
  const mean = total(values) / values.length / largest;
  const alike = theme.name === "dark" ? mean < 0.15 : mean > 0.85;
  return theme.colours[alike ? "ink" : "surface"];
}

/**
 * How large a picture and the map beside it, half its side, are drawn in a width: beside each other, or where that would be
 * small, the map below.
 *
 * @param {number} width
 * @param {number} margin
 * @param {number} largest
 */
export function withMap(width, margin, largest) {
  const wide = width >= BESIDE;
  const side = Math.floor(Math.min(largest, wide ? (width - margin - APART) / 1.5 : width - margin));
  const map = Math.floor(side / 2);
  const at = wide ? [margin + side + APART, margin] : [margin, margin + side + APART + 2 * LINE];
  return { side, map: { x: at[0], y: at[1], side: map }, below: wide ? 0 : map + APART + 3 * LINE };
}

/**
 * The weights of one row as a map of their own, in colours from 0 to the largest.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {{
 *   x: number, y: number, side: number, rows: number, columns: number, values: ArrayLike<number>, most: number,
 *   title: string, theme: Theme, marked: [place: number, role: string][],
 * }} map
 */
export function paintMap(context, { x, y, side, rows, columns, values, most, title, theme, marked }) {
  const [width, height] = [side / columns, side / rows];
  const value = (/** @type {number} */ row, /** @type {number} */ column) => values[row * columns + column];
  const box = { x, y, width: side, height: side, rows, columns, value, low: 0, high: most };
  heat(context, { ...box, colours: theme.ramps.weights, theme });
  outline(context, x, y, side, side, theme.colours["control-line"], 1);
  for (const [place, role] of marked)
    if (place >= 0)
      outline(
        context,
        x + (place % columns) * width,
        y + Math.floor(place / columns) * height,
        width,
        height,
        theme.colours[role],
        2,
      );
  const style = { font: `500 12px ${FONT.sans}`, colour: theme.colours["ink-2"] };
  write(context, title, x, y - 10, style);
  write(context, `0 to ${most.toFixed(3)}`, x, y + side + 12, style);
}
