// Streamlit calls a component's default export again on every change of data or theme. It runs the last cleanup when the
// component leaves, and at once that of a call which a newer one has overtaken on its way here. So each root gets one app
// for its whole life, which is only updated: who calls again keeps the place, the focus and what was scrolled to. What is
// out of sight takes its new numbers in once the browser has nothing else to do: what is looked at does not wait for it.

import { readTheme } from "./colour.js";
import { standing } from "./paper.js";
import { decode } from "./payload.js";

/** @import { App, Component, Io } from "./types.js" */

/**
 * @typedef {object} Mounted
 * @property {HTMLElement} root
 * @property {Io} io
 * @property {App<any>} app what one root is given is told by the part that made it
 * @property {Promise<unknown>} ready
 * @property {ResizeObserver} observer
 * @property {IntersectionObserver} sight
 * @property {boolean} seen whether any of it is in sight
 * @property {(() => void) | null} late what it has not taken in yet
 * @property {() => void} draw draws what it has taken in last, in the colours of now
 * @property {number} turn
 * @property {number} width
 * @property {boolean} drawn
 */

/** @type {WeakMap<HTMLElement, Mounted>} */
const apps = new WeakMap();

const OVERTAKEN = 1000; // milliseconds in which the newer call is there
const LATEST = 500; // milliseconds after which what is out of sight takes its numbers in, though the browser is busy

const MATH = "Attention Lab Math";
/** @type {FontFace | null} */
let mathFont = null;

/** Formulas need a font that knows how to build them; a shadow root cannot declare one. */
function loadMathFont() {
  mathFont ??= new FontFace(MATH, `url(${new URL("../../fonts/stix-two-math.woff2", import.meta.url)})`);
  document.fonts.add(mathFont);
  return mathFont.load().catch(() => {});
}

/**
 * Done when it is there, or cannot be had. One that came along is written into the page: some pages allow no other.
 *
 * @param {HTMLElement} root
 * @param {URL} url
 */
function stylesheet(root, url) {
  if (url.protocol === "data:") {
    const style = document.createElement("style");
    style.textContent = decodeURIComponent(url.pathname.slice(url.pathname.indexOf(",") + 1));
    root.before(style);
    return;
  }
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = url.href;
  return new Promise((ready) => {
    link.onload = ready;
    link.onerror = ready;
    root.before(link);
  });
}

/**
 * Soon, and between two pieces of other work where the browser knows how to tell.
 *
 * @param {() => void} act
 */
function whenIdle(act) {
  if ("requestIdleCallback" in window) requestIdleCallback(act, { timeout: LATEST });
  else setTimeout(act);
}

/**
 * Mounts or updates an app.
 *
 * create(root, io) builds it once in an empty root: { update(payload, theme), resize(width)?, destroy()? }.
 * io has the component, for its setStateValue and setTriggerValue, and the root.
 *
 * @template P
 * @param {Component} component
 * @param {(root: HTMLElement, io: Io) => App<P>} create
 * @param {URL[]} styles
 */
export function mount(component, create, styles) {
  const place = component.parentElement;
  const entry = apps.get(place) ?? begin(component, create, styles);
  entry.io.component = component;
  const { data } = component;
  entry.turn += 1;
  const { turn } = entry;
  const take = () => {
    if (turn !== entry.turn || !entry.root.isConnected || entry.root.dataset.ready === String(turn)) return;
    entry.late = null;
    delete entry.root.dataset.late;
    entry.width = entry.root.clientWidth;
    entry.draw = () => entry.app.update(decode(data), readTheme(entry.root));
    entry.draw();
    entry.root.style.visibility = "";
    entry.root.dataset.ready = String(turn);
    entry.drawn = true;
  };
  if (entry.drawn && !entry.seen) {
    entry.late = take;
    entry.root.dataset.late = "";
    whenIdle(take);
  } else entry.ready.then(take);
  const end = () => {
    if (apps.get(place) !== entry) return;
    entry.observer.disconnect();
    entry.sight.disconnect();
    entry.app.destroy?.();
    entry.root.remove();
    apps.delete(place);
    standing.delete(entry);
  };
  return () => {
    if (!place.isConnected) end();
    else setTimeout(() => turn === entry.turn && end(), OVERTAKEN);
  };
}

/**
 * Builds it.
 *
 * @template P
 * @param {Component} component
 * @param {(root: HTMLElement, io: Io) => App<P>} create
 * @param {URL[]} styles
 * @returns {Mounted}
 */
function begin(component, create, styles) {
  const root = document.createElement("div");
  root.className = "lab";
  root.style.visibility = "hidden";
  if (component.away) root.dataset.away = component.away;
  component.parentElement.append(root);
  const io = { component, root };
  const app = create(root, io);
  const sheets = [new URL("kit.css", import.meta.url), ...styles].map((url) => stylesheet(root, url));
  const ready = Promise.all([...sheets, loadMathFont()]);
  const observer = new ResizeObserver(() => {
    const width = root.clientWidth;
    if (entry.drawn && width && width !== entry.width) {
      entry.width = width;
      app.resize?.(width);
    }
  });
  const sight = new IntersectionObserver((looks) => {
    entry.seen = looks[looks.length - 1].isIntersecting;
    if (entry.seen) entry.late?.();
  });
  /** @type {Mounted} */
  const entry = {
    root,
    io,
    app,
    ready,
    observer,
    sight,
    seen: true, // until it is known
    late: null,
    draw() {},
    turn: 0,
    width: 0,
    drawn: false,
  };
  observer.observe(root);
  sight.observe(root);
  apps.set(component.parentElement, entry);
  standing.add(entry);
  return entry;
}
