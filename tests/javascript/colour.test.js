import assert from "node:assert/strict";
import { test } from "node:test";
import { css, inkOn, parse, readTheme, shade } from "../../assets/components/kit/colour.js";

const LIGHT = {
  "--st-background-color": "#fbfbfd",
  "--st-chart-sequential-colors": "#000000,#808080,#ffffff",
  "--st-chart-diverging-colors": "#0000ff,#ffffff,#ff0000",
  "--ink": "#1d1b2c",
};

/** What readTheme reads, of a page with these properties. */
function themeOf(properties) {
  globalThis.getComputedStyle = () => ({ getPropertyValue: (name) => ` ${properties[name] ?? ""} ` });
  return readTheme({ dataset: {} });
}

/** WCAG 2: how far two luminances are apart. */
function contrast([r, g, b], ink) {
  const linear = (channel) => (channel <= 10.31475 ? channel / 3294.6 : ((channel / 255 + 0.055) / 1.055) ** 2.4);
  const ground = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const other = ink === "#ffffff" ? 1 : 0;
  return (Math.max(ground, other) + 0.05) / (Math.min(ground, other) + 0.05);
}

test("a colour is read however it is written", () => {
  assert.deepEqual(parse("#fff"), [255, 255, 255]);
  assert.deepEqual(parse(" #1d4ed8 "), [29, 78, 216]);
  assert.deepEqual(parse("rgb(1, 2, 3)"), [1, 2, 3]);
  assert.deepEqual(parse("rgba(1, 2, 3, 0.5)"), [1, 2, 3]);
  assert.deepEqual(parse("color(srgb 0.92549 0.933333 0)"), [236, 238, 0]); // as marimo has it
});

test("a ramp goes through its stops and is evenly filled between them", () => {
  const { weights } = themeOf(LIGHT).ramps;
  assert.equal(weights.length, 256);
  assert.deepEqual(
    [weights[0], weights[255]],
    [
      [0, 0, 0],
      [255, 255, 255],
    ],
  );
  for (let step = 1; step < 256; step++) assert.ok(weights[step][0] >= weights[step - 1][0]);
});

test("the middle of a signed ramp is the middle of its stops", () => {
  const { signed } = themeOf(LIGHT).ramps;
  for (const channel of shade(signed, 0, -1, 1)) assert.ok(channel >= 253);
});

test("what lies beyond a scale has the colour of its end", () => {
  const { weights } = themeOf(LIGHT).ramps;
  assert.deepEqual(shade(weights, 7, 0, 1), weights[255]);
  assert.deepEqual(shade(weights, -7, 0, 1), weights[0]);
});

test("a scale of one value has a colour", () => {
  assert.deepEqual(shade(themeOf(LIGHT).ramps.weights, 0, 0, 0), [0, 0, 0]);
});

test("the ground of the page says which theme it is", () => {
  assert.equal(themeOf(LIGHT).name, "light");
  assert.equal(themeOf({ ...LIGHT, "--st-background-color": "#121219" }).name, "dark");
});

test("text on any cell contrasts by 4.5 to 1 at least", () => {
  for (let grey = 0; grey < 256; grey++) {
    const ground = [grey, grey, grey];
    assert.ok(contrast(ground, inkOn(ground)) >= 4.5, css(ground));
  }
});
