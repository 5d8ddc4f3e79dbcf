// Keeps the place of a chart, and tells once a visitor comes near: only then does the browser load what draws it.

/** @import { Component } from "./kit/types.js" */

const NEAR = "300px";

/** @param {Omit<Component, "data"> & { data: { alt: string, height: number } }} component alt: the chart in words; pixels */
export default function ({ parentElement, data, setTriggerValue }) {
  const place = document.createElement("div");
  place.className = "lab";
  place.role = "img";
  place.ariaLabel = data.alt;
  place.style.height = `${data.height}px`;
  place.dataset.ready = "1";
  parentElement.append(place);
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      setTriggerValue("near", true);
    },
    /** @type {IntersectionObserverInit} */ ({ scrollMargin: NEAR }),
  );
  observer.observe(place);
  return () => {
    observer.disconnect();
    place.remove();
  };
}
