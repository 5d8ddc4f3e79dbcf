import assert from "node:assert/strict";
import { test } from "node:test";
import { directionOf, indexed, lineOf, symbolic } from "../../assets/components/kit/text.js";

test("words stand in the direction in which they are written", () => {
  assert.equal(directionOf(["مرحبا", "بالعالم"]), "rtl");
  assert.equal(directionOf(["שלום", "##ים"]), "rtl");
  assert.equal(directionOf(["the", "cat"]), "ltr");
  assert.equal(directionOf(["我", "喜欢"]), "ltr");
  assert.equal(directionOf(["مرحبا", "BERT", "بالعالم", "3.14"]), "rtl");
  assert.equal(directionOf(["the", "word", "سلام", "is", "Arabic"]), "ltr");
  assert.equal(directionOf(["‹F0 9F›", ","]), "ltr");
  assert.equal(directionOf([]), "ltr");
});

test("one word stands as its first letter is written", () => {
  assert.equal(lineOf("##ים"), "rtl");
  assert.equal(lineOf("قطة."), "rtl");
  assert.equal(lineOf("BERT שלום"), "ltr");
  assert.equal(lineOf("0.31"), "ltr");
});

test("a letter or a number behind a line below stands below the line; a name with such a line stays whole", () => {
  assert.deepEqual(indexed("mixed by W_O, as XW_3 is"), ["mixed by W", "O", ", as XW", "3", " is"]);
  assert.deepEqual(indexed("attention_adds W_12 _2"), ["attention_adds W_12 _2"]);
});

test("all that a letter of a formula has below the line stands below the line, for each of several", () => {
  const made = [];
  globalThis.document = { createElement: (tag) => ({ append: (...parts) => made.push([tag, ...parts]) }) };
  assert.deepEqual(symbolic("softmax"), ["softmax"]);
  assert.deepEqual(made, []);
  const parts = symbolic("Z_mid, W_12");
  assert.deepEqual(made, [
    ["sub", "mid"],
    ["sub", "12"],
  ]);
  assert.deepEqual([parts[0], parts[2], parts[4]], ["Z", ", W", ""]);
  assert.equal(parts.length, 5);
  delete globalThis.document;
});
