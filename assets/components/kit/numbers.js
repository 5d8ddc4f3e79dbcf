// Numbers as text.

const MINUS = "\u2212";

/**
 * Fixed digits with a true minus sign; infinities as signs.
 *
 * @param {number} value
 * @param {number} [digits]
 */
export function number(value, digits = 2) {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value < 0 ? `${MINUS}∞` : "∞";
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/**
 * The same with a plus sign.
 *
 * @param {number} value
 * @param {number} [digits]
 */
export const signed = (value, digits = 2) => (value > 0 ? "+" : "") + number(value, digits);

/** @param {Iterable<number>} values */
export function total(values) {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/**
 * Short enough to stand in a cell: .65, 1.0, −1.2, 13.
 *
 * @param {number} value
 * @param {boolean} isWeight
 */
export function short(value, isWeight) {
  if (isWeight) return value.toFixed(2).replace(/^0/, "").replace("1.00", "1.0");
  return number(value, Math.abs(value) < 10 ? 1 : 0);
}

/** @param {number} value @param {number} low @param {number} high */
export const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
/** @param {number} from @param {number} to @param {number} share */
export const mix = (from, to, share) => from + (to - from) * share;
