// The first screen's sentences, out of a small statement.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { take } from "../../circles/outputs/map/script/page.js";
import {
  dateText,
  figures,
  headLines,
  headline,
  isBinding,
  shortLine,
} from "../../circles/outputs/map/script/statement.js";

const catalogue = (lang) => {
  const text = readFileSync(new URL("../../circles/foundation/words/atlas.toml", import.meta.url), "utf8");
  const words = {};
  for (const [, key, zh, en] of text.matchAll(/\[(\w+)\]\nzh = "(.*)"\nen = "(.*)"\n/g)) {
    words[key] = lang === "zh" ? zh : en;
  }
  return words;
};

const open = ({ lang = "zh", demonstration = true, states = ["assumed"], met = ["黄龙乡"] } = {}) => {
  const row = (category, part, whole, needed) => ({
    code: "ALL",
    measure: "population_share",
    category,
    value: part / whole,
    is_share: true,
    threshold: null,
    numerator: part,
    denominator: whole,
    uncovered: whole - part,
    needed,
  });
  const heads = [
    {
      category: "childcare",
      name: "托育",
      group: "age_0_2",
      thresholds: [
        ["town", 0.9],
        ["rural", 0.5],
      ],
      is_share: true,
    },
    { category: "clinic", name: "医疗", group: "population", thresholds: [["all", 0.6]], is_share: true },
  ];
  take(
    /** @type {any} */ ({
      lang,
      words: catalogue(lang),
      area: { demonstration, unit: lang === "zh" ? "人" : "people", limit: 15 },
      categories: [],
      verdicts: { rules: Object.fromEntries(states.map((state, i) => [i, { state }])) },
      statement: {
        heads,
        rows: [row("childcare", 303, 620, 208), row("clinic", 36516, 66903, 19254)],
        county: {
          townships: 7,
          met,
          below: { childcare: 6, clinic: 5 },
          belowTowns: 7 - met.length,
          widest: "childcare",
          largest: "clinic",
        },
      },
    }),
  );
};

test("the headline says how many, which and what", () => {
  open();
  assert.equal(
    headline(),
    "7个乡镇中，黄龙乡各项均达到参考值，6个低于；短板面最广的是托育（6个乡镇），未覆盖人口最多的是医疗（30387人）。",
  );
  assert.deepEqual(
    figures().map(({ name, value, base }) => `${name} ${value} ${base}`),
    ["托育 48.9% 0—2岁303/620", "医疗 54.6% 36516/66903"],
  );
  assert.equal(shortLine(), "低于参考值6个·5个乡镇；还需覆盖208·19254人");
  assert.deepEqual(
    headLines({
      category: "x",
      name: "x",
      measure: "",
      group: "age_0_2",
      thresholds: [
        ["town", 0.9],
        ["rural", 0.505],
      ],
      is_share: true,
    }),
    ["0—2岁", "镇≥90%", "乡≥50.5%"],
  );
});

test("达标 stands only where every rule is adopted and the area is real", () => {
  open({ demonstration: false, states: ["adopted", "adopted"], met: [] });
  assert.ok(isBinding());
  assert.match(headline(), /没有一个各项均达标，7个未达标/);
  open({ demonstration: false, states: ["adopted", "assumed"] });
  assert.doesNotMatch(headline(), /达标/);
  open({ demonstration: true, states: ["adopted"] });
  assert.ok(!isBinding());
});

test("English has its own numbers and dates", () => {
  open({ lang: "en" });
  assert.match(headline(), /^Of 7 townships, 黄龙乡 meets every reference value, 6 are below; .*30,387 people\)\.$/);
  assert.equal(dateText("2024-12-31"), "2024-12-31");
  open();
  assert.equal(dateText("2024-12-31"), "2024年12月31日");
});
