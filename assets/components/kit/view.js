// What the parts around a figure must know of the view that it shows.

/** @import { View } from "./figure_kinds.js" */

/**
 * Whether a view shows one number for each query and key.
 *
 * @param {View} view
 */
export const weighed = (view) =>
  (view.kind === "matrix" || (view.kind === "overlay" && !view.strip)) && view.columns === "keys" && !view.plain;

/**
 * The words in its cells, where a view has them.
 *
 * @param {View} view
 */
export const wordsOf = (view) => (view.kind === "matrix" ? view.words : undefined);

/**
 * The tensor of weights that a view shows, where words ask words in it, or else the lesson's.
 *
 * @param {View} view
 */
export const weightsOf = (view) =>
  view.kind === "matrix" && view.scale === "weights" && view.rows === "queries" && view.columns === "keys"
    ? view.tensor
    : "weights";
