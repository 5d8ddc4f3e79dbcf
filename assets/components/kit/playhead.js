// A playhead on 0..last: glides to whole steps, can be scrubbed to any fraction, and can play: it waits at each step as
// long as its words take to be read.

import { clamp, mix } from "./numbers.js";

const SWEEP = 1500; // ms in which the rows of a step are computed while playing
const REST = 1700; // ms to look at a finished step, at least
const READ = 240; // ms to read a word (250 words a minute)
const GLIDE = 320; // ms from step to step on a key or a click

const prefersStillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
/** @param {number} share */
const ease = (share) => (share < 0.5 ? 2 * share * share : 1 - (2 - 2 * share) ** 2 / 2);
/** @param {number} share */
const slow = (share) => 1 - (1 - share) ** 2; // for a glide that goes on from one: it is moving already

export class Playhead {
  /**
   * onMove is called with nothing whenever `time` or `playing` changed. again() is asked at the end while playing: the
   * step to play from once more, or null. words(step): how many there are to read. pace: 1, or less where the same steps
   * are played for every row; speed: what the visitor multiplies it by.
   *
   * @param {() => void} onMove
   * @param {() => number | null} [again]
   * @param {(step: number) => number} [words]
   */
  constructor(onMove, again = () => null, words = () => 0) {
    this.again = again;
    this.words = words;
    this.pace = 1;
    this.speed = 1;
    /** @type {Set<number>} */
    this.read = new Set(); // the steps whose words were waited for since somebody pressed Play
    this.time = 0;
    this.last = 0;
    this.frame = 0;
    this.timer = 0;
    /** @type {number | null} */
    this.goal = null; // the step that it glides to, null while it rests or plays
    this.playing = false;
    this.onMove = onMove;
  }

  stop() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.playing = false;
    this.goal = null;
  }

  /** @param {number} time */
  set(time) {
    this.time = clamp(time, 0, this.last);
    this.onMove();
  }

  /** @param {number} step */
  go(step) {
    const goal = clamp(Math.round(step), 0, this.last);
    if (goal === this.goal) return;
    const curve = this.goal === null ? ease : slow;
    this.stop();
    this.goal = goal;
    this.#run(goal, GLIDE, curve, () => {
      this.goal = null;
    });
  }

  /** A key that is pressed while it glides counts from where it goes, not from where it is. */
  next() {
    this.go((this.goal ?? Math.floor(this.time + 1e-6)) + 1);
  }

  previous() {
    this.go((this.goal ?? Math.ceil(this.time - 1e-6)) - 1);
  }

  toggle() {
    if (this.playing) {
      this.stop();
      this.onMove();
      return;
    }
    this.playing = true;
    this.read.clear();
    if (this.time >= this.last) this.time = 0;
    if (this.time > 0) this.#playOn();
    else this.#rest();
  }

  #playOn() {
    this.onMove();
    if (!this.playing) return;
    if (this.time >= this.last) {
      const step = this.again();
      if (step === null) {
        this.playing = false;
        this.onMove();
        return;
      }
      this.time = step;
      this.#rest();
      return;
    }
    const goal = Math.floor(this.time + 1e-6) + 1;
    this.#run(
      goal,
      (SWEEP * this.pace * (goal - this.time)) / this.speed,
      (share) => share,
      () => this.#rest(),
    );
  }

  /** Time to look, and at first to read; then on. */
  #rest() {
    this.onMove();
    const reading = this.read.has(this.time) ? 0 : READ * this.words(this.time);
    this.read.add(this.time);
    this.timer = setTimeout(() => this.#playOn(), Math.max(REST * this.pace, reading) / this.speed);
  }

  /**
   * @param {number} goal
   * @param {number} duration
   * @param {(share: number) => number} curve
   * @param {() => void} [after]
   */
  #run(goal, duration, curve, after = () => {}) {
    cancelAnimationFrame(this.frame);
    if (prefersStillness()) {
      this.set(goal);
      after();
      return;
    }
    const from = this.time;
    const started = performance.now();
    /** @param {number} now */
    const tick = (now) => {
      const share = clamp((now - started) / duration, 0, 1);
      this.set(share < 1 ? mix(from, goal, curve(share)) : goal);
      if (share < 1) this.frame = requestAnimationFrame(tick);
      else after();
    };
    this.frame = requestAnimationFrame(tick);
  }
}
