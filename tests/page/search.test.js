// Written queries on real names: villages, townships, places and islands of Shengsi, and towns of Malta.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { errorsIn, findIn, folded, indexOf, soundsOf } from "../../circles/outputs/map/script/find.js";

const vectors = (name) => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));
const names = vectors("search_names"),
  queries = vectors("search_queries"),
  { index: keys, homophones } = vectors("search");
const nameOf = (kind, i) => names.filter(([own]) => own === kind)[i][1];
const index = indexOf(keys.map(([kind, i, spoken]) => ({ kind, i, keys: spoken, name: nameOf(kind, i) })));
const sounds = soundsOf(homophones);

test("of the written queries at least 95 % find their place first", () => {
  const missed = queries
    .filter(([query, wanted]) => findIn(index, query, sounds).found[0]?.name !== wanted)
    .map(([query, wanted]) => `${query} → ${findIn(index, query, sounds).found[0]?.name}, not ${wanted}`);
  assert.ok(queries.length >= 60);
  assert.ok(missed.length <= queries.length * 0.05, missed.join("\n"));
  console.log(`${queries.length - missed.length} of ${queries.length} first; missed: ${missed.join("; ")}`);
});

test("a guess says that it is one, and nonsense finds nothing", () => {
  assert.equal(findIn(index, "caiyuanzhen", sounds).isGuess, false);
  assert.equal(findIn(index, "birkirkra", sounds).isGuess, true);
  assert.deepEqual(findIn(index, "qqqqqqqq", sounds).found, []);
  assert.deepEqual(findIn(index, "  ", sounds).found, []);
});

test("marks, capitals and hyphens do not matter", () => {
  assert.equal(folded("Ħaż-Żabbar"), "hazzabbar");
  assert.equal(folded("L’Għarb"), "lgharb");
});

test("typing errors are counted, swapped neighbours once", () => {
  assert.equal(errorsIn("caiyuanzhen", "caiyuna"), 1);
  assert.equal(errorsIn("wulongxiang", "wulng"), 1);
  assert.equal(errorsIn("abc", "abc"), 0);
});

test("a large index answers with the nearest of twenty thousand names", () => {
  const large = indexOf(
    Array.from({ length: 20000 }, (_, i) => ({ kind: "f", i, keys: "", name: `Triq San ${i.toString(36)} Ħal` })),
  );
  assert.ok(findIn(large, "triq san zz", sounds).found.length > 0);
});
