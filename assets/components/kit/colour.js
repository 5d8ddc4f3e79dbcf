// Colours. All of them come from Streamlit's theme (.streamlit/config.toml) or from kit.css; here they are only read.

/** @import { Theme } from "./types.js" */

const RAMP_SIZE = 256;

/**
 * "#rgb", "#rrggbb", "rgb(r, g, b)" or "color(srgb r g b)" -> [r, g, b], each 0..255.
 *
 * @param {string} colour
 * @returns {number[]}
 */
export function parse(colour) {
  const text = colour.trim();
  if (!text.startsWith("#")) {
    const numbers = (text.match(/[\d.]+/g) ?? ["0", "0", "0"]).slice(0, 3).map(Number);
    return text.startsWith("color(srgb") ? numbers.map((share) => Math.round(255 * share)) : numbers;
  }
  const long = text.length === 4 ? [...text.slice(1)].map((digit) => digit + digit).join("") : text.slice(1, 7);
  return [0, 2, 4].map((at) => parseInt(long.slice(at, at + 2), 16));
}

/**
 * Relative luminance of WCAG 2, 0 (black) to 1 (white).
 *
 * @param {number[]} colour
 */
function luminance([r, g, b]) {
  /** @param {number} channel */
  const linear = (channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

/**
 * A few colours, as far apart as they look -> 256 colours between them.
 *
 * @param {string} stops
 * @returns {number[][]}
 */
function ramp(stops) {
  const colours = stops.split(",").map(parse);
  return Array.from({ length: RAMP_SIZE }, (_, step) => {
    const at = (step / (RAMP_SIZE - 1)) * (colours.length - 1);
    const low = Math.min(Math.floor(at), colours.length - 2);
    return colours[low].map((channel, i) => Math.round(channel + (at - low) * (colours[low + 1][i] - channel)));
  });
}

const NAMES = [
  "page",
  "surface",
  "sunken",
  "line",
  "control-line",
  "edge",
  "ink",
  "ink-2",
  "ink-3",
  "query",
  "key",
  "value",
  "output",
  "mark",
  "mark-ink",
  "spot",
  "spot-ink",
  "hatch",
  "hatch-ground",
];

/**
 * What stands in for a theme until it is read: nothing is drawn before.
 *
 * @type {Theme}
 */
export const UNREAD = { name: "light", colours: {}, ramps: { weights: [], signed: [] } };

/**
 * Sets data-theme on the root and returns every colour the drawings need.
 *
 * @param {HTMLElement} root
 * @returns {Theme}
 */
export function readTheme(root) {
  const style = getComputedStyle(root);
  /** @param {string} name */
  const read = (name) => style.getPropertyValue(name).trim();
  const name = luminance(parse(read("--st-background-color"))) < 0.2 ? "dark" : "light";
  root.dataset.theme = name;
  return {
    name,
    colours: Object.fromEntries(NAMES.map((key) => [key, read(`--${key}`)])),
    ramps: {
      weights: ramp(read("--st-chart-sequential-colors")),
      signed: ramp(read("--st-chart-diverging-colors")),
    },
  };
}

/** @param {number[]} colour */
export const css = ([r, g, b]) => `rgb(${r},${g},${b})`;

/**
 * The colour of a value between low and high.
 *
 * @param {number[][]} colours
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function shade(colours, value, low, high) {
  const at = Math.round(((value - low) / (high - low || 1)) * (RAMP_SIZE - 1));
  return colours[Math.max(0, Math.min(RAMP_SIZE - 1, at))];
}

/**
 * Text that can be read on a cell of any colour: at 0.179 black and white contrast alike, by 4.6 to 1.
 *
 * @param {number[]} colour
 */
export const inkOn = (colour) => (luminance(colour) > 0.179 ? "#000000" : "#ffffff");

/** @param {number[][]} colours */
export const gradient = (colours) =>
  `linear-gradient(90deg,${colours
    .filter((_, i) => i % 15 === 0)
    .map(css)
    .join(",")})`;
