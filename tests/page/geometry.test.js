// Shapes: what is unpacked, and what is given back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { unpackShapes } from "../../circles/outputs/map/script/geometry.js";

// Two streets of two points each; or one shape of both.
const packed = (parts) => ({ d: new Int32Array([0, 0, 10, 0, 20, 0, 0, 10]), n: [2, 2], g: parts });

test("shapes of one part each share one set of boxes, and the others have their own", () => {
  const streets = unpackShapes(packed([1, 1]));
  assert.equal(streets.box, streets.partBox);
  const land = unpackShapes(packed([2]));
  assert.deepEqual(
    [...land.box],
    [land.partBox[0], land.partBox[5], land.partBox[6], land.partBox[3]], // west of the first, north and east of the second
  );
  assert.deepEqual([...streets.x], [...land.x]);
});

test("packed steps are given back only where nobody reads them again", () => {
  const shared = packed([1, 1]),
    last = packed([1, 1]);
  unpackShapes(shared);
  const found = unpackShapes(last, true);
  assert.equal(shared.d.length, 8);
  assert.equal(last.d, null);
  assert.equal(unpackShapes(last, true), found);
});
