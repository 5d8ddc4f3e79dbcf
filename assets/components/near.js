// Keeps the place of a chart, and tells once a visitor comes near: only then does the browser load what draws it.

import { found } from "./kit/leaving.js";

/** @import { Component } from "./kit/types.js" */

const NEAR = "300px";
const EVERY = 100; // milliseconds between two looks at whether the page is drawn
const AGAIN = 1000; // milliseconds after which a page that rests and has not drawn the chart is told once more

/** @param {Omit<Component, "data"> & { data: { alt: string, height: number } }} component alt: the chart in words; pixels */
export default function ({ parentElement, data, setTriggerValue }) {
  const place = document.createElement("div");
  place.className = "lab";
  place.role = "img";
  place.ariaLabel = data.alt;
  place.style.height = `${data.height}px`;
  place.dataset.ready = "1";
  parentElement.append(place);
  const come = () => setTriggerValue("near", true);
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let again;
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      come();
      // where two charts come near at once, what is asked for the second ends the answer to the first
      again = setInterval(() => drawn() && come(), AGAIN);
    },
    /** @type {IntersectionObserverInit} */ ({ scrollMargin: NEAR }),
  );
  // a chart below what is not drawn yet stands in sight for a moment, though nobody came near
  const look = setInterval(() => {
    if (!drawn()) return;
    clearInterval(look);
    observer.observe(place);
  }, EVERY);
  return () => {
    clearInterval(look);
    clearInterval(again);
    observer.disconnect();
    place.remove();
  };
}

/** Whether the script has run, and every part of the page is drawn. */
function drawn() {
  const parts = [...document.querySelectorAll(".stBidiComponent")];
  const roots = parts.map((part) => [...part.querySelectorAll("*")].map((node) => node.shadowRoot).find(Boolean));
  const ready = roots.every((root) => root?.querySelector(".lab[data-ready]"));
  return ready && found("[data-testid=stApp]").dataset.testScriptState === "notRunning";
}
