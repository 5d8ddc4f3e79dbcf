// Which query, key, dimension and head is looked at, and which row of any axis that a lesson selects by itself. Parts of one
// component share a selection, without asking Python.

/** @import { Look, Looked, Place } from "./types.js" */

/**
 * The row of an axis that is looked at.
 *
 * @param {Looked} place
 * @param {string} axis
 */
export const rowOf = (place, axis) => Number(place[axis] ?? 0);

export class Selection {
  constructor() {
    /** @type {Looked} */
    this.now = { query: 0, key: 0, dimension: 0, head: 0 };
    this.pinned = { ...this.now };
    /** @type {(() => void)[]} */
    this.listeners = [];
  }

  /** @param {() => void} listener */
  onChange(listener) {
    this.listeners.push(listener);
  }

  /**
   * Where the eye returns when the pointer leaves.
   *
   * @param {Place} place
   * @returns {true} so that a key can say that it was used
   */
  pin(place) {
    this.pinned = { ...this.pinned, ...place };
    this.point(this.pinned);
    return true;
  }

  /** @param {Place} place */
  point(place) {
    this.now = { ...this.now, ...place };
    for (const listener of this.listeners) listener();
  }

  release() {
    this.point(this.pinned);
  }

  /**
   * Keeps a selection inside a figure that became smaller.
   *
   * @param {Partial<Look>} sizes
   */
  limit(sizes) {
    for (const place of [this.now, this.pinned]) {
      for (const [end, size] of Object.entries(sizes)) place[end] = Math.min(rowOf(place, end), size - 1);
    }
  }
}
