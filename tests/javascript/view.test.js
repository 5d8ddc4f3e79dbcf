import assert from "node:assert/strict";
import { test } from "node:test";
import { weightsOf } from "../../assets/components/kit/view.js";

const wrong = { kind: "matrix", tensor: "wrong", scale: "weights", rows: "queries", columns: "keys" };

test("words are inked by the weights that the figure below them shows", () => {
  assert.equal(weightsOf(wrong), "wrong");
});

test("where a figure shows no weights of words for words, they are inked by the lesson's", () => {
  for (const other of [{ scale: "signed" }, { rows: "one" }, { columns: "numbers" }, { kind: "heads" }])
    assert.equal(weightsOf({ ...wrong, ...other }), "weights");
});
