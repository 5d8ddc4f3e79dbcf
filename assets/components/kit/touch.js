// What keys do for who has none: a finger is wider than a cell.

import { button, element } from "./text.js";

/** @import { Pressed } from "./types.js" */

const COARSE = "(pointer: coarse), (max-width: 760px)";
const ARROWS = [
  ["←", "ArrowLeft", "Left"],
  ["→", "ArrowRight", "Right"],
  ["↑", "ArrowUp", "Up"],
  ["↓", "ArrowDown", "Down"],
];

export const byTouch = () => matchMedia(COARSE).matches;

/**
 * Buttons that press the arrow keys of a figure; kit.css shows them to fingers alone.
 *
 * @param {(event: Pressed) => void} press
 * @param {string[][]} [keys]
 */
export function arrows(press, keys = ARROWS) {
  const buttons = keys.map(([sign, key, name]) => {
    const node = button(sign, { className: "small-button", "aria-label": name });
    node.onclick = () => press({ key });
    return node;
  });
  return element("div", {
    className: "by-touch",
    role: "group",
    "aria-label": "Move in the figure",
    children: buttons,
  });
}

/**
 * The same for a figure with one axis.
 *
 * @param {(event: Pressed) => void} press
 */
export const backAndOn = (press) => arrows(press, ARROWS.slice(0, 2));
