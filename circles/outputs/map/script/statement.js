// The sentences and cells of the first screen, out of the program's statement; knows no document.
import { page } from "./page.js";
import { named, numberText, percentText, say } from "./text.js";

/** Whether 达标 may be said: outside demonstrations, where every rule is adopted. @param {string[]} [statuses] */
export const isBinding = (statuses) =>
  !page.data.area.demonstration &&
  (statuses || Object.values(page.data.verdicts.rules).map((r) => r.state)).every((s) => s === "adopted");

/** @returns {import("./types").Cell} */
export const cellOf = (code, category) =>
  page.data.statement.rows.find((row) => row.code === code && row.category === category);

/** A cell's value as people read it: percent, or a number. @param {import("./types").Cell} row */
export const cellValue = (row) => {
  if (!row || row.value === null) return "–";
  if (row.text) return row.text;
  return row.is_share ? percentText(row.value, row.threshold) : numberText(row.value, 2);
};

export const cellWord = (row) => (row && row.word ? say(row.word) : "");

/** Of whom: '' for everybody. */
export const baseName = (group) => (group === "population" ? "" : named("group_", group));

/** A column's head: of whom, and its thresholds. @param {import("./types").Head} head */
export const headLines = (head) => [head.base, ...head.bars];

/** The one sentence, the figures of each kind and the lines below the table: the program's own words. */
export const headline = () => page.data.statement.headline;
export const figures = () => page.data.statement.figures;
export const shortLine = () => page.data.statement.short;
export const footLines = () => page.data.statement.lines;

/** A date as an official writes it. */
export const dateText = (iso) => {
  const [year, month, day] = iso.split("-").map(Number);
  return page.data.lang === "zh" ? `${year}年${month}月${day}日` : iso;
};
