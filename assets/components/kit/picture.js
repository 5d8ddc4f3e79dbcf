// Pixels that came as numbers.

import { penOf } from "./canvas.js";
import { clamp, total } from "./numbers.js";

/** @import { Tensor, Theme } from "./types.js" */

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
