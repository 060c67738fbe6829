// Words and numbers as people read them. Knows no document, so that it runs without a browser.
import { page } from "./page.js";

export const say = (key, values) => {
  const text = Object.hasOwn(page.data.words, key) ? page.data.words[key] : key;
  return values
    ? text.replace(/\{(\w+)\}/g, (all, name) => (Object.hasOwn(values, name) ? String(values[name]) : all))
    : text;
};

// Returns the text of a value that has a word of its own, else the value itself.
export const named = (prefix, value) =>
  Object.hasOwn(page.data.words, prefix + value) ? page.data.words[prefix + value] : value;

// Returns why a place is not reached, in words: how many minutes of walking it is beyond, or what the way lacks.
export const reasonText = (prefix, reason) => {
  const { limit, horizon } = page.data.area;
  return named(prefix, reason).replace("{limit}", String(limit)).replace("{horizon}", String(horizon));
};

// Tenths of a percent of a share, from its decimal digits: [rounded down, rounded half to even].
const tenths = (value) => {
  const [mantissa, exponent] = Math.abs(value).toExponential().split("e"),
    digits = mantissa.replace(".", ""),
    point = Number(exponent) + 4;
  const low = point > 0 ? Number(digits.slice(0, point).padEnd(point, "0")) : 0;
  const rest = (point > 0 ? digits.slice(point) : "0".repeat(-point) + digits).replace(/0+$/, "");
  return [low, rest > "5" || (rest === "5" && low % 2) ? low + 1 : low];
};

// One decimal; but a share below its threshold never shows as reaching it, nor one below 1 as 100.0%.
export const percentText = (value, threshold) => {
  if (isMissing(value)) return "–";
  const [low, even] = tenths(value),
    bars = threshold === undefined || threshold === null ? [1] : [1, threshold];
  return ((bars.some((bar) => value < bar - 1e-12 && even / 1000 >= bar) ? low : even) / 10).toFixed(1) + "%";
};
const isMissing = (value) => value === null || value === undefined || Number.isNaN(value);

export const numberText = (value, digits) =>
  isMissing(value) ? "–" : value.toLocaleString("en-US", { maximumFractionDigits: digits === undefined ? 2 : digits });
export const minutesText = (hundredths) => say("minutes", { n: (Math.ceil(hundredths / 10 - 1e-9) / 10).toFixed(1) });
export const peopleText = (value) => numberText(value, 1) + " " + page.data.area.unit;

export const townshipName = (code) => {
  const i = page.data.townships.code.indexOf(code);
  return i >= 0 ? page.data.townships.name[i] : named("township_", code);
};
