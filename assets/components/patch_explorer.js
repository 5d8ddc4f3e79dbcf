// A picture and all heads of a model: point at a patch and see where it looks, in every head of every layer.

import { savePicture } from "./kit/canvas.js";
import { gradient } from "./kit/colour.js";
import { copyLink } from "./kit/copy_link.js";
import { FigureTable } from "./kit/figure_table.js";
import { mount } from "./kit/mount.js";
import { Tensor } from "./kit/payload.js";
import { button, element, focusedIn } from "./kit/text.js";
import { arrows } from "./kit/touch.js";
import { scaleOf } from "./legend.js";
import { PatchExplorerGrid } from "./patch_explorer_grid.js";
import { NO_PICTURE, NOWHERE, PatchExplorerPicture } from "./patch_explorer_picture.js";

/** @import { App, Component, Head, Io, PatchExplorerData, PictureWords, Pointed, Theme } from "./kit/types.js" */

const VEILED =
  "Clear is much attention, veiled is little: from 0 to the strongest other patch. Click a patch to keep it, then point at others.";
/** @param {Theme} theme */
const coloursOf = ({ name }) =>
  `${name === "dark" ? "Bright is much attention, dark" : "Dark is much attention, pale"} is little: from 0 to the strongest other patch. Click a patch to keep it, then point at others.`;
const ROUNDED = "Rounded: in a file of this size there is no room for the exact numbers of all heads.";
const FILE = "attention-lab-picture.png";

/**
 * @typedef {object} Panel
 * @property {PatchExplorerPicture} picture
 * @property {HTMLElement} title
 * @property {HTMLElement} note
 * @property {HTMLElement} chips
 * @property {HTMLElement} says
 * @property {HTMLElement} legend
 * @property {HTMLElement} node
 * @property {HTMLElement} figure
 * @property {FigureTable} table
 * @property {PictureWords} words
 */

/** @param {HTMLElement} root @param {Io} io @returns {App<PatchExplorerData>} */
function createPatchExplorer(root, io) {
  root.className = "lab card patch-explorer";
  const state = { ...NOWHERE };
  /** @type {Panel[]} */
  const panels = [0, 1].map((index) => {
    const picture = new PatchExplorerPicture({ onPoint: (place) => point(place, panels[index]) });
    const title = element("h3", { "aria-level": 2 });
    const note = element("p", { className: "note" });
    const chips = element("div", { className: "chips", role: "group", "aria-label": "Tokens that are no patch" });
    const says = element("p", { className: "says", role: "status" });
    const legend = element("div", { className: "legend" });
    const save = button("Save PNG", { className: "small-button" });
    save.onclick = () => savePicture(picture.canvas, picture.theme.colours.surface, FILE);
    const figure = element("figure", { children: [picture.canvas] });
    const table = new FigureTable(() => picture.read());
    const foot = element("div", {
      className: "foot",
      children: [legend, arrows((event) => picture.key(event)), table.button, copyLink(), save],
    });
    const node = element("section", {
      className: "panel",
      children: [title, note, figure, chips, foot, table.node, says],
    });
    return { picture, title, note, chips, says, legend, node, figure, table, words: NO_PICTURE };
  });
  const [first, second] = panels;

  const turned = button("Who looks here", {
    className: "small-button",
    "aria-pressed": "false",
    title: "Turn the question round: which tokens look at this patch",
  });
  const coloured = button("Colour", {
    className: "small-button",
    "aria-pressed": "false",
    title: "Colours in place of light and veil",
  });
  const share = element("input", {
    type: "range",
    min: 5,
    max: 100,
    step: 5,
    value: 100,
    "aria-label": "Strongest patches, up to a share of the weight",
  });
  const kept = element("span", { className: "number" });
  const threshold = element("label", { className: "threshold", children: ["Strongest patches, up to ", share, kept] });
  const seen = button("What the model sees", {
    className: "small-button",
    "aria-pressed": "false",
    title: "The picture in the pixels that the model is given",
  });
  const tools = element("div", { className: "tools", children: [turned, coloured, seen, threshold] });
  /** @param {HTMLButtonElement} node @param {"turned" | "coloured"} name */
  const toggle = (node, name) => {
    node.onclick = () => {
      state[name] = !state[name];
      node.setAttribute("aria-pressed", String(state[name]));
      if (name === "coloured") chosen = state.coloured;
      paint();
      tell();
    };
  };
  toggle(turned, "turned");
  toggle(coloured, "coloured");
  seen.onclick = () => {
    asSeen = !asSeen;
    update(data, theme);
    tell();
  };
  share.oninput = () => {
    state.share = Number(share.value) / 100;
    paint();
  };
  share.onchange = () => tell();
  share.onkeydown = (event) => event.stopPropagation();

  const grid = new PatchExplorerGrid({
    onOpen: (layer, head) =>
      io.component.away === "file" ? openHere([layer, head]) : io.component.setTriggerValue("opened", { layer, head }),
    onHover: (place) => preview(place),
  });
  const every = new FigureTable(() => grid.read(), "Numbers of all heads");
  const caption = element("p", { className: "caption" });
  const scroll = element("div", { className: "scroll", children: [grid.canvas] });
  const left = element("div", { className: "panels", children: [first.node] });
  const axes = element("p", { className: "axes", children: ["layer ↓ · head →"] });
  const right = element("div", { className: "heads", children: [axes, scroll, caption, every.button, every.node] });
  const body = element("div", { className: "body", children: [left, right] });
  root.append(tools, body);

  /** @type {PatchExplorerData} */
  let data;
  /** @type {Theme} */
  let theme;
  let pending = 0;
  let asSeen = false; // whether pictures are shown in the pixels that the model is given
  let previewed = false; // a head that is only pointed at
  /** @type {boolean | null} */
  let chosen = null; // colours or a veil, once somebody said which

  /** The link names how it is looked at. */
  const tell = () => {
    const { turned, share } = state;
    io.component.setTriggerValue("looked", { turned, coloured: chosen, share, seen: asSeen });
  };

  /** @param {PatchExplorerData} payload @param {Theme} newTheme */
  function update(payload, newTheme) {
    const isFirst = !data;
    if (!isFirst && io.component.away === "file") payload = data; // other colours, the head that is open stays
    const changed = payload.signature !== data?.signature;
    [data, theme] = [payload, newTheme];
    if (changed) {
      const start = isFirst ? data.look : data.focus;
      Object.assign(state, {
        query: start,
        key: start,
        pinned: false,
      });
      if (isFirst) {
        chosen = data.how.coloured;
        asSeen = data.how.seen;
        Object.assign(state, { turned: data.how.turned, share: data.how.share });
        share.value = String(100 * state.share);
        turned.setAttribute("aria-pressed", String(state.turned));
      }
      state.coloured = chosen ?? false;
      coloured.setAttribute("aria-pressed", String(state.coloured));
    }
    seen.hidden = !data.tensors.first_sharp && !data.tensors.second_sharp;
    seen.setAttribute("aria-pressed", String(asSeen));
    const last = data.first.names.length - 1;
    state.query = Math.min(state.query, last);
    state.key = Math.min(state.key, last);
    show(first, data.first, "first_");
    left.replaceChildren(first.node, ...(data.second ? [second.node] : []));
    body.classList.toggle("two", Boolean(data.second));
    if (data.second) show(second, data.second, "second_");
    grid.update({
      stack: data.tensors.every,
      layers: data.layers,
      heads: data.heads,
      open: data.open,
      beside: null,
      score: null,
      best: [],
      theme,
      picture: first.picture.pixels,
      veil: first.picture.veil,
      extra: data.first.extra,
      columns: data.columns,
      rows: data.rows,
      factor: data.factor,
      state,
      across: data.first.columns,
      down: data.first.rows,
    });
    caption.textContent = data.caption;
    layout(true);
  }

  /** @param {string} prefix */
  const pixelsOf = (prefix) => (!asSeen && data.tensors[`${prefix}sharp`]) || data.tensors[`${prefix}picture`];

  /** @param {Panel} panel @param {PictureWords} words @param {string} prefix */
  function show(panel, words, prefix) {
    panel.words = words;
    panel.title.textContent = words.title;
    if (panel === first) previewed = false;
    panel.picture.update({
      words,
      weights: data.tensors[`${prefix}weights`],
      pixels: pixelsOf(prefix),
      theme,
    });
    panel.chips.replaceChildren(
      ...words.names.slice(0, words.extra).map((name, place) => {
        const chip = button(name, { className: "small-button chip" });
        chip.onmouseenter = chip.onfocus = () => !state.pinned && point({ query: place, key: place }, panel);
        chip.onclick = () => point({ query: place, key: place, pinned: true }, panel);
        return chip;
      }),
    );
    panel.chips.hidden = words.extra === 0;
  }

  /**
   * What a picture shows of the state: its own tokens, at the same places, where its patches are others.
   *
   * @param {Panel} panel
   */
  function shown(panel) {
    if (panel === first) return state;
    return {
      ...state,
      query: mapped(state.query, first.words, panel.words),
      key: mapped(state.key, first.words, panel.words),
    };
  }

  /**
   * Where the eye is now. Python is told of a token that is kept, and of nothing that is only pointed at.
   *
   * @param {Partial<Pointed>} place
   * @param {Panel} [panel]
   */
  function point(place, panel = first) {
    const to = { ...place };
    if (panel !== first)
      for (const end of /** @type {const} */ (["query", "key"]))
        if (to[end] !== undefined) to[end] = mapped(to[end], panel.words, first.words);
    Object.assign(state, to);
    paintSoon();
    if (place.pinned) io.component.setTriggerValue("kept", state.query);
  }

  /** @param {number} token @param {PictureWords} from @param {PictureWords} to */
  function mapped(token, from, to) {
    if (token < from.extra)
      return to.extra
        ? Math.min(token, to.extra - 1)
        : Math.floor(to.rows / 2) * to.columns + Math.floor(to.columns / 2);
    const place = token - from.extra;
    const [row, column] = [Math.floor(place / from.columns), place % from.columns];
    return (
      to.extra +
      Math.floor(((row + 0.5) * to.rows) / from.rows) * to.columns +
      Math.floor(((column + 0.5) * to.columns) / from.columns)
    );
  }

  /**
   * The weights of a head as far as the small maps tell them.
   *
   * @param {Head} place
   */
  function rough([layer, head]) {
    const map = data.tensors.every.matrix(layer * data.heads + head);
    const { extra, columns, rows, names } = data.first;
    // a cell at the edge may hold fewer patches than others
    /** @param {number} cell @param {number} all */
    const within = (cell, all) => Math.min(data.factor, all - cell * data.factor);
    const values = new Float32Array(names.length * names.length);
    for (let query = 0; query < names.length; query++) {
      const row = map.row(query);
      for (let key = 0; key < names.length; key++) {
        const patch = key - extra;
        const [down, across] = [
          Math.floor(Math.floor(patch / columns) / data.factor),
          Math.floor((patch % columns) / data.factor),
        ];
        const cell = patch < 0 ? key : extra + down * data.columns + across;
        values[query * names.length + key] =
          (row[cell] / 255) ** 2 / (patch < 0 ? 1 : within(down, rows) * within(across, columns));
      }
    }
    return new Tensor(values, [names.length, names.length]);
  }

  /**
   * In a file nobody answers: a head is opened out of what came along, its exact numbers where there was room for all.
   *
   * @param {Head} place
   */
  function openHere(place) {
    const [layer, head] = place;
    const exact = data.tensors.full?.matrix(layer * data.heads + head);
    const first = { ...data.first, title: `Layer ${layer}, head ${head}`, note: exact ? "" : ROUNDED };
    data = {
      ...data,
      open: place,
      exact: true,
      first,
      tensors: { ...data.tensors, first_weights: exact ?? rough(place) },
    };
    update(data, theme);
  }

  /**
   * A head under the pointer is seen at once, as coarse as the small maps are; a click opens its exact numbers.
   *
   * @param {Head | null} place
   */
  function preview(place) {
    if (!place || (data.exact && String(place) === String(data.open))) {
      show(first, data.first, "first_");
    } else {
      const [layer, head] = place;
      first.title.textContent = `Layer ${layer}, head ${head}`;
      previewed = true;
      first.picture.update({
        words: data.first,
        weights: rough(place),
        pixels: pixelsOf("first_"),
        theme,
      });
    }
    layout(false);
  }

  /** @param {boolean} all whether the heads are laid out, too */
  function layout(all) {
    if (!data) return;
    for (const panel of data.second ? panels : [first]) panel.picture.resize(Math.floor(panel.figure.clientWidth));
    if (all) grid.resize(Math.floor(scroll.clientWidth));
    paint();
  }

  function paintSoon() {
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(paint);
  }

  function paint() {
    if (!data) return;
    kept.textContent = `${Math.round(100 * state.share)} % of the weight`;
    for (const panel of data.second ? panels : [first]) {
      const there = shown(panel);
      const found = panel.picture.paint(there);
      panel.says.replaceChildren(...found.says);
      panel.note.textContent =
        previewed && panel === first
          ? "Rough preview: click to open its exact numbers."
          : panel.words.note || (state.coloured ? coloursOf(theme) : VEILED);
      [...panel.chips.children].forEach((chip, place) => {
        chip.setAttribute("aria-pressed", String(place === there.query));
      });
      const bar = element("span", { className: "bar" });
      bar.style.background = state.coloured
        ? gradient(theme.ramps.weights)
        : `linear-gradient(90deg, ${panel.picture.veil}, ${theme.colours["ink-3"]})`;
      panel.legend.replaceChildren(
        scaleOf("0", bar, found.most.toFixed(3)),
        `an even share would be ${(1 / panel.words.names.length).toFixed(3)}`,
      );
    }
    grid.asked();
    for (const table of [first.table, second.table, every]) table.refresh();
  }

  root.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const panel = panels.find((each) => focusedIn(root) === each.picture.canvas);
    if (panel?.picture.key(event)) event.preventDefault();
    event.stopPropagation(); // r and c are Streamlit's
  });

  return { update, resize: () => layout(true) };
}

/** @param {Component} component */
export default (component) => mount(component, createPatchExplorer, [new URL("patch_explorer.css", import.meta.url)]);
