// Who follows a link to another page sees the old one until the new one is drawn. The server does not answer what is pressed
// there meanwhile, and it must not change the address of the new page: so the old one cannot be pressed any more. In the
// history of the browser it stays as it was left.

/** @import { Io } from "./types.js" */

const LINKS = "[data-testid=stSidebarNavLink], [data-testid=stPageLink-NavLink], [data-testid=stLogoLink]";
const EVERY = 100; // milliseconds between two looks at whether the new page is there
const LONGEST = 10_000; // milliseconds, should it never come

let watched = false;
let here = location.pathname; // of the page that is drawn
let look = 0; // that which looks

/** From now on, for the life of the document: whoever follows a link of Streamlit's leaves, or goes back or forward. */
export function watchLinks() {
  if (watched) return;
  watched = true;
  document.addEventListener(
    "click",
    (event) => {
      const link = event.target instanceof Element && event.target.closest(LINKS);
      if (!link || elsewhere(event)) return;
      // the logo is a button, and leads home
      const { pathname } = new URL(link.closest("a[href]")?.getAttribute("href") ?? ".", location.href);
      if (pathname === location.pathname) return;
      leave();
      // on a phone the list of pages lies over the page; it closes once the click has been heard
      if (matchMedia("(max-width: 767px)").matches)
        setTimeout(() => found("[data-testid=stSidebarCollapseButton] button")?.click());
    },
    { capture: true },
  );
  history.pushState = remember;
  addEventListener("popstate", () => location.pathname !== here && leave());
}

/**
 * Streamlit adds an entry to the history for a page whose address loses or gains a word, also while that page is being
 * left. Who goes back wants the page before, as it was left: one entry for each.
 *
 * @param {unknown} state
 * @param {string} title
 * @param {string | URL | null} [address]
 */
function remember(state, title, address) {
  if (new URL(address ?? location.href, location.href).pathname !== location.pathname)
    History.prototype.pushState.call(history, state, title, address);
  else if (location.pathname !== here || !found(".stMain").inert) history.replaceState(state, title, address);
}

/**
 * Whether a click asks for another tab or window.
 *
 * @param {MouseEvent} event
 */
const elsewhere = (event) => event.ctrlKey || event.metaKey || event.shiftKey;

/**
 * What makes a link of our own lead to a page: Python is asked for it, and the app is not loaded anew.
 *
 * @param {string} slug
 * @param {Io} io
 */
export function leadingTo(slug, io) {
  /** @param {MouseEvent} event */
  const onclick = (event) => {
    if (elsewhere(event)) return;
    event.preventDefault();
    io.component.setTriggerValue("open", slug);
    leave();
  };
  return { href: new URL(slug, location.href).pathname, onclick };
}

/**
 * What makes a link lead to a step of a page, which Python knows by a number.
 *
 * @param {string} slug
 * @param {number} key
 * @param {Io} io
 */
export function leadingToStep(slug, key, io) {
  /** @param {MouseEvent} event */
  const onclick = (event) => {
    if (elsewhere(event)) return;
    event.preventDefault();
    io.component.setTriggerValue("go", key);
    leave();
  };
  return { href: new URL(slug, location.href).pathname, onclick };
}

/**
 * A part of Streamlit's page. What it is asked for is there, but for the button that closes the list of pages.
 *
 * @param {string} selector
 */
export const found = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

/** This page is being left for another one. */
function leave() {
  const [app, main] = [found("[data-testid=stApp]"), found(".stMain")];
  main.inert = true;
  let rests = 0;
  let looks = 0;
  clearInterval(look);
  look = setInterval(() => {
    // a state alone would not do: in a busy browser a whole run passes between two of them
    const there = location.pathname !== here && app.dataset.testScriptState === "notRunning";
    rests = there ? rests + 1 : 0;
    looks += 1;
    if (rests === 2 || looks * EVERY >= LONGEST) {
      here = location.pathname;
      main.inert = false;
      clearInterval(look);
    }
  }, EVERY);
}
