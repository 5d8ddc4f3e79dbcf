// Which query, key, dimension and head is looked at. Parts of one figure share a selection; figures of one page that show the
// same tokens belong to one group and mark each other's selection, without asking Python.

const EVENT = "attention-lab:select";

export class Selection {
  constructor(group) {
    this.group = group;
    this.now = { query: 0, key: 0, dimension: 0, head: 0 };
    this.pinned = { ...this.now };
    this.listeners = [];
    this.hear = (event) => {
      const { group: from, sender, now } = event.detail;
      if (sender !== this && from === this.group) this.#become({ ...this.now, ...now });
    };
    document.addEventListener(EVENT, this.hear);
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
    this.#become({ ...this.now, ...place });
    const detail = { group: this.group, sender: this, now: { query: this.now.query, key: this.now.key } };
    document.dispatchEvent(new CustomEvent(EVENT, { detail }));
  }

  release() {
    this.point(this.pinned);
  }

  /** Keeps a selection inside a figure that became smaller. */
  limit(queries, keys) {
    for (const place of [this.now, this.pinned]) {
      place.query = Math.min(place.query, queries - 1);
      place.key = Math.min(place.key, keys - 1);
    }
  }

  forget() {
    document.removeEventListener(EVENT, this.hear);
  }

  #become(place) {
    this.now = place;
    for (const listener of this.listeners) listener();
  }
}
