// Drafts: undo and redo, verdicts before and after for the rule's own group, names in the address, the scenario file.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import {
  canRedo,
  canUndo,
  drafts,
  draftsText,
  forget,
  keepDraft,
  readDrafts,
  redo,
  remember,
  scenarioText,
  undo,
  verdictsAfter,
} from "../../circles/outputs/map/script/drafts.js";
import { page, take } from "../../circles/outputs/map/script/page.js";
import { inOrder } from "../../circles/outputs/map/script/tables.js";

beforeEach(() => {
  const check = {
    township_code: "5",
    rule_id: "sports",
    category: "sports",
    measure: "population_share",
    numerator: 2329,
    denominator: 3057,
    value: 2329 / 3057,
    threshold: 0.8,
    verdict: "not_met",
    shortfall: 117,
    rule_status: "assumed",
  };
  take(
    /** @type {any} */ ({
      lang: "zh",
      words: { draft_name: "草案设施{n}", draft_source: "运行 {run}" },
      area: { id: "shengsi", limit: 15, run: "abc" },
      categories: [{ id: "sports" }],
      townships: { code: ["1", "5"] },
      facilities: { id: ["a", 'b"x'] },
      verdicts: { checks: [check], rules: { sports: { kind: "population_share", limit: 15, group: "population" } } },
    }),
  );
  Object.assign(page.draft, { added: [], removed: new Set(), category: 0 });
  forget();
});

test("a verdict turns when the people still needed are covered, and not before", () => {
  const result = (gain, loss) =>
    /** @type {any} */ ({ byGroup: new Map([["population", new Map([[1, [gain, loss]]])]]) });
  const [short] = verdictsAfter(result(116, 0), "sports");
  assert.equal(short.verdict, "not_met");
  assert.equal(short.needed, 1);
  const [met] = verdictsAfter(result(117, 0), "sports");
  assert.equal(met.verdict, "met");
  assert.equal(met.needed, 0);
  assert.equal(verdictsAfter(result(10, 30), "sports")[0].needed, 137);
  assert.deepEqual(verdictsAfter(result(0, 0), "sports"), []);
});

test("what was done is undone and done again", () => {
  remember();
  page.draft.added = /** @type {any} */ ([{ edge: 1 }]);
  remember();
  page.draft.removed = new Set([0]);
  undo();
  assert.equal(page.draft.removed.size, 0);
  assert.equal(page.draft.added.length, 1);
  undo();
  assert.equal(page.draft.added.length, 0);
  assert.ok(!canUndo() && canRedo());
  redo();
  redo();
  assert.equal(page.draft.removed.size, 1);
  remember();
  assert.ok(!canRedo());
});

test("named drafts come back from the address, and what is none does not", () => {
  page.draft.added = /** @type {any} */ ([{ x: 0.84, y: 0.41, category: 0 }]);
  page.draft.removed = new Set([1]);
  keepDraft("甲");
  const text = draftsText();
  readDrafts("");
  assert.equal(drafts.length, 0);
  readDrafts(text);
  assert.equal(drafts.length, 1);
  assert.deepEqual(drafts[0].removed, ['b"x']);
  for (const broken of ["{", "7", '[["a","sports",[[1]],[]]]', '[["a","none",[],[]]]', '[[1,"sports",[],[]]]']) {
    readDrafts(broken);
    assert.equal(drafts.length, 0);
  }
});

test("the scenario file holds additions and closures, quoted", () => {
  page.draft.added = /** @type {any} */ ([{ x: 0.84, y: 0.41, category: 0 }]);
  page.draft.removed = new Set([1]);
  const text = scenarioText('甲"\n乙\ud800');
  assert.match(text, /name = "甲\\"\\n乙\ufffd"/);
  assert.match(
    text,
    /\[\[add\]\]\nid = "draft-1"\nname = "草案设施1"\ncategory = "sports"\nlon = 122\.4000000\nlat = /,
  );
  assert.match(text, /\[\[close\]\]\nid = "b\\"x"/);
});

test("tables sort numbers by size and what is missing last", () => {
  const sorted = (list, down) => list.toSorted((a, b) => inOrder(a, b, down));
  assert.deepEqual(sorted(["1,200", "30", "–", "4.5%"], false), ["4.5%", "30", "1,200", "–"]);
  assert.deepEqual(sorted(["30", "–", "1,200"], true), ["1,200", "30", "–"]);
});
