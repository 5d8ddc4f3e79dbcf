// Notices that the server was gone and is there again, and asks for the page anew: one that was started meanwhile knows
// nothing of the page's fragments, and their controls would do nothing. It tells which session was lost: that of a server
// which only did not answer for a moment is the same. It stands on every page, so that a page without figures is light on paper.

import { readTheme } from "./kit/colour.js";
import { found, watchLinks } from "./kit/leaving.js";
import { standing } from "./kit/paper.js";

/** @import { Component } from "./kit/types.js" */

let session = ""; // which draws the page
let lost = ""; // the one that drew it when the connection was lost; "" while there is one

/** @type {WeakMap<HTMLElement, () => void>} what ends the one that is there, which Streamlit does not end when it draws anew */
const ends = new WeakMap();

/** @param {Component} component */
export default function ({ parentElement, data, setTriggerValue }) {
  session = new TextDecoder().decode(data);
  ends.get(parentElement)?.();
  const mark = document.createElement("div");
  mark.className = "lab";
  mark.dataset.ready = "1";
  parentElement.append(mark);
  const stands = { root: mark, draw: () => void readTheme(mark) };
  stands.draw();
  standing.add(stands);
  watchLinks();
  const app = found("[data-testid=stApp]");
  const observer = new MutationObserver(() => {
    const connected = app.dataset.testConnectionState === "CONNECTED";
    if (connected && lost) setTriggerValue("back", lost);
    lost = connected ? "" : lost || session;
  });
  observer.observe(app, { attributes: true, attributeFilter: ["data-test-connection-state"] });
  const end = () => {
    observer.disconnect();
    mark.remove();
    standing.delete(stands);
  };
  ends.set(parentElement, end);
  return end;
}
