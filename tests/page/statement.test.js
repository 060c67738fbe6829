// What the first screen prints of the program's statement.
import assert from "node:assert/strict";
import { test } from "node:test";
import { page, take } from "../../circles/outputs/map/script/page.js";
import {
  cellValue,
  dateText,
  figures,
  footLines,
  headLines,
  headline,
  isBinding,
  shortLine,
} from "../../circles/outputs/map/script/statement.js";

const open = ({ lang = "zh", demonstration = true, states = ["assumed"] } = {}) =>
  take(
    /** @type {any} */ ({
      lang,
      words: {},
      area: { demonstration, unit: "人", limit: 15 },
      categories: [],
      verdicts: { rules: Object.fromEntries(states.map((state, i) => [i, { state }])) },
      statement: { heads: [], rows: [], towns: [] },
    }),
  );

test("heads, cells and sentences are the program's own", () => {
  open();
  const { statement } = page.data;
  Object.assign(statement, { headline: "一句。", figures: [], short: "短", lines: ["末"] });
  assert.equal(headline(), "一句。");
  assert.deepEqual([figures(), shortLine(), footLines()], [[], "短", ["末"]]);
  assert.deepEqual(headLines(/** @type {any} */ ({ base: "0—2岁", bars: ["镇≥90%", "乡≥50.5%"] })), [
    "0—2岁",
    "镇≥90%",
    "乡≥50.5%",
  ]);
  assert.equal(cellValue(/** @type {any} */ ({ value: 0.5, text: "49.9%", is_share: true })), "49.9%");
});

test("达标 stands only where every rule is adopted and the area is real", () => {
  open({ demonstration: false, states: ["adopted", "adopted"] });
  assert.ok(isBinding());
  open({ demonstration: false, states: ["adopted", "assumed"] });
  assert.ok(!isBinding());
  open({ demonstration: true, states: ["adopted"] });
  assert.ok(!isBinding());
});

test("English has its own dates", () => {
  open({ lang: "en" });
  assert.equal(dateText("2024-12-31"), "2024-12-31");
  open();
  assert.equal(dateText("2024-12-31"), "2024年12月31日");
});
