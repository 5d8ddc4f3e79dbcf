// The timeline: one small picture per step, the real tensor each; play, pause, scrub, arrow keys.

import { clamp, mix } from "./kit/numbers.js";
import { Playhead } from "./kit/playhead.js";
import { button, element, lettered, spoken } from "./kit/text.js";

/** @import { Pressed, StepView } from "./kit/types.js" */

const ICON = { play: "M8 5.5v13l11-6.5z", pause: "M7 5h3.6v14H7zM13.4 5H17v14h-3.6z" };

const SPEEDS = [1, 2, 0.5];
let speed = SPEEDS[0]; // of all timelines of the visitor, until the page is loaded anew

const WIDTHS = [98, 66, 44]; // of a small picture with its label, as there is room
const TALL = 44; // pixels of a small picture, where there is room
const SMALLEST = 8; // of one without

/** @param {"play" | "pause"} name */
function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("width", "20");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", ICON[name]);
  path.setAttribute("fill", "currentColor");
  svg.append(path);
  return svg;
}

/**
 * @typedef {object} Hooks
 * @property {() => void} onMove
 * @property {(index: number, room: number, side: number) => [width: number, height: number]} sizes
 * @property {(canvas: HTMLCanvasElement, index: number, room: number, side: number) => void} thumbnail
 * @property {() => void} [onStart]
 * @property {() => number | null} [again]
 * @property {(index: number) => number} [words]
 */

export class Timeline {
  /** @type {string[]} */
  labels = [];
  /** @type {{ node: HTMLElement, canvas: HTMLCanvasElement }[]} */
  pictures = [];
  /** @type {HTMLElement[]} */
  dots = [];
  /** @type {number[]} */
  centres = [];
  wording = "";
  /** What was measured, and the room and the height that were found for the small pictures. */
  measured = { asked: "", room: 0, side: 0 };

  /**
   * onMove is called on every move of the playhead; sizes(index, room, side) tells [width, height] of one small
   * picture, at most `room` wide and `side` high, and thumbnail(canvas, index, room, side) draws it. onStart is
   * called when playing starts at the beginning, again when it reached the end, words(index) counts those beside a step
   * (see Playhead).
   *
   * @param {Hooks} hooks
   */
  constructor({ onMove, sizes, thumbnail, onStart = () => {}, again, words }) {
    this.sizes = sizes;
    this.thumbnail = thumbnail;
    this.onStart = onStart;
    this.head = new Playhead(
      () => {
        this.#show();
        onMove();
      },
      again,
      words,
    );
    this.poster = true; // until somebody plays, the first Play starts at the beginning
    this.play = button("", { className: "play" });
    this.play.onclick = () => this.toggle();
    this.speed = button("", { className: "small-button speed", title: "How fast it plays" });
    this.speed.onclick = () => {
      speed = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length];
      this.#show();
    };
    this.fill = element("div", { className: "fill" });
    this.knob = element("div", { className: "knob" });
    this.track = element("div", { className: "track", children: [this.fill, this.knob] });
    this.slider = element("div", {
      className: "steps",
      role: "slider",
      tabindex: 0,
      "aria-label": "Step of the computation",
      "aria-valuemin": 1,
    });
    this.controls = element("div", { className: "controls", children: [this.play, this.speed] });
    this.node = element("div", { className: "timeline", children: [this.controls, this.slider] });
    this.track.onpointerdown = (event) => this.#scrub(event);
  }

  /** The step that is being computed or shown: while the head is between two steps, the later one. */
  get step() {
    return Math.ceil(this.head.time - 1e-6);
  }

  /** How much of it is computed, 0 to 1. */
  get share() {
    return this.step === this.head.time ? 1 : this.head.time - (this.step - 1);
  }

  toggle() {
    if (!this.head.playing && (this.poster || this.head.time >= this.head.last)) {
      const on = this.poster ? null : this.head.again();
      this.head.time = on ?? 0;
      if (on === null) this.onStart();
    }
    this.poster = false;
    this.head.toggle();
  }

  /**
   * What a key does, wherever in the figure it was pressed; true if it did something.
   *
   * @param {Pressed} event
   */
  key(event) {
    const digit = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : null;
    const act =
      {
        ArrowRight: () => this.head.next(),
        ArrowLeft: () => this.head.previous(),
        Home: () => this.head.go(0),
        End: () => this.head.go(this.head.last),
        " ": () => this.toggle(),
      }[event.key] ?? (digit !== null && digit <= this.head.last ? () => this.head.go(digit) : null);
    if (!act) return false;
    if (event.key !== " ") this.poster = false;
    act();
    return true;
  }

  /** @param {StepView[]} views */
  update(views) {
    this.head.last = views.length - 1;
    this.head.time = Math.min(this.head.time, this.head.last);
    const wording = JSON.stringify(views.map(({ label, operator }) => [label, operator]));
    if (wording === this.wording) return;
    this.wording = wording;
    this.labels = views.map((stepView) => stepView.label);
    /** @type {Element[]} */
    const children = [];
    this.pictures = views.map((stepView, index) => {
      if (index) children.push(element("span", { className: "operator", children: lettered(stepView.operator ?? "") }));
      const canvas = element("canvas", { "aria-hidden": "true" }); // the slider says which step it is
      const node = element("div", {
        className: "step",
        children: [canvas, element("span", { className: "label", children: lettered(stepView.label) })],
      });
      node.onclick = () => {
        this.poster = false;
        this.head.go(index);
        this.slider.focus({ preventScroll: true });
      };
      children.push(node);
      return { node, canvas };
    });
    this.dots = views.map(() => element("i", { className: "dot" }));
    this.track.replaceChildren(this.fill, ...this.dots, this.knob);
    this.slider.replaceChildren(...children, this.track);
    this.slider.setAttribute("aria-valuemax", String(views.length));
  }

  layout() {
    const { clientWidth } = this.slider;
    const wide = this.pictures.map((_, index) => WIDTHS.map((width) => this.sizes(index, width, TALL)));
    // a font that came meanwhile has other widths
    const asked = JSON.stringify([clientWidth, wide, this.wording, document.fonts.status]);
    if (asked !== this.measured.asked) this.#measure(asked);
    const { room, side } = this.measured;
    this.pictures.forEach(({ canvas }, index) => {
      this.thumbnail(canvas, index, room, side);
    });
    this.#show();
  }

  /**
   * Finds the room that the small pictures have, and where the steps stand: all at once, since the browser lays the
   * page out anew for it.
   *
   * @param {string} asked
   */
  #measure(asked) {
    this.node.classList.remove("tight");
    let side = TALL;
    let room = WIDTHS.find((width) => {
      this.#size(width, side);
      return this.slider.scrollWidth <= this.slider.clientWidth;
    });
    if (!room) {
      this.node.classList.add("tight");
      room = Math.max(SMALLEST, Math.floor(this.slider.clientWidth / this.pictures.length) - 4);
      side = Math.min(30, room);
      this.#size(room, side);
    }
    this.measured = { asked, room, side };
    const left = this.slider.getBoundingClientRect().left;
    this.centres = this.pictures.map(({ node }) => {
      const box = node.getBoundingClientRect();
      return box.left - left + box.width / 2;
    });
    this.dots.forEach((dot, index) => {
      dot.style.left = `${this.centres[index]}px`;
    });
  }

  /**
   * Room for the small pictures: they are drawn once it is known which size fits.
   *
   * @param {number} room
   * @param {number} side
   */
  #size(room, side) {
    this.pictures.forEach(({ canvas }, index) => {
      const [width, height] = this.sizes(index, room, side);
      Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    });
  }

  #show() {
    if (!this.centres.length) return;
    const { time, playing, last } = this.head;
    const low = clamp(Math.floor(time), 0, Math.max(0, last - 1));
    const at = mix(this.centres[low], this.centres[Math.min(low + 1, last)], time - low);
    this.knob.style.left = `${at}px`;
    this.fill.style.width = `${at}px`;
    this.pictures.forEach(({ node }, index) => {
      node.className = `step ${index === this.step ? "on" : index < this.step ? "past" : "ahead"}`;
    });
    const pressed = playing ? "Pause" : "Play";
    // not at every frame: who presses it just then would press a picture that is gone, and nothing would happen
    if (this.play.getAttribute("aria-label") !== pressed) {
      this.play.replaceChildren(icon(playing ? "pause" : "play"));
      this.play.setAttribute("aria-label", pressed);
    }
    this.head.speed = speed;
    this.speed.textContent = `${speed === 0.5 ? "½" : speed} ×`;
    this.speed.setAttribute("aria-label", `Speed: ${speed === 1 ? "usual" : speed === 2 ? "double" : "half"}`);
    this.slider.setAttribute("aria-valuenow", String(this.step + 1));
    this.slider.setAttribute("aria-valuetext", `${this.step + 1} of ${last + 1}: ${spoken(this.labels[this.step])}`);
  }

  /** @param {PointerEvent} event */
  #scrub(event) {
    const time = (/** @type {MouseEvent} */ { clientX }) => {
      const x = clientX - this.slider.getBoundingClientRect().left;
      let low = 0;
      while (low < this.head.last - 1 && x > this.centres[low + 1]) low++;
      const width = this.centres[low + 1] - this.centres[low];
      return low + clamp((x - this.centres[low]) / (width || 1), 0, 1);
    };
    this.poster = false;
    this.head.stop();
    this.track.setPointerCapture(event.pointerId);
    this.head.set(time(event));
    this.track.onpointermove = (moved) => this.head.set(time(moved));
    this.track.onpointerup = () => {
      this.track.onpointermove = null;
      // a head let go close to a step means the step
      if (Math.abs(Math.round(this.head.time) - this.head.time) < 0.12) this.head.go(this.head.time);
    };
  }
}
