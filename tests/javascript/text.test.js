import assert from "node:assert/strict";
import { test } from "node:test";
import { directionOf, lineOf } from "../../assets/components/kit/text.js";

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
