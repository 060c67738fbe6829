// The form in which data travel: typed arrays where the program had arrays, decoded when first read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { layered, merged, valueOf } from "../../circles/outputs/map/script/form.js";

const layer = (value, arrays = [], blobs = []) => {
  let head = JSON.stringify({ value, arrays });
  while ((head.length + 8) % 8) head += " ";
  const about = Buffer.alloc(8);
  about.writeUInt32LE(2, 0);
  about.writeUInt32LE(head.length, 4);
  return Buffer.concat([about, Buffer.from(head), ...blobs]);
};
const packed = (...args) => gzipSync(layer(...args)).toString("base64");

test("arrays stand where the JSON has null, typed as written", () => {
  const bytes = new Uint8Array(
    layer({ a: { b: [null, 1] } }, [[["a", "b", 0], "i16", 0, 2]], [Buffer.from([1, 0, 255, 255, 0, 0, 0, 0])]),
  );
  const value = valueOf(bytes);
  assert.deepEqual(value.a.b[0], new Int16Array([1, -1]));
  assert.equal(value.a.b[1], 1);
});

test("a layer that is an array itself is read", () => {
  const bytes = new Uint8Array(layer(null, [[[], "i8", 0, 1]], [Buffer.from([7, 0, 0, 0, 0, 0, 0, 0])]));
  assert.deepEqual(valueOf(bytes), new Int8Array([7]));
});

test("numbers in as many bytes as they need come back whole", () => {
  // what form.py writes of 0, -1, 63, 64, -65, 2^31 - 1, -2^31
  const blob = "00017e80018101feffffff0fffffffff0f";
  const bytes = new Uint8Array(layer(null, [[[], "p32", 0, 7]], [Buffer.from(blob, "hex")]));
  assert.deepEqual(valueOf(bytes), new Int32Array([0, -1, 63, 64, -65, 2147483647, -2147483648]));
});

test("another form is refused", () => {
  const bytes = new Uint8Array(layer({}));
  bytes[0] = 9;
  assert.throws(() => valueOf(bytes));
});

test("a layer is decoded when first read, and once", () => {
  const asked = [];
  const texts = { head: packed({ lang: "zh" }), big: packed([1, 2]) };
  const { data } = layered(["head", "big"], (name) => {
    asked.push(name);
    return texts[name];
  });
  assert.deepEqual(asked, ["head"]);
  assert.equal(data.big, data.big);
  assert.deepEqual(asked, ["head", "big"]);
});

test("layers decoded ahead by the platform are the same", async () => {
  const texts = { head: packed({}), big: packed([1, 2]) };
  const { data, ahead } = layered(["head", "big"], (name) => texts[name]);
  await ahead(["big", "unknown"]);
  assert.deepEqual(data.big, [1, 2]);
});

test("the state before is the state after save for what differs", () => {
  const after = { a: 1, b: { c: 2, d: 3 } };
  const before = merged(after, { is: { a: 5 }, within: { b: { is: { d: 4 }, within: {} } } });
  assert.equal(before.a, 5);
  assert.equal(before.b.c, 2);
  assert.equal(before.b.d, 4);
});
