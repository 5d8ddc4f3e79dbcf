// One sentence and one head: hover a word to see what it attends to.

import { mount } from "./kit/mount.js";
import { Selection } from "./kit/selection.js";
import { element, spans } from "./kit/text.js";
import { TokenStrip } from "./token_strip.js";

/** @import { App, Component, SentenceData } from "./kit/types.js" */

/** @param {HTMLElement} root @returns {App<SentenceData>} */
function createSentence(root) {
  root.className = "lab card sentence";
  const selection = new Selection();
  const tokenStrip = new TokenStrip(selection, { touched: false });
  const says = element("div", { className: "says", "aria-live": "polite" });
  const source = element("div", { className: "source" });
  root.append(tokenStrip.node, element("div", { className: "line", children: [says, source] }));
  /** @type {SentenceData} */
  let data;

  /** @param {number} query */
  const weights = (query) => [...data.tensors.weights.row(Math.min(query, data.tokens.length - 1))];

  function paint() {
    if (!data?.tokens.length) return;
    tokenStrip.paint();
    const query = selection.now.query;
    const row = weights(query);
    const best = row.reduce(
      (top, weight, key) => (key !== query && weight > (row[top] ?? -1) ? key : top),
      query === 0 ? 1 : 0,
    );
    if (data.tokens.length < 2) return;
    says.replaceChildren(
      ...spans([
        [data.tokens[query].text, "query"],
        [" gives ", null],
        [data.tokens[best].text, "key"],
        [" ", null],
        [row[best].toFixed(2), "mark"],
        [
          ` of its attention in ${data.which}. ${matchMedia("(hover: none)").matches ? "Tap" : "Move over"} the other words.`,
          null,
        ],
      ]),
    );
  }

  selection.onChange(paint);
  return {
    update(payload, theme) {
      const typed = JSON.stringify(payload.tokens) !== JSON.stringify(data?.tokens);
      data = payload;
      source.textContent = data.source;
      root.classList.toggle("waiting", !data.tokens.length);
      if (!data.tokens.length) return;
      if (typed) {
        selection.pinned = { ...selection.pinned, query: data.focus };
        selection.now = { ...selection.pinned };
      }
      tokenStrip.update({ tokens: data.tokens, weights, theme });
      paint();
    },
    resize: paint,
  };
}

/** @param {Component} component */
export default (component) =>
  mount(
    component,
    createSentence,
    ["token_strip.css", "sentence.css"].map((name) => new URL(name, import.meta.url)),
  );
