// Amounts as a cook says them, and what they weigh.

const MOST_GRAMS = 10_000_000;
const MASS = { kg: 1000, jin: 500 };
const VOLUME = { litre: "grams_per_litre", bucket: "grams_per_bucket" };

export const isVolume = (unit) => unit in VOLUME;
export const kilograms = (grams) => (grams / 1000).toFixed(grams % 10 ? 3 : 2);

/** Return grams as a number of kilograms or 斤 that a field can hold. */
export const inUnit = (grams, unit) => {
  const amount = grams / MASS[unit];
  return Number(amount.toFixed(3)) === Number(amount.toFixed(2)) ? amount.toFixed(2) : amount.toFixed(3);
};

/** Return what one of a unit weighs; null if that depends on a stream that is not chosen. */
export function gramsPer(unit, stream) {
  return MASS[unit] ?? stream?.[VOLUME[unit]] ?? null;
}

/** Return an amount as it is sent, "2.4"; "" if there is none, null if it cannot be read. */
export function amountIn(text) {
  const plain = text.trim().replace(/[,，。．]/g, ".");
  if (!plain) return "";
  if (!/^(\d{1,5}(\.\d{0,3})?|\.\d{1,3})$/.test(plain)) return null;
  return plain.replace(/^0+(?=\d)/, "").replace(/^\./, "0.").replace(/\.$/, "");
}

/** Return the grams of an amount, halves rounded up; NaN if that is more than there can be. */
export function gramsOf(amount, gramsPerUnit) {
  const [whole, part = ""] = amount.split(".");
  const thousandths = Number(whole + part.padEnd(3, "0"));
  const grams = Math.floor((thousandths * gramsPerUnit + 500) / 1000);
  return grams <= MOST_GRAMS ? grams : NaN;
}
