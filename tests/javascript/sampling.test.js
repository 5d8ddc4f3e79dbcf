import assert from "node:assert/strict";
import test from "node:test";
import { choice, drawn, probabilities } from "../../assets/components/kit/sampling.js";

const SCORES = Float32Array.from([0.5, 0.3, 0.2], Math.log);
const PLAIN = { temperature: 1, topK: 0, topP: 1 };

/** @param {Partial<typeof PLAIN>} how @param {number[]} expected */
function gives(how, expected) {
  const found = probabilities(SCORES, { ...PLAIN, ...how });
  for (const [rank, share] of expected.entries()) assert.ok(Math.abs(found[rank] - share) < 1e-6, `${[...found]}`);
}

test("three tokens by hand, at both ends of temperature, top-k and top-p", () => {
  gives({}, [0.5, 0.3, 0.2]);
  gives({ temperature: 0 }, [1, 0, 0]);
  gives({ temperature: 0.5 }, [25 / 38, 9 / 38, 4 / 38]);
  gives({ topK: 2 }, [5 / 8, 3 / 8, 0]);
  gives({ topK: 1000 }, [0.5, 0.3, 0.2]);
  gives({ topP: 0 }, [1, 0, 0]);
  gives({ topP: 0.6 }, [5 / 8, 3 / 8, 0]);
  gives({ topK: 2, topP: 0.6 }, [1, 0, 0]);
});

test("a number drawn is counted down from the likeliest, and what does not stay is never drawn", () => {
  const shares = probabilities(SCORES, PLAIN);
  assert.deepEqual(
    [0, 0.49, 0.51, 0.79, 0.81, 0.9999].map((at) => drawn(shares, at)),
    [0, 0, 1, 1, 2, 2],
  );
  const two = probabilities(SCORES, { ...PLAIN, topK: 2 });
  assert.deepEqual(
    [0, 0.7, 1].map((at) => drawn(two, at)),
    [0, 1, 1],
  );
});

test("four tokens alike are two bits of choice, and one is none", () => {
  assert.deepEqual(choice(probabilities(new Float32Array(4), PLAIN)), { stay: 4, bits: 2 });
  assert.equal(choice(probabilities(SCORES, { ...PLAIN, temperature: 0 })).stay, 1);
});
