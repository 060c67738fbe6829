// How the data travel: one layer a subject, gzip in base64, numbers as typed arrays; decoded when first read.
// The bytes are described in docs/page.md; circles/outputs/map/form.py writes them.
import { gunzipSync } from "fflate";

const FORM = 2;
const HEADER = 8;
const ARRAYS = { i8: Int8Array, i16: Int16Array, i32: Int32Array, f32: Float32Array, f64: Float64Array };
const SHORT = { p16: Int16Array, p32: Int32Array };

/** @param {string} text base64 @returns {Uint8Array<ArrayBuffer>} */
export const bytesOf = (text) => {
  const signs = atob(text),
    out = new Uint8Array(signs.length);
  for (let i = 0; i < signs.length; i++) out[i] = signs.charCodeAt(i);
  return out;
};

/** Whole numbers of seven bits a byte, the least first; the sign is the lowest bit. @param {Uint8Array} bytes */
export const longOf = (Kind, bytes, from, count) => {
  const out = new Kind(count);
  for (let i = 0, at = from; i < count; i++) {
    let bits = 0,
      byte = 0,
      shift = 0;
    do {
      byte = bytes[at++];
      bits |= (byte & 127) << shift;
      shift += 7;
    } while (byte > 127);
    out[i] = (bits >>> 1) ^ -(bits & 1);
  }
  return out;
};

const arrayOf = (Kind, bytes, from, count) => {
  const at = bytes.byteOffset + from;
  return at % Kind.BYTES_PER_ELEMENT
    ? new Kind(bytes.slice(from, from + count * Kind.BYTES_PER_ELEMENT).buffer)
    : new Kind(bytes.buffer, at, count);
};

/** The value of one layer from its unpacked bytes. @param {Uint8Array} bytes */
export const valueOf = (bytes) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    length = view.getUint32(4, true);
  if (view.getUint32(0, true) !== FORM) throw new Error("form");
  const { value, arrays } = JSON.parse(new TextDecoder().decode(bytes.subarray(HEADER, HEADER + length)));
  const root = { "": value };
  for (const [path, kind, at, count] of arrays) {
    const whole = ["", ...path],
      last = whole.pop(),
      from = HEADER + length + at;
    whole.reduce((place, step) => place[step], root)[last] =
      kind in SHORT ? longOf(SHORT[kind], bytes, from, count) : arrayOf(ARRAYS[kind], bytes, from, count);
  }
  return root[""];
};

/** @param {Uint8Array<ArrayBuffer>} packed */
const unpackNative = async (packed) => {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};

/**
 * The payload whose layers are decoded when first read. `textOf` gives the base64 of a layer.
 * `ahead` decodes layers before they are read, with the browser's own unpacker where it has one.
 * @param {string[]} names @param {(name: string) => string} textOf
 */
export const layered = (names, textOf) => {
  const known = new Map();
  const read = (name) => {
    if (!known.has(name)) known.set(name, valueOf(gunzipSync(bytesOf(textOf(name)))));
    return known.get(name);
  };
  const ahead = (wanted) =>
    Promise.all(
      wanted.map(async (name) => {
        if (known.has(name) || !names.includes(name) || typeof DecompressionStream === "undefined") return;
        const value = valueOf(await unpackNative(bytesOf(textOf(name))));
        if (!known.has(name)) known.set(name, value);
      }),
    );
  const data = { ...read("head") };
  for (const name of names) {
    if (name !== "head") {
      Object.defineProperty(data, name, { enumerable: true, configurable: true, get: () => read(name) });
    }
  }
  return { data, ahead };
};

/**
 * The state before, where there is one: what is not in it is as in the state after. Entries are read when asked for.
 * @returns {any}
 */
export const merged = (after, less) => {
  const out = {};
  for (const key of Object.keys(after)) {
    const get = Object.hasOwn(less.is, key)
      ? () => less.is[key]
      : Object.hasOwn(less.within, key)
        ? once(() => merged(after[key], less.within[key]))
        : () => after[key];
    Object.defineProperty(out, key, { enumerable: true, get });
  }
  return out;
};

const once = (make) => {
  let value;
  return () => (value === undefined ? (value = make()) : value);
};
