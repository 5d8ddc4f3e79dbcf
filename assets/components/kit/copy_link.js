// The link to what a figure shows, on the clipboard.

import { button } from "./text.js";

const SAID = 2000; // ms
const SOON = 50; // ms

/** A button that copies the address of the page, once the link names what is shown. */
export function copyLink() {
  const copy = button("Copy link", { className: "small-button copy-link", "aria-live": "polite" });
  /** @param {string} words */
  const say = (words) => {
    copy.textContent = words;
    setTimeout(() => (copy.textContent = "Copy link"), SAID);
  };
  copy.onclick = () => {
    if (copy.closest("[data-untold]")) setTimeout(() => copy.onclick?.(new PointerEvent("click")), SOON);
    else written(location.href).then((done) => say(done ? "Copied" : "Copy it from the address bar"));
  };
  return copy;
}

/**
 * Whether a text went to the clipboard. A browser keeps it shut on pages that came without encryption, and where it was
 * forbidden.
 *
 * @param {string} text
 */
const written = (text) =>
  navigator.clipboard
    ? navigator.clipboard.writeText(text).then(
        () => true,
        () => false,
      )
    : Promise.resolve(false);
