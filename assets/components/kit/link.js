// The link names the view once it rests.

const SETTLE = 600; // ms

export class ViewLink {
  constructor(io) {
    this.io = io;
    this.told = "";
    this.timer = 0;
  }

  /** This view is the one the link stands for already. */
  stands(view) {
    this.told = JSON.stringify(view);
  }

  tell(view) {
    this.wait();
    const now = JSON.stringify(view);
    if (now === this.told) return;
    this.timer = setTimeout(() => {
      this.told = now;
      replace(view);
      this.io.component.setStateValue("view", view);
    }, SETTLE);
  }

  /** Not yet: the view is still moving. */
  wait() {
    clearTimeout(this.timer);
  }
}

/** Python writes the same into the link; finding it there, Streamlit adds no entry to the history of the browser. */
function replace({ step, query, key, dimension, head }) {
  const url = new URL(location.href);
  url.searchParams.set("step", step);
  url.searchParams.set("at", [query, key, dimension, head].join("."));
  history.replaceState(history.state, "", url);
}
