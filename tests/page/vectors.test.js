// The page agrees with the program on the shared vectors of tests/vectors, which tests/test_page_script.py makes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { layered } from "../../circles/outputs/map/script/form.js";
import { placeOf, secondsAt, walkedGraph } from "../../circles/outputs/map/script/network.js";
import { page, take } from "../../circles/outputs/map/script/page.js";
import { percentText } from "../../circles/outputs/map/script/text.js";
import { countedOf, everybody } from "../../circles/outputs/map/script/whatif.js";
import { toNearest } from "../../circles/outputs/map/script/why.js";

const vectors = (name) => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));

test("a percentage is rounded as the program rounds it", () => {
  for (const [value, threshold, text] of vectors("percent")) {
    assert.equal(percentText(value, threshold), text.replaceAll(",", ""), `${value} ${threshold}`);
  }
});

for (const [direction, city] of Object.entries(vectors("lattice"))) {
  const open = () => {
    const { data } = layered(Object.keys(city.layers), (name) => city.layers[name]);
    take(data);
    return data;
  };

  test(`seconds walked ${direction} are those of the program`, () => {
    const data = open();
    data.categories.forEach((category, c) => {
      const snapped = walkedGraph().facilities[data.walked.walkers[c]];
      const found = everybody(
        c,
        countedOf(c).map((i) => placeOf(snapped, i)),
      );
      city.seconds[category.id].forEach((seconds, i) => {
        if (seconds === null) assert.equal(found[i], Infinity);
        else assert.ok(Math.abs(found[i] - seconds) < 2e-3, `${category.id} ${i}: ${found[i]} ${seconds}`);
      });
    });
  });

  test(`the nearest place ${direction} is that of the program`, () => {
    const data = open();
    data.categories.forEach((category, c) => {
      const { w, rows, places, found } = toNearest(c);
      city.nearest[category.id].forEach((id, i) => {
        const { to } = secondsAt(w, found, places, placeOf(walkedGraph().residents[w], i));
        assert.equal(to < 0 ? "" : data.facilities.id[rows[to]], id ?? "");
      });
    });
  });

  test(`people inside each catchment ${direction} are those of the program`, () => {
    const data = open();
    const { limits, groups, people } = city.inside;
    assert.deepEqual(groups, ["population"]);
    data.facilities.id.forEach((id, i) => {
      const c = data.facilities.category[i];
      const snapped = walkedGraph().facilities[data.walked.walkers[c]];
      const seconds = everybody(c, [placeOf(snapped, i)]);
      limits.forEach((limit, l) => {
        const inside = data.residents.population.reduce(
          (sum, n, r) => sum + (seconds[r] <= limit * 60 + 1e-3 ? n : 0),
          0,
        );
        assert.equal(inside, people[i] === null ? 0 : people[i][l], `${id} ${limit}`);
      });
    });
  });
}

test("page is one state for all modules", () => {
  assert.ok(page.data);
});
