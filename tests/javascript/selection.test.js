import assert from "node:assert/strict";
import { test } from "node:test";
import { rowOf, Selection } from "../../assets/components/kit/selection.js";

test("what is pointed at is looked at until the pointer leaves", () => {
  const selection = new Selection();
  selection.pin({ query: 2, key: 3 });
  selection.point({ key: 5 });
  assert.deepEqual([selection.now.query, selection.now.key], [2, 5]);
  selection.release();
  assert.deepEqual([selection.now.query, selection.now.key], [2, 3]);
});

test("a pin keeps what it does not name", () => {
  const selection = new Selection();
  selection.pin({ query: 2, head: 4 });
  selection.pin({ key: 1 });
  assert.deepEqual(selection.pinned, { query: 2, key: 1, dimension: 0, head: 4 });
});

test("everyone who listens is told of every change", () => {
  const selection = new Selection();
  const told = [];
  selection.onChange(() => told.push(["first", selection.now.query]));
  selection.onChange(() => told.push(["second", selection.now.query]));
  selection.pin({ query: 7 });
  assert.deepEqual(told, [
    ["first", 7],
    ["second", 7],
  ]);
});

test("what is pinned is kept where it is, however far the pointer went", () => {
  const selection = new Selection();
  selection.point({ query: 9 });
  assert.equal(selection.pinned.query, 0);
});

test("in a figure that became smaller the last row is looked at", () => {
  const selection = new Selection();
  selection.pin({ query: 9, key: 1 });
  selection.limit({ query: 3, key: 3 });
  assert.deepEqual([selection.now.query, selection.pinned.query, selection.now.key], [2, 2, 1]);
});

test("an axis of a lesson's own has its row, and the first where none was chosen", () => {
  const selection = new Selection();
  selection.pin({ layers: 4 });
  assert.equal(rowOf(selection.now, "layers"), 4);
  assert.equal(rowOf(selection.now, "patches"), 0);
});
