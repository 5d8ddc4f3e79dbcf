// The curves of the training lab: loss, accuracy and gradient over the updates, and where a run stands now.

import { cut, FONT, fit, write } from "./kit/canvas.js";
import { number, power } from "./kit/numbers.js";

/** @import { Pen, Tensor, Theme, TrainingData } from "./kit/types.js" */

const PLACE = { left: 46, right: 12, top: 20, height: 84, gap: 26, bottom: 20 };
const DASHES = [[], [6, 4]];
const BAR = { height: 15, label: 120, number: 62 };

/** @param {number} x @param {number} width @param {number} of the update under a place */
export const updateAt = (x, width, of) => ((x - PLACE.left) / (width - PLACE.left - PLACE.right)) * of;

/**
 * @typedef {object} Panel
 * @property {string} title
 * @property {Tensor[]} lines (points, 2) each: the update and the value
 * @property {number} low
 * @property {number} high
 * @property {(value: number) => string} said
 * @property {boolean} [logarithmic]
 */

/**
 * Loss, accuracy and gradient, one below the other, over the same updates.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {TrainingData} data
 * @param {Theme} theme
 * @param {number} looked
 */
export function paintCurves(canvas, width, data, theme, looked) {
  const runs = data.names.map((_, run) => run);
  const losses = runs.map((run) => data.tensors[`losses${run}`]);
  const gradients = runs.map((run) => data.tensors[`gradients${run}`]);
  const lengths = gradients.flatMap((line) => valuesOf(line)).filter((value) => value > 0);
  const [least, most] = [Math.min(1, ...lengths), Math.max(1, ...lengths)];
  /** @type {Panel[]} */
  const panels = [
    {
      title: `loss per token; an even guess gives ${number(data.guessing, 2)}`,
      lines: losses,
      low: 0,
      high: Math.max(data.guessing, ...losses.flatMap((line) => valuesOf(line))),
      said: (value) => (value < 100 ? number(value, 1) : String(Math.round(value))),
    },
    {
      title: "accuracy: tokens right, on what it never learned from",
      lines: runs.map((run) => data.tensors[`accuracy${run}`]),
      low: 0,
      high: 1,
      said: (value) => number(value, 1),
    },
    {
      title: "length of the gradient, all weights together",
      lines: gradients,
      low: Math.floor(Math.log10(least)),
      high: Math.max(Math.floor(Math.log10(least)) + 1, Math.ceil(Math.log10(most))),
      said: (value) => power(value),
      logarithmic: true,
    },
  ];
  const height =
    panels.length * (PLACE.top + PLACE.height) + (panels.length - 1) * (PLACE.gap - PLACE.top) + PLACE.bottom;
  const context = fit(canvas, width, height);
  const right = width - PLACE.right;
  const { colours } = theme;
  const small = { font: `400 12px ${FONT.sans}`, colour: colours["ink-2"] };
  /** @param {number} update */
  const x = (update) => PLACE.left + (update / data.of) * (right - PLACE.left);
  panels.forEach((panel, place) => {
    const top = PLACE.top + place * (PLACE.height + PLACE.gap);
    /** @param {number} value */
    const y = (value) => {
      const shown = panel.logarithmic ? Math.log10(Math.max(value, 1e-30)) : value;
      const share = (shown - panel.low) / (panel.high - panel.low || 1);
      return top + (1 - Math.max(0, Math.min(1, share))) * PLACE.height;
    };
    for (const end of [panel.low, panel.high]) {
      const level = y(panel.logarithmic ? 10 ** end : end);
      context.fillStyle = colours.line;
      context.fillRect(PLACE.left, level, right - PLACE.left, 1);
      write(context, panel.said(end), PLACE.left - 6, level, { ...small, align: "right" });
    }
    write(context, panel.title, PLACE.left, top - 10, small);
    for (const [run, line] of panel.lines.entries()) drawLine(context, line, x, y, run, theme);
  });
  for (let i = 0; i <= 3; i++) {
    const update = Math.round((data.of * i) / 3);
    const align = i === 0 ? "left" : i === 3 ? "right" : "center";
    write(context, String(update), x(update), height - 8, { ...small, align });
  }
  context.fillStyle = colours.spot;
  context.fillRect(x(looked) - 1, PLACE.top, 2.5, height - PLACE.top - PLACE.bottom);
  if (data.names.length > 1) legend(context, data.names, right, theme);
}

/** @param {Tensor} line */
const valuesOf = (line) => Array.from({ length: line.rows }, (_, row) => line.at(row, 1));

/**
 * @param {Pen} context
 * @param {Tensor} line
 * @param {(update: number) => number} x
 * @param {(value: number) => number} y
 * @param {number} run
 * @param {Theme} theme
 */
function drawLine(context, line, x, y, run, theme) {
  const { colours } = theme;
  context.strokeStyle = run ? colours.key : colours.ink;
  context.lineWidth = 1.6;
  context.setLineDash(DASHES[run]);
  context.beginPath();
  for (let row = 0; row < line.rows; row++) context.lineTo(x(line.at(row, 0)), y(line.at(row, 1)));
  context.stroke();
  context.setLineDash([]);
}

/** @param {Pen} context @param {string[]} names @param {number} right @param {Theme} theme */
function legend(context, names, right, theme) {
  const { colours } = theme;
  const text = `— ${names[0]}   - - ${names[1]}`;
  write(context, text, right, PLACE.top - 10, { font: `500 12px ${FONT.sans}`, colour: colours.ink, align: "right" });
}

/**
 * Where the runs stand: how long the gradient of each part is, and how much is right by the length of the source.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {TrainingData} data
 * @param {Theme} theme
 * @param {number} at
 */
export function paintNow(canvas, width, data, theme, at) {
  const moment = data.moments[at];
  const several = data.names.length > 1;
  /** @type {[title: string, rows: [label: string, share: number, said: string][]][]} */
  const groups = data.names.map((name, run) => {
    const lengths = data.parts[run].map((_, place) => moment.gradients[run][place] ?? 0);
    const most = Math.max(...lengths, 1e-30);
    return [
      `${several ? `${name}: ` : ""}gradient of each part`,
      data.parts[run].map((part, place) => [part, lengths[place] / most, number(lengths[place], 4)]),
    ];
  });
  if (moment.lengths[0].length > 1)
    data.names.forEach((name, run) => {
      groups.push([
        `${several ? `${name}: ` : ""}right, by tokens of the source`,
        moment.lengths[run].map(([length, share]) => [`${length} tokens`, share, `${Math.round(100 * share)}%`]),
      ]);
    });
  const wide = width > 420 && groups.length > 1;
  const columns = wide ? 2 : 1;
  const column = (width - (columns - 1) * 16) / columns;
  const lines = groups.map(([, rows]) => 24 + rows.length * BAR.height);
  /** @type {number[]} */
  const heights = [];
  for (let i = 0; i < groups.length; i += columns) heights.push(Math.max(...lines.slice(i, i + columns)) + 8);
  const context = fit(
    canvas,
    width,
    heights.reduce((sum, each) => sum + each, 0),
  );
  const { colours } = theme;
  groups.forEach(([title, rows], place) => {
    const left = (place % columns) * (column + 16);
    const top = heights.slice(0, Math.floor(place / columns)).reduce((sum, each) => sum + each, 0);
    const font = `400 12px ${FONT.sans}`;
    context.font = font;
    write(context, cut(context, title, column), left, top + 12, { font, colour: colours["ink-2"] });
    const label = Math.min(BAR.label, column * 0.38);
    rows.forEach(([name, share, said], row) => {
      const y = top + 24 + row * BAR.height;
      context.font = font;
      write(context, cut(context, name, label - 6), left, y + BAR.height / 2, { font, colour: colours.ink });
      context.fillStyle = colours["ink-3"];
      context.fillRect(left + label, y + 3, Math.max(0, share) * (column - label - BAR.number), BAR.height - 6);
      write(context, said, left + column, y + BAR.height / 2, { font, colour: colours["ink-2"], align: "right" });
    });
  });
  canvas.setAttribute(
    "aria-label",
    groups.map(([title, rows]) => `${title}: ${rows.map(([name, , said]) => `${name} ${said}`).join(", ")}`).join(". "),
  );
}
