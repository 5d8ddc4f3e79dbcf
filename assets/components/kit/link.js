// The link names the view once it rests.

/** @import { Io, Look } from "./types.js" */

/** @typedef {Look & { step: number }} Link what a link must say to show the same again */

const SETTLE = 600; // ms

export class ViewLink {
  /**
   * @param {Io} io
   * @param {(view: Link) => Record<string, string>} [named] what the link says of a view, by name
   */
  constructor(io, named = atStep) {
    this.io = io;
    this.named = named;
    this.told = "";
    this.timer = 0;
  }

  /**
   * This view is the one the link stands for already.
   *
   * @param {Link} view
   */
  stands(view) {
    this.told = JSON.stringify(view);
  }

  /** @param {Link} view */
  tell(view) {
    this.wait();
    const now = JSON.stringify(view);
    if (now === this.told) return;
    this.io.root.dataset.untold = "";
    this.timer = setTimeout(() => {
      delete this.io.root.dataset.untold;
      this.told = now;
      if (!this.io.component.away) replace(this.named(view));
      this.io.component.setStateValue("view", view);
    }, SETTLE);
  }

  /** Not yet: the view is still moving. */
  wait() {
    clearTimeout(this.timer);
    delete this.io.root.dataset.untold;
  }
}

/**
 * Python writes the same into the link; finding it there, Streamlit adds no entry to the history of the browser.
 *
 * @param {Record<string, string>} said
 */
function replace(said) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(said)) url.searchParams.set(name, value);
  history.replaceState(history.state, "", url);
}

/** @param {Link} view */
function atStep({ step, query, key, dimension, head }) {
  return { step: String(step), at: [query, key, dimension, head].join(".") };
}
