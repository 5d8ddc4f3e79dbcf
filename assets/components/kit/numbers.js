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

/**
 * The number that somebody typed, with a comma or a true minus sign, too; null where it is none, or too far from 0.
 *
 * @param {string} text
 * @param {number} largest
 */
export function typed(text, largest) {
  const plain = text.trim().replace(",", ".").replace(MINUS, "-");
  const value = Number(plain);
  return plain === "" || !Number.isFinite(value) || Math.abs(value) > largest ? null : value;
}

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

const RAISED = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";

/** @param {number} exponent */
export const power = (exponent) =>
  `10${exponent < 0 ? "\u207b" : ""}${[...String(Math.abs(exponent))].map((digit) => RAISED[Number(digit)]).join("")}`;

/**
 * Of any size: 0.125, 512, 8192, 1.77 × 10¹⁰.
 *
 * @param {number} value
 */
export function ofAnySize(value) {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e6) return number(value, 0);
  if (!Number.isFinite(value) || (size < 1e6 && size >= 0.01) || !size) return number(value, size < 100 ? 3 : 0);
  const exponent = Math.floor(Math.log10(size));
  if (value === 10 ** exponent) return power(exponent);
  return `${number(value / 10 ** exponent)} × ${power(exponent)}`;
}

const ORDINAL = new Intl.PluralRules("en", { type: "ordinal" });

/**
 * 1st, 2nd, 3rd, 4th.
 *
 * @param {number} place counted from 1
 */
export const nth = (place) =>
  `${place}${{ zero: "th", one: "st", two: "nd", few: "rd", many: "th", other: "th" }[ORDINAL.select(place)]}`;
