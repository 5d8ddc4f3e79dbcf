// Which query, key, dimension and head is looked at, and which row of any axis that a lesson selects by itself. Parts of one
// component share a selection, without asking Python.

export class Selection {
  constructor() {
    this.now = { query: 0, key: 0, dimension: 0, head: 0 };
    this.pinned = { ...this.now };
    this.listeners = [];
  }

  onChange(listener) {
    this.listeners.push(listener);
  }

  /** Where the eye returns when the pointer leaves. */
  pin(place) {
    this.pinned = { ...this.pinned, ...place };
    this.point(this.pinned);
  }

  point(place) {
    this.now = { ...this.now, ...place };
    for (const listener of this.listeners) listener();
  }

  release() {
    this.point(this.pinned);
  }

  /** Keeps a selection inside a figure that became smaller. */
  limit(sizes) {
    for (const place of [this.now, this.pinned]) {
      for (const [end, size] of Object.entries(sizes)) place[end] = Math.min(place[end], size - 1);
    }
  }
}
