// A figure in a file of its own, opened by a double click: its numbers lie in the file, and nobody is asked for more.

import { dress } from "./dress.js";

/** @import { Part, Themes } from "./dress.js" */

/** @param {string} name */
const found = (name) => /** @type {HTMLElement} */ (document.getElementById(name));

/**
 * Draws the part into the file's #figure, out of the base64 in #payload. Its colours are the system's until #theme is pressed.
 *
 * @param {Part} part
 * @param {Themes} themes
 */
export default function inFile(part, themes) {
  const parentElement = found("figure");
  const data = Uint8Array.from(atob(found("payload").textContent ?? ""), (letter) => letter.charCodeAt(0));
  const system = matchMedia("(prefers-color-scheme: dark)");
  let dark = system.matches;
  /** @param {boolean} night */
  function draw(night = dark) {
    dress(document.documentElement, night ? themes.dark : themes.light);
    document.documentElement.style.colorScheme = night ? "dark" : "light";
    part({ parentElement, data, away: "file", setStateValue() {}, setTriggerValue() {} });
  }
  /** @param {boolean} now */
  const turn = (now) => {
    dark = now;
    draw();
  };
  system.onchange = () => turn(system.matches);
  found("theme").onclick = () => turn(!dark);
  addEventListener("beforeprint", () => draw(false)); // paper is light
  addEventListener("afterprint", () => draw());
  draw();
}
