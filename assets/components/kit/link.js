// The link names the view once it rests.

/** @import { Io, Look } from "./types.js" */

/** @typedef {Look & { step: number }} Link what a link must say to show the same again */

const SETTLE = 600; // ms

export class ViewLink {
  /** @param {Io} io */
  constructor(io) {
    this.io = io;
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
      if (!this.io.component.away) replace(view);
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
 * @param {Link} view
 */
function replace({ step, query, key, dimension, head }) {
  const url = new URL(location.href);
  url.searchParams.set("step", String(step));
  url.searchParams.set("at", [query, key, dimension, head].join("."));
  history.replaceState(history.state, "", url);
}
