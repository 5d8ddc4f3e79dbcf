// A pad to draw on, and a place to paste a picture.

import { penOf } from "./kit/canvas.js";
import { mount } from "./kit/mount.js";
import { clamp } from "./kit/numbers.js";
import { button, element } from "./kit/text.js";

/** @import { App, Component, Io } from "./kit/types.js" */

const SIDE = 256;
const WIDEST = 1024; // pixels a side of a pasted picture that is sent
const REMEMBERED = 30; // strokes that can be taken back
const COLOURS = [
  "#1d1b2c",
  "#ffffff",
  "#c8322b",
  "#e08a1e",
  "#e9c72f",
  "#3d9b4a",
  "#2f6fd0",
  "#7a4fb5",
  "#8a5a3c",
  "#9adcf5",
];
const NAMES = ["black", "white", "red", "orange", "yellow", "green", "blue", "violet", "brown", "sky"];

/** @param {HTMLElement} root @param {Io} io @returns {App<unknown>} */
function createPad(root, io) {
  root.className = "lab pad";
  const canvas = element("canvas", {
    width: SIDE,
    height: SIDE,
    tabindex: 0,
    role: "application",
    "aria-label":
      "Drawing pad. Draw with the pointer, or paste a picture with Ctrl and V. Arrow keys move the pen, Space puts it down.",
  });
  const pen = penOf(canvas);
  const says = element("p", { className: "says", role: "status" });
  const undo = button("Undo", { className: "small-button", title: "Take the last stroke back (Ctrl and Z)" });
  undo.disabled = true;
  undo.onclick = takeBack;
  let colour = COLOURS[0];
  let wide = 12;
  /** @type {number[] | null} */
  let before = null; // where the pen was, while it draws
  let at = [SIDE / 2, SIDE / 2]; // where the keys have moved it
  let down = false;

  /** @type {ImageData[]} */
  const past = []; // the pad before each stroke, the last one last

  function remember() {
    past.push(pen.getImageData(0, 0, SIDE, SIDE));
    if (past.length > REMEMBERED) past.shift();
    undo.disabled = false;
  }

  function takeBack() {
    const last = past.pop();
    if (last) pen.putImageData(last, 0, 0);
    undo.disabled = past.length === 0;
  }

  function clear() {
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, SIDE, SIDE);
  }

  /** @param {number[]} from @param {number[]} to */
  function line(from, to) {
    pen.strokeStyle = colour;
    pen.lineWidth = wide;
    pen.lineCap = "round";
    pen.beginPath();
    pen.moveTo(from[0], from[1]);
    pen.lineTo(to[0], to[1]);
    pen.stroke();
  }

  /** @param {MouseEvent} event */
  function place({ clientX, clientY }) {
    const box = canvas.getBoundingClientRect();
    return [((clientX - box.left) * SIDE) / box.width, ((clientY - box.top) * SIDE) / box.height];
  }

  canvas.onpointerdown = (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    remember();
    before = place(event);
    line(before, before);
  };
  canvas.onpointermove = (event) => {
    if (!before) return;
    const now = place(event);
    line(before, now);
    before = now;
  };
  canvas.onpointerup = canvas.onpointercancel = () => (before = null);
  canvas.onkeydown = (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "z") {
      takeBack();
      event.preventDefault();
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation(); // r and c are Streamlit's
    const step = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8] }[event.key];
    if (event.key === " ") {
      down = !down;
      if (down) {
        remember();
        line(at, at);
      }
      says.textContent = down ? "The pen is down." : "The pen is up.";
    } else if (step) {
      const to = at.map((place, axis) => clamp(place + step[axis], 0, SIDE));
      if (down) line(at, to);
      at = to;
    } else return;
    event.preventDefault();
  };

  /**
   * A pasted picture is sent as the browser decoded it: drawn anew, without what its file said beside the pixels.
   *
   * @param {ClipboardEvent} event
   */
  function paste(event) {
    const file = [...(event.clipboardData?.items ?? [])].find(({ type }) => type.startsWith("image/"))?.getAsFile();
    if (!file) {
      says.textContent = "There is no picture on the clipboard: copy one first.";
      return;
    }
    event.preventDefault();
    createImageBitmap(file)
      .then((bitmap) => {
        const scale = Math.min(1, WIDEST / Math.max(bitmap.width, bitmap.height));
        const copy = element("canvas", {
          width: Math.max(1, Math.round(bitmap.width * scale)),
          height: Math.max(1, Math.round(bitmap.height * scale)),
        });
        penOf(copy).drawImage(bitmap, 0, 0, copy.width, copy.height);
        send(copy, "pasted");
      })
      .catch(() => (says.textContent = "What was pasted is no picture that this browser can read."));
  }
  root.addEventListener("paste", paste);

  /** @param {HTMLCanvasElement} from @param {"pasted" | "drawn"} how */
  function send(from, how) {
    says.textContent = "Sent.";
    io.component.setTriggerValue("drawn", {
      picture: from.toDataURL(how === "pasted" ? "image/jpeg" : "image/png", 0.92),
      how,
    });
  }

  const swatches = COLOURS.map((value, index) => {
    const node = button("", {
      className: "swatch",
      "aria-label": NAMES[index],
      title: NAMES[index],
      "aria-pressed": String(index === 0),
    });
    node.style.background = value;
    node.onclick = () => {
      colour = value;
      for (const other of swatches) other.setAttribute("aria-pressed", String(other === node));
    };
    return node;
  });
  const width = element("input", { type: "range", min: 3, max: 60, value: wide, "aria-label": "Width of the pen" });
  width.oninput = () => (wide = Number(width.value));
  width.onkeydown = (event) => event.stopPropagation();
  const again = button("Clear", { className: "small-button" });
  again.onclick = () => {
    remember();
    clear();
  };
  const use = button("Use this drawing", { className: "small-button use" });
  use.onclick = () => send(canvas, "drawn");
  root.append(
    canvas,
    element("div", { className: "row", children: swatches }),
    element("div", { className: "row", children: [width, undo, again, use] }),
    element("p", {
      className: "says",
      children: ["Or copy a picture anywhere, click the pad and paste it (Ctrl and V)."],
    }),
    says,
  );
  clear();
  return { update() {} };
}

/** @param {Component} component */
export default (component) => mount(component, createPad, [new URL("pad.css", import.meta.url)]);
