// What the app's page gives a figure, and a page of somebody else's does not: the colours of a theme.

/** @import { Component } from "../kit/types.js" */

/** @typedef {Record<string, string>} Palette names of CSS variables and their values */
/** @typedef {{ light: Palette, dark: Palette }} Themes */
/** @typedef {(component: Component) => unknown} Part what a component's file exports */

/**
 * @param {HTMLElement} place
 * @param {Palette} palette
 */
export function dress(place, palette) {
  for (const [name, value] of Object.entries(palette)) place.style.setProperty(name, value);
}
