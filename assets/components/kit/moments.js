// Which moment of a training is looked at: the latest, or one of the past that was pointed at or gone to by keys.

import { clamp } from "./numbers.js";

/** @type {Record<string, number>} */
const FAR = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

export class Moments {
  /** @type {number[]} the update of each moment */
  #updates = [];
  /** @type {number | null} the place of a moment of the past, or null for the latest */
  #looked = null;
  #paint;

  /** @param {() => void} paint called when another one is looked at */
  constructor(paint) {
    this.#paint = paint;
  }

  /**
   * Take up the moments that there are now.
   *
   * @param {number[]} updates
   * @param {boolean} anew whether they are of another training
   */
  hold(updates, anew) {
    this.#updates = updates;
    if (anew) this.#looked = null;
  }

  get #last() {
    return this.#updates.length - 1;
  }

  /** The place of the one that is looked at. */
  get at() {
    return this.#looked === null ? this.#last : Math.min(this.#looked, this.#last);
  }

  /** Whether it is the latest, and follows what comes. */
  get latest() {
    return this.#looked === null;
  }

  /**
   * What a key does: the moment before, the next, the first, the last. Says whether it did anything.
   *
   * @param {string} key
   */
  step(key) {
    const far = FAR[key];
    if (!far) return false;
    this.#go(clamp(this.at + far, 0, this.#last));
    return true;
  }

  /**
   * Follow the pointer and the keys on the curves.
   *
   * @param {HTMLElement} curves
   * @param {(x: number, width: number) => number} updateAt which update stands at a place of them
   */
  follow(curves, updateAt) {
    curves.onpointermove = (event) => {
      const box = curves.getBoundingClientRect();
      this.#go(this.#nearest(updateAt(event.clientX - box.left, box.width)));
    };
    curves.onpointerleave = ({ pointerType }) => {
      if (pointerType !== "mouse") return; // a finger that is lifted has chosen
      this.#go(this.#last);
    };
    curves.onkeydown = (event) => {
      event.stopPropagation();
      if (this.step(event.key)) event.preventDefault();
    };
  }

  /** @param {number} update */
  #nearest(update) {
    const off = this.#updates.map((other) => Math.abs(other - update));
    return off.indexOf(Math.min(...off));
  }

  /** @param {number} place */
  #go(place) {
    this.#looked = place === this.#last ? null : place;
    this.#paint();
  }
}
