// The way from the product of a query and a key to the weight, step by step, as one layer of a model goes it.

import { number, total } from "./numbers.js";

/** @import { Span } from "./types.js" */

/**
 * What a head does beside the softmax; null where it does not.
 *
 * @typedef {{ scale: number, softcap: number | null, sink: number | null }} Way
 */
/** @typedef {ArrayLike<number>} Row one number for each key */
/** @typedef {{ products: Row, bias?: Row, allowed?: Row }} Asked what one query has for each key */

/**
 * The numbers of all steps for one key, computed from the products of its whole row.
 *
 * visible   whether the query may see the key; it has no weight where not.
 * largest   of the row and of the sink, taken off before the exponential.
 * share     what the exponential makes of the key; sink: of the sink; whole: of the row and the sink together.
 *
 * @param {Way} way
 * @param {Asked} asked
 * @param {number} key
 */
export function wayOf({ scale, softcap, sink }, { products, bias, allowed }, key) {
  const cap = (/** @type {number} */ scaled) => (softcap === null ? scaled : softcap * Math.tanh(scaled / softcap));
  const scores = Array.from(products, (product, place) => cap(product * scale) + (bias?.[place] ?? 0));
  const seen = scores.filter((_, place) => allowed?.[place] !== 0);
  const largest = seen.reduce((high, score) => Math.max(high, score), sink ?? -Infinity);
  const exponential = (/** @type {number} */ score) => Math.exp(score - largest);
  const sinks = sink === null ? 0 : exponential(sink);
  const visible = allowed?.[key] !== 0;
  const share = visible ? exponential(scores[key]) : 0;
  const whole = total(seen.map(exponential)) + sinks;
  return {
    product: products[key],
    scaled: products[key] * scale,
    capped: cap(products[key] * scale),
    score: scores[key],
    visible,
    largest,
    share,
    sink: sinks,
    whole,
    weight: share / whole,
  };
}

/**
 * The same in words, as it is said below an open head; weight: the model's own.
 *
 * @param {Way} way
 * @param {Asked} asked
 * @param {number} key
 * @param {number} weight
 * @returns {Span[]}
 */
export function saidOf(way, asked, key, weight) {
  const { scale, softcap, sink } = way;
  const found = wayOf(way, asked, key);
  /** @type {Span[]} */
  const said = [["sum of q × k ", null], put(found.product)];
  if (scale === 1) said.push([", not scaled", null]);
  else said.push([scale < 1 ? ` ÷ ${number(1 / scale, 3)} = ` : ` × ${number(scale, 3)} = `, null], put(found.scaled));
  if (softcap !== null) {
    said.push([` → soft cap ${number(softcap, 1)} · tanh(it ÷ ${number(softcap, 1)}) = `, null], put(found.capped));
  }
  if (asked.bias) {
    const bias = asked.bias[key];
    said.push([` ${bias < 0 ? "−" : "+"} position bias ${number(Math.abs(bias), 3)} = `, null], put(found.score));
  }
  if (!found.visible) return [...said, [" → mask: may not be seen, so ", null], ["exactly 0", "mark"]];
  if (asked.allowed) said.push([" → mask: may be seen", null]);
  const largest = number(found.largest, 3).replace(/^−(.*)$/, "(−$1)");
  said.push([` → softmax: e^(${number(found.score, 3)} − ${largest}) = `, null], put(found.share), [
    ` of ${number(found.whole, 3)} in the row`,
    null,
  ]);
  if (sink !== null)
    said.push([`, ${number(found.sink, 3)} of it the sink's: e^(${number(sink, 3)} − ${largest})`, null]);
  return [...said, [" → ", null], [number(weight, 4), "mark"]];
}

const FEW = 6; // terms that are written out one by one
const SMALL = 20; // scores whose exponentials can be written as they are

/**
 * A product of two rows, term by term where there are few; nothing where there are many.
 *
 * @param {Row} one
 * @param {Row} other
 * @returns {Span[]}
 */
export function termsOf(one, other) {
  if (one.length > FEW) return [];
  return Array.from(one, (term, place) => [
    `${place ? " + " : ""}${inBrackets(term)} × ${inBrackets(other[place])}`,
    null,
  ]);
}

/**
 * One term of a product, in words.
 *
 * @param {number} place
 * @param {number[]} values the two numbers and their product
 */
export const termOf = (place, [one, other, product]) =>
  `number ${place}: ${inBrackets(one)} × ${inBrackets(other)} = ${number(product)}`;

/**
 * How the softmax makes one weight: its exponential over the sum of those of the row, each written where there are few.
 *
 * @param {number[]} scores of the keys that may be seen
 * @param {number} score of the one
 * @param {number} weight
 * @returns {Span[]}
 */
export function softmaxOf(scores, score, weight) {
  const largest = Math.max(...scores);
  const shift = scores.length <= FEW && Math.max(...scores.map(Math.abs)) <= SMALL ? 0 : largest;
  const shares = scores.map((each) => Math.exp(each - shift));
  const power = shift ? `e^(${number(score)} − ${inBrackets(shift)})` : `e^${inBrackets(score)}`;
  const whole = scores.length <= FEW ? `(${shares.map((each) => number(each)).join(" + ")})` : number(total(shares));
  return [
    [` → ${power} = `, null],
    [number(Math.exp(score - shift)), "number"],
    [` ÷ ${whole} = `, null],
    [number(weight, 3), "mark"],
  ];
}

/** @param {number} value */
const inBrackets = (value) => number(value).replace(/^−(.*)$/, "(−$1)");

/**
 * From the weights of a row to the share of one key in what they deliver, in words.
 *
 * @param {Row} weights
 * @param {Row} lengths how long the value of each key is
 * @param {number} key
 * @param {number} share
 * @returns {Span[]}
 */
export function deliveredOf(weights, lengths, key, share) {
  const whole = total(Array.from(weights, (weight, place) => weight * lengths[place]));
  return [
    [" × ‖v‖ ", null],
    put(lengths[key]),
    [" = ", null],
    put(weights[key] * lengths[key]),
    [` of ${number(whole, 3)} in the row → `, null],
    [number(share, 4), "mark"],
  ];
}

/** @param {number} value @returns {Span} */
const put = (value) => [number(value, 3), "number"];
