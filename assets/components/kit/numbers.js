// Numbers as text.

const MINUS = "\u2212";

/** Fixed digits with a true minus sign; infinities as signs. */
export function number(value, digits = 2) {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value < 0 ? `${MINUS}∞` : "∞";
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/** The same with a plus sign. */
export const signed = (value, digits = 2) => (value > 0 ? "+" : "") + number(value, digits);

/** Short enough to stand in a cell: .65, 1.0, −1.2, 13. */
export function short(value, isWeight) {
  if (isWeight) return value.toFixed(2).replace(/^0/, "").replace("1.00", "1.0");
  return number(value, Math.abs(value) < 10 ? 1 : 0);
}

export const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
export const mix = (from, to, share) => from + (to - from) * share;
