// Notices that the server was gone and is there again, and asks for the page anew: one that was started meanwhile knows
// nothing of the page's fragments, and their controls would do nothing.

import { found, watchLinks } from "./kit/leaving.js";

/** @import { Component } from "./kit/types.js" */

/** @param {Component} component */
export default function ({ parentElement, setTriggerValue }) {
  const mark = document.createElement("div");
  mark.className = "lab";
  mark.dataset.ready = "1";
  parentElement.append(mark);
  watchLinks();
  const app = found("[data-testid=stApp]");
  let lost = false;
  const observer = new MutationObserver(() => {
    const connected = app.dataset.testConnectionState === "CONNECTED";
    if (connected && lost) setTriggerValue("back", true);
    lost = !connected;
  });
  observer.observe(app, { attributes: true, attributeFilter: ["data-test-connection-state"] });
  return () => {
    observer.disconnect();
    mark.remove();
  };
}
