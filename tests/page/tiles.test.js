// Frames fill their rectangle, whatever their number and shape.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fitted, roundLength, tiles } from "../../circles/outputs/map/script/tiles.js";

test("frames fill the rectangle without overlap", () => {
  for (let n = 1; n < 14; n++) {
    const frames = Array.from({ length: n }, (_, i) => ({ weight: 1 / (i + 1), ratio: 0.5 + (i % 4) / 2 }));
    const places = tiles(frames, [0, 0, 900, 600]);
    assert.equal(places.length, n);
    const area = places.reduce((sum, [, , w, h]) => sum + w * h, 0);
    assert.ok(Math.abs(area - 540000) < 1e-3);
    places.forEach(([x, y, w, h], i) => {
      assert.ok(w > 0 && h > 0 && x > -1e-9 && y > -1e-9 && x + w < 900.001 && y + h < 600.001);
      for (const [a, b, c, d] of places.slice(i + 1)) {
        assert.ok(x + w <= a + 1e-6 || a + c <= x + 1e-6 || y + h <= b + 1e-6 || b + d <= y + 1e-6);
      }
    });
  }
  assert.deepEqual(tiles([], [0, 0, 1, 1]), []);
});

test("a box is widened to the frame's shape and keeps its middle", () => {
  const [w, n, e, s] = fitted([0.2, 0.2, 0.4, 0.3], 100, 100, 0);
  assert.ok(Math.abs(e - w - (s - n)) < 1e-12 && Math.abs(w - 0.2) < 1e-12 && Math.abs((n + s) / 2 - 0.25) < 1e-12);
});

test("a scale has a round length", () => {
  assert.deepEqual([730, 4999, 12, 2000].map(roundLength), [500, 2000, 10, 2000]);
});
