// Points that are dragged: what lies under a finger is what is taken, and it is let go where the finger is, inside the window.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FigureNumbers } from "../../assets/components/figure_numbers.js";
import { Tensor } from "../../assets/components/kit/payload.js";
import { Selection } from "../../assets/components/kit/selection.js";
import { VIEWS } from "../../assets/components/views/kinds.js";

const PLACES = [-2, 1, 0.5, -1, 2.5, 1.5];
const VIEW = {
  kind: "scatter",
  tensor: "points",
  weights: "weights",
  curve: "points",
  asked: "points",
  window: [-3, 3, -2, 2],
  across: "x",
  up: "y",
  scale: "signed",
  rows: "points",
};

function drawn(width, places = PLACES) {
  const found = new FigureNumbers(new Selection());
  const tensors = {
    points: new Tensor(Float32Array.from(places), [3, 2]),
    weights: new Tensor(Float32Array.from([0.5, 0.3, 0.2]), [1, 3]),
  };
  const theme = { name: "light", colours: {}, ramps: { weights: [], signed: [] } };
  found.update({ tokens: {}, focus: { points: 0 }, tensors, limits: {}, divisor: 1, dotProduct: true }, theme);
  const view = new VIEWS.scatter(found);
  view.layout(VIEW, width);
  return view;
}

/** Where a point of the plane lies, 400 pixels high. */
const at = (width, x, y) => [40 + ((x + 3) / 6) * (width - 54), 326 - ((y + 2) / 4) * 300];

for (const width of [260, 620]) {
  test(`a point is taken where it lies and let go under the finger, ${width} pixels wide`, () => {
    const view = drawn(width);
    assert.deepEqual(view.at(...at(width, 0.5, -1), VIEW), { points: 1 });
    assert.equal(view.grab(...at(width, 0.5, 1.9), VIEW), false);
    assert.equal(view.grab(...at(width, 0.5, -1), VIEW), true);
    view.drag(...at(width, -1.25, 0.75), VIEW);
    assert.deepEqual(view.drop(), [1, -1.25, 0.75]);
    view.grab(...at(width, 2.5, 1.5), VIEW);
    view.drag(9999, -9999, VIEW);
    assert.deepEqual(view.drop(), [2, 3, 2]);
  });
}

test("keys move the point that is chosen, and each press goes on from the one before", () => {
  const view = drawn(620);
  const now = { query: 0, key: 0, dimension: 0, head: 0, points: 0 };
  assert.deepEqual(view.move(1, 0, VIEW, now), { points: 1 });
  assert.deepEqual(view.nudge(1, 0, VIEW, now), [0, -1.9, 1]);
  assert.deepEqual(view.nudge(0, -1, VIEW, now), [0, -1.9, 1.1]);
  view.layout(VIEW, 620); // what comes back is still of the press before
  assert.deepEqual(view.nudge(0, -1, VIEW, now), [0, -1.9, 1.2]);
});
