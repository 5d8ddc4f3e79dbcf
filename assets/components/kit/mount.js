// Streamlit calls a component's default export again on every change of data or theme and runs only the last cleanup.
// So each root gets one app for its whole life, which is only updated.

import { readTheme } from "./colour.js";
import { decode } from "./payload.js";

const apps = new WeakMap();

const MATH = "Attention Lab Math";
let mathFont = null;

/** Formulas need a font that knows how to build them; a shadow root cannot declare one. */
function loadMathFont() {
  mathFont ??= new FontFace(MATH, `url(${new URL("../../fonts/stix-two-math.woff2", import.meta.url)})`);
  document.fonts.add(mathFont);
  return mathFont.load().catch(() => {});
}

function stylesheet(root, url) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = url;
  return new Promise((ready) => {
    link.onload = ready;
    link.onerror = ready;
    root.parentNode.insertBefore(link, root);
  });
}

/**
 * Mounts or updates an app.
 *
 * create(root, io) builds it once in an empty root: { update(payload, theme), resize(width)?, destroy()? }.
 * io has setStateValue and setTriggerValue of the component.
 */
export function mount(component, create, styles) {
  const place = component.parentElement;
  let entry = apps.get(place);
  if (!entry) {
    const root = document.createElement("div");
    root.className = "lab";
    root.style.visibility = "hidden";
    place.append(root);
    const io = { component };
    entry = { root, io, app: create(root, io) };
    entry.ready = Promise.all([
      ...[new URL("kit.css", import.meta.url), ...styles].map((url) => stylesheet(root, url)),
      loadMathFont(),
    ]);
    entry.observer = new ResizeObserver(() => {
      const width = root.clientWidth;
      if (entry.drawn && width && width !== entry.width) {
        entry.width = width;
        entry.app.resize?.(width);
      }
    });
    entry.observer.observe(root);
    apps.set(place, entry);
  }
  entry.io.component = component;
  const payload = decode(component.data);
  entry.turn = (entry.turn ?? 0) + 1;
  const turn = entry.turn;
  entry.ready.then(() => {
    if (turn !== entry.turn || !entry.root.isConnected) return;
    entry.width = entry.root.clientWidth;
    entry.app.update(payload, readTheme(entry.root));
    entry.root.style.visibility = "";
    entry.root.dataset.ready = String(turn);
    entry.drawn = true;
  });
  return () => {
    entry.observer.disconnect();
    entry.app.destroy?.();
    entry.root.remove();
    apps.delete(place);
  };
}
