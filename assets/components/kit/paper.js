// Paper is light: a dark page is drawn anew before it is printed, and once more when it has been.

/**
 * What stands on the page: it knows whether the page is dark, and draws itself in the colours of now.
 *
 * @type {Set<{ root: HTMLElement, draw: () => void }>}
 */
export const standing = new Set();
const ON_PAPER = "on-paper"; // the page's style sheet knows it

/** @param {boolean} now whether the page is about to be printed, or has been */
function print(now) {
  const { classList } = document.documentElement;
  const changes = now ? [...standing].some(({ root }) => root.dataset.theme === "dark") : classList.contains(ON_PAPER);
  if (!changes) return;
  classList.toggle(ON_PAPER, now);
  for (const { draw } of standing) draw();
}
addEventListener("beforeprint", () => print(true));
addEventListener("afterprint", () => print(false));
