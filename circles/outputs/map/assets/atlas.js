"use strict"; // made by `npm run build` out of circles/outputs/map/script; with fflate 0.8 (MIT) inside
"use strict";
(() => {
  // circles/outputs/map/script/dom.js
  var el = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === void 0 || value === null || value === false) continue;
      if (name === "on") for (const [event, action] of Object.entries(value)) node.addEventListener(event, action);
      else if (name === "class") node.className = value;
      else node.setAttribute(name, value === true ? "" : String(value));
    }
    for (const child of children.flat(3)) {
      if (child === null || child === void 0 || child === false || child === "") continue;
      node.append(child instanceof Node ? child : document.createTextNode(String(child)));
    }
    return node;
  };
  var fillNode = (node, ...children) => {
    node.replaceChildren(...children.flat(3).filter(Boolean));
    return node;
  };
  var definitions = (pairs) => el(
    "dl",
    {},
    pairs.filter(([, value]) => value !== "" && value !== null && value !== void 0).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])
  );

  // circles/outputs/map/script/geometry.js
  var toX = (lon) => lon / 360 + 0.5;
  var toY = (lat) => {
    const s = Math.sin(Math.max(-85, Math.min(85, lat)) * Math.PI / 180);
    return 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
  };
  var toLat = (y) => Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180 / Math.PI;
  var toLatLng = (x2, y) => [toLat(y), (x2 - 0.5) * 360];
  var unpackPoints = (steps) => {
    const count = steps.length / 2, x2 = new Float64Array(count), y = new Float64Array(count);
    for (let i2 = 0, lon = 0, lat = 0; i2 < count; i2++) {
      lon += steps[2 * i2];
      lat += steps[2 * i2 + 1];
      x2[i2] = toX(lon * 1e-5);
      y[i2] = toY(lat * 1e-5);
    }
    return { x: x2, y, count };
  };
  var unpacked = /* @__PURE__ */ new WeakMap();
  var unpackShapes = (packed, isLast = false) => {
    if (!unpacked.has(packed)) {
      unpacked.set(packed, unpackNow(packed));
      if (isLast) packed.d = null;
    }
    return unpacked.get(packed);
  };
  var unpackNow = (packed) => {
    const { x: x2, y } = unpackPoints(packed.d), count = packed.g.length;
    const point = new Int32Array(packed.n.length + 1), part = new Int32Array(count + 1);
    packed.n.forEach((n, i2) => {
      point[i2 + 1] = point[i2] + n;
    });
    packed.g.forEach((n, i2) => {
      part[i2 + 1] = part[i2] + n;
    });
    const boxOf2 = (from, to, into, k) => {
      let w = Infinity, n = Infinity, e = -Infinity, s = -Infinity;
      for (let j = from; j < to; j++) {
        if (x2[j] < w) w = x2[j];
        if (x2[j] > e) e = x2[j];
        if (y[j] < n) n = y[j];
        if (y[j] > s) s = y[j];
      }
      into.set([w, n, e, s], k * 4);
    };
    const partBox = new Float64Array(packed.n.length * 4);
    for (let p = 0; p < packed.n.length; p++) boxOf2(point[p], point[p + 1], partBox, p);
    const box = part[count] === count && packed.g.every((n) => n === 1) ? partBox : boxesOf(count, part, partBox);
    return { x: x2, y, point, part, box, partBox, count };
  };
  var boxesOf = (count, part, partBox) => {
    const box = new Float64Array(count * 4);
    for (let i2 = 0; i2 < count; i2++) {
      let [w, n, e, s] = [Infinity, Infinity, -Infinity, -Infinity];
      for (let p = part[i2]; p < part[i2 + 1]; p++) {
        w = Math.min(w, partBox[4 * p]);
        n = Math.min(n, partBox[4 * p + 1]);
        e = Math.max(e, partBox[4 * p + 2]);
        s = Math.max(s, partBox[4 * p + 3]);
      }
      box.set([w, n, e, s], i2 * 4);
    }
    return box;
  };
  var contains = (shape, i2, x2, y) => {
    const b = shape.box;
    if (x2 < b[4 * i2] || y < b[4 * i2 + 1] || x2 > b[4 * i2 + 2] || y > b[4 * i2 + 3]) return false;
    let inside = false;
    for (let p = shape.part[i2]; p < shape.part[i2 + 1]; p++) {
      for (let j = shape.point[p], k = shape.point[p + 1] - 1; j < shape.point[p + 1]; k = j++) {
        const yj = shape.y[j], yk = shape.y[k];
        if (yj > y !== yk > y && x2 < (shape.x[k] - shape.x[j]) * (y - yj) / (yk - yj) + shape.x[j]) inside = !inside;
      }
    }
    return inside;
  };
  var distance2 = (shape, i2, x2, y) => {
    let best2 = Infinity;
    for (let p = shape.part[i2]; p < shape.part[i2 + 1]; p++) {
      const first = shape.point[p], last = shape.point[p + 1];
      for (let j = first; j < last; j++) {
        const k = Math.min(j + 1, last - 1);
        const dx = shape.x[k] - shape.x[j], dy = shape.y[k] - shape.y[j], span = dx * dx + dy * dy;
        const t = span ? Math.max(0, Math.min(1, ((x2 - shape.x[j]) * dx + (y - shape.y[j]) * dy) / span)) : 0;
        const ex = shape.x[j] + t * dx - x2, ey = shape.y[j] + t * dy - y;
        best2 = Math.min(best2, ex * ex + ey * ey);
      }
    }
    return best2;
  };
  var shapesOf = (data, isOnly = false) => {
    const make = {
      land: () => unpackShapes(data.land, isOnly),
      townships: () => unpackShapes(data.townships.shape, isOnly),
      borders: () => unpackShapes(data.townships.borders, isOnly),
      streets: () => unpackShapes(data.streets.shape, isOnly),
      areas: () => unpackShapes(data.serviceAreas.shape, isOnly),
      gaps: () => unpackShapes(data.gaps.shape, isOnly),
      facilities: () => unpackPoints(data.facilities.at),
      residents: () => unpackPoints(data.residents.at)
    };
    const known2 = /* @__PURE__ */ new Map();
    const out = {};
    for (const name of Object.keys(make)) {
      Object.defineProperty(out, name, {
        enumerable: true,
        get: () => {
          if (!known2.has(name)) known2.set(name, make[name]());
          return known2.get(name);
        }
      });
    }
    return out;
  };

  // node_modules/fflate/esm/browser.js
  var u8 = Uint8Array;
  var u16 = Uint16Array;
  var i32 = Int32Array;
  var fleb = new u8([
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    1,
    1,
    1,
    1,
    2,
    2,
    2,
    2,
    3,
    3,
    3,
    3,
    4,
    4,
    4,
    4,
    5,
    5,
    5,
    5,
    0,
    /* unused */
    0,
    0,
    /* impossible */
    0
  ]);
  var fdeb = new u8([
    0,
    0,
    0,
    0,
    1,
    1,
    2,
    2,
    3,
    3,
    4,
    4,
    5,
    5,
    6,
    6,
    7,
    7,
    8,
    8,
    9,
    9,
    10,
    10,
    11,
    11,
    12,
    12,
    13,
    13,
    /* unused */
    0,
    0
  ]);
  var clim = new u8([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);
  var freb = function(eb, start) {
    var b = new u16(31);
    for (var i2 = 0; i2 < 31; ++i2) {
      b[i2] = start += 1 << eb[i2 - 1];
    }
    var r = new i32(b[30]);
    for (var i2 = 1; i2 < 30; ++i2) {
      for (var j = b[i2]; j < b[i2 + 1]; ++j) {
        r[j] = j - b[i2] << 5 | i2;
      }
    }
    return { b, r };
  };
  var _a = freb(fleb, 2);
  var fl = _a.b;
  var revfl = _a.r;
  fl[28] = 258, revfl[258] = 28;
  var _b = freb(fdeb, 0);
  var fd = _b.b;
  var revfd = _b.r;
  var rev = new u16(32768);
  for (i = 0; i < 32768; ++i) {
    x = (i & 43690) >> 1 | (i & 21845) << 1;
    x = (x & 52428) >> 2 | (x & 13107) << 2;
    x = (x & 61680) >> 4 | (x & 3855) << 4;
    rev[i] = ((x & 65280) >> 8 | (x & 255) << 8) >> 1;
  }
  var x;
  var i;
  var hMap = (function(cd, mb, r) {
    var s = cd.length;
    var i2 = 0;
    var l = new u16(mb);
    for (; i2 < s; ++i2) {
      if (cd[i2])
        ++l[cd[i2] - 1];
    }
    var le = new u16(mb);
    for (i2 = 1; i2 < mb; ++i2) {
      le[i2] = le[i2 - 1] + l[i2 - 1] << 1;
    }
    var co;
    if (r) {
      co = new u16(1 << mb);
      var rvb = 15 - mb;
      for (i2 = 0; i2 < s; ++i2) {
        if (cd[i2]) {
          var sv = i2 << 4 | cd[i2];
          var r_1 = mb - cd[i2];
          var v = le[cd[i2] - 1]++ << r_1;
          for (var m = v | (1 << r_1) - 1; v <= m; ++v) {
            co[rev[v] >> rvb] = sv;
          }
        }
      }
    } else {
      co = new u16(s);
      for (i2 = 0; i2 < s; ++i2) {
        if (cd[i2]) {
          co[i2] = rev[le[cd[i2] - 1]++] >> 15 - cd[i2];
        }
      }
    }
    return co;
  });
  var flt = new u8(288);
  for (i = 0; i < 144; ++i)
    flt[i] = 8;
  var i;
  for (i = 144; i < 256; ++i)
    flt[i] = 9;
  var i;
  for (i = 256; i < 280; ++i)
    flt[i] = 7;
  var i;
  for (i = 280; i < 288; ++i)
    flt[i] = 8;
  var i;
  var fdt = new u8(32);
  for (i = 0; i < 32; ++i)
    fdt[i] = 5;
  var i;
  var flrm = /* @__PURE__ */ hMap(flt, 9, 1);
  var fdrm = /* @__PURE__ */ hMap(fdt, 5, 1);
  var max = function(a) {
    var m = a[0];
    for (var i2 = 1; i2 < a.length; ++i2) {
      if (a[i2] > m)
        m = a[i2];
    }
    return m;
  };
  var bits = function(d, p, m) {
    var o = p / 8 | 0;
    return (d[o] | d[o + 1] << 8) >> (p & 7) & m;
  };
  var bits16 = function(d, p) {
    var o = p / 8 | 0;
    return (d[o] | d[o + 1] << 8 | d[o + 2] << 16) >> (p & 7);
  };
  var shft = function(p) {
    return (p + 7) / 8 | 0;
  };
  var slc = function(v, s, e) {
    if (s == null || s < 0)
      s = 0;
    if (e == null || e > v.length)
      e = v.length;
    return new u8(v.subarray(s, e));
  };
  var ec = [
    "unexpected EOF",
    "invalid block type",
    "invalid length/literal",
    "invalid distance",
    "stream finished",
    "no stream handler",
    ,
    // determined by compression function
    "no callback",
    "invalid UTF-8 data",
    "extra field too long",
    "date not in range 1980-2099",
    "filename too long",
    "stream finishing",
    "invalid zip data"
    // determined by unknown compression method
  ];
  var err = function(ind, msg, nt) {
    var e = new Error(msg || ec[ind]);
    e.code = ind;
    if (Error.captureStackTrace)
      Error.captureStackTrace(e, err);
    if (!nt)
      throw e;
    return e;
  };
  var inflt = function(dat, st, buf, dict) {
    var sl = dat.length, dl = dict ? dict.length : 0;
    if (!sl || st.f && !st.l)
      return buf || new u8(0);
    var noBuf = !buf;
    var resize = noBuf || st.i != 2;
    var noSt = st.i;
    if (noBuf)
      buf = new u8(sl * 3);
    var cbuf = function(l2) {
      var bl = buf.length;
      if (l2 > bl) {
        var nbuf = new u8(Math.max(bl * 2, l2));
        nbuf.set(buf);
        buf = nbuf;
      }
    };
    var final = st.f || 0, pos = st.p || 0, bt = st.b || 0, lm = st.l, dm = st.d, lbt = st.m, dbt = st.n;
    var tbts = sl * 8;
    do {
      if (!lm) {
        final = bits(dat, pos, 1);
        var type = bits(dat, pos + 1, 3);
        pos += 3;
        if (!type) {
          var s = shft(pos) + 4, l = dat[s - 4] | dat[s - 3] << 8, t = s + l;
          if (t > sl) {
            if (noSt)
              err(0);
            break;
          }
          if (resize)
            cbuf(bt + l);
          buf.set(dat.subarray(s, t), bt);
          st.b = bt += l, st.p = pos = t * 8, st.f = final;
          continue;
        } else if (type == 1)
          lm = flrm, dm = fdrm, lbt = 9, dbt = 5;
        else if (type == 2) {
          var hLit = bits(dat, pos, 31) + 257, hcLen = bits(dat, pos + 10, 15) + 4;
          var tl = hLit + bits(dat, pos + 5, 31) + 1;
          pos += 14;
          var ldt = new u8(tl);
          var clt = new u8(19);
          for (var i2 = 0; i2 < hcLen; ++i2) {
            clt[clim[i2]] = bits(dat, pos + i2 * 3, 7);
          }
          pos += hcLen * 3;
          var clb = max(clt), clbmsk = (1 << clb) - 1;
          var clm = hMap(clt, clb, 1);
          for (var i2 = 0; i2 < tl; ) {
            var r = clm[bits(dat, pos, clbmsk)];
            pos += r & 15;
            var s = r >> 4;
            if (s < 16) {
              ldt[i2++] = s;
            } else {
              var c = 0, n = 0;
              if (s == 16)
                n = 3 + bits(dat, pos, 3), pos += 2, c = ldt[i2 - 1];
              else if (s == 17)
                n = 3 + bits(dat, pos, 7), pos += 3;
              else if (s == 18)
                n = 11 + bits(dat, pos, 127), pos += 7;
              while (n--)
                ldt[i2++] = c;
            }
          }
          var lt = ldt.subarray(0, hLit), dt = ldt.subarray(hLit);
          lbt = max(lt);
          dbt = max(dt);
          lm = hMap(lt, lbt, 1);
          dm = hMap(dt, dbt, 1);
        } else
          err(1);
        if (pos > tbts) {
          if (noSt)
            err(0);
          break;
        }
      }
      if (resize)
        cbuf(bt + 131072);
      var lms = (1 << lbt) - 1, dms = (1 << dbt) - 1;
      var lpos = pos;
      for (; ; lpos = pos) {
        var c = lm[bits16(dat, pos) & lms], sym = c >> 4;
        pos += c & 15;
        if (pos > tbts) {
          if (noSt)
            err(0);
          break;
        }
        if (!c)
          err(2);
        if (sym < 256)
          buf[bt++] = sym;
        else if (sym == 256) {
          lpos = pos, lm = null;
          break;
        } else {
          var add = sym - 254;
          if (sym > 264) {
            var i2 = sym - 257, b = fleb[i2];
            add = bits(dat, pos, (1 << b) - 1) + fl[i2];
            pos += b;
          }
          var d = dm[bits16(dat, pos) & dms], dsym = d >> 4;
          if (!d)
            err(3);
          pos += d & 15;
          var dt = fd[dsym];
          if (dsym > 3) {
            var b = fdeb[dsym];
            dt += bits16(dat, pos) & (1 << b) - 1, pos += b;
          }
          if (pos > tbts) {
            if (noSt)
              err(0);
            break;
          }
          if (resize)
            cbuf(bt + 131072);
          var end = bt + add;
          if (bt < dt) {
            var shift = dl - dt, dend = Math.min(dt, end);
            if (shift + bt < 0)
              err(3);
            for (; bt < dend; ++bt)
              buf[bt] = dict[shift + bt];
          }
          for (; bt < end; ++bt)
            buf[bt] = buf[bt - dt];
        }
      }
      st.l = lm, st.p = lpos, st.b = bt, st.f = final;
      if (lm)
        final = 1, st.m = lbt, st.d = dm, st.n = dbt;
    } while (!final);
    return bt != buf.length && noBuf ? slc(buf, 0, bt) : buf.subarray(0, bt);
  };
  var et = /* @__PURE__ */ new u8(0);
  var gzs = function(d) {
    if (d[0] != 31 || d[1] != 139 || d[2] != 8)
      err(6, "invalid gzip data");
    var flg = d[3];
    var st = 10;
    if (flg & 4)
      st += (d[10] | d[11] << 8) + 2;
    for (var zs = (flg >> 3 & 1) + (flg >> 4 & 1); zs > 0; zs -= !d[st++])
      ;
    return st + (flg & 2);
  };
  var gzl = function(d) {
    var l = d.length;
    return (d[l - 4] | d[l - 3] << 8 | d[l - 2] << 16 | d[l - 1] << 24) >>> 0;
  };
  function gunzipSync(data, opts) {
    var st = gzs(data);
    if (st + 8 > data.length)
      err(6, "invalid gzip data");
    return inflt(data.subarray(st, -8), { i: 2 }, opts && opts.out || new u8(gzl(data)), opts && opts.dictionary);
  }
  var td = typeof TextDecoder != "undefined" && /* @__PURE__ */ new TextDecoder();
  var tds = 0;
  try {
    td.decode(et, { stream: true });
    tds = 1;
  } catch (e) {
  }

  // circles/outputs/map/script/form.js
  var FORM = 2;
  var HEADER = 8;
  var ARRAYS = { i8: Int8Array, i16: Int16Array, i32: Int32Array, f32: Float32Array, f64: Float64Array };
  var SHORT = { p16: Int16Array, p32: Int32Array };
  var bytesOf = (text) => {
    const signs = atob(text), out = new Uint8Array(signs.length);
    for (let i2 = 0; i2 < signs.length; i2++) out[i2] = signs.charCodeAt(i2);
    return out;
  };
  var longOf = (Kind, bytes, from, count) => {
    const out = new Kind(count);
    for (let i2 = 0, at = from; i2 < count; i2++) {
      let bits2 = 0, byte = 0, shift = 0;
      do {
        byte = bytes[at++];
        bits2 |= (byte & 127) << shift;
        shift += 7;
      } while (byte > 127);
      out[i2] = bits2 >>> 1 ^ -(bits2 & 1);
    }
    return out;
  };
  var arrayOf = (Kind, bytes, from, count) => {
    const at = bytes.byteOffset + from;
    return at % Kind.BYTES_PER_ELEMENT ? new Kind(bytes.slice(from, from + count * Kind.BYTES_PER_ELEMENT).buffer) : new Kind(bytes.buffer, at, count);
  };
  var valueOf = (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), length = view.getUint32(4, true);
    if (view.getUint32(0, true) !== FORM) throw new Error("form");
    const { value, arrays } = JSON.parse(new TextDecoder().decode(bytes.subarray(HEADER, HEADER + length)));
    const root = { "": value };
    for (const [path, kind, at, count] of arrays) {
      const whole = ["", ...path], last = whole.pop(), from = HEADER + length + at;
      whole.reduce((place, step) => place[step], root)[last] = kind in SHORT ? longOf(SHORT[kind], bytes, from, count) : arrayOf(ARRAYS[kind], bytes, from, count);
    }
    return root[""];
  };
  var unpackNative = async (packed) => {
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };
  var layered = (names, textOf2) => {
    const known2 = /* @__PURE__ */ new Map();
    const read = (name) => {
      if (!known2.has(name)) known2.set(name, valueOf(gunzipSync(bytesOf(textOf2(name)))));
      return known2.get(name);
    };
    const ahead = (wanted) => Promise.all(
      wanted.map(async (name) => {
        if (known2.has(name) || !names.includes(name) || typeof DecompressionStream === "undefined") return;
        const value = valueOf(await unpackNative(bytesOf(textOf2(name))));
        if (!known2.has(name)) known2.set(name, value);
      })
    );
    const data = { ...read("head") };
    for (const name of names) {
      if (name !== "head") {
        Object.defineProperty(data, name, { enumerable: true, configurable: true, get: () => read(name) });
      }
    }
    return { data, ahead };
  };
  var merged = (after, less) => {
    const out = {};
    for (const key of Object.keys(after)) {
      const get = Object.hasOwn(less.is, key) ? () => less.is[key] : Object.hasOwn(less.within, key) ? once(() => merged(after[key], less.within[key])) : () => after[key];
      Object.defineProperty(out, key, { enumerable: true, get });
    }
    return out;
  };
  var once = (make) => {
    let value;
    return () => value === void 0 ? value = make() : value;
  };

  // circles/outputs/map/script/page.js
  var NOTHING = null;
  var page = {
    data: NOTHING,
    worlds: { after: NOTHING, before: null },
    difference: null,
    shapes: NOTHING,
    spots: null,
    allSpots: null,
    way: null,
    map: null,
    tip: null,
    sheets: [],
    redraw: () => {
    },
    fillVerdicts: () => {
    },
    readyMs: 0,
    countyZoom: 0,
    state: {
      on: {},
      circle: -1,
      facility: -1,
      gap: -1,
      cell: null,
      side: "after",
      service: "",
      verdict: "",
      island: "",
      at: null,
      hour: -1,
      boat: -1,
      overview: false
    },
    listeners: [],
    draft: { added: [], removed: /* @__PURE__ */ new Set(), placing: false, category: -1, before: /* @__PURE__ */ new Map(), result: null },
    lateSections: /* @__PURE__ */ new Map()
  };
  var take = (data) => {
    page.data = data;
    page.worlds = { after: data, before: data.before ? merged(data, data.before) : null };
    page.difference = data.difference || null;
  };

  // circles/outputs/map/script/network.js
  var graphs = /* @__PURE__ */ new WeakMap();
  var runsOf = (packed, count) => {
    const out = new Int32Array(count);
    for (let k = 0, at = 0; k < packed.length; at += packed[k], k += 2) out.fill(packed[k + 1], at, at + packed[k]);
    return out;
  };
  var endsOf = (w) => {
    const tail = new Int32Array(w.tail.length), head = new Int32Array(w.tail.length);
    for (let e = 0, at = 0; e < tail.length; e++) {
      tail[e] = at += w.tail[e];
      head[e] = at + w.head[e];
    }
    return { tail, head };
  };
  var walkedGraph = () => {
    const w = page.data.walked;
    if (!w || graphs.has(w)) return w && graphs.get(w);
    const { tail, head } = endsOf(w), first = new Int32Array(w.nodes + 1);
    for (let e = 0; e < tail.length; e++) {
      first[tail[e] + 1]++;
      first[head[e] + 1]++;
    }
    for (let i2 = 0; i2 < w.nodes; i2++) first[i2 + 1] += first[i2];
    const at = first.slice(), edges = new Int32Array(2 * tail.length);
    for (let e = 0; e < tail.length; e++) {
      edges[at[tail[e]]++] = e;
      edges[at[head[e]]++] = e;
    }
    graphs.set(w, {
      tail,
      head,
      first,
      edges,
      nodes: w.nodes,
      kind: w.kind,
      seconds: w.seconds.map(([forward, backward]) => [forward, backward || forward]),
      residents: w.residents,
      facilities: w.facilities,
      island: runsOf(w.island, tail.length)
    });
    return graphs.get(w);
  };
  var towards = (walker) => {
    const [forward, backward] = walkedGraph().seconds[walker];
    return page.data.walked.toFacility ? [forward, backward] : [backward, forward];
  };
  var spreadFrom = (walker, places, limit, forWay = false) => {
    const g = walkedGraph(), [forward, backward] = towards(walker);
    const root = new Int32Array(g.nodes).fill(-1), seconds2 = new Float64Array(g.nodes).fill(Infinity), by = forWay ? new Int32Array(g.nodes).fill(-1) : null, from = forWay ? new Int32Array(g.nodes).fill(-1) : null;
    const heap = [], key = [];
    const push = (node, s) => {
      let i2 = heap.length;
      heap.push(node);
      key.push(s);
      while (i2 > 0) {
        const p = i2 - 1 >> 1;
        if (key[p] <= s) break;
        heap[i2] = heap[p];
        key[i2] = key[p];
        i2 = p;
      }
      heap[i2] = node;
      key[i2] = s;
    };
    const pop = () => {
      const node = heap[0], s = key[0], lastNode = heap.pop(), lastKey = key.pop(), n = heap.length;
      let i2 = 0;
      for (; ; ) {
        let c = 2 * i2 + 1;
        if (c >= n) break;
        if (c + 1 < n && key[c + 1] < key[c]) c++;
        if (key[c] >= lastKey) break;
        heap[i2] = heap[c];
        key[i2] = key[c];
        i2 = c;
      }
      if (n) {
        heap[i2] = lastNode;
        key[i2] = lastKey;
      }
      return [node, s];
    };
    const relax = (node, s, edge, before) => {
      if (s < seconds2[node] && s <= limit) {
        seconds2[node] = s;
        if (forWay) {
          by[node] = edge;
          from[node] = before;
        }
        root[node] = before < -1 ? -2 - before : root[before];
        push(node, s);
      }
    };
    const on = /* @__PURE__ */ new Map();
    places.forEach((place, i2) => {
      for (const p of legsOf(place)) {
        if (on.has(p.edge)) on.get(p.edge).push([i2, p]);
        else on.set(p.edge, [[i2, p]]);
        relax(g.tail[p.edge], p.leg + p.fraction * forward[p.edge], p.edge, -2 - i2);
        relax(g.head[p.edge], p.leg + (1 - p.fraction) * backward[p.edge], p.edge, -2 - i2);
      }
    });
    while (heap.length) {
      const [node, s] = pop();
      if (s > seconds2[node]) continue;
      for (let k = g.first[node]; k < g.first[node + 1]; k++) {
        const e = g.edges[k];
        if (g.head[e] === node) relax(g.tail[e], s + forward[e], e, node);
        if (g.tail[e] === node) relax(g.head[e], s + backward[e], e, node);
      }
    }
    return { seconds: seconds2, by, from, root, on };
  };
  var legsOf = (place) => place.edge < 0 ? [] : place.also ? [place, ...place.also] : [place];
  var secondsAt = (walker, found, places, place) => {
    let best2 = { s: Infinity, end: -1, to: -1, leg: place };
    for (const leg of legsOf(place)) {
      const over = secondsOver(walker, found, leg);
      if (over.s < best2.s) best2 = { ...over, leg };
    }
    return best2;
  };
  var secondsOver = (walker, found, place) => {
    const g = walkedGraph(), [forward, backward] = towards(walker), e = place.edge;
    let best2 = { s: found.seconds[g.tail[e]] + place.fraction * backward[e], end: g.tail[e] };
    const byHead = found.seconds[g.head[e]] + (1 - place.fraction) * forward[e];
    if (byHead < best2.s) best2 = { s: byHead, end: g.head[e] };
    best2.to = best2.s < Infinity ? found.root[best2.end] : -1;
    for (const [k, p] of found.on.get(e) || []) {
      const s = p.leg + (place.fraction <= p.fraction ? (p.fraction - place.fraction) * forward[e] : (place.fraction - p.fraction) * backward[e]);
      if (s < best2.s) best2 = { s, end: -1, to: k };
    }
    return { ...best2, s: best2.s + place.leg };
  };
  var seconds = /* @__PURE__ */ new WeakMap();
  var moreLegs = (snapped) => {
    if (!seconds.has(snapped)) {
      const legs = /* @__PURE__ */ new Map();
      (snapped.twice || []).forEach((row, k) => {
        const leg = { edge: snapped.edge2[k], fraction: snapped.fraction2[k], leg: snapped.leg2[k] };
        legs.set(row, [...legs.get(row) || [], leg]);
      });
      seconds.set(snapped, legs);
    }
    return seconds.get(snapped);
  };
  var placeOf = (snapped, i2) => ({
    edge: snapped.edge[i2],
    fraction: snapped.fraction[i2],
    leg: snapped.leg[i2],
    also: moreLegs(snapped).get(i2)
  });
  var pieceOf = (e, one, other) => {
    const { x: x2, y, point, part } = page.shapes.streets, first = point[part[e]], last = point[part[e] + 1] - 1;
    const along = [0];
    for (let j = first + 1; j <= last; j++) {
      along.push(along[along.length - 1] + Math.hypot(x2[j] - x2[j - 1], y[j] - y[j - 1]));
    }
    const total = along[along.length - 1], low = Math.min(one, other) * total, high = Math.max(one, other) * total;
    const at = (d) => {
      let j = 0;
      while (j < along.length - 2 && along[j + 1] < d) j++;
      const t = along[j + 1] > along[j] ? (d - along[j]) / (along[j + 1] - along[j]) : 0;
      return [x2[first + j] + t * (x2[first + j + 1] - x2[first + j]), y[first + j] + t * (y[first + j + 1] - y[first + j])];
    };
    const line = [at(low)];
    along.forEach((d, j) => {
      if (d > low && d < high) line.push([x2[first + j], y[first + j]]);
    });
    line.push(at(high));
    return one <= other ? line : line.reverse();
  };
  var goalLegOf = (found, goal, first) => {
    let edge = first.leg.edge;
    if (first.end >= 0) {
      let node = first.end;
      while (found.from[node] >= 0) node = found.from[node];
      edge = found.by[node];
    }
    return legsOf(goal).find((leg) => leg.edge === edge) || goal;
  };
  var pathTo = (start, [x2, y], f, c) => {
    const w = page.data.walked.walkers[c], g = walkedGraph(), goal = placeOf(g.facilities[w], f);
    if (start.edge < 0 || goal.edge < 0) return null;
    const found = spreadFrom(w, [goal], Infinity, true), first = secondsAt(w, found, [goal], start), [forward, backward] = towards(w);
    if (!Number.isFinite(first.s)) return null;
    const begin = first.leg, end = goalLegOf(found, goal, first), parts = { leg: begin.leg + end.leg, flat: 0, up: 0, down: 0, steps: 0 }, line = [[x2, y]];
    const walk = (e, one, other) => {
      const ahead = one <= other, kind = g.kind[e];
      parts[kind === 3 ? "steps" : kind === 0 ? "flat" : kind === 1 === (ahead === page.data.walked.toFacility) ? "up" : "down"] += Math.abs(other - one) * (ahead ? forward : backward)[e];
      line.push(...pieceOf(e, one, other));
    };
    if (first.end < 0) walk(begin.edge, begin.fraction, end.fraction);
    else {
      walk(begin.edge, begin.fraction, g.tail[begin.edge] === first.end ? 0 : 1);
      let node = first.end;
      while (found.from[node] >= 0) {
        const e = found.by[node], next = found.from[node];
        walk(e, g.tail[e] === node ? 0 : 1, g.tail[e] === node ? 1 : 0);
        node = next;
      }
      walk(found.by[node], g.tail[found.by[node]] === node ? 0 : 1, end.fraction);
    }
    line.push([page.shapes.facilities.x[f], page.shapes.facilities.y[f]]);
    return { line, parts, seconds: first.s, facility: f };
  };
  var paintPath = (ctx, v) => {
    if (!page.way) return;
    for (const [colour, width, dash] of [
      ["#fff", 8, []],
      ["#111", 4, []],
      ["#ffd400", 2, [6, 4]]
    ]) {
      ctx.beginPath();
      page.way.line.forEach(([x2, y], k) => ctx[k ? "lineTo" : "moveTo"](x2 * v.k - v.ox, y * v.k - v.oy));
      ctx.setLineDash(dash);
      ctx.lineJoin = "round";
      ctx.strokeStyle = colour;
      ctx.lineWidth = width;
      ctx.stroke();
    }
    ctx.setLineDash([]);
  };

  // circles/outputs/map/script/text.js
  var say = (key, values) => {
    const text = Object.hasOwn(page.data.words, key) ? page.data.words[key] : key;
    return values ? text.replace(/\{(\w+)\}/g, (all, name) => Object.hasOwn(values, name) ? String(values[name]) : all) : text;
  };
  var named = (prefix, value) => Object.hasOwn(page.data.words, prefix + value) ? page.data.words[prefix + value] : value;
  var reasonText = (prefix, reason) => {
    const { limit, horizon } = page.data.area;
    return named(prefix, reason).replace("{limit}", String(limit)).replace("{horizon}", String(horizon));
  };
  var tenths = (value) => {
    const [mantissa, exponent] = Math.abs(value).toExponential().split("e"), digits = mantissa.replace(".", ""), point = Number(exponent) + 4;
    const low = point > 0 ? Number(digits.slice(0, point).padEnd(point, "0")) : 0;
    const rest = (point > 0 ? digits.slice(point) : "0".repeat(-point) + digits).replace(/0+$/, "");
    return [low, rest > "5" || rest === "5" && low % 2 ? low + 1 : low];
  };
  var percentText = (value, threshold) => {
    if (isMissing(value)) return "–";
    const [low, even] = tenths(value), bars = threshold === void 0 || threshold === null ? [1] : [1, threshold];
    return ((bars.some((bar) => value < bar - 1e-12 && even / 1e3 >= bar) ? low : even) / 10).toFixed(1) + "%";
  };
  var isMissing = (value) => value === null || value === void 0 || Number.isNaN(value);
  var numberText = (value, digits) => isMissing(value) ? "–" : value.toLocaleString("en-US", { maximumFractionDigits: digits === void 0 ? 2 : digits });
  var minutesText = (hundredths) => say("minutes", { n: (Math.ceil(hundredths / 10 - 1e-9) / 10).toFixed(1) });
  var peopleText = (value) => numberText(value, 1) + " " + page.data.area.unit;
  var townshipName = (code) => {
    const i2 = page.data.townships.code.indexOf(code);
    return i2 >= 0 ? page.data.townships.name[i2] : named("township_", code);
  };

  // circles/outputs/map/script/statement.js
  var isBinding = (statuses) => !page.data.area.demonstration && (statuses || Object.values(page.data.verdicts.rules).map((r) => r.state)).every((s) => s === "adopted");
  var cellOf = (code, category) => page.data.statement.rows.find((row) => row.code === code && row.category === category);
  var cellValue = (row) => {
    if (!row || row.value === null) return "–";
    if (row.text) return row.text;
    return row.is_share ? percentText(row.value, row.threshold) : numberText(row.value, 2);
  };
  var cellWord = (row) => row && row.word ? say(row.word) : "";
  var baseName = (group) => group === "population" ? "" : named("group_", group);
  var headLines = (head) => [head.base, ...head.bars];
  var headline = () => page.data.statement.headline;
  var figures = () => page.data.statement.figures;
  var shortLine = () => page.data.statement.short;
  var footLines = () => page.data.statement.lines;
  var dateText = (iso) => {
    const [year, month, day] = iso.split("-").map(Number);
    return page.data.lang === "zh" ? `${year}年${month}月${day}日` : iso;
  };

  // circles/outputs/map/script/symbols.js
  var GAP_PART = 0.42;
  var INK = {
    get gain() {
      return page.data.statement.colours.met;
    },
    get met() {
      return page.data.statement.colours.met;
    },
    get gap() {
      return page.data.statement.colours.not_met;
    },
    /** the land along streets of a gap, where streets are too close to be distinguished */
    get gapLand() {
      return blended(INK.gap, INK.land, GAP_PART);
    },
    get none() {
      return page.data.statement.colours.no_data;
    },
    loss: "#b2182b",
    street: "#8d8778",
    land: "#f7f4ea",
    coast: "#7d7a6c",
    sea: "#dfeaf1"
  };
  var BREAK_COLOURS = ["#253494", "#2c7fb8", "#41b6c4", "#a1dab4", "#ffffcc"];
  var CORNERS = {
    square: [4, 45, 1.2],
    triangle: [3, -90, 1.3],
    diamond: [4, 0, 1.3],
    pentagon: [5, -90, 1.15],
    hexagon: [6, 0, 1.1]
  };
  var breakColour = (limit) => {
    const i2 = page.data.area.breaks.indexOf(limit);
    return BREAK_COLOURS[i2 < 0 ? 4 : Math.min(i2, 4)];
  };
  var outline = (ctx, shape, x2, y, r) => {
    ctx.beginPath();
    if (shape === "circle") {
      ctx.arc(x2, y, r, 0, 7);
      return;
    }
    if (shape === "cross") {
      const a = r * 0.42;
      [
        [-a, -r],
        [a, -r],
        [a, -a],
        [r, -a],
        [r, a],
        [a, a],
        [a, r],
        [-a, r],
        [-a, a],
        [-r, a],
        [-r, -a],
        [-a, -a]
      ].forEach(([dx, dy]) => ctx.lineTo(x2 + dx, y + dy));
      ctx.closePath();
      return;
    }
    const star = shape === "star", [corners, turn, size] = star ? [10, -90, 1.35] : CORNERS[shape];
    for (let i2 = 0; i2 < corners; i2++) {
      const angle = (turn + i2 * 360 / corners) * Math.PI / 180, s = r * size * (star && i2 % 2 ? 0.5 : 1);
      ctx.lineTo(x2 + s * Math.cos(angle), y + s * Math.sin(angle));
    }
    ctx.closePath();
  };
  var drawSymbol = (ctx, category, status, x2, y, r) => {
    const { shape, colour } = page.data.categories[category] || { shape: "circle", colour: "#444" };
    const ink = status === "closed" ? "#666" : colour;
    ctx.setLineDash([]);
    outline(ctx, shape, x2, y, r + 1.5);
    ctx.fillStyle = "#fff";
    ctx.fill();
    outline(ctx, shape, x2, y, r);
    ctx.fillStyle = status === "existing" ? colour : "#fff";
    ctx.fill();
    if (status === "example") {
      ctx.globalAlpha = 0.3;
      ctx.fillStyle = colour;
      ctx.fill();
      ctx.globalAlpha = 1;
      ctx.setLineDash([3, 1.6]);
    }
    ctx.strokeStyle = status === "existing" ? "#fff" : ink;
    ctx.lineWidth = status === "existing" ? 1 : 2;
    ctx.stroke();
    ctx.setLineDash([]);
    if (status === "planned" || status === "under_construction") {
      ctx.beginPath();
      ctx.arc(x2, y, status === "planned" ? 1.4 : 2.4, 0, 7);
      ctx.fillStyle = ink;
      ctx.fill();
    }
    if (status === "closed") {
      ctx.beginPath();
      ctx.moveTo(x2 - r, y + r);
      ctx.lineTo(x2 + r, y - r);
      ctx.stroke();
    }
  };
  var drawMark = (ctx, verdict, x2, y, r) => {
    ctx.setLineDash([]);
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = "#fff";
    outline(ctx, verdict === "met" ? "circle" : verdict === "not_met" ? "triangle" : "diamond", x2, y, r);
    ctx.fillStyle = verdict === "met" ? INK.met : verdict === "not_met" ? INK.gap : INK.none;
    ctx.fill();
    ctx.stroke();
  };
  var blended = (colour, under, opacity) => {
    const parts = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)), low = parts(under);
    return "#" + parts(colour).map(
      (part, i2) => Math.round(part * opacity + low[i2] * (1 - opacity)).toString(16).padStart(2, "0")
    ).join("");
  };
  var signCanvas = (draw, width = 22, height = 18) => {
    const scale = 2, canvas = el("canvas", { width: width * scale, height: height * scale, class: "sign", "aria-hidden": "true" });
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
    const ctx = canvas.getContext("2d");
    ctx.scale(scale, scale);
    draw(ctx, width, height);
    return canvas;
  };

  // circles/outputs/map/script/certainty.js
  var FILLED = [0, 0.25, 0.5, 0.75, 1];
  var likelihoodClass = (percent) => {
    const [fair, high] = page.data.certainty.bounds;
    return percent >= high ? 4 : percent >= fair ? 3 : percent > 100 - fair ? 2 : percent > 100 - high ? 1 : 0;
  };
  var likelihood = (category, i2) => {
    var _a2;
    const own = (_a2 = page.data.certainty) == null ? void 0 : _a2.within[category];
    return (own == null ? void 0 : own.length) ? own[i2] : -1;
  };
  var isLikelihoodShown = (state) => !!page.data.certainty && state.on.certainty && state.circle >= 0 && state.side !== "difference";
  var drawDisc = (ctx, rank, x2, y, r) => {
    ctx.beginPath();
    ctx.arc(x2, y, r * 1.35, 0, 7);
    ctx.fillStyle = "#fff";
    ctx.fill();
    ctx.beginPath();
    ctx.moveTo(x2 + r, y);
    ctx.arc(x2, y, r, 0, 7);
    ctx.fillStyle = "#fff";
    ctx.fill();
    ctx.setLineDash([]);
    ctx.lineWidth = Math.max(1, r * 0.28);
    ctx.strokeStyle = INK.met;
    ctx.stroke();
    if (!rank) return;
    ctx.beginPath();
    if (rank < 4) ctx.moveTo(x2, y);
    ctx.arc(x2, y, r, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * FILLED[rank]);
    ctx.fillStyle = INK.met;
    ctx.fill();
  };
  var paintLikelihood = (ctx, v, state) => {
    const { x: x2, y, count } = page.shapes.residents, r = v.zoom < 12 ? 2.6 : v.zoom < 14 ? 3.4 : v.zoom < 16 ? 4.6 : 6;
    const ranks = FILLED.map(() => []);
    for (let i2 = 0; i2 < count; i2++) {
      if (x2[i2] < v.w || x2[i2] > v.e || y[i2] < v.n || y[i2] > v.s) continue;
      const percent = likelihood(state.circle, i2);
      if (percent >= 0) ranks[likelihoodClass(percent)].push(i2);
    }
    for (const rank of [4, 0, 3, 1, 2]) {
      for (const i2 of ranks[rank]) drawDisc(ctx, rank, x2[i2] * v.k - v.ox, y[i2] * v.k - v.oy, r);
    }
  };
  var discSign = (rank) => signCanvas((ctx, w, h) => drawDisc(ctx, rank, w / 2, h / 2, 6));

  // circles/outputs/map/script/gaps.js
  var MOST = 3;
  var known = /* @__PURE__ */ new WeakMap();
  var ofCategory = (c) => {
    const { gaps, residents, area } = page.data, { x: x2, y, count } = page.shapes.residents, minutes = residents.minutes[c], found = /* @__PURE__ */ new Map();
    const byTown = /* @__PURE__ */ new Map();
    gaps.category.forEach((own, i2) => {
      if (own === c) byTown.set(gaps.township[i2], [...byTown.get(gaps.township[i2]) || [], i2]);
    });
    for (let r = 0; r < count; r++) {
      if (residents.village[r] < 0 || minutes[r] >= 0 && minutes[r] <= area.limit * 100) continue;
      let best2 = Infinity, gap = -1;
      for (const i2 of byTown.get(residents.township[r]) || []) {
        const d = distance2(page.shapes.gaps, i2, x2[r], y[r]);
        if (d < best2) {
          best2 = d;
          gap = i2;
        }
      }
      if (gap < 0) continue;
      const own = found.get(gap) || /* @__PURE__ */ new Map();
      own.set(residents.village[r], (own.get(residents.village[r]) || 0) + (residents.population[r] || 0));
      found.set(gap, own);
    }
    return found;
  };
  var gapVillages = (i2) => {
    const { gaps, villages, lang } = page.data, c = gaps.category[i2];
    if (!villages.name.length || c < 0) return "";
    if (!known.has(gaps)) known.set(gaps, /* @__PURE__ */ new Map());
    const kept = known.get(gaps);
    if (!kept.has(c)) kept.set(c, ofCategory(c));
    const own = [...kept.get(c).get(i2) || /* @__PURE__ */ new Map()].filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, MOST);
    return own.map(([village]) => villages.name[village]).join(lang === "zh" ? "、" : ", ");
  };

  // circles/outputs/map/script/verdicts.js
  var VERDICT_SIGN = { met: "●", not_met: "▲", no_data: "◇", exempt: "□", no_rule: "–" };
  var verdictText = (verdict, statuses) => say((isBinding(statuses) ? "verdict_" : "reference_") + verdict);
  var badge = (verdict) => el("span", { class: "badge " + verdict, "aria-hidden": "true" }, VERDICT_SIGN[verdict]);
  var NO_RULE = {};
  var rowOf = (code) => page.data.verdicts.rows.find((row) => row.code === code);
  var shownVerdict = (code, state) => {
    const row = rowOf(code);
    if (!row) return null;
    const column = state.cell ? state.cell[1] : "";
    const i2 = page.data.verdicts.columns.findIndex((c) => c.key === column);
    const verdict = i2 >= 0 ? row.shown[i2] : row.overall;
    return verdict === "no_rule" || verdict === "exempt" || !isShown(row) ? null : verdict;
  };
  var checkValue = (check) => {
    const rule = page.data.verdicts.rules[check.rule_id];
    if (check.value === null) return "–";
    return rule && rule.isShare ? percentText(check.value, check.threshold) : numberText(check.value, 2);
  };
  var unitOf = (check) => named("unit_", check.measure).replace("{people}", page.data.area.unit);
  var roving = (table, selector) => {
    const items = () => [...table.querySelectorAll(selector)];
    const all = items();
    all.forEach((item, i2) => {
      item.tabIndex = i2 ? -1 : 0;
    });
    table.addEventListener("focusin", (event) => {
      const item = event.target.closest(selector);
      if (item) for (const other of items()) other.tabIndex = other === item ? 0 : -1;
    });
    table.addEventListener("keydown", (event) => {
      const list = items(), at = list.indexOf(event.target), across = Number(table.dataset.across || 1);
      const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[event.key];
      const next = event.key === "Home" ? 0 : event.key === "End" ? list.length - 1 : at + step;
      if (at < 0 || Number.isNaN(next)) {
        if (at >= 0 && (event.key === "Enter" || event.key === " ") && list[at].tagName !== "INPUT") {
          event.preventDefault();
          list[at].click();
        }
        return;
      }
      if (list[next]) {
        event.preventDefault();
        list[next].focus();
      }
    });
  };
  var shownColumns = () => page.data.verdicts.columns.filter((c) => !page.state.service || c.key === page.state.service);
  var isShown = (row) => {
    const { verdict, island, service } = page.state, at = page.data.verdicts.columns.findIndex((c) => c.key === service);
    return (!island || townshipsOn(island).has(row.code)) && (!verdict || (at >= 0 ? row.shown[at] === verdict : row.overall === verdict || row.shown.includes(verdict)));
  };
  var shownRows = () => page.data.verdicts.rows.filter(isShown);
  var islandTowns = /* @__PURE__ */ new WeakMap();
  var townshipsOn = (island) => {
    if (!islandTowns.has(page.data)) islandTowns.set(page.data, /* @__PURE__ */ new Map());
    const known2 = islandTowns.get(page.data);
    if (!known2.has(island)) {
      const { island: own, township } = page.data.residents, k = own.values.indexOf(island), f = page.data.facilities;
      const found = /* @__PURE__ */ new Set();
      own.at.forEach((v, i2) => {
        if (v === k && township[i2] >= 0) found.add(page.data.townships.code[township[i2]]);
      });
      f.island.forEach((name, i2) => {
        if (name === island && f.township[i2] >= 0) found.add(page.data.townships.code[f.township[i2]]);
      });
      known2.set(island, found);
    }
    return known2.get(island);
  };
  var tableCell = (code, key, kind, content, title) => {
    const chosen = page.state.cell && page.state.cell[0] === code && page.state.cell[1] === key;
    return el(
      "td",
      {
        role: "gridcell",
        class: "cell " + kind + (chosen ? " chosen" : ""),
        "aria-selected": chosen ? "true" : "false",
        title,
        "data-code": code,
        "data-key": key,
        "aria-label": title,
        on: { click: () => chooseCell(code, key, true) }
      },
      content
    );
  };
  var shortfallText = (check) => `${numberText(check.shortfall, 0)} ${named("short_", check.measure).replace("{people}", page.data.area.unit)}`;
  var shortBy = (check) => check.shortfall ? say("short_by", { n: shortfallText(check) }).replace(/ /g, page.data.lang === "zh" ? "" : " ") : "";
  var cellTitle = (row) => {
    const base = baseName(row.group), parts = row.denominator === null ? "" : `${numberText(row.numerator, 0)}/${numberText(row.denominator, 0)}`;
    const needed = row.needed ? say("headline_needed", { numbers: numberText(row.needed, 0), unit: page.data.area.unit }) : "";
    return [
      row.name,
      (page.data.categories.find((c) => c.id === row.category) || { name: row.category }).name,
      cellWord(row),
      cellValue(row),
      base + parts
    ].filter(Boolean).join(" ") + needed;
  };
  var verdictTable = () => {
    const { heads, towns } = page.data.statement, rows = shownRows().map((row) => row.code);
    const shown = heads.filter((head) => !page.state.service || head.category === page.state.service);
    const cell = (town, head) => {
      const row = cellOf(town.code, head.category);
      return tableCell(
        town.code,
        head.category,
        row.verdict,
        [
          el("span", { class: "mark " + row.verdict, "aria-hidden": "true" }, row.symbol === "–" ? "" : row.symbol),
          el("b", {}, cellValue(row))
        ],
        cellTitle(row)
      );
    };
    const hasRules = towns.some((town) => town.judged);
    const body = towns.filter((town) => rows.includes(town.code) || !page.data.verdicts.rows.length).map(
      (town) => el(
        "tr",
        { role: "row" },
        el("th", { scope: "row" }, town.name),
        shown.map((head) => cell(town, head)),
        hasRules ? tableCell(
          town.code,
          "",
          town.verdict,
          el("b", {}, town.text),
          `${town.name} ${say("overall")} ${town.said} ${town.text}`
        ) : ""
      )
    );
    const county = el(
      "tr",
      { role: "row", class: "county" },
      el("th", { scope: "row" }, page.data.statement.countyName),
      shown.map((head) => el("td", { role: "gridcell" }, el("b", {}, cellValue(cellOf("ALL", head.category))))),
      hasRules ? el("td", { role: "gridcell" }, "") : ""
    );
    const table = el(
      "table",
      {
        class: "verdicts cells",
        role: "grid",
        "data-across": shown.length + (hasRules ? 1 : 0),
        "aria-label": say("panel_verdicts")
      },
      el(
        "thead",
        {},
        el(
          "tr",
          { role: "row" },
          el("th", { scope: "col" }, say("township")),
          shown.map(
            (head) => el(
              "th",
              { scope: "col" },
              head.name,
              headLines(head).filter(Boolean).map((line) => el("small", {}, line))
            )
          ),
          hasRules ? el("th", { scope: "col" }, say("kinds_met")) : ""
        )
      ),
      el("tbody", {}, body, county)
    );
    roving(table, "td.cell");
    return table;
  };
  var filterBoxes = () => {
    const { columns } = page.data.verdicts, option2 = (name) => ([value, text]) => el("option", { value, selected: page.state[name] === value }, text);
    const box = (name, options, after) => el(
      "select",
      {
        id: "filter-" + name,
        "aria-label": say("filter_" + name),
        on: {
          change: (e) => {
            setState({ [name]: e.target.value });
            if (after) after(e.target.value);
          }
        }
      },
      options.map(option2(name))
    );
    return el(
      "p",
      { class: "row filters" },
      box("service", [["", say("filter_all_services")], ...columns.map((c) => [c.key, c.all.join(" + ")])], (key) => {
        const i2 = page.data.categories.findIndex((c) => c.id === key);
        if (i2 >= 0) showService(i2);
      }),
      page.state.side === "difference" ? "" : box("verdict", [["", say("filter_all")], ...["not_met", "no_data", "met"].map((v) => [v, verdictText(v)])]),
      page.data.islands.name.length > 1 ? box("island", [["", say("filter_all_islands")], ...page.data.islands.name.map((n) => [n, n])], (name) => {
        if (name) goIsland(page.data.islands.name.indexOf(name));
        else goAll();
      }) : ""
    );
  };

  // circles/outputs/map/script/view.js
  var COUNTY_MORE = 0.8;
  var COUNTY_MOST = 13;
  var VILLAGE = 14;
  var levelOf = (zoom) => zoom < Math.min(page.countyZoom + COUNTY_MORE, COUNTY_MOST) ? "county" : zoom < VILLAGE ? "township" : "village";
  var viewOf = (zoom, ox, oy, left, top, right, bottom, frame) => {
    const k = 256 * 2 ** zoom;
    return {
      zoom,
      k,
      ox,
      oy,
      frame: frame || [left, top, right, bottom],
      w: (left + ox) / k,
      n: (top + oy) / k,
      e: (right + ox) / k,
      s: (bottom + oy) / k
    };
  };

  // circles/outputs/map/script/tables.js
  var isNumber = (text) => /^[+−-]?[\d,]+(\.\d+)?( ?[%\p{L}米]{0,6})?$/u.test(text);
  var numberOf = (text) => Number(
    text.replaceAll(",", "").replace("−", "-").replace(/[^\d.+-].*$/u, "")
  );
  var inOrder = (one, other, down) => {
    const [a, b] = [one.trim(), other.trim()], missing = (t) => t === "" || t === "–";
    if (missing(a) || missing(b)) return Number(missing(a)) - Number(missing(b));
    const by = isNumber(a) && isNumber(b) ? numberOf(a) - numberOf(b) : a.localeCompare(b, page.data ? page.data.lang : "zh");
    return down ? -by : by;
  };
  var sortBy = (table, column) => {
    const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0], down = heads[column].getAttribute("aria-sort") === "ascending";
    heads.forEach(
      (head, i2) => head.setAttribute("aria-sort", i2 === column ? down ? "descending" : "ascending" : "none")
    );
    const rows = [...body.rows].map((row, i2) => ({
      row,
      i: i2,
      text: row.cells[column] ? row.cells[column].textContent : ""
    }));
    rows.sort((a, b) => inOrder(a.text, b.text, down) || a.i - b.i);
    body.append(...rows.map(({ row }) => row));
  };
  var cellOf2 = (content) => el("td", typeof content === "string" && isNumber(content) ? { class: "num" } : {}, content);
  var plainTable = (name, heads, rows) => el(
    "table",
    { class: "list", "aria-label": name },
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        heads.map((text) => el("th", { scope: "col" }, text))
      )
    ),
    el(
      "tbody",
      {},
      rows.map((cells) => el("tr", {}, cells.map(cellOf2)))
    )
  );
  var listTable = (name, heads, rows) => {
    const table = el("table", { class: "list", "aria-label": name });
    const head = (text, i2) => el("th", { scope: "col", "aria-sort": "none", title: say("sort"), on: { click: () => sortBy(table, i2) } }, text);
    table.append(
      el("thead", {}, el("tr", {}, heads.map(head))),
      el(
        "tbody",
        {},
        rows.map(
          (row) => el("tr", row.choose ? { class: "choice", on: { click: row.choose } } : {}, row.cells.map(cellOf2))
        )
      )
    );
    roving(table, "th[aria-sort], tr.choice");
    return table;
  };
  var cellText = (text) => {
    const flat = text.replace(/\s+/g, " ").trim(), safe = /^[=+@\t\r-]/.test(flat) && !isNumber(flat) ? "'" + flat : flat;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  var tableText = (table) => [...table.rows].map((row) => [...row.cells].map((cell) => cellText(cell.textContent)).join(",")).join("\r\n") + "\r\n";

  // circles/outputs/map/script/whatif.js
  var DRAFT_REACH_M = 200;
  var everybody = (c, places) => {
    const w = page.data.walked.walkers[c], snapped = walkedGraph().residents[w], spread = spreadFrom(w, places, page.data.area.horizon * 60);
    return Float64Array.from(snapped.edge, (edge, i2) => secondsAt(w, spread, places, placeOf(snapped, i2)).s);
  };
  var countedOf = (c) => {
    const f = page.data.facilities, snapped = walkedGraph().facilities[page.data.walked.walkers[c]];
    return f.id.map((id, i2) => i2).filter((i2) => f.category[i2] === c && f.counted[i2] && snapped.edge[i2] >= 0);
  };
  var warmDraft = () => {
    const c = page.state.circle, d = page.draft;
    if (c < 0 || !page.data.walked || d.before.has(c)) return;
    const snapped = walkedGraph().facilities[page.data.walked.walkers[c]];
    d.before.set(
      c,
      everybody(
        c,
        countedOf(c).map((i2) => placeOf(snapped, i2))
      )
    );
  };
  var compareDraft = () => {
    const c = page.draft.category, w = page.data.walked.walkers[c], snapped = walkedGraph().facilities[w], all = countedOf(c), limit = page.data.area.limit * 60 + 1e-3;
    const before = page.draft.before.get(c) || everybody(
      c,
      all.map((i2) => placeOf(snapped, i2))
    );
    page.draft.before.set(c, before);
    const places = [
      ...all.filter((i2) => !page.draft.removed.has(i2)).map((i2) => placeOf(snapped, i2)),
      ...page.draft.added.filter((p) => p.category === c)
    ];
    const after = everybody(c, places), r = page.data.residents, towns = /* @__PURE__ */ new Map(), groups = Object.entries({ population: r.population, ...r.groups }), byGroup = new Map(
      groups.map(([name]) => (
        /** @type {[string, Map<number, [number, number]>]} */
        [name, /* @__PURE__ */ new Map()]
      ))
    );
    let gained = 0, lost = 0;
    const changed = new Int8Array(after.length);
    after.forEach((s, i2) => {
      const was = before[i2] <= limit, is = s <= limit;
      if (was === is) return;
      const people = r.population[i2] || 0, town = towns.get(r.township[i2]) || [0, 0];
      changed[i2] = is ? 1 : -1;
      if (is) {
        gained += people;
        town[0] += people;
      } else {
        lost += people;
        town[1] += people;
      }
      towns.set(r.township[i2], town);
      for (const [name, count] of groups) {
        const own = byGroup.get(name).get(r.township[i2]) || [0, 0];
        own[is ? 0 : 1] += count[i2] || 0;
        byGroup.get(name).set(r.township[i2], own);
      }
    });
    return { gained, lost, towns, changed, after, byGroup };
  };
  var draftChanged = () => {
    const d = page.draft;
    if (d.category < 0 || !d.added.some((p) => p.category === d.category) && !d.removed.size) {
      d.result = null;
      page.redraw();
      fillNode(d.box, draftControls());
      return;
    }
    d.result = compareDraft();
    page.redraw();
    fillNode(d.box, draftControls());
  };
  var draftRows = () => {
    const cell = (text) => {
      const t = String(text);
      return /[",\r\n]/.test(t) ? `"${t.replaceAll('"', '""')}"` : t;
    };
    const rows = page.draft.added.map((p, i2) => [
      `draft-${i2 + 1}`,
      say("draft_name", { n: i2 + 1 }),
      page.data.categories[p.category].id,
      ((p.x - 0.5) * 360).toFixed(7),
      toLat(p.y).toFixed(7),
      "planned",
      say("draft_source", { run: page.data.area.run })
    ]);
    return [["id", "name", "category", "lon", "lat", "status", "source"], ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
  };
  var download = (text, name, type) => {
    const link = el("a", { href: `data:${type};charset=utf-8,` + encodeURIComponent(text), download: name });
    link.click();
  };
  var saveDraft = () => download("\uFEFF" + draftRows(), `${page.data.area.id}-draft.csv`, "text/csv");
  var saveScenario = () => download(scenarioText(page.draft.name || say("draft_unnamed")), "scenario.toml", "text/plain");
  var changeDraft = (change) => {
    remember();
    change();
    draftChanged();
  };
  var draftVerdicts = (d) => {
    const rows = verdictsAfter(d.result, page.data.categories[d.category].id);
    if (!rows.length) return "";
    const both = (before, after) => [before, " → ", el("b", {}, after)];
    return listTable(
      say("draft_verdicts"),
      ["township", "group", "value", "shortfall", "verdict", "draft_gain", "draft_loss"].map((n) => say(n)),
      rows.map(({ check, rule, value, verdict, needed, gain, loss }) => ({
        cells: [
          townshipName(check.township_code),
          named("group_", rule.group),
          both(percentText(check.value, check.threshold), percentText(value, check.threshold)),
          both(numberText(check.shortfall, 0), numberText(needed, 0)),
          both(verdictText(check.verdict, [check.rule_status]), verdictText(verdict, [check.rule_status])),
          numberText(gain, 0),
          numberText(loss, 0)
        ]
      }))
    );
  };
  var namedDrafts = (d) => {
    const input = el("input", {
      type: "text",
      maxlength: 60,
      "aria-label": say("draft_name_hint"),
      placeholder: say("draft_name_hint"),
      value: d.name || ""
    });
    const save = () => {
      const name = input.value.trim();
      if (!name || d.category < 0) return;
      d.name = name;
      keepDraft(name);
      writeHash();
      fillNode(d.box, draftControls());
    };
    const open = (draft) => {
      remember();
      const category = openDraft(draft);
      d.name = draft.name;
      if (page.state.circle !== category) showService(category);
      draftChanged();
    };
    return [
      d.result ? el("p", { class: "row" }, input, el("button", { type: "button", on: { click: save } }, say("draft_keep"))) : "",
      drafts.length ? listTable(
        say("draft_kept"),
        [say("name"), say("service"), say("draft_new"), say("draft_closed")],
        drafts.map((draft) => ({
          choose: () => open(draft),
          cells: [
            el("bdi", {}, draft.name),
            page.data.categories.find((c) => c.id === draft.category).name,
            String(draft.added.length),
            String(draft.removed.length)
          ]
        }))
      ) : ""
    ];
  };
  var draftControls = () => {
    const d = page.draft, c = page.state.circle, f = page.data.facilities, chosen = page.state.facility;
    const button = (text, click, on) => el("button", { type: "button", "aria-pressed": on === void 0 ? void 0 : String(on), on: { click } }, text);
    const kinds = el(
      "select",
      { "aria-label": say("draft_kind"), on: { change: (event) => showService(Number(event.target.value)) } },
      el("option", { value: -1, selected: c < 0 }, say("draft_kind")),
      page.data.categories.map((k, i2) => el("option", { value: i2, selected: i2 === c }, k.name))
    );
    if (c < 0) return [el("p", { class: "row" }, kinds)];
    const name = (t) => page.data.townships.name[t] || say("township_NONE");
    const place = () => {
      d.placing = !d.placing;
      setTimeout(warmDraft, 30);
      page.map.getContainer().style.cursor = d.placing ? "crosshair" : "";
      fillNode(d.box, draftControls());
    };
    const leaveOut = () => changeDraft(() => {
      d.category = c;
      if (!d.removed.delete(chosen)) d.removed.add(chosen);
    });
    const back = (step) => () => {
      step();
      draftChanged();
    };
    const clear = () => changeDraft(() => {
      d.added = [];
      d.removed = /* @__PURE__ */ new Set();
    });
    const isAny = d.added.length || d.removed.size;
    return [
      el("p", { class: "row" }, kinds, button(say("draft_place"), place, d.placing)),
      el("p", { class: "soft" }, say("draft_hint")),
      el(
        "p",
        { class: "row" },
        chosen >= 0 && f.category[chosen] === c && f.counted[chosen] ? button(say(d.removed.has(chosen) ? "draft_restore" : "draft_remove", { name: f.name[chosen] }), leaveOut) : "",
        canUndo() ? button(say("draft_undo"), back(undo)) : "",
        canRedo() ? button(say("draft_redo"), back(redo)) : "",
        isAny ? button(say("draft_clear"), clear) : "",
        d.added.length ? button(say("draft_save"), saveDraft) : "",
        isAny ? button(say("draft_scenario"), saveScenario) : ""
      ),
      d.result ? [
        el(
          "p",
          { "aria-live": "polite" },
          el("b", { class: "gain" }, "＋ " + say("draft_gained", { n: peopleText(d.result.gained) })),
          "　",
          el("b", { class: "loss" }, "－ " + say("draft_lost", { n: peopleText(d.result.lost) }))
        ),
        draftVerdicts(d),
        d.result.towns.size ? listTable(
          say("panel_draft"),
          [say("township"), say("draft_gain"), say("draft_loss")],
          [...d.result.towns].sort((a, b) => a[0] - b[0]).map(([t, [plus, minus]]) => ({ cells: [name(t), numberText(plus, 1), numberText(minus, 1)] }))
        ) : "",
        el("p", { class: "soft" }, say("draft_note"))
      ] : "",
      namedDrafts(d)
    ];
  };
  var placeDraft = (latlng) => {
    const d = page.draft;
    if (!d.placing) return false;
    const c = page.state.circle, place = c < 0 ? null : snapTo(latlng, page.data.walked.walkers[c], DRAFT_REACH_M);
    if (place) {
      d.placing = false;
      changeDraft(() => {
        if (d.category !== c) d.removed = /* @__PURE__ */ new Set();
        d.category = c;
        d.added = [...d.added, { ...place, category: c }];
      });
    }
    return true;
  };
  var paintDraft = (ctx, v) => {
    const { result, added } = page.draft;
    if (result) paintSigns(ctx, v, result.changed);
    for (const place of added) {
      const px = place.x * v.k - v.ox, py = place.y * v.k - v.oy;
      drawSymbol(ctx, place.category, "planned", px, py, 9);
      outline(ctx, "circle", px, py, 15);
      ctx.strokeStyle = "#000";
      ctx.lineWidth = 2.5;
      ctx.stroke();
    }
  };
  var draftPanel = () => {
    page.draft.box = el("div", {});
    fillNode(page.draft.box, draftControls());
    return page.draft.box;
  };
  var syncDraft = () => {
    const d = page.draft;
    if (!d.box) return;
    if (d.category >= 0 && d.category !== page.state.circle) {
      d.category = page.state.circle;
      d.removed.clear();
      d.result = d.added.some((p) => p.category === page.state.circle) ? compareDraft() : null;
    }
    fillNode(d.box, draftControls());
  };

  // circles/outputs/map/script/layers.js
  var AREA_OPACITY = 0.72;
  var isDifference = () => page.state.side === "difference";
  var layerToggle = (layer, text, sign) => el(
    "label",
    {},
    el("input", {
      type: "checkbox",
      checked: page.state.on[layer],
      "data-layer": layer,
      on: {
        change: (event) => {
          page.state.on[layer] = event.target.checked;
          setState({});
        }
      }
    }),
    sign || "",
    text
  );
  var groupBox = (title, ...children) => el("fieldset", {}, el("legend", {}, title), children);
  var switches = (title, ...children) => {
    const box = el("div", { class: "switches", role: "toolbar", "aria-label": title }, children);
    roving(box, "input");
    return groupBox(title, box);
  };
  var layerNamesOn = () => ["boundaries", "streets", "residents", "names"].filter((name) => page.state.on[name] && (name !== "boundaries" || page.data.area.boundaries)).map((name) => say("layer_" + name));
  var layerPanel = () => {
    const cs = page.data.categories, symbol = (i2) => signCanvas((ctx, w, h) => drawSymbol(ctx, i2, "existing", w / 2, h / 2, 6));
    const radio = (i2, text) => el(
      "label",
      {},
      el("input", {
        type: "radio",
        name: "circle",
        value: i2,
        checked: page.state.circle === i2,
        on: { change: () => showService(i2) }
      }),
      text
    );
    return [
      groupBox(
        say("group_circles"),
        cs.map((c, i2) => radio(i2, `${c.name}（${c.walker}）`)),
        radio(-1, say("none"))
      ),
      switches(
        say("group_facilities"),
        cs.map((c, i2) => layerToggle("facility." + i2, c.name, symbol(i2)))
      ),
      switches(
        say("group_gaps"),
        cs.map((c, i2) => layerToggle("gap." + i2, c.name))
      ),
      switches(
        say("group_verdicts"),
        layerToggle("verdicts", say("layer_verdicts")),
        page.data.certainty ? layerToggle("certainty", say("layer_certainty"), discSign(2)) : ""
      ),
      switches(
        say("group_base"),
        page.data.area.tianditu ? layerToggle("tianditu", say("layer_tianditu")) : "",
        page.data.area.boundaries ? layerToggle("boundaries", say("layer_boundaries")) : "",
        ["streets", "residents", "names"].map((n) => layerToggle(n, say("layer_" + n)))
      )
    ];
  };
  var inputs = (selector) => document.querySelectorAll(selector);
  var syncLayers = (state) => {
    for (const box of inputs("input[data-layer]")) box.checked = state.on[box.dataset.layer];
    for (const box of inputs("input[name=circle]")) box.checked = Number(box.value) === state.circle;
  };
  var legendEntry = (sign, text) => el("li", {}, sign, el("span", {}, text));
  var patchSign = (colour) => signCanvas((ctx, w, h) => {
    ctx.fillStyle = colour;
    ctx.fillRect(2, 3, w - 4, h - 6);
    ctx.strokeStyle = "#555";
    ctx.strokeRect(2, 3, w - 4, h - 6);
  });
  var stripedSign = (colour, stripe, back) => signCanvas((ctx, w, h) => {
    ctx.fillStyle = colour;
    ctx.fillRect(2, 3, w - 4, h - 6);
    if (stripe) {
      ctx.fillStyle = hatch(ctx, stripe, back);
      ctx.fillRect(2, 3, w - 4, h - 6);
    }
    ctx.strokeStyle = "#555";
    ctx.strokeRect(2, 3, w - 4, h - 6);
  });
  var differenceEntries = (c) => [
    ...c ? [
      el(
        "li",
        { class: "head" },
        say("legend_difference", { service: c.name, walker: c.walker, n: page.data.area.limit })
      )
    ] : [],
    legendEntry(stripedSign("#8fc1f2", INK.gain, false), say("legend_area_gain")),
    legendEntry(stripedSign("#f3a6a6", INK.loss, true), say("legend_area_loss")),
    legendEntry(stripedSign("#c9ccd0", ""), say("legend_area_same")),
    legendEntry(
      signCanvas((ctx, w, h) => changeMark(ctx, 1, w / 2, h / 2, 6)),
      say("legend_people_gain")
    ),
    legendEntry(
      signCanvas((ctx, w, h) => changeMark(ctx, -1, w / 2, h / 2, 6)),
      say("legend_people_loss")
    )
  ];
  var gapSign = () => signCanvas((ctx, w, h) => {
    ctx.strokeStyle = INK.gap;
    ctx.lineWidth = 6;
    ctx.beginPath();
    ctx.moveTo(1, h / 2);
    ctx.lineTo(w - 1, h / 2);
    ctx.stroke();
  });
  var gapEntry = (state, zoom) => isGapLand(zoom, state) ? legendEntry(patchSign(INK.gapLand), say("legend_gap_land", { n: page.data.area.limit })) : legendEntry(gapSign(), say("legend_gap", { n: page.data.area.limit }));
  var crossSign = () => signCanvas((ctx, w, h) => {
    ctx.strokeStyle = INK.gap;
    ctx.lineWidth = 2;
    ctx.beginPath();
    for (const side of [-4, 4]) {
      ctx.moveTo(w / 2 - 4, h / 2 - side);
      ctx.lineTo(w / 2 + 4, h / 2 + side);
    }
    ctx.stroke();
  });
  var countyEntries = (state) => {
    const { statement, area, categories } = page.data;
    if (!state.on.verdicts || !area.boundaries || !statement.towns.some((town) => town.judged)) return [];
    const shown = statement.towns.map((town) => townColour(town.code, state)).filter(Boolean);
    if (state.service) {
      const service = categories.find((c) => c.id === state.service);
      const entries = [
        [statement.below[0], "met"],
        [INK.gap, "not_met"],
        ["#c9ccd0", "no_data"]
      ].filter(([colour]) => shown.includes(colour));
      return [
        el("li", { class: "head" }, service ? service.name : say("together")),
        ...entries.map(([colour, verdict]) => legendEntry(patchSign(colour), verdictText(verdict)))
      ];
    }
    return [
      el("li", { class: "head" }, say("legend_kinds")),
      ...statement.below.flatMap(
        (colour, n) => shown.includes(colour) ? [legendEntry(patchSign(colour), n ? say("legend_kinds_n", { n }) : say("legend_kinds_0"))] : []
      )
    ];
  };
  var hasLonePoints = (state) => {
    const { point, part, count } = page.shapes.gaps, { category } = page.data.gaps;
    for (let i2 = 0; i2 < count; i2++) {
      if (!state.on["gap." + category[i2]]) continue;
      for (let p = part[i2]; p < part[i2 + 1]; p++) if (point[p + 1] - point[p] === 1) return true;
    }
    return false;
  };
  var circleEntries = (state, c, isAllKinds, zoom) => {
    const { facilities, serviceAreas, area } = page.data;
    const isOnGap = state.on["gap." + state.circle] && isGapLand(zoom, state);
    const ground = (limit) => isOnGap && limit > area.limit ? INK.gapLand : INK.land;
    const own = state.facility >= 0 && page.data.walked ? facilities.name[state.facility] : "";
    const limits = own ? facilities.inside.limits : [...new Set(serviceAreas.limit.filter((l, i2) => serviceAreas.category[i2] === state.circle))].sort(
      (a, b) => a - b
    );
    return [
      el(
        "li",
        { class: "head" },
        own ? say("legend_own", { name: own, walker: c.walker }) : isAllKinds ? say("group_circles") : say("legend_circle", { service: c.name, walker: c.walker })
      ),
      ...(limits.length ? limits : area.breaks).map(
        (limit) => legendEntry(
          patchSign(blended(breakColour(limit), ground(limit), AREA_OPACITY)),
          say("legend_within", { n: limit })
        )
      )
    ];
  };
  var symbolEntries = (state, paper) => {
    const { categories, facilities } = page.data, list = [];
    const isOne = !paper && state.circle >= 0 && isDense(page.map.getZoom());
    const drawn = (i2) => state.on["facility." + i2] && facilities.category.includes(i2) && (!isOne || i2 === state.circle);
    categories.forEach((c, i2) => {
      if (drawn(i2)) {
        list.push(
          legendEntry(
            signCanvas((ctx, w, h) => drawSymbol(ctx, i2, "existing", w / 2, h / 2, 6)),
            c.name
          )
        );
      }
    });
    for (const s of ["example", "under_construction", "planned", "closed"]) {
      const one = facilities.status.findIndex((status, i2) => status === s && drawn(facilities.category[i2]));
      if (one >= 0) {
        list.push(
          legendEntry(
            signCanvas((ctx, w, h) => drawSymbol(ctx, facilities.category[one], s, w / 2, h / 2, 6)),
            named("status_", s)
          )
        );
      }
    }
    return list;
  };
  var timeEntries = (state) => {
    const list = [];
    if (state.hour >= 0 && page.data.times) {
      const day = say("weekday_" + (Math.floor(state.hour / 24) + 1));
      list.push(el("li", { class: "head" }, say("legend_hour", { day, hour: state.hour % 24 })));
    }
    if (state.boat >= 0 && page.data.boats) {
      const journey = page.data.boats.journeys[state.boat];
      list.push(el("li", { class: "head" }, say("legend_boat", { name: journey.name, moment: journey.moment })));
      BOAT_BREAKS.forEach((n, i2) => list.push(legendEntry(patchSign(BREAK_COLOURS[i2]), say("legend_within", { n }))));
      list.push(legendEntry(patchSign(INK.gap), say("legend_boat_not")));
    }
    return list;
  };
  var likelihoodEntries = (state) => {
    if (!isLikelihoodShown(state)) return [];
    const [fair, high] = page.data.certainty.bounds, text = (key, low, most) => say(key, { low: numberText(low), high: numberText(most) });
    return [
      el(
        "li",
        { class: "head" },
        say("legend_certainty", { service: page.data.categories[state.circle].name, n: page.data.area.limit })
      ),
      legendEntry(discSign(4), text("legend_certainty_from", high, 100)),
      legendEntry(discSign(3), text("legend_certainty_between", fair, high)),
      legendEntry(discSign(2), text("legend_certainty_between", 100 - fair, fair)),
      legendEntry(discSign(1), text("legend_certainty_between", 100 - high, 100 - fair)),
      legendEntry(discSign(0), text("legend_certainty_below", 0, 100 - high))
    ];
  };
  var legendEntries = (state, paper) => {
    const c = page.data.categories[state.circle];
    if (isDifference()) return [...symbolEntries(state, paper), ...differenceEntries(c)];
    const zoom = paper ? paper.zoom : page.map.getZoom(), shown = paper ? paper.level : state.overview ? "county" : levelOf(zoom);
    if (shown === "county" && state.facility < 0) {
      return [
        ...timeEntries(state),
        ...countyEntries(state),
        ...paper ? [] : [el("li", { class: "soft" }, say("legend_not_drawn"))]
      ];
    }
    const hasGaps = page.data.categories.some((k, i2) => state.on["gap." + i2]) && page.data.gaps.id.length > 0;
    return [
      ...timeEntries(state),
      ...likelihoodEntries(state),
      ...c ? circleEntries(state, c, Boolean(paper && paper.isAllKinds), zoom) : [],
      ...hasGaps ? [gapEntry(state, zoom)] : [],
      ...hasGaps && hasLonePoints(state) ? [legendEntry(crossSign(), say("legend_unjoined"))] : [],
      ...symbolEntries(state, paper)
    ];
  };
  var shortCredits = () => [
    ...new Set(
      page.data.area.credits.map((c) => c.includes("OpenStreetMap") ? "© OpenStreetMap contributors (ODbL)" : c)
    )
  ];
  var statusLine = () => {
    const a = page.data.area, between = page.worlds.before ? say("runs", { before: page.worlds.before.area.run || "–", after: page.worlds.after.area.run || "–" }) : "";
    return [
      [
        say("as_of", { date: a.asOf }),
        between,
        a.review ? say("review", { number: a.review }) : say("internal"),
        page.data.townships.name.length ? say("map_boundaries") : "",
        ...page.state.on.tianditu ? [say("tianditu_credit")] : [],
        ...shortCredits()
      ].filter(Boolean).join(" · ")
    ];
  };
  var northArrow = () => el(
    "div",
    { id: "north", role: "img", "aria-label": say("north") },
    signCanvas(
      (ctx, w, h) => {
        ctx.beginPath();
        ctx.moveTo(w / 2, 1);
        ctx.lineTo(w - 5, h - 2);
        ctx.lineTo(w / 2, h - 8);
        ctx.lineTo(5, h - 2);
        ctx.closePath();
        ctx.fillStyle = "#222";
        ctx.fill();
      },
      28,
      28
    ),
    el("span", { "aria-hidden": "true" }, say("north_short"))
  );

  // circles/outputs/map/script/tiles.js
  var TRIED = 4;
  var FLAT = 0.4;
  var tiles = (frames, place, head = 0) => frames.length ? best(frames, place, head).places : [];
  var best = (frames, [x2, y, width, height], head) => {
    if (frames.length === 1) {
      const { weight, ratio } = frames[0], own = width / Math.max(1, height - head);
      const like = Math.min(own, ratio) / Math.max(own, ratio);
      return { score: weight * (like < FLAT ? like - 1 : like), places: [[x2, y, width, height]] };
    }
    const sum = (list) => list.reduce((total, frame) => total + frame.weight, 0), all = sum(frames);
    const cuts = frames.slice(1).map((frame, i2) => i2 + 1).sort((a, b) => Math.abs(sum(frames.slice(0, a)) / all - 0.5) - Math.abs(sum(frames.slice(0, b)) / all - 0.5));
    let found = null;
    for (const at of cuts.slice(0, TRIED)) {
      const part = sum(frames.slice(0, at)) / all;
      for (const [one, other] of [
        [
          [x2, y, width * part, height],
          [x2 + width * part, y, width * (1 - part), height]
        ],
        [
          [x2, y, width, height * part],
          [x2, y + height * part, width, height * (1 - part)]
        ]
      ]) {
        const first = best(frames.slice(0, at), one, head), second = best(frames.slice(at), other, head), score = first.score + second.score;
        if (!found || score > found.score + 1e-9) found = { score, places: [...first.places, ...second.places] };
      }
    }
    return found;
  };
  var fitted = ([w, n, e, s], width, height, margin = 0.06) => {
    const x2 = (w + e) / 2, y = (n + s) / 2, span = Math.max((e - w) / width, (s - n) / height) * (1 + 2 * margin);
    return [x2 - span * width / 2, y - span * height / 2, x2 + span * width / 2, y + span * height / 2];
  };
  var roundLength = (metres) => {
    const power = 10 ** Math.floor(Math.log10(metres));
    return [5, 2, 1].find((f) => f * power <= metres) * power;
  };

  // circles/outputs/map/script/paper.js
  var MARGIN = 1.1;
  var ROOM = { beside: [262, 240], above: [402, 172] };
  var BETWEEN = 3;
  var CAPTION = 6;
  var widened = (box, least) => {
    const w = toX(box[0]), e = toX(box[2]), n = toY(box[3]), s = toY(box[1]), pad = least / metresPerUnit((box[1] + box[3]) / 2) / 2;
    const x2 = (w + e) / 2, y = (n + s) / 2, dx = Math.max((e - w) / 2 * MARGIN, pad), dy = Math.max((s - n) / 2 * MARGIN, pad);
    return [x2 - dx, y - dy, x2 + dx, y + dy];
  };
  var frameOf = (box, count = 1) => {
    const [w, n, e, s] = widened(box, 500), ratio = Math.max(0.45, Math.min(4, (e - w) / (s - n)));
    const fit = (room, columns2) => {
      const rows = Math.ceil(count / columns2), width2 = (room[0] - (columns2 - 1) * BETWEEN) / columns2, height2 = (room[1] - (rows - 1) * BETWEEN) / rows - (count > 1 ? CAPTION : 0);
      return ratio > width2 / height2 ? [width2, width2 / ratio, columns2] : [height2 * ratio, height2, columns2];
    };
    const largest = (room) => Array.from({ length: count }, (_, i2) => fit(room, i2 + 1)).sort((a, b) => b[0] * b[1] - a[0] * a[1])[0];
    const beside = largest(ROOM.beside), above = largest(ROOM.above), isAbove = above[0] * above[1] > beside[0] * beside[1] * 1.15;
    const [width, height, columns] = isAbove ? above : beside, whole = (ROOM.above[0] - (columns - 1) * BETWEEN) / columns;
    if (count === 1 || !isAbove || whole <= width) return { width, height, columns, isAbove, box: [w, n, e, s] };
    const middle = (w + e) / 2, half = (s - n) * whole / height / 2;
    return { width: whole, height, columns, isAbove, box: [middle - half, n, middle + half, s] };
  };
  var paperView = ([w, n, e, s], width, height) => {
    const span = Math.max((e - w) / width, (s - n) / height), zoom = Math.log2(1 / span / 256), k = 256 * 2 ** zoom;
    return viewOf(zoom, (w + e) / 2 * k - width / 2, (n + s) / 2 * k - height / 2, 0, 0, width, height);
  };
  var keptFree = (width, height, left = 0, top = 0) => [
    [left + 8, top + height - 50, left + 224, top + height],
    [left + width - 46, top, left + width, top + 72]
  ];
  var drawScale = (ctx, v, width, height, isInset) => {
    const lat = toLat((v.n + v.s) / 2) * Math.PI / 180, metres = 40075016686e-3 * Math.cos(lat) / v.k;
    const length = roundLength((isInset ? 60 : 180) * metres);
    const x2 = 20, y = height - 22, long = length / metres;
    ctx.setLineDash([]);
    ctx.fillStyle = "rgba(255,255,255,.85)";
    ctx.fillRect(x2 - 8, y - 22, long + 16, 34);
    ctx.strokeStyle = "#222";
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.moveTo(x2, y - 6);
    ctx.lineTo(x2, y);
    ctx.lineTo(x2 + long, y);
    ctx.lineTo(x2 + long, y - 6);
    ctx.stroke();
    ctx.fillStyle = "#222";
    ctx.font = "13px sans-serif";
    ctx.textAlign = "center";
    ctx.fillText(length >= 1e3 ? length / 1e3 + " km" : length + " m", x2 + long / 2, y - 8);
    if (isInset) return;
    ctx.beginPath();
    ctx.moveTo(width - 30, 16);
    ctx.lineTo(width - 20, 46);
    ctx.lineTo(width - 30, 39);
    ctx.lineTo(width - 40, 46);
    ctx.closePath();
    ctx.fill();
    ctx.fillText(say("north_short"), width - 30, 60);
  };
  var GRID = 32;
  var LAND_SHARE = 0.6;
  var KEPT_PLACES = 0.75;
  var TRIMS = [0.03, 0.08, 0.16, 0.3];
  var landShare = ([w, n, e, s]) => {
    const land = page.shapes.land, near = [];
    for (let i2 = 0; i2 < land.count; i2++) if (isSeen(land, i2, { w, n, e, s })) near.push(i2);
    let count = 0;
    for (let i2 = 0; i2 < GRID; i2++) {
      for (let j = 0; j < GRID; j++) {
        const x2 = w + (e - w) * (i2 + 0.5) / GRID, y = n + (s - n) * (j + 0.5) / GRID;
        if (near.some((k) => contains(land, k, x2, y))) count++;
      }
    }
    return count / GRID ** 2;
  };
  var trimmedFrame = (spot, t) => {
    const { township, island } = page.data.residents, { x: x2, y, count } = page.shapes.residents, places = [];
    for (let i2 = 0; i2 < count; i2++) if (township[i2] === t && island.at[i2] === spot.island) places.push([x2[i2], y[i2]]);
    const inside = (b) => places.filter(([px, py]) => px >= b[0] && px <= b[2] && py >= b[1] && py <= b[3]).length;
    let box = [spot.w, spot.n, spot.e, spot.s], share = landShare(frameOf(degreesOf(box)).box);
    while (share < LAND_SHARE) {
      const [dx, dy] = [box[2] - box[0], box[3] - box[1]];
      const tries = TRIMS.flatMap((part) => [
        [dx * part, 0, 0, 0],
        [0, dy * part, 0, 0],
        [0, 0, -dx * part, 0],
        [0, 0, 0, -dy * part]
      ]).map((d) => box.map((v, k) => v + d[k])).filter((b) => inside(b) >= KEPT_PLACES * places.length);
      const found = tries.map((b) => ({ part: landShare(frameOf(degreesOf(b)).box), own: b })).sort((a, b) => b.part - a.part)[0];
      if (!found || found.part <= share) break;
      share = found.part;
      box = found.own;
    }
    return {
      box: degreesOf(box),
      share,
      isTrimmed: box[0] !== spot.w || box[1] !== spot.n || box[2] !== spot.e || box[3] !== spot.s
    };
  };
  var degreesOf = ([w, n, e, s]) => [(w - 0.5) * 360, toLat(s), (e - 0.5) * 360, toLat(n)];
  var printedSpots = (t) => spotsOf(t).sort((one, other) => other.places - one.places || one.island - other.island);
  var printBox = (t) => {
    const spot = printedSpots(t)[0];
    return spot ? trimmedFrame(spot, t) : { box: townshipBox(t), share: null, isTrimmed: false };
  };
  var scaleOf = ({ width, box: [w, n, e, s] }) => {
    const exact = (e - w) * metresPerUnit(toLat((n + s) / 2)) * 1e3 / width, step = 10 ** (Math.floor(Math.log10(exact)) - 1);
    return Math.round(exact / step) * step;
  };

  // circles/outputs/map/script/picture.js
  var SHARP = 2;
  var HEAD = 40;
  var FOOT = 28;
  var drawMap = (ctx, width, height) => {
    const map = page.map, zoom = map.getZoom(), origin = map.getPixelOrigin(), corner = map.containerPointToLayerPoint([0, 0]);
    const v = {
      ...viewOf(zoom, origin.x, origin.y, corner.x, corner.y, corner.x + width, corner.y + height),
      level: levelOf(zoom),
      kept: keptFree(width, height, corner.x, corner.y)
    };
    ctx.translate(-corner.x, -corner.y);
    ctx.fillStyle = INK.sea;
    ctx.fillRect(corner.x, corner.y, width, height);
    paintBase(ctx, v, page.state);
    const under = document.createElement("canvas");
    Object.assign(under, { width: width * SHARP, height: height * SHARP });
    const below = under.getContext("2d");
    below.scale(SHARP, SHARP);
    below.translate(-corner.x, -corner.y);
    paintAreas(below, v, page.state);
    ctx.globalAlpha = AREA_OPACITY;
    ctx.drawImage(under, corner.x, corner.y, width, height);
    ctx.globalAlpha = 1;
    paintTop(ctx, v, page.state);
    ctx.translate(corner.x, corner.y);
    drawScale(ctx, v, width, height, false);
  };
  var drawFrames = (ctx, box) => {
    const start = box.getBoundingClientRect();
    for (const tile2 of box.querySelectorAll(".tile")) {
      const own = tile2.getBoundingClientRect(), canvas = tile2.querySelector("canvas"), at = canvas.getBoundingClientRect();
      ctx.drawImage(canvas, at.x - start.x, at.y - start.y, at.width, at.height);
      ctx.fillStyle = "#1d2733";
      ctx.font = `bold 13px ${FONT}`;
      ctx.textAlign = "left";
      ctx.textBaseline = "middle";
      ctx.fillText(tile2.querySelector(".caption b").textContent, own.x - start.x + 6, own.y - start.y + 11);
      ctx.strokeStyle = "#9aa3ab";
      ctx.strokeRect(own.x - start.x, own.y - start.y, own.width, own.height);
    }
  };
  var mapPicture = () => {
    const a = page.data.area, { x: width, y: height } = page.map.getSize(), canvas = document.createElement("canvas");
    Object.assign(canvas, { width: width * SHARP, height: (height + HEAD + FOOT) * SHARP });
    const ctx = canvas.getContext("2d");
    ctx.scale(SHARP, SHARP);
    ctx.fillStyle = "#fff";
    ctx.fillRect(0, 0, width, height + HEAD + FOOT);
    ctx.save();
    ctx.beginPath();
    ctx.rect(0, HEAD, width, height);
    ctx.clip();
    ctx.translate(0, HEAD);
    if (page.state.overview) drawFrames(ctx, document.getElementById("islands"));
    else drawMap(ctx, width, height);
    ctx.restore();
    const service = page.data.categories[page.state.circle], what = page.state.overview || !service ? "" : ` · ${service.name}`;
    const line = (text, y, font, colour) => {
      ctx.font = font;
      ctx.fillStyle = colour;
      ctx.textAlign = "left";
      ctx.textBaseline = "middle";
      ctx.fillText(text, 10, y, width - 20);
    };
    line(
      say("headline_title", { area: a.name, limit: numberText(a.limit) }) + what + (a.demonstration ? " " + say("headline_demonstration") : ""),
      HEAD / 2,
      `bold 17px ${FONT}`,
      "#1d2733"
    );
    line(
      [
        say("headline_as_of", { date: dateText(a.asOf) }),
        a.review ? say("review", { number: a.review }) : say("foot_internal"),
        ...shortCredits()
      ].join(" · "),
      HEAD + height + FOOT / 2,
      `12px ${FONT}`,
      "#333"
    );
    return canvas;
  };
  var download2 = (href, name) => el("a", { href, download: name }).click();
  var openTables = () => [...document.querySelectorAll("#panel > section, #panel > details[open]")].flatMap((section) => {
    const table = section.querySelector("table"), title = section.querySelector("h2");
    return table && title ? [{ table: (
      /** @type {HTMLTableElement} */
      table
    ), title: title.textContent }] : [];
  });
  var exportPanel = () => {
    const save = () => openTables().forEach(({ table, title }) => {
      const mark = page.data.area.demonstration ? say("headline_demonstration") + "\r\n" : "";
      download2(
        "data:text/csv;charset=utf-8," + encodeURIComponent("\uFEFF" + mark + tableText(table)),
        `${page.data.area.id}-${title.replace(/[\\/:*?"<>|]/g, "_")}.csv`
      );
    });
    const shoot = () => download2(mapPicture().toDataURL("image/png"), `${page.data.area.id}.png`);
    return el(
      "p",
      { class: "row" },
      el("button", { type: "button", on: { click: save } }, say("export_csv")),
      el("button", { type: "button", on: { click: shoot } }, say("export_png"))
    );
  };

  // circles/outputs/map/script/find.js
  var ORDER = "tivfs";
  var ASCII = /^[\x20-\x7e]+$/;
  var MOST2 = 12;
  var FUZZY = 60;
  var NEVER = Infinity;
  var LETTERS = { ħ: "h", ł: "l", ø: "o", đ: "d", ß: "ss", æ: "ae", œ: "oe", ı: "i", þ: "th", ð: "d" };
  var CALLED = [
    ["卫生所", "卫生室", "卫生站", "卫生院", "卫生服务站", "诊所"],
    ["食堂", "助餐点", "老年食堂", "送餐点"],
    ["幼儿园", "托儿所", "托育园", "托育点", "托班"],
    ["体育场", "运动场", "健身广场", "健身苑", "球场"]
  ];
  var folded = (text) => text.toLowerCase().normalize("NFD").replace(new RegExp("\\p{M}", "gu"), "").replace(/[ħłøđßæœıþð]/g, (sign) => LETTERS[sign]).replace(/['’ʼ`\-‐–]/g, "");
  var bare = (text) => text.replace(/[（(][^（()）]*[）)]/g, "");
  var indexOf = (names) => names.map(({ kind, i: i2, name, keys, context = "" }) => {
    const [initials = "", spoken2 = ""] = keys.split(" "), syllables = spoken2 ? spoken2.split("'") : [];
    return {
      kind,
      i: i2,
      name,
      plain: folded(bare(name)) || folded(name),
      all: folded(name),
      context: folded(context),
      syllables,
      full: syllables.join(""),
      initials
    };
  });
  var soundsOf = (homophones) => {
    const sounds = /* @__PURE__ */ new Map();
    for (const [syllable, signs] of Object.entries(homophones)) for (const sign of signs) sounds.set(sign, syllable);
    return sounds;
  };
  var scattered = (whole, part) => {
    let best2 = NEVER;
    for (let start = whole.indexOf(part[0]); start >= 0; start = whole.indexOf(part[0], start + 1)) {
      let at = start;
      for (let k = 1; k < part.length && at >= 0; k++) at = whole.indexOf(part[k], at + 1);
      if (at >= 0) best2 = Math.min(best2, at - start + 1 - part.length);
    }
    return best2;
  };
  var abbreviated = (syllables, query) => {
    const from = (k, q) => {
      if (q === query.length) return true;
      if (k === syllables.length) return false;
      for (let n = Math.min(syllables[k].length, query.length - q); n > 0; n--) {
        if (syllables[k].startsWith(query.slice(q, q + n)) && from(k + 1, q + n)) return true;
      }
      return false;
    };
    return syllables.findIndex((_, k) => from(k, 0));
  };
  var errorsIn = (text, query) => {
    let before = null, row = new Array(text.length + 1).fill(0);
    for (let i2 = 1; i2 <= query.length; i2++) {
      const next = [i2];
      for (let j = 1; j <= text.length; j++) {
        next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (query[i2 - 1] === text[j - 1] ? 0 : 1));
        if (before && j > 1 && query[i2 - 1] === text[j - 2] && query[i2 - 2] === text[j - 1]) {
          next[j] = Math.min(next[j], before[j - 2] + 1);
        }
      }
      before = row;
      row = next;
    }
    return Math.min(...row);
  };
  var STREET = 6;
  var allowed = (length) => length < 4 ? 0 : length < 8 ? 1 : 2;
  var called = (word) => CALLED.flatMap(
    (group) => group.filter((own) => word.endsWith(own)).slice(0, 1).flatMap((own) => group.filter((other) => other !== own).map((other) => word.slice(0, -own.length) + other))
  );
  var written = (entry, word) => {
    if (entry.plain === word || entry.all === word) return 0;
    if (entry.plain.startsWith(word)) return 5;
    const at = entry.all.indexOf(word);
    return at >= 0 ? 10 + Math.min(at, 5) * 0.1 : NEVER;
  };
  var spoken = (entry, word, sounds) => {
    if (!entry.full) return NEVER;
    const isLatin = /^[a-z0-9]+$/.test(word);
    const sound = [...word].map((sign) => sounds.get(sign) || sign).join("");
    if (!/^[a-z0-9]+$/.test(sound)) return NEVER;
    if (isLatin && entry.initials === word) return 18;
    if (entry.full === sound) return 15;
    if (isLatin && entry.initials.startsWith(word)) return 22;
    if (entry.full.startsWith(sound)) return 20;
    const at = isLatin ? abbreviated(entry.syllables, word) : -1;
    if (at === 0) return 26;
    if (isLatin && entry.initials.includes(word)) return 32;
    if (entry.full.includes(sound)) return 30;
    if (at > 0) return 36;
    const errors = errorsIn(entry.full, sound);
    return errors <= allowed(sound.length) ? FUZZY + errors * 5 + Math.abs(entry.full.length - sound.length) * 0.05 : NEVER;
  };
  var scoreOf = (entry, word, sounds) => {
    let best2 = Math.min(written(entry, word), spoken(entry, word, sounds));
    if (best2 > 12 && word.length > 1 && !ASCII.test(word)) {
      const gaps = scattered(entry.plain, word);
      if (gaps < NEVER) best2 = Math.min(best2, 14 + gaps * 0.5);
    }
    for (const other of called(word)) {
      best2 = Math.min(best2, written(entry, other) + 16, scattered(entry.plain, other) * 0.5 + 18);
    }
    if (best2 === NEVER && entry.context.includes(word)) best2 = 40;
    if (best2 === NEVER && !entry.full && word.length > 3) {
      const errors = errorsIn(entry.all, word);
      if (errors <= allowed(word.length)) best2 = FUZZY + errors * 5;
    }
    if (best2 === NEVER && word.length > 2 && !ASCII.test(word) && errorsIn(entry.plain, word) === 1) {
      best2 = FUZZY + 8;
    }
    return best2;
  };
  var findIn = (index, text, sounds) => {
    const words = folded(text).split(/[\s,，、]+/).filter(Boolean), whole = words.join("");
    if (!words.length) return { found: [], isGuess: false };
    const scored = [];
    for (const entry of index) {
      const parts = words.map((word) => scoreOf(entry, word, sounds)), apart = parts.reduce((sum, s) => sum + s, 0) / parts.length;
      const score = words.length > 1 ? Math.min(apart, scoreOf(entry, whole, sounds)) : apart;
      const length = entry.full && ASCII.test(whole) ? entry.full.length : entry.plain.length;
      const behind = entry.kind === "s" && score > 0 && score < NEVER ? STREET : 0;
      if (score < NEVER) {
        scored.push({ score: score + behind + Math.min(Math.abs(length - whole.length), 40) * 0.02, entry });
      }
    }
    scored.sort(
      (a, b) => a.score - b.score || ORDER.indexOf(a.entry.kind) - ORDER.indexOf(b.entry.kind) || a.entry.i - b.entry.i
    );
    const found = scored.slice(0, MOST2).map(({ entry }) => entry);
    return { found, isGuess: scored.length > 0 && scored[0].score >= FUZZY };
  };

  // circles/outputs/map/script/search.js
  var searchName = (kind, i2) => kind === "s" ? page.data.streets.name.values[i2] : { f: page.data.facilities, t: page.data.townships, v: page.data.villages, i: page.data.islands }[kind].name[i2];
  var indexes = /* @__PURE__ */ new WeakMap();
  var indexed = () => {
    const { search, facilities, townships, villages, categories, homophones } = page.data;
    if (!indexes.has(search)) {
      const context = (kind, i2) => kind === "f" ? `${townships.name[facilities.township[i2]] || ""} ${(categories[facilities.category[i2]] || { name: "" }).name} ${facilities.kind[i2]}` : kind === "v" ? townships.name[townships.code.indexOf(villages.township[i2])] || "" : "";
      indexes.set(search, {
        index: indexOf(
          search.map(([kind, i2, keys]) => ({ kind, i: i2, keys, name: searchName(kind, i2), context: context(kind, i2) }))
        ),
        sounds: soundsOf(homophones || {})
      });
    }
    return indexes.get(search);
  };
  var findNames = (text) => {
    const { index, sounds } = indexed();
    return findIn(index, text, sounds);
  };
  var goFound = (kind, i2) => {
    if (kind === "f") goFacility(i2);
    else if (kind === "v") goVillage(i2);
    else if (kind === "i") goIsland(i2);
    else if (kind === "s") goStreet(i2);
    else chooseCell(page.data.townships.code[i2], "", true);
  };
  var searchBox = () => {
    const results = el("ul", { id: "found", role: "listbox", hidden: true, "aria-label": say("search_results") });
    let found = [];
    let at = -1;
    const mark = () => [...results.children].forEach((item, i2) => item.setAttribute("aria-selected", i2 === at ? "true" : "false"));
    const close = () => {
      results.hidden = true;
      input.setAttribute("aria-expanded", "false");
    };
    const go = (i2) => {
      if (!found[i2]) return;
      close();
      input.value = searchName(found[i2].kind, found[i2].i);
      goFound(found[i2].kind, found[i2].i);
    };
    const show = () => {
      const answer = findNames(input.value);
      found = answer.found;
      at = found.length ? 0 : -1;
      fillNode(
        results,
        found.length ? found.map(
          ({ kind, i: i2 }, k) => el(
            "li",
            {
              role: "option",
              id: "found-" + k,
              on: {
                mousedown: (e) => {
                  e.preventDefault();
                  go(k);
                }
              }
            },
            el("span", { class: "soft" }, answer.isGuess && !k ? say("did_you_mean") + " " : "", say("find_" + kind)),
            " ",
            el("bdi", {}, searchName(kind, i2))
          )
        ) : input.value ? [el("li", {}, say("nothing_found"))] : []
      );
      results.hidden = !input.value;
      input.setAttribute("aria-expanded", String(!results.hidden));
      mark();
    };
    const input = el("input", {
      type: "search",
      id: "search",
      role: "combobox",
      "aria-controls": "found",
      "aria-expanded": "false",
      autocomplete: "off",
      placeholder: say("search_hint"),
      "aria-label": say("search"),
      on: {
        input: show,
        blur: close,
        keydown: (event) => {
          if (event.key === "Enter") go(at);
          else if (event.key === "Escape") close();
          else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            at = Math.max(0, Math.min(found.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)));
            mark();
          }
        }
      }
    });
    return el("div", { class: "search" }, input, results);
  };
  var jumpBox = () => {
    const { townships, islands } = page.data;
    const option2 = (value, text) => el("option", { value }, text);
    return el(
      "select",
      {
        id: "jump",
        "aria-label": say("jump"),
        on: {
          change: (event) => {
            const [kind, i2] = [event.target.value[0], Number(event.target.value.slice(1))];
            if (kind === "a") goWhole();
            else if (kind === "t") fly(townshipBox(i2));
            else if (kind === "i") goIsland(i2);
          }
        }
      },
      option2("", say("jump")),
      option2("a", say("whole", { area: page.data.area.name })),
      el(
        "optgroup",
        { label: say("township") },
        townships.name.map((n, i2) => option2("t" + i2, n))
      ),
      el(
        "optgroup",
        { label: say("island") },
        islands.name.map((n, i2) => option2("i" + i2, n))
      )
    );
  };

  // circles/outputs/map/script/panel.js
  var buildPanel = () => {
    const a = page.data.area, panel = document.getElementById("panel"), f = page.data.facilities, g = page.data.gaps, delta = page.state.side === "difference";
    const open = new Map([...panel.querySelectorAll("details")].map((d) => [d.id, d.open]));
    const section = (id, title, isOpen, ...content) => el("details", { id, open: open.has(id) ? open.get(id) : isOpen }, el("summary", {}, el("h2", {}, title)), content);
    const late = (id, title, build) => lateSection(section(id, title, false, el("div", { class: "scroll" })), build);
    const verdicts = el("div", { class: "scroll", id: "verdict-table", tabindex: -1 });
    const gaps = () => listTable(
      say("panel_gaps"),
      gapHeads(),
      g.id.flatMap((id, i2) => listed(g.category[i2], g.township[i2], null) ? [gapRow(i2)] : [])
    );
    fillNode(
      panel,
      delta ? plainHeader() : messageHeader(),
      page.worlds.before ? sideSwitch() : null,
      page.data.incomparable ? el(
        "div",
        { class: "demo", role: "note" },
        el("p", {}, say("incomparable")),
        page.data.incomparable.map((line) => el("p", {}, line))
      ) : null,
      el("div", { class: "tools" }, searchBox(), jumpBox()),
      delta ? section(
        "s-verdicts",
        say("panel_difference"),
        true,
        differenceSummary(),
        el("p", { class: "soft" }, say("difference_units")),
        verdicts
      ) : el(
        "section",
        { id: "s-verdicts", "aria-label": say("panel_verdicts") },
        el("h2", { class: "away" }, say("panel_verdicts")),
        verdicts,
        el(
          "div",
          { class: "lines" },
          footLines().map((line) => el("p", {}, line))
        ),
        el("p", { class: "soft internal" }, a.review ? say("review", { number: a.review }) : say("foot_internal"))
      ),
      el("section", { id: "detail", hidden: true, "aria-live": "polite", "aria-label": say("detail") }),
      exportPanel(),
      section("s-filters", say("panel_filters"), false, filterBoxes()),
      section("s-layers", say("panel_layers"), false, layerPanel()),
      page.data.times && !delta ? section("s-times", say("panel_times"), false, timePanel()) : null,
      page.data.boats && !delta ? section("s-boats", say("panel_boats"), false, boatPanel()) : null,
      page.data.walked && !delta ? onOpening(section("s-draft", say("panel_draft"), false, draftPanel()), warmDraft) : null,
      delta ? late("s-changes", say("panel_changes") + `（${page.difference.facilities.length}）`, facilityChanges) : null,
      delta ? late("s-people", say("panel_people"), () => peopleChanges(() => true)) : null,
      page.data.missing && page.data.missing.rows.length && !delta ? late("s-missing", say("panel_missing") + `（${page.data.missing.rows.length}）`, missingList) : null,
      late("s-gaps", say("panel_gaps") + `（${g.id.length}）`, gaps),
      late("s-facilities", say("panel_facilities") + `（${f.name.length}）`, facilityList),
      late("s-residents", say("panel_residents") + `（${page.data.residents.population.length}）`, residentList),
      late("s-coverage", say("panel_coverage"), coverageTable),
      section("s-about", say("panel_about"), false, aboutArea())
    );
    page.fillVerdicts = () => fillNode(verdicts, delta ? differenceTable() : verdictTable());
    page.fillVerdicts();
  };
  var messageHeader = () => {
    const a = page.data.area;
    return el(
      "header",
      {},
      el("h1", {}, say("headline_title", { area: a.name, limit: numberText(a.limit) })),
      el(
        "p",
        { class: "date" },
        say("headline_as_of", { date: dateText(a.asOf) }),
        a.demonstration ? el("b", { class: "mock" }, " " + say("headline_demonstration")) : ""
      ),
      el("p", { class: "headline" }, headline()),
      el(
        "p",
        { class: "figures" },
        figures().map(({ name, value, base }) => [
          el("span", { class: "figure" }, name, " ", el("b", {}, value), " ", el("small", {}, base)),
          " "
        ])
      ),
      shortLine() ? el("p", { class: "short" }, shortLine()) : ""
    );
  };
  var plainHeader = () => {
    const a = page.data.area;
    return el(
      "header",
      {},
      el("h1", {}, say("headline_title", { area: a.name, limit: numberText(a.limit) })),
      a.demonstration ? el("p", { class: "date" }, el("b", { class: "mock" }, say("headline_demonstration"))) : null,
      page.difference ? [el("p", { class: "date" }, runsNamed()), el("p", { class: "headline" }, changeHeadline())] : null
    );
  };
  var listed = (category, township, island) => {
    const { service, island: only } = page.state, keys = service.split("+"), code = page.data.townships.code[township];
    return (!service || keys.includes((page.data.categories[category] || {}).id)) && (!only || (island === null ? townshipsOn(only).has(code) : island === only));
  };
  var facilityList = () => {
    const f = page.data.facilities;
    return listTable(
      say("panel_facilities"),
      [say("name"), say("service"), say("township"), say("status"), say("capacity")],
      f.name.flatMap(
        (name, i2) => listed(f.category[i2], f.township[i2], f.island[i2]) ? [
          {
            choose: () => goFacility(i2),
            cells: [
              el("bdi", {}, name),
              (page.data.categories[f.category[i2]] || {}).name,
              page.data.townships.name[f.township[i2]] || "–",
              named("status_", f.status[i2]),
              numberText(f.capacity[i2])
            ]
          }
        ] : []
      )
    );
  };
  var PAGE = 200;
  var residentList = () => {
    const r = page.data.residents, box = el("div", {}), kept = Array.from(r.population, (p, i2) => i2).filter(
      (i2) => !page.state.island || r.island.values[r.island.at[i2]] === page.state.island
    );
    const chosen = page.data.categories.map((c, k) => k).filter((k) => !page.state.service || page.state.service.split("+").includes(page.data.categories[k].id));
    const show = (start) => fillNode(
      box,
      listTable(
        say("panel_residents"),
        [
          say("township"),
          say("village"),
          say("island"),
          page.data.area.unit,
          ...chosen.map((k) => page.data.categories[k].name)
        ],
        kept.slice(start, start + PAGE).map((i2) => ({
          choose: () => goResident(i2),
          cells: [
            page.data.townships.name[r.township[i2]] || "–",
            page.data.villages.name[r.village[i2]] || "–",
            r.island.values[r.island.at[i2]] || say("at_sea"),
            numberText(r.population[i2], 1),
            ...chosen.map(
              (k) => r.minutes[k][i2] < 0 ? reasonText("reason_", r.reasons[-1 - r.minutes[k][i2]]) : minutesText(r.minutes[k][i2])
            )
          ]
        }))
      ),
      kept.length > PAGE ? el(
        "p",
        { class: "row" },
        el(
          "button",
          { type: "button", disabled: start === 0, on: { click: () => show(start - PAGE) } },
          say("page_back")
        ),
        say("page_of", { from: start + 1, to: Math.min(start + PAGE, kept.length), all: kept.length }),
        el(
          "button",
          { type: "button", disabled: start + PAGE >= kept.length, on: { click: () => show(start + PAGE) } },
          say("page_on")
        )
      ) : ""
    );
    show(0);
    return box;
  };
  var onOpening = (node, act) => {
    node.addEventListener("toggle", () => {
      if (node.open) setTimeout(act, 30);
    });
    return node;
  };
  var lateSection = (node, build) => {
    const box = node.lastElementChild;
    const fill = () => {
      if (!node.open || box.firstChild) return;
      box.append(build());
      if (!box.querySelector("[tabindex='0'],select,button")) {
        Object.assign(box, { tabIndex: 0, role: "region", ariaLabel: node.firstElementChild.textContent });
      }
    };
    node.addEventListener("toggle", fill);
    fill();
    page.lateSections.set(node.id, () => {
      box.replaceChildren();
      fill();
    });
    return node;
  };
  var coverageTable = () => {
    const box = el("div", {}), heads = (kind) => [
      say(kind),
      ...["service", "group", "walker", "limit", "covered", "population", "share"].map((n) => say(n))
    ];
    const wanted = (t, i2) => listed(t.category[i2], -1, page.state.island) && (!page.state.island || (t.kind === "island" ? t.place[i2] === page.state.island : t.kind === "village" || townshipsOn(page.state.island).has(t.code[i2])));
    const show = (kind) => {
      const t = page.data.coverage.find((table) => table.kind === kind);
      const place = (i2) => t.place[i2] || townshipName(t.code[i2]);
      fillNode(
        box,
        listTable(
          say("panel_coverage"),
          heads(kind === "variant" ? "township" : kind),
          t.code.flatMap(
            (code, i2) => !wanted(t, i2) ? [] : [
              {
                cells: [
                  el("bdi", {}, place(i2)),
                  (page.data.categories[t.category[i2]] || {}).name,
                  named("group_", t.group[i2]),
                  named("walker_", t.profile[i2]),
                  numberText(t.limit_min[i2]),
                  numberText(t.covered[i2], 1),
                  numberText(t.population[i2], 1),
                  percentText(t.share[i2])
                ]
              }
            ]
          )
        )
      );
    };
    show("township");
    return el(
      "div",
      {},
      el(
        "select",
        { "aria-label": say("coverage_of"), on: { change: (e) => show(e.target.value) } },
        page.data.coverage.map((t) => el("option", { value: t.kind }, say("coverage_" + t.kind)))
      ),
      box
    );
  };
  var missingList = () => {
    const { heads, rows } = page.data.missing, index = new Map(page.data.categories.map((category, i2) => [category.id, i2]));
    const kept = rows.filter((row) => listed(index.get(row.category), page.data.townships.code.indexOf(row.code), null));
    return listTable(
      say("panel_missing"),
      heads,
      kept.map((row) => ({ cells: row.cells, choose: () => goTownship(row.code) }))
    );
  };
  var knownList = () => {
    const { heads, rows } = page.data.known || { heads: [], rows: [] };
    return rows.length ? plainTable(say("about_known"), heads, rows) : null;
  };
  var aboutArea = () => {
    const a = page.data.area;
    return [
      definitions([
        [say("about_area"), `${a.name}（${a.id}）`],
        [say("about_as_of"), a.asOf],
        [say("about_run"), a.run],
        [say("about_crs"), a.crs],
        [say("about_limit"), say("legend_within", { n: a.limit })],
        [say("about_walkers"), page.data.categories.map((c) => `${c.name}：${c.walker}（${c.speed} m/s）`).join("；")],
        [say("about_status"), a.demonstration ? say("demonstration_line") : say("status_real")],
        [say("about_review"), a.review || say("internal")],
        [say("about_credits"), a.credits.join("；")]
      ]),
      knownList(),
      el("p", { class: "soft" }, say("about_method"))
    ];
  };
  var syncCells = (state) => {
    const cells = document.querySelectorAll("#verdict-table td.cell");
    for (const td2 of cells) {
      const chosen = Boolean(state.cell) && td2.dataset.code === state.cell[0] && td2.dataset.key === state.cell[1];
      td2.classList.toggle("chosen", chosen);
      td2.setAttribute("aria-selected", String(chosen));
    }
  };
  var filtered = "";
  var syncFilters = (state) => {
    const now = [state.service, state.verdict, state.island].join("|");
    if (now === filtered) return;
    filtered = now;
    for (const name of ["service", "verdict", "island"]) {
      const box = (
        /** @type {HTMLSelectElement} */
        document.getElementById("filter-" + name)
      );
      if (box) box.value = state[name];
    }
    page.fillVerdicts();
    for (const refill of page.lateSections.values()) refill();
  };

  // circles/outputs/map/script/worlds.js
  var useWorld = (side) => {
    const world = side === "before" && page.worlds.before ? page.worlds.before : page.worlds.after;
    if (world === page.data) return;
    const facility = page.state.facility >= 0 ? page.data.facilities.id[page.state.facility] : "";
    page.data = world;
    page.shapes = shapesOf(world);
    page.spots = page.allSpots = null;
    page.way = null;
    forget();
    Object.assign(page.draft, {
      added: [],
      removed: /* @__PURE__ */ new Set(),
      placing: false,
      category: -1,
      before: /* @__PURE__ */ new Map(),
      result: null
    });
    Object.assign(page.state, { gap: -1, facility: world.facilities.id.indexOf(facility) });
  };
  var sideSwitch = () => el(
    "fieldset",
    { class: "sides" },
    el("legend", { class: "away" }, say("side")),
    ["before", "after", "difference"].map(
      (side) => el(
        "label",
        {},
        el("input", {
          type: "radio",
          name: "side",
          value: side,
          checked: page.state.side === side,
          on: { change: () => chooseSide(side) }
        }),
        say("side_" + side)
      )
    )
  );
  var chooseSide = (side) => {
    useWorld(side);
    page.state.side = side;
    page.map.closePopup();
    buildPanel();
    setState({});
    document.querySelector(`input[name=side][value=${side}]`).focus();
  };
  var changes = /* @__PURE__ */ new WeakMap();
  var changeRows = () => {
    const difference = page.difference || { checks: [] };
    if (!changes.has(difference)) {
      changes.set(
        difference,
        new Map(difference.checks.map((row) => (
          /** @type {[string, any]} */
          [row[0] + "|" + row[1], row]
        )))
      );
    }
    return changes.get(difference);
  };
  var changeOf = (code, rule) => {
    const [, , i2, j, change, sign] = changeRows().get(code + "|" + rule) || [code, rule, -1, -1, null, 0];
    return {
      before: i2 < 0 ? null : page.worlds.before.verdicts.checks[i2],
      after: j < 0 ? null : page.worlds.after.verdicts.checks[j],
      change,
      sign
    };
  };
  var sizeOfChange = (check, change) => {
    const rule = page.data.verdicts.rules[check.rule_id] || NO_RULE, size = Math.abs(change) * (rule.isShare ? 100 : 1);
    if (size < 1e-9) return say("change_same");
    const text = rule.isShare ? size < 0.1 ? "<0.1" : size.toFixed(1) : numberText(size, 2);
    return (change > 0 ? "+" : "−") + text + (rule.isShare ? say("points_of_percent") : "");
  };
  var sideText = (check) => check ? checkValue(check) : "–";
  var wordOf = (check) => check ? verdictText(check.verdict, check.rule_status ? [check.rule_status] : void 0) : say("change_absent");
  var changeSign = (sign) => el(
    "span",
    { class: "badge " + (sign > 0 ? "up" : sign < 0 ? "down" : "same"), "aria-hidden": "true" },
    sign > 0 ? "▲" : sign < 0 ? "▼" : "="
  );
  var changeWord = (sign) => say(sign > 0 ? "change_gain" : sign < 0 ? "change_loss" : "change_same");
  var townshipChange = (code, state) => {
    const column = page.data.verdicts.columns.find((c) => state.cell && c.key === state.cell[1]);
    const signs = page.difference.checks.filter((row) => row[0] === code && row[5] && (!column || changeCategory(row) === column.key)).map((row) => row[5]);
    return signs.includes(-1) ? -1 : signs.length ? 1 : 0;
  };
  var changeCategory = ([, , i2, j]) => (j >= 0 ? page.worlds.after.verdicts.checks[j] : page.worlds.before.verdicts.checks[i2]).category;
  var differenceTable = () => {
    const { columns, checks } = page.data.verdicts, shown = shownColumns();
    const body = shownRows().map(
      (row) => el(
        "tr",
        { role: "row" },
        el("th", { scope: "row" }, row.name),
        shown.map((column) => {
          const at = columns.indexOf(column), first = row.cells[at].length ? checks[row.cells[at][0]] : null;
          if (!first) return tableCell(row.code, column.key, "same", "–", `${row.name} ${column.name} –`);
          const { before, after, change, sign } = changeOf(row.code, first.rule_id), size = change === null ? "" : sizeOfChange(first, change), short = size.replace(say("points_of_percent"), "");
          const turned = before && after && before.verdict !== after.verdict ? `${wordOf(before)} → ${wordOf(after)}` : "";
          return tableCell(
            row.code,
            column.key,
            sign > 0 ? "up" : sign < 0 ? "down" : "same",
            [
              el("b", {}, changeSign(sign), " ", sign ? short : say("change_same")),
              el("small", {}, sign ? [sideText(before), " →", el("br"), sideText(after)] : sideText(after)),
              turned ? el("small", {}, el("b", {}, turned)) : ""
            ],
            `${row.name} ${column.name} ${changeWord(sign)} ${size} ${sideText(before)} → ${sideText(after)} ${turned}`
          );
        })
      )
    );
    const table = el(
      "table",
      { class: "verdicts", role: "grid", "data-across": shown.length, "aria-label": say("panel_difference") },
      el(
        "thead",
        {},
        el(
          "tr",
          { role: "row" },
          el("th", { scope: "col" }, say("township")),
          shown.map((c) => el("th", { scope: "col" }, c.name))
        )
      ),
      el("tbody", {}, body)
    );
    roving(table, "td.cell");
    return table;
  };
  var peopleChanges = (wanted) => {
    const d = page.difference.coverage;
    return listTable(
      say("panel_people"),
      ["township", "service", "group", "side_before", "side_after", "draft_gain", "draft_loss"].map((n) => say(n)),
      d.code.flatMap(
        (code, i2) => wanted(code, d.category[i2]) ? [
          {
            cells: [
              townshipName(code),
              page.data.categories[d.category[i2]].name,
              named("group_", d.group[i2]),
              numberText(d.before[i2], 1),
              numberText(d.after[i2], 1),
              d.gained[i2] ? el("b", { class: "gain" }, "+" + numberText(d.gained[i2], 1)) : "0",
              d.lost[i2] ? el("b", { class: "loss" }, "−" + numberText(d.lost[i2], 1)) : "0"
            ]
          }
        ] : []
      )
    );
  };
  var differenceDetail = (code, key) => {
    const column = page.data.verdicts.columns.find((c2) => c2.key === key);
    const rows = page.difference.checks.filter(
      (row) => row[0] === code && row[1] !== "overall" && (!key || changeCategory(row) === key)
    );
    const c = page.data.categories.findIndex((item) => item.id === key);
    return [
      el(
        "h3",
        {},
        `${townshipName(code)} · ${column ? column.all.join(" + ") : say("overall")} · ${say("side_difference")}`
      ),
      listTable(
        say("panel_difference"),
        [say("rule"), say("side_before"), say("side_after"), say("side_difference")],
        rows.map((row) => {
          const { before, after, change, sign } = changeOf(code, row[1]), check = after || before, rule = page.data.verdicts.rules[row[1]] || NO_RULE;
          const both = (one) => one ? [
            sideText(one),
            " ",
            el("small", {}, `${numberText(one.numerator, 1)} / ${numberText(one.denominator, 1)} `),
            el("small", {}, wordOf(one)),
            el("small", {}, " " + shortBy(one))
          ] : "–";
          return {
            cells: [
              `${rule.measure || check.measure}（${say("threshold")} ${rule.isShare ? percentText(check.threshold) : numberText(check.threshold, 2)}）`,
              both(before),
              both(after),
              [
                changeSign(sign),
                " ",
                change === null ? "" : sizeOfChange(check, change),
                el("small", {}, " " + changeWord(sign))
              ]
            ]
          };
        })
      ),
      peopleChanges((own, category) => own === code && (c < 0 || category === c))
    ];
  };
  var facilityChanges = () => {
    const found = page.difference.facilities;
    if (!found.length) return el("p", {}, say("change_no_facility"));
    return listTable(
      say("panel_changes"),
      [say("name"), say("service"), say("change")],
      found.map(([what, i2, j]) => {
        const f = (j >= 0 ? page.worlds.after : page.worlds.before).facilities, k = j >= 0 ? j : i2;
        return {
          choose: j >= 0 ? () => goFacility(j) : void 0,
          cells: [el("bdi", {}, f.name[k]), (page.data.categories[f.category[k]] || {}).name, say("facility_" + what)]
        };
      })
    );
  };
  var mostChanged = () => {
    const d = page.difference.coverage;
    let found = null;
    d.code.forEach((code, i2) => {
      const size = d.gained[i2] + d.lost[i2];
      if (code === "ALL" || d.group[i2] !== "population" || !size || found && size <= found.size) return;
      found = { code, category: d.category[i2], gained: d.gained[i2], lost: d.lost[i2], size };
    });
    return found;
  };
  var changeHeadline = () => {
    const most = mostChanged();
    if (!most) return say("compare_nothing");
    return say("compare_headline", {
      town: townshipName(most.code),
      service: page.data.categories[most.category].name,
      gained: peopleText(most.gained),
      lost: peopleText(most.lost)
    });
  };
  var runsNamed = () => {
    const { before, after } = page.worlds;
    return say("compare_runs", {
      before: dateText(before.area.asOf),
      after: dateText(after.area.asOf),
      run_before: before.area.run || "–",
      run_after: after.area.run || "–"
    });
  };
  var differenceSummary = () => {
    const d = page.difference.coverage;
    return [
      el(
        "ul",
        { class: "plain" },
        d.code.flatMap(
          (code, i2) => code === "ALL" && d.group[i2] === "population" ? [
            el(
              "li",
              {},
              page.data.categories[d.category[i2]].name,
              "：",
              el(
                "b",
                { class: d.gained[i2] ? "gain" : "soft" },
                "＋ " + say("draft_gained", { n: peopleText(d.gained[i2]) })
              ),
              "　",
              el(
                "b",
                { class: d.lost[i2] ? "loss" : "soft" },
                "－ " + say("draft_lost", { n: peopleText(d.lost[i2]) })
              )
            )
          ] : []
        )
      ),
      page.difference.why.map((text) => el("p", { class: "soft" }, text))
    ];
  };
  var paintDifferenceAreas = (ctx, v, state) => {
    const id = page.data.categories[state.circle].id, limit = page.data.area.limit;
    const fill = (c, data) => {
      const own = data.categories.findIndex((k) => k.id === id), shape = unpackShapes(data.serviceAreas.shape), { category, facility, limit: limits } = data.serviceAreas;
      c.beginPath();
      for (let i2 = 0; i2 < shape.count; i2++) {
        if (category[i2] === own && facility[i2] < 0 && limits[i2] === limit && isSeen(shape, i2, v)) {
          traceShape(c, shape, i2, v, true);
        }
      }
      c.fill("evenodd");
    };
    const { before, after } = page.worlds, { width, height } = ctx.canvas;
    const layer = (keep, cut, style) => {
      const canvas = document.createElement("canvas");
      Object.assign(canvas, { width, height });
      const c = canvas.getContext("2d");
      c.setTransform(ctx.getTransform());
      c.fillStyle = "#000";
      fill(c, keep);
      c.globalCompositeOperation = "destination-out";
      if (cut) fill(c, cut);
      c.globalCompositeOperation = "source-in";
      c.setTransform(1, 0, 0, 1, 0, 0);
      for (const [colour, stripes, back] of [style]) {
        c.fillStyle = colour;
        c.fillRect(0, 0, width, height);
        c.globalCompositeOperation = "source-atop";
        if (stripes) {
          c.fillStyle = hatch(c, stripes, back);
          c.fillRect(0, 0, width, height);
        }
      }
      ctx.save();
      ctx.setTransform(1, 0, 0, 1, 0, 0);
      ctx.drawImage(canvas, 0, 0);
      ctx.restore();
    };
    layer(after, null, ["#c9ccd0", "", false]);
    layer(after, before, ["#8fc1f2", INK.gain, false]);
    layer(before, after, ["#f3a6a6", INK.loss, true]);
  };
  var paintDifference = (ctx, v, state) => {
    if (state.circle >= 0) paintSigns(ctx, v, page.difference.changed[state.circle]);
    for (const [what, i2, j] of page.difference.facilities) {
      const data = j >= 0 ? page.worlds.after : page.worlds.before, k = j >= 0 ? j : i2, c = data.facilities.category[k], at = shapesOf(data).facilities;
      if (state.circle >= 0 && c !== state.circle) continue;
      const px = at.x[k] * v.k - v.ox, py = at.y[k] * v.k - v.oy, gain = ["added", "opened", "resized", "moved"].includes(what);
      if (j < 0) drawSymbol(ctx, c, "closed", px, py, 7);
      outline(ctx, gain ? "circle" : "square", px, py, 15);
      ctx.strokeStyle = gain ? INK.gain : INK.loss;
      ctx.lineWidth = 3;
      ctx.stroke();
    }
  };

  // circles/outputs/map/script/paint_places.js
  var FONT = 'Marks, "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", "Microsoft YaHei", "PingFang SC", "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif';
  var paintResidents = (ctx, v, state) => {
    const { x: x2, y, count } = page.shapes.residents, minutes = shownMinutes(state.circle);
    const breaks = shownBreaks(), limit = state.boat >= 0 ? Infinity : page.data.area.limit, r = v.zoom < 14 ? 1.6 : v.zoom < 16 ? 2.6 : 4;
    const groups = Array.from({ length: breaks.length + 2 }, () => []);
    for (let i2 = 0; i2 < count; i2++) {
      if (x2[i2] < v.w || x2[i2] > v.e || y[i2] < v.n || y[i2] > v.s) continue;
      const m = minutes ? minutes[i2] : 0, found = breaks.findIndex((b) => m <= b * 100);
      groups[!minutes ? breaks.length + 1 : m < 0 || found < 0 ? breaks.length : found].push(i2);
    }
    groups.forEach((group, g) => {
      ctx.beginPath();
      for (const i2 of group) {
        const px = x2[i2] * v.k - v.ox, py = y[i2] * v.k - v.oy;
        if (r < 2) ctx.rect(px - r, py - r, 2 * r, 2 * r);
        else {
          ctx.moveTo(px + r, py);
          ctx.arc(px, py, r, 0, 7);
        }
      }
      ctx.fillStyle = g > breaks.length ? "#444" : g === breaks.length || breaks[g] > limit ? INK.gap : BREAK_COLOURS[Math.min(g, 4)];
      ctx.fill();
      if (r > 2) {
        ctx.lineWidth = 0.8;
        ctx.strokeStyle = "#fff";
        ctx.stroke();
      }
    });
  };
  var facilityRadius = (zoom) => zoom < 11 ? 4.5 : zoom < 13 ? 5.5 : zoom < 15 ? 7 : 9;
  var DENSE = 200;
  var isDense = (zoom) => zoom < 13 && page.shapes.facilities.count > DENSE;
  var paintFacilities = (ctx, v, state, taken) => {
    const { x: x2, y, count } = page.shapes.facilities, { category, status, name } = page.data.facilities;
    const many = count > DENSE, dense = isDense(v.zoom), r = dense ? 3 : many && v.zoom < 14.5 ? 4.5 : facilityRadius(v.zoom);
    for (let i2 = 0; i2 < count; i2++) {
      if (!state.on["facility." + category[i2]] || x2[i2] < v.w || x2[i2] > v.e || y[i2] < v.n || y[i2] > v.s) continue;
      if (dense && state.circle >= 0 && category[i2] !== state.circle) continue;
      const px = x2[i2] * v.k - v.ox, py = y[i2] * v.k - v.oy;
      ctx.globalAlpha = [0.45, 0.7, 1][doorOf(i2)];
      drawSymbol(ctx, category[i2], isShut(i2) ? "closed" : status[i2], px, py, r);
      ctx.globalAlpha = 1;
      if (!dense) taken.push([px - r, py - r, px + r, py + r]);
      if (i2 === state.facility) {
        outline(ctx, "circle", px, py, r + 6);
        ctx.strokeStyle = "#000";
        ctx.lineWidth = 2.5;
        ctx.stroke();
      }
    }
    if (v.zoom < 14.5) return;
    for (let i2 = 0; i2 < count; i2++) {
      if (!state.on["facility." + category[i2]]) continue;
      drawLabel(ctx, taken, name[i2], x2[i2] * v.k - v.ox, y[i2] * v.k - v.oy, {
        size: 12,
        away: r + 4,
        colour: "#222",
        frame: v.frame
      });
    }
  };
  var VILLAGES = 12.5;
  var LABEL = 1;
  var drawLabel = (ctx, taken, text, x2, y, { size, weight = "", away = 0, colour = "#333", spot = "", frame = null }) => {
    ctx.font = `${weight} ${size}px ${FONT}`;
    const shown = text.length > 18 ? text.slice(0, 17) + "…" : text, width = ctx.measureText(shown).width, h = size * 0.65;
    const f = frame || [-Infinity, -Infinity, Infinity, Infinity];
    const spots = spot === "centre" ? [[-width / 2, 0]] : [
      [away, 0],
      [-away - width, 0],
      [-width / 2, away + h],
      [-width / 2, -away - h]
    ];
    for (const [dx, dy] of spots) {
      const box = [x2 + dx - 2, y + dy - h, x2 + dx + width + 2, y + dy + h];
      if (box[0] < f[0] || box[1] < f[1] || box[2] > f[2] || box[3] > f[3]) continue;
      if (taken.some((b) => b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1])) continue;
      taken.push([...box, LABEL]);
      ctx.textAlign = "left";
      ctx.textBaseline = "middle";
      ctx.lineJoin = "round";
      ctx.lineWidth = 3.5;
      ctx.strokeStyle = "rgba(255,255,255,.9)";
      ctx.strokeText(shown, x2 + dx, y + dy);
      ctx.fillStyle = colour;
      ctx.fillText(shown, x2 + dx, y + dy);
      return;
    }
  };
  var spotsOf = (t) => {
    if (!page.allSpots) {
      const { township, island, population } = page.data.residents, { x: x2, y, count } = page.shapes.residents;
      const towns = page.allSpots = page.data.townships.code.map(() => /* @__PURE__ */ new Map());
      for (let i2 = 0; i2 < count; i2++) {
        if (township[i2] < 0) continue;
        const box = towns[township[i2]].get(island.at[i2]) || { w: 2, n: 2, e: -2, s: -2, count: 0, places: 0 };
        towns[township[i2]].set(island.at[i2], {
          w: Math.min(box.w, x2[i2]),
          n: Math.min(box.n, y[i2]),
          e: Math.max(box.e, x2[i2]),
          s: Math.max(box.s, y[i2]),
          count: box.count + (population[i2] || 0),
          places: box.places + 1,
          island: island.at[i2]
        });
      }
    }
    return [...page.allSpots[t].values()].sort((one, other) => other.count - one.count);
  };
  var townshipSpots = () => page.data.townships.code.map((code, t) => {
    const land = page.data.townships.box[t];
    return spotsOf(t)[0] || land && { w: toX(land[0]), n: toY(land[3]), e: toX(land[2]), s: toY(land[1]), count: 0 };
  });
  var isElsewhere = (t, v, px, py) => {
    const own = page.shapes.townships, x2 = (px + v.ox) / v.k, y = (py + v.oy) / v.k;
    for (let i2 = 0; i2 < own.count; i2++) if (i2 !== t && contains(own, i2, x2, y)) return true;
    return false;
  };
  var nameSpots = (t, v, half, h) => {
    const spot = page.spots[t], at = page.data.townships.at[t], x2 = (spot.w + spot.e) / 2 * v.k - v.ox, y = (spot.n + spot.s) / 2 * v.k - v.oy;
    const beside = [
      [x2, spot.s * v.k - v.oy + h + 8],
      [x2, spot.n * v.k - v.oy - h - 8],
      [spot.e * v.k - v.ox + half + 10, y],
      [spot.w * v.k - v.ox - half - 10, y],
      [x2, y]
    ];
    const inside = at ? [[toX(at[0]) * v.k - v.ox, toY(at[1]) * v.k - v.oy]] : [];
    const wide = (spot.e - spot.w) * v.k / 2 > half;
    return v.level === "county" && wide ? [[x2, y], ...inside, ...beside] : [...beside, ...inside];
  };
  var paintTownshipNames = (ctx, v, state, taken) => {
    page.spots = page.spots || townshipSpots();
    const { code, name } = page.data.townships, size = v.zoom < 9.5 ? 12 : 14, f = v.frame;
    const order = page.spots.map((spot, i2) => i2).filter((i2) => page.spots[i2]).sort((a, b) => page.spots[b].count - page.spots[a].count || a - b);
    for (const i2 of order) {
      ctx.font = `bold ${size}px ${FONT}`;
      const mark = state.on.verdicts && townshipMark(code[i2], state), sign = mark ? 22 : 0, half = (ctx.measureText(name[i2]).width + sign) / 2, h = size * 0.75 + 2;
      const free = nameSpots(i2, v, half, h).find(
        ([px2, py2]) => px2 - half > f[0] && px2 + half < f[2] && py2 - h > f[1] && py2 + h < f[3] && !taken.some((b) => b[0] < px2 + half && b[2] > px2 - half && b[1] < py2 + h && b[3] > py2 - h) && !isElsewhere(i2, v, px2, py2)
      );
      if (!free) continue;
      const [px, py] = free;
      taken.push([px - half, py - h, px + half, py + h, LABEL]);
      if (mark) mark(ctx, px - half + 9, py, 9);
      drawLabel(ctx, [], name[i2], px + sign / 2, py, { size, weight: "bold", colour: "#3b2a4a", spot: "centre" });
    }
  };
  var townshipMark = (code, state) => {
    if (state.side === "difference") {
      const sign = townshipChange(code, state);
      return sign ? (ctx, x2, y, r) => changeMark(ctx, sign, x2, y, r) : null;
    }
    const verdict = state.service ? shownVerdict(code, state) : null;
    return verdict ? (ctx, x2, y, r) => drawMark(ctx, verdict, x2, y, r) : null;
  };
  var paintNames = (ctx, v, state, taken) => {
    const place = (at) => [toX(at[0]) * v.k - v.ox, toY(at[1]) * v.k - v.oy], { islands, villages } = page.data, frame = v.frame;
    if (v.zoom >= VILLAGES) {
      villages.at.forEach(
        (at, i2) => at && drawLabel(ctx, taken, villages.name[i2], ...place(at), { size: 12, colour: "#4a3b20", spot: "centre", frame })
      );
    }
    if (v.zoom >= 10.5) {
      islands.at.forEach(
        (at, i2) => at && drawLabel(ctx, taken, islands.name[i2], ...place(at), {
          size: 12,
          weight: "italic",
          colour: "#2d5a78",
          away: 6,
          frame
        })
      );
    }
  };
  var controlsOf = ([w, n, e, s]) => [
    [w, n, w + 62, n + 74],
    [e - 56, n, e, n + 88],
    [w, s - 36, w + 124, s]
  ];
  var paintTop = (ctx, v, state) => {
    const taken = v.isScreen ? controlsOf(v.frame) : [...v.kept || []];
    const isCounty = v.level === "county";
    if (state.on.streets && !isCounty) paintStreets(ctx, v);
    if (state.on.boundaries && page.data.area.boundaries) paintBoundaries(ctx, v);
    if (isLikelihoodShown(state) && !isCounty) paintLikelihood(ctx, v, state);
    else if (state.on.residents && (v.level === "village" || state.boat >= 0) && state.side !== "difference") {
      paintResidents(ctx, v, state);
    }
    paintGaps(ctx, v, state);
    paintPath(ctx, v);
    if (state.side === "difference") paintDifference(ctx, v, state);
    else paintDraft(ctx, v);
    paintChosen(ctx, v, state);
    paintPiers(ctx, v, state);
    if (!isCounty || state.side === "difference" || state.hour >= 0) paintFacilities(ctx, v, state, taken);
    const until = page.data.villages.at.some(Boolean) ? VILLAGES : VILLAGE;
    if (state.on.names && v.zoom < until) paintTownshipNames(ctx, v, state, taken);
    if (state.on.names) paintNames(ctx, v, state, taken);
    noteLabels(ctx, taken);
  };
  var noteLabels = (ctx, taken) => {
    ctx.canvas.dataset.labels = JSON.stringify(taken.filter((box) => box[4] === LABEL).map((box) => box.slice(0, 4)));
  };
  var paintChosen = (ctx, v, state) => {
    if (!state.at) return;
    const px = toX(state.at[1]) * v.k - v.ox, py = toY(state.at[0]) * v.k - v.oy;
    for (const [colour, width] of [
      ["#fff", 5],
      ["#000", 2.5]
    ]) {
      outline(ctx, "circle", px, py, 9);
      ctx.strokeStyle = colour;
      ctx.lineWidth = width;
      ctx.stroke();
    }
  };
  var paintSigns = (ctx, v, changed) => {
    const { x: x2, y } = page.shapes.residents, r = v.zoom < 11 ? 2.5 : v.zoom < 13 ? 3.5 : 5;
    changed.forEach((change, i2) => {
      if (!change || x2[i2] < v.w || x2[i2] > v.e || y[i2] < v.n || y[i2] > v.s) return;
      changeMark(ctx, change, x2[i2] * v.k - v.ox, y[i2] * v.k - v.oy, r);
    });
  };
  var changeMark = (ctx, change, px, py, r) => {
    ctx.setLineDash([]);
    outline(ctx, change > 0 ? "circle" : "square", px, py, change > 0 ? r : r * 0.9);
    ctx.fillStyle = change > 0 ? INK.gain : INK.loss;
    ctx.fill();
    ctx.strokeStyle = "#fff";
    ctx.lineWidth = Math.max(1, r * 0.28);
    ctx.stroke();
    const a = r * 0.55;
    ctx.beginPath();
    ctx.moveTo(px - a, py);
    ctx.lineTo(px + a, py);
    if (change > 0) {
      ctx.moveTo(px, py - a);
      ctx.lineTo(px, py + a);
    }
    ctx.stroke();
  };

  // circles/outputs/map/script/islands.js
  var GAP = 6;
  var CAPTION2 = 20;
  var LEAST = 0.34;
  var boxOf = ([w, s, e, n]) => [toX(w), toY(n), toX(e), toY(s)];
  var islandName = (name) => name.replace(/[（(].*[）)]$/, "") || name;
  var frameName = (frame) => frame.islands.slice(0, 2).map(islandName).join("·");
  var hasIslands = () => page.data.frames.length > 1;
  var wishes = (frames) => {
    const sizes = frames.map(({ box }) => {
      const [w, n, e, s] = boxOf(box);
      return { size: Math.sqrt((e - w) * (s - n)), ratio: (e - w) / (s - n) };
    });
    const most = Math.max(...sizes.map(({ size }) => size));
    return [
      ...sizes.map(({ size, ratio }) => ({
        weight: Math.max(size / most, LEAST),
        ratio: Math.max(0.5, Math.min(2, ratio))
      })),
      { weight: LEAST, ratio: 1.5 }
    ];
  };
  var canvasOf = (width, height) => {
    const scale = Math.min(2, Math.max(1, window.devicePixelRatio || 1)), canvas = el("canvas", {
      width: Math.round(width * scale),
      height: Math.round(height * scale),
      "aria-hidden": "true"
    });
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
    const ctx = canvas.getContext("2d");
    ctx.scale(scale, scale);
    ctx.fillStyle = INK.sea;
    ctx.fillRect(0, 0, width, height);
    return { canvas, ctx };
  };
  var paintFrame = (frame, width, height) => {
    const { canvas, ctx } = canvasOf(width, height), v = { ...paperView(fitted(boxOf(frame.box), width, height), width, height), level: "county" };
    paintBase(ctx, v, page.state);
    const taken = [];
    page.data.townships.code.forEach((code, t) => {
      const spot = spotsOf(t).find((own) => frame.islands.includes(page.data.residents.island.values[own.island]));
      if (!spot || page.data.townships.code.length > MANY) return;
      const town = page.data.statement.towns.find((own) => own.code === code);
      const text = page.data.townships.name[t] + (town && town.judged ? ` ${town.met}/${town.judged}` : "");
      drawLabel(ctx, taken, text, (spot.w + spot.e) / 2 * v.k - v.ox, (spot.n + spot.s) / 2 * v.k - v.oy, {
        size: 13,
        weight: "bold",
        colour: "#1d2733",
        spot: "centre",
        frame: [0, 0, width, height]
      });
    });
    noteLabels(ctx, taken);
    return { canvas, metres: metresPerUnit(toLat((v.n + v.s) / 2)) / v.k };
  };
  var MANY = 30;
  var paintLocator = (width, height) => {
    const { canvas, ctx } = canvasOf(width, height), boxes = page.data.frames.map(({ box }) => boxOf(box));
    const whole = [
      Math.min(...boxes.map((b) => b[0])),
      Math.min(...boxes.map((b) => b[1])),
      Math.max(...boxes.map((b) => b[2])),
      Math.max(...boxes.map((b) => b[3]))
    ];
    const v = { ...paperView(fitted(whole, width, height, 0.1), width, height), level: "locator" };
    paintBase(ctx, v, page.state);
    ctx.strokeStyle = "#1d2733";
    ctx.lineWidth = 1;
    for (const [w, n, e, s] of boxes) {
      ctx.strokeRect(w * v.k - v.ox - 2, n * v.k - v.oy - 2, (e - w) * v.k + 4, (s - n) * v.k + 4);
    }
    return { canvas, metres: 0 };
  };
  var syncIslands = () => {
    const box = document.getElementById("islands");
    if (!box) return;
    box.hidden = !page.state.overview;
    box.parentElement.classList.toggle("frames", page.state.overview);
    const home = document.getElementById("home");
    if (home) home.hidden = page.state.overview || !hasIslands();
    if (!page.state.overview) return;
    const { clientWidth: width, clientHeight: height } = box, key = [width, height, page.state.service, page.data.lang, page.state.side].join();
    if (box.dataset.key === key || width < 60) return;
    box.dataset.key = key;
    const { frames } = page.data, places = tiles(wishes(frames), [0, 0, width + GAP, height + GAP], GAP + CAPTION2);
    fillNode(
      box,
      frames.map(
        (frame, i2) => tile(
          places[i2],
          (w, h) => paintFrame(frame, w, h),
          frameName(frame),
          say("frame_people", { n: numberText(frame.people, 0), unit: page.data.area.unit }),
          say("frame_go", { name: frameName(frame), n: numberText(frame.people, 0), unit: page.data.area.unit }),
          () => goBox(frame.box)
        )
      ),
      tile(places[frames.length], paintLocator, say("locator_title"), "", say("locator"), () => goWhole())
    );
    roving(box, "button.tile");
  };
  var scaleMark = (metres, room) => {
    const length = roundLength(Math.min(SCALE, room) * metres), mark = el("span", { class: "scale" }, length >= 1e3 ? length / 1e3 + " km" : length + " m");
    mark.style.width = Math.round(length / metres) + "px";
    return mark;
  };
  var SCALE = 70;
  var SHORT2 = 30;
  var NARROW = 230;
  var tile = ([x2, y, width, height], paint, name, note, label, go) => {
    const w = Math.floor(width - GAP), h = Math.floor(height - GAP), { canvas, metres } = paint(w - 2, h - 2 - CAPTION2);
    const room = w - 26 - 15 * name.length;
    const caption = el(
      "span",
      { class: "caption" },
      el("b", {}, name),
      w < NARROW ? "" : el("small", {}, note),
      metres && room > SHORT2 ? scaleMark(metres, room) : ""
    );
    const node = el(
      "button",
      { type: "button", class: "tile", "aria-label": label, title: label, on: { click: go } },
      caption,
      canvas
    );
    Object.assign(node.style, {
      left: Math.round(x2) + "px",
      top: Math.round(y) + "px",
      width: w + "px",
      height: h + "px"
    });
    return node;
  };
  var buildIslands = (box) => {
    const node = el("div", { id: "islands", role: "group", "aria-label": say("map_label"), hidden: true });
    box.append(node);
    L.DomEvent.disableClickPropagation(node);
    L.DomEvent.disableScrollPropagation(node);
    new ResizeObserver(() => {
      if (page.state.overview) syncIslands();
    }).observe(node);
  };

  // circles/outputs/map/script/places.js
  var fly = (box) => {
    if (box) {
      page.map.fitBounds(
        [
          [box[1], box[0]],
          [box[3], box[2]]
        ],
        { padding: [24, 24], maxZoom: 16, animate: false }
      );
    }
  };
  var townshipBox = (t) => {
    const r = page.data.residents, p = page.shapes.residents;
    let w = 2, n = 2, e = -2, s = -2;
    for (let i2 = 0; i2 < p.count; i2++) {
      if (r.township[i2] !== t) continue;
      w = Math.min(w, p.x[i2]);
      e = Math.max(e, p.x[i2]);
      n = Math.min(n, p.y[i2]);
      s = Math.max(s, p.y[i2]);
    }
    return w > 1 ? page.data.townships.box[t] : [(w - 0.5) * 360, toLat(s), (e - 0.5) * 360, toLat(n)];
  };
  var goBox = (box) => {
    setState({ overview: false });
    fly(box);
  };
  var goWhole = () => {
    const isIslands = !page.state.overview && hasIslands() && page.state.side !== "difference";
    setState({ overview: false });
    goAll();
    setState({ overview: isIslands, facility: -1, gap: -1, at: null });
  };
  var goTownship = (code) => {
    const t = page.data.townships.code.indexOf(code);
    if (t >= 0) fly(townshipBox(t));
  };
  var goIsland = (i2) => fly(page.data.islands.box[i2]);
  var goAll = () => fly(page.data.area.bounds);
  var goGap = (i2) => {
    page.state.on["gap." + page.data.gaps.category[i2]] = true;
    setState({ gap: i2, circle: page.data.gaps.category[i2], facility: -1 });
    fly(page.data.gaps.box[i2]);
  };
  var goVillage = (i2) => {
    const at = page.data.villages.at[i2];
    if (at) page.map.setView([at[1], at[0]], 15, { animate: false });
  };
  var goFacility = (i2) => {
    const f = page.shapes.facilities;
    page.map.setView(toLatLng(f.x[i2], f.y[i2]), Math.max(15, page.map.getZoom()), { animate: false });
    chooseFacility(i2);
  };
  var chooseFacility = (i2) => {
    const f = page.shapes.facilities, c = page.data.facilities.category[i2];
    page.state.on["facility." + c] = true;
    page.way = null;
    if (c >= 0) {
      page.data.categories.forEach((k, n) => {
        page.state.on["gap." + n] = n === c && page.state.side !== "difference";
      });
    }
    setState({ facility: i2, at: null, circle: c >= 0 ? c : page.state.circle });
    showBoth(toLatLng(f.x[i2], f.y[i2]), () => facilityDetail(i2));
  };
  var goResident = (i2) => {
    const p = page.shapes.residents;
    page.map.setView(toLatLng(p.x[i2], p.y[i2]), Math.max(16, page.map.getZoom()), { animate: false });
    chooseResident(i2);
  };
  var chooseResident = (i2) => {
    const at = toLatLng(page.shapes.residents.x[i2], page.shapes.residents.y[i2]);
    setState({ facility: -1, at });
    showBoth(at, () => residentDetail(i2));
  };
  var goStreet = (k) => {
    const { at } = page.data.streets.name, own = [];
    at.forEach((v, i2) => {
      if (v === k) own.push(i2);
    });
    const e = own[Math.floor(own.length / 2)], middle = pieceOf(e, 0, 0.5).at(-1);
    page.map.setView(toLatLng(...middle), Math.max(16, page.map.getZoom()), { animate: false });
    chooseStreet({ edge: e, fraction: 0.5, leg: 0, x: middle[0], y: middle[1] }, -1);
  };
  var chooseStreet = (place, gap) => {
    const at = toLatLng(place.x, place.y);
    setState({ facility: -1, at });
    showBoth(at, () => streetDetail(place, gap));
  };
  var showBoth = (at, build) => {
    const isBeside = innerWidth > 700, content = build();
    openPopup(at, isBeside ? [content[0].cloneNode(true), el("p", { class: "soft" }, say("popup_more"))] : build());
    showDetail(content);
  };
  var openPopup = (at, content) => {
    const box = el("div", { class: "popup", role: "group", "aria-label": say("detail") }, content);
    box.tabIndex = 0;
    L.popup({ maxWidth: 340, maxHeight: 360, autoPanPadding: [30, 30] }).setLatLng(at).setContent(box).openOn(page.map);
  };
  var nearestPoint = (points, x2, y, within, wanted) => {
    let best2 = within * within, found = -1;
    for (let i2 = 0; i2 < points.count; i2++) {
      const dx = points.x[i2] - x2, dy = points.y[i2] - y, d = dx * dx + dy * dy;
      if (d < best2 && wanted(i2)) {
        best2 = d;
        found = i2;
      }
    }
    return found;
  };
  var hitAt = (latlng) => {
    const zoom = page.map.getZoom(), pixel = 1 / (256 * 2 ** zoom), x2 = toX(latlng.lng), y = toY(latlng.lat), s = page.state;
    const isCounty = levelOf(zoom) === "county" && s.side !== "difference";
    const facility = isCounty ? -1 : nearestPoint(
      page.shapes.facilities,
      x2,
      y,
      14 * pixel,
      (i2) => s.on["facility." + page.data.facilities.category[i2]]
    );
    if (facility >= 0) return { kind: "facility", i: facility };
    const resident = zoom < 14 || !s.on.residents ? -1 : nearestPoint(page.shapes.residents, x2, y, 10 * pixel, () => true);
    if (resident >= 0) return { kind: "resident", i: resident };
    const gaps = page.shapes.gaps, reach = 8 * pixel;
    let gap = -1;
    for (let i2 = 0; i2 < gaps.count && gap < 0 && !isCounty; i2++) {
      const b = gaps.box;
      if (!s.on["gap." + page.data.gaps.category[i2]] || x2 < b[4 * i2] - reach || x2 > b[4 * i2 + 2] + reach || y < b[4 * i2 + 1] - reach || y > b[4 * i2 + 3] + reach) {
        continue;
      }
      if (distance2(gaps, i2, x2, y) < reach * reach) gap = i2;
    }
    const place = zoom < 12 || isCounty ? null : snapTo(latlng, null, 8 * pixel * metresPerUnit(latlng.lat));
    if (place) return { kind: "street", place, gap };
    if (gap >= 0) return { kind: "gap", i: gap };
    for (let i2 = 0; i2 < page.shapes.townships.count; i2++) {
      if (contains(page.shapes.townships, i2, x2, y)) return { kind: "township", i: i2 };
    }
    return null;
  };
  var onClick = (event) => {
    if (page.data.walked && placeDraft(event.latlng)) return;
    const hit = hitAt(event.latlng);
    if (!hit) {
      page.map.closePopup();
      if (page.state.facility >= 0 || page.state.at) setState({ facility: -1, at: null });
      return;
    }
    const { kind, i: i2 } = hit;
    if (kind === "facility") chooseFacility(i2);
    else if (kind === "resident") chooseResident(i2);
    else if (kind === "street") chooseStreet(hit.place, hit.gap);
    else if (kind === "gap") showBoth(event.latlng, () => gapFacts(i2));
    else if (rowOf(page.data.townships.code[i2])) {
      chooseCell(page.data.townships.code[i2], page.state.cell ? page.state.cell[1] : "", false);
    }
  };
  var reopen = (view) => {
    const { at, facility, cell } = page.state, hit = at ? hitAt(L.latLng(at)) : null;
    if (hit && hit.kind === "resident") chooseResident(hit.i);
    else if (hit && hit.kind === "street") chooseStreet(hit.place, hit.gap);
    else if (facility >= 0) (view ? chooseFacility : goFacility)(facility);
    else if (cell) showDetail(cellDetail(...cell));
  };
  var onHover = (event) => {
    const pixel = 1 / (256 * 2 ** page.map.getZoom());
    const i2 = nearestPoint(
      page.shapes.facilities,
      toX(event.latlng.lng),
      toY(event.latlng.lat),
      10 * pixel,
      (k) => page.state.on["facility." + page.data.facilities.category[k]]
    );
    page.map.getContainer().style.cursor = page.draft.placing ? "crosshair" : i2 >= 0 ? "pointer" : "";
    page.tip.hidden = i2 < 0;
    if (i2 < 0) return;
    page.tip.textContent = page.data.facilities.name[i2];
    page.tip.style.left = event.containerPoint.x + 14 + "px";
    page.tip.style.top = event.containerPoint.y + 10 + "px";
  };

  // circles/outputs/map/script/detail.js
  var chooseCell = (code, key, zoom) => {
    const single = page.data.categories.findIndex((c) => c.id === key);
    if (single >= 0) {
      page.data.categories.forEach((c, i2) => {
        page.state.on["gap." + i2] = i2 === single;
      });
    }
    page.way = null;
    setState({ cell: [code, key], gap: -1, facility: -1, at: null, ...single >= 0 ? { circle: single } : {} });
    if (zoom) goTownship(code);
    showDetail(cellDetail(code, key));
  };
  var extraFacts = (code, key) => {
    const own = page.data.verdicts.more.filter(
      ([township, category]) => township === code && (key ? category === key : true)
    );
    const titles = [...new Set(own.map((note) => note[2]))];
    return titles.map(
      (title) => el(
        "div",
        { class: "check" },
        el("h4", {}, title),
        own.filter((note) => note[2] === title).map(([, category, , text]) => {
          const column = key ? null : page.data.verdicts.columns.find((c) => c.key === category);
          return el("p", {}, column ? el("b", {}, column.all.join("+") + "：") : "", text);
        })
      )
    );
  };
  var showDetail = (content) => {
    const box = document.getElementById("detail");
    fillNode(box, content);
    box.hidden = false;
    if (innerWidth > 700) box.scrollIntoView({ block: "nearest" });
  };
  var cellDetail = (code, key) => {
    if (page.state.side === "difference") return differenceDetail(code, key);
    const { checks, columns, rules } = page.data.verdicts, column = columns.find((c) => c.key === key);
    const own = checks.filter(
      (c) => c.township_code === code && (key ? c.category === key : true) && c.rule_id !== "overall"
    );
    const parts = own.map((check) => {
      const rule = rules[check.rule_id] || NO_RULE;
      return el(
        "div",
        { class: "check" },
        el(
          "p",
          { class: "line" },
          badge(check.verdict),
          " ",
          el("b", {}, verdictText(check.verdict, [check.rule_status])),
          " · ",
          rule.measure || check.measure,
          key ? "" : " · " + (columns.find((c) => c.key === check.category) || { all: [check.category] }).all.join("+")
        ),
        definitions([
          [
            say("value"),
            `${checkValue(check)}（${say("threshold")} ${rule.isShare ? percentText(check.threshold) : numberText(check.threshold, 2)}）`
          ],
          [
            rule.within,
            rule.within && check.walked_value !== null && check.walked_value !== void 0 ? `${say("walked_beside", { limit: rule.limit })} ${rule.isShare ? percentText(check.walked_value) : numberText(check.walked_value, 2)}` : ""
          ],
          [say("fraction"), `${numberText(check.numerator, 1)} / ${numberText(check.denominator, 1)} ${unitOf(check)}`],
          [say("shortfall"), check.shortfall === null ? say("unknown") : shortfallText(check)],
          [say("group"), rule.group ? named("group_", rule.group) : ""],
          [say("rule"), `${rule.name || check.rule_id}（${rule.status || check.rule_status}）`],
          [say("source"), rule.source || ""]
        ])
      );
    });
    const head = el("h3", {}, `${townshipName(code)} · ${column ? column.all.join(" + ") : say("overall")}`);
    const note = page.data.area.demonstration ? el("p", { class: "demo" }, say("demonstration_verdict")) : null;
    return [
      head,
      note,
      parts.length ? parts : el("p", {}, say("verdict_no_rule")),
      extraFacts(code, key),
      coverageOf(code, key),
      gapsOf(code, key)
    ];
  };
  var coverageOf = (code, key) => {
    const c = page.data.categories.findIndex((item) => item.id === key);
    if (c < 0) return null;
    const rows = [];
    for (const table of page.data.coverage.filter((t) => t.kind === "township" || t.kind === "variant")) {
      table.code.forEach((own, i2) => {
        if (own !== code || table.category[i2] !== c || table.kind === "variant" && table.group[i2] !== "population") {
          return;
        }
        rows.push({
          cells: [
            named("group_", table.group[i2]),
            named("walker_", table.profile[i2]),
            numberText(table.limit_min[i2]),
            numberText(table.covered[i2], 1),
            numberText(table.population[i2], 1),
            percentText(table.share[i2])
          ]
        });
      });
    }
    return rows.length ? el(
      "details",
      {},
      el("summary", {}, say("coverage")),
      listTable(
        say("coverage"),
        ["group", "walker", "limit", "covered", "population", "share"].map((n) => say(n)),
        rows
      )
    ) : null;
  };
  var gapRow = (i2) => {
    const g = page.data.gaps;
    return {
      choose: () => goGap(i2),
      cells: [
        page.data.categories[g.category[i2]] ? page.data.categories[g.category[i2]].name : "",
        page.data.townships.name[g.township[i2]] || say("township_NONE"),
        ...page.data.villages.name.length ? [gapVillages(i2) || "–"] : [],
        numberText(g.population[i2], 1),
        g.median[i2] === null ? "–" : numberText(g.median[i2], 1),
        reasonText("reason_", g.reason[i2])
      ]
    };
  };
  var gapHeads = () => [
    "service",
    "township",
    ...page.data.villages.name.length ? ["village"] : [],
    "gap_people",
    "gap_median",
    "gap_reason"
  ].map((n) => say(n, { unit: page.data.area.unit }));
  var gapsOf = (code, key) => {
    const g = page.data.gaps, t = page.data.townships.code.indexOf(code), keys = key.split("+");
    const found = g.id.map((own, i2) => i2).filter(
      (i2) => g.township[i2] === t && (!key || page.data.categories[g.category[i2]] && keys.includes(page.data.categories[g.category[i2]].id))
    );
    if (!found.length) return el("p", {}, say("no_gaps"));
    return el(
      "details",
      { open: true },
      el("summary", {}, say("gaps_count", { n: found.length })),
      listTable(say("panel_gaps"), gapHeads(), found.map(gapRow))
    );
  };
  var facilityDetail = (i2) => {
    const f = page.data.facilities, category = page.data.categories[f.category[i2]];
    return [
      el("h3", {}, el("bdi", {}, f.name[i2])),
      definitions([
        [say("service"), category ? category.name : ""],
        [say("kind"), f.kind[i2]],
        [say("status"), named("status_", f.status[i2]) + (f.counted[i2] ? "" : "（" + say("not_counted") + "）")],
        [
          say("capacity"),
          f.capacity[i2] === null ? say("unknown") : numberText(f.capacity[i2]) + " " + (category ? category.unit : "")
        ],
        [say("township"), page.data.townships.name[f.township[i2]] || say("township_NONE")],
        [say("island"), f.island[i2]],
        [say("service_mode"), named("mode_", f.service_mode[i2])],
        [say("opening_hours"), f.opening_hours[i2]],
        [say("opened_on"), f.opened_on[i2]],
        [say("position"), named("position_", f.position[i2])],
        [
          say("accuracy"),
          f.position_accuracy_m[i2] === null ? "" : say("about_metres", { n: numberText(f.position_accuracy_m[i2], 0) })
        ],
        [
          say("leg"),
          f.leg_m[i2] === null ? f.reason[i2] ? reasonText("reason_", f.reason[i2]) : "" : say("metres", { n: numberText(f.leg_m[i2], 1) })
        ],
        [say("source"), f.source[i2]],
        [say("reported_by"), f.reported_by[i2]],
        [say("updated_on"), f.updated_on[i2]],
        [say("id"), f.id[i2]]
      ]),
      insideTable(i2)
    ];
  };
  var residentDetail = (i2) => {
    const r = page.data.residents, f = page.data.facilities;
    const rows = page.data.categories.map((category, c) => {
      const m = r.minutes[c][i2], nearest = r.nearest[c][i2];
      const within = m >= 0 && m <= page.data.area.limit * 100;
      return {
        cells: [
          category.name,
          ...page.data.certainty ? [likelihood(c, i2) < 0 ? "–" : `${likelihood(c, i2)}%`] : [],
          m < 0 ? "–" : minutesText(m),
          m < 0 ? named("why_", r.reasons[-1 - m]) : nearest >= 0 ? [el("bdi", {}, f.name[nearest]), within ? "" : " · " + say("beyond")] : ""
        ],
        choose: nearest >= 0 && page.data.walked ? () => {
          const snapped = walkedGraph().residents[page.data.walked.walkers[c]], p = page.shapes.residents;
          showPath(pathTo(placeOf(snapped, i2), [p.x[i2], p.y[i2]], nearest, c), c, m);
        } : void 0
      };
    });
    const village = page.data.villages.name[r.village[i2]] || "";
    return [
      el("h3", {}, `${page.data.townships.name[r.township[i2]] || say("township_NONE")} ${village}`.trim()),
      el("p", {}, `${r.island.values[r.island.at[i2]] || say("at_sea")} · ${peopleText(r.population[i2] || 0)}`),
      listTable(
        say("minutes_to"),
        [say("service"), ...page.data.certainty ? [say("certainty")] : [], say("walk"), say("nearest_or_why")],
        rows
      )
    ];
  };

  // circles/outputs/map/script/why.js
  var nearestCache = /* @__PURE__ */ new WeakMap();
  var toNearest = (c) => {
    if (!nearestCache.has(page.data)) nearestCache.set(page.data, /* @__PURE__ */ new Map());
    const known2 = nearestCache.get(page.data);
    if (!known2.has(c)) {
      const w = page.data.walked.walkers[c], snapped = walkedGraph().facilities[w], ids = page.data.facilities.id;
      const rows = countedOf(c).sort((a, b) => ids[a] < ids[b] ? -1 : 1), places = rows.map((i2) => placeOf(snapped, i2));
      known2.set(c, { w, rows, places, found: spreadFrom(w, places, Infinity) });
    }
    return known2.get(c);
  };
  var snapTo = (latlng, walker, metres) => {
    const x2 = toX(latlng.lng), y = toY(latlng.lat), s = page.shapes.streets, reach = metres / metresPerUnit(latlng.lat);
    const [forward, backward] = walker === null ? [] : walkedGraph().seconds[walker];
    let best2 = reach * reach, found = null;
    for (let e = 0; e < s.count; e++) {
      const b = s.box;
      if (x2 < b[4 * e] - reach || x2 > b[4 * e + 2] + reach || y < b[4 * e + 1] - reach || y > b[4 * e + 3] + reach) {
        continue;
      }
      if (forward && !(e < forward.length && (Number.isFinite(forward[e]) || Number.isFinite(backward[e])))) continue;
      const first = s.point[s.part[e]], last = s.point[s.part[e] + 1] - 1;
      let along = 0, hit = null, total = 0;
      for (let j = first; j < last; j++) {
        const dx = s.x[j + 1] - s.x[j], dy = s.y[j + 1] - s.y[j], span = dx * dx + dy * dy, long = Math.sqrt(span);
        const t = span ? Math.max(0, Math.min(1, ((x2 - s.x[j]) * dx + (y - s.y[j]) * dy) / span)) : 0;
        const ex = s.x[j] + t * dx, ey = s.y[j] + t * dy, d = (ex - x2) ** 2 + (ey - y) ** 2;
        if (d < best2) {
          best2 = d;
          along = total + t * long;
          hit = [ex, ey];
        }
        total += long;
      }
      if (hit) found = { edge: e, fraction: total ? along / total : 0, leg: 0, x: hit[0], y: hit[1] };
    }
    return found;
  };
  var metresPerUnit = (lat) => 40075016686e-3 * Math.cos(lat * Math.PI / 180);
  var whyNot = (e, c) => {
    const { tied, islands, walkers } = page.data.walked, w = walkers[c], g = walkedGraph(), [forward, backward] = g.seconds[w];
    if (!Number.isFinite(forward[e]) && !Number.isFinite(backward[e])) return say("why_closed_here");
    const group = (name) => tied[w][islands.indexOf(name)];
    const served = new Set(countedOf(c).map((i2) => group(page.data.facilities.island[i2])));
    return named("why_", served.has(tied[w][g.island[e]]) ? "no_route" : "no_facility_on_island");
  };
  var streetRows = (place) => page.data.categories.map((category, c) => {
    const { w, rows, places, found } = toNearest(c), { s, to } = secondsAt(w, found, places, place);
    if (!Number.isFinite(s)) return { cells: [category.name, "–", whyNot(place.edge, c)] };
    const minutes = Math.ceil(s / 0.6 - 1e-4), nearest = rows[to], far = minutes > page.data.area.horizon * 100;
    return {
      cells: [
        category.name,
        far ? "–" : minutesText(minutes),
        far ? reasonText("why_", "beyond_horizon") : [
          el("bdi", {}, page.data.facilities.name[nearest]),
          minutes > page.data.area.limit * 100 ? " · " + say("beyond") : ""
        ]
      ],
      choose: () => showPath(pathTo(place, [place.x, place.y], nearest, c), c)
    };
  });
  var streetDetail = (place, gap) => {
    const { highway, name } = page.data.streets, e = place.edge, closed = highway.values[highway.at[e]] === "closed";
    const kind = named("highway_", highway.values[highway.at[e]]), title = name.values[name.at[e]];
    return [
      el(
        "h3",
        {},
        title ? el("bdi", {}, title) : say("street"),
        kind && kind !== title ? el("span", { class: "soft" }, " · " + kind) : ""
      ),
      closed || !page.data.walked ? el("p", {}, say("why_closed")) : listTable(say("minutes_to"), [say("service"), say("walk"), say("nearest_or_why")], streetRows(place)),
      closed || !page.data.walked ? "" : el("p", { class: "soft" }, say("street_note")),
      gap >= 0 ? gapFacts(gap) : ""
    ];
  };
  var gapFacts = (i2) => {
    const g = page.data.gaps, service = (page.data.categories[g.category[i2]] || { name: "" }).name;
    return [
      el("h3", {}, say("gap_title", { service, n: g.id[i2].split("-").at(-1) })),
      definitions([
        [say("township"), page.data.townships.name[g.township[i2]] || say("township_NONE")],
        [say("village"), gapVillages(i2)],
        [say("gap_people", { unit: page.data.area.unit }), numberText(g.population[i2], 1)],
        [say("gap_median"), g.median[i2] === null ? "–" : numberText(g.median[i2], 1)],
        [say("gap_reason"), reasonText("reason_", g.reason[i2])]
      ])
    ];
  };
  var showPath = (way, c, minutes) => {
    page.way = way;
    page.redraw();
    if (!way) return;
    const xs = way.line.map((p) => p[0]), ys = way.line.map((p) => p[1]);
    page.map.closePopup();
    page.map.fitBounds([toLatLng(Math.min(...xs), Math.max(...ys)), toLatLng(Math.max(...xs), Math.min(...ys))], {
      padding: [60, 60],
      maxZoom: 17,
      animate: false
    });
    const kinds = ["leg", "flat", "up", "down", "steps"].filter((k) => way.parts[k] > 0.5);
    showDetail([
      el("h3", {}, say("path_title", { service: page.data.categories[c].name })),
      el(
        "p",
        {},
        el("b", {}, minutesText(minutes === void 0 ? Math.ceil(way.seconds / 0.6 - 1e-4) : minutes)),
        " → ",
        el("bdi", {}, page.data.facilities.name[way.facility])
      ),
      listTable(
        say("path_parts"),
        [say("part"), say("part_seconds"), say("part_share")],
        [
          ...kinds.map((k) => ({
            cells: [say("part_" + k), numberText(way.parts[k], 0), percentText(way.parts[k] / way.seconds)]
          })),
          { cells: [el("b", {}, say("township_ALL")), el("b", {}, numberText(way.seconds, 0)), ""] }
        ]
      ),
      el(
        "p",
        { class: "soft" },
        say("path_note", { walker: page.data.categories[c].walker, speed: page.data.categories[c].speed })
      ),
      el(
        "button",
        {
          type: "button",
          on: {
            click: () => {
              page.way = null;
              document.getElementById("detail").hidden = true;
              page.redraw();
            }
          }
        },
        say("close")
      )
    ]);
  };

  // circles/outputs/map/script/drafts.js
  var past = [];
  var future = [];
  var MOST3 = 100;
  var snapshot = () => ({
    added: [...page.draft.added],
    removed: [...page.draft.removed],
    category: page.draft.category
  });
  var restore = (state) => {
    page.draft.added = state.added;
    page.draft.removed = new Set(state.removed);
    page.draft.category = state.category;
  };
  var remember = () => {
    past.push(snapshot());
    if (past.length > MOST3) past.shift();
    future.length = 0;
  };
  var canUndo = () => past.length > 0;
  var canRedo = () => future.length > 0;
  var undo = () => {
    if (!past.length) return;
    future.push(snapshot());
    restore(past.pop());
  };
  var redo = () => {
    if (!future.length) return;
    past.push(snapshot());
    restore(future.pop());
  };
  var forget = () => {
    past.length = future.length = 0;
  };
  var isDrawn = (rule) => rule.kind === "population_share" && rule.limit === page.data.area.limit;
  var verdictsAfter = (result, category) => {
    const { checks, rules } = page.data.verdicts;
    return checks.flatMap((check) => {
      const rule = rules[check.rule_id];
      if (check.category !== category || !rule || !isDrawn(rule) || !check.denominator) return [];
      const [gain, loss] = (result.byGroup.get(rule.group) || /* @__PURE__ */ new Map()).get(
        page.data.townships.code.indexOf(check.township_code)
      ) || [0, 0];
      if (!gain && !loss) return [];
      const numerator = check.numerator + gain - loss, value = numerator / check.denominator, met = value >= check.threshold - 1e-12;
      return [
        {
          check,
          rule,
          value,
          verdict: met ? "met" : "not_met",
          needed: met ? 0 : Math.ceil(check.threshold * check.denominator - numerator - 1e-9),
          gain,
          loss
        }
      ];
    });
  };
  var quoted = (text) => JSON.stringify(text.replace(/[\ud800-\udfff]/gu, "�")).replaceAll("", "\\u007f");
  var scenarioText = (name) => {
    const { added, removed } = page.draft, { facilities, categories, area } = page.data;
    const lines = ["[scenario]", `id = ${quoted(area.id + "-draft")}`, `name = ${quoted(name)}`, ""];
    added.forEach(
      (p, i2) => lines.push(
        "[[add]]",
        `id = "draft-${i2 + 1}"`,
        `name = ${quoted(say("draft_name", { n: i2 + 1 }))}`,
        `category = ${quoted(categories[p.category].id)}`,
        `lon = ${((p.x - 0.5) * 360).toFixed(7)}`,
        `lat = ${toLat(p.y).toFixed(7)}`,
        `source = ${quoted(say("draft_source", { run: area.run }))}`,
        ""
      )
    );
    for (const i2 of removed) lines.push("[[close]]", `id = ${quoted(facilities.id[i2])}`, "");
    return lines.join("\n");
  };
  var drafts = [];
  var keepDraft = (name) => {
    const { added, removed, category } = page.draft;
    const draft = {
      name,
      category: page.data.categories[category].id,
      added: added.map((p) => (
        /** @type {[number, number]} */
        [round((p.x - 0.5) * 360), round(toLat(p.y))]
      )),
      removed: [...removed].map((i2) => page.data.facilities.id[i2])
    };
    const at = drafts.findIndex((own) => own.name === name);
    if (at >= 0) drafts[at] = draft;
    else drafts.push(draft);
  };
  var round = (degrees) => Math.round(degrees * 1e6) / 1e6;
  var draftsText = () => drafts.length ? JSON.stringify(drafts.map(({ name, category, added, removed }) => [name, category, added, removed])) : "";
  var readDrafts = (text) => {
    drafts.length = 0;
    let found = [];
    try {
      found = JSON.parse(text || "[]");
    } catch {
      return;
    }
    if (!Array.isArray(found)) return;
    for (const entry of found.slice(0, 20)) {
      if (!Array.isArray(entry) || entry.length !== 4) continue;
      const [name, category, added, removed] = entry;
      const isPoint = (p) => Array.isArray(p) && p.length === 2 && p.every(Number.isFinite) && Math.abs(p[1]) < 85;
      if (typeof name !== "string" || !page.data.categories.some((c) => c.id === category) || !Array.isArray(added) || !added.every(isPoint) || !Array.isArray(removed)) {
        continue;
      }
      drafts.push({
        name: name.slice(0, 60),
        category,
        added,
        removed: removed.filter((id) => page.data.facilities.id.includes(id))
      });
    }
  };
  var openDraft = (draft) => {
    const category = page.data.categories.findIndex((c) => c.id === draft.category), walker = page.data.walked.walkers[category];
    const added = draft.added.flatMap(([lng, lat]) => {
      const place = snapTo({ lat, lng }, walker, 200);
      return place ? [{ ...place, category }] : [];
    });
    restore({ added, removed: draft.removed.map((id) => page.data.facilities.id.indexOf(id)), category });
    return category;
  };

  // circles/outputs/map/script/state.js
  var layerNames = () => [
    ...page.data.categories.map((c, i2) => "facility." + i2),
    ...page.data.categories.map((c, i2) => "gap." + i2),
    ...page.data.area.tianditu ? ["tianditu"] : [],
    "verdicts",
    "boundaries",
    "streets",
    "residents",
    ...page.data.certainty ? ["certainty"] : [],
    "names"
  ];
  var setDefaults = () => {
    for (const layer of layerNames()) page.state.on[layer] = !layer.startsWith("gap.") && layer !== "certainty";
    const first = page.data.verdicts.rows.length ? page.data.verdicts.rows[0].shown.findIndex((v) => v === "not_met") : 0;
    page.state.circle = page.data.categories.length ? Math.max(0, Math.min(first, page.data.categories.length - 1)) : -1;
    page.state.on["gap." + page.state.circle] = true;
    page.state.side = page.difference ? "difference" : "after";
    page.state.overview = page.data.frames.length > 1 && !page.difference;
  };
  var setState = (change) => {
    Object.assign(page.state, change);
    for (const listener of page.listeners) listener(page.state);
    writeHash();
  };
  var showService = (circle) => {
    page.data.categories.forEach((c, i2) => {
      page.state.on["gap." + i2] = i2 === circle;
    });
    setState({ circle, facility: -1, gap: -1 });
  };
  var writeHash = () => {
    if (!page.map) return;
    const c = page.map.getCenter(), s = page.state, all = layerNames(), id = (i2) => page.data.categories[i2] ? page.data.categories[i2].id : "";
    const parts = {
      map: s.overview ? "" : `${page.map.getZoom()}/${c.lat.toFixed(5)}/${c.lng.toFixed(5)}`,
      circle: id(s.circle),
      off: all.filter((l) => !l.startsWith("gap.") && l !== "certainty" && !s.on[l]).join(","),
      gaps: all.filter((l) => l.startsWith("gap.") && s.on[l]).join(","),
      certainty: s.on.certainty ? "1" : "",
      cell: s.cell ? s.cell.join("|") : "",
      facility: s.facility >= 0 ? page.data.facilities.id[s.facility] : "",
      side: page.worlds.before ? s.side : "",
      service: s.service,
      verdict: s.verdict,
      island: s.island,
      drafts: draftsText(),
      hour: s.hour >= 0 ? String(s.hour) : "",
      boat: s.boat >= 0 ? String(s.boat) : "",
      at: s.at ? s.at.map((v) => v.toFixed(5)).join("/") : ""
    };
    const text = Object.entries(parts).filter(([name, value]) => value || name === "off" || name === "gaps").map(([name, value]) => name + "=" + encodeURIComponent(value).replaceAll("%2F", "/").replaceAll("%2C", ",")).join("&");
    if ("#" + text !== location.hash) history.replaceState(null, "", "#" + text);
  };
  var readHash = () => {
    const parts = new Map(
      location.hash.slice(1).split("&").map((part) => {
        const [name, value = ""] = part.split("=");
        try {
          return [name, decodeURIComponent(value)];
        } catch {
          return [name, ""];
        }
      })
    );
    const s = page.state, all = layerNames();
    if (parts.has("off")) {
      for (const l of all) {
        if (!l.startsWith("gap.") && l !== "certainty") s.on[l] = !parts.get("off").split(",").includes(l);
      }
    }
    if (parts.has("gaps")) {
      for (const l of all) if (l.startsWith("gap.")) s.on[l] = parts.get("gaps").split(",").includes(l);
    }
    if (page.data.certainty) s.on.certainty = parts.get("certainty") === "1";
    if (parts.has("circle")) s.circle = page.data.categories.findIndex((c) => c.id === parts.get("circle"));
    if (parts.has("facility")) s.facility = page.data.facilities.id.indexOf(parts.get("facility"));
    const cell = (parts.get("cell") || "").split("|");
    if (cell.length === 2 && page.data.verdicts.rows.some((r) => r.code === cell[0])) s.cell = [cell[0], cell[1]];
    if (page.worlds.before && ["before", "after", "difference"].includes(parts.get("side"))) s.side = parts.get("side");
    readDrafts(parts.get("drafts"));
    const only = (name, known2) => {
      if (known2.includes(parts.get(name) || "")) s[name] = parts.get(name) || "";
    };
    only("service", ["", ...page.data.verdicts.columns.map((c) => c.key)]);
    only("verdict", ["", "met", "not_met", "no_data"]);
    only("island", ["", ...page.data.islands.name]);
    const count = (name, most) => {
      const n = parts.has(name) ? Number(parts.get(name)) : -1;
      s[name] = Number.isInteger(n) && n >= 0 && n < most ? n : -1;
    };
    count("hour", page.data.times ? 168 : 0);
    count("boat", page.data.boats ? page.data.boats.journeys.length : 0);
    const at = (parts.get("at") || "").split("/").map(Number);
    s.at = at.length === 2 && at.every(Number.isFinite) ? [at[0], at[1]] : null;
    const view = (parts.get("map") || "").split("/").map(Number);
    return view.length === 3 && view.every(Number.isFinite) ? view : null;
  };

  // circles/outputs/map/script/times.js
  var SHUT = 0;
  var OPEN = 2;
  var BOAT_BREAKS = [60, 120, 180, 360];
  var doorOf = (i2) => {
    const t = page.data.times;
    return !t || page.state.hour < 0 ? OPEN : t.state[page.state.hour * page.data.facilities.name.length + i2];
  };
  var isShut = (i2) => doorOf(i2) === SHUT;
  var shownMinutes = (category) => {
    const { times, boats, residents } = page.data, { hour, boat } = page.state;
    if (boats && boat >= 0) return boats.journeys[boat].minutes;
    if (category < 0) return null;
    const own = times && hour >= 0 ? times.minutes[category] : [];
    return own.length ? own[times.at[category][hour]] : residents.minutes[category];
  };
  var shownBreaks = () => page.data.boats && page.state.boat >= 0 ? BOAT_BREAKS : page.data.area.breaks;
  var paintOpenCircles = (ctx, v, state) => {
    if (state.hour < 0 || !page.data.times || !page.data.walked) return false;
    const { category, counted } = page.data.facilities;
    category.forEach((c, i2) => {
      if (c === state.circle && counted[i2] && doorOf(i2) === OPEN) paintOwnCircle(ctx, v, i2);
    });
    return true;
  };
  var paintPiers = (ctx, v, state) => {
    if (!page.data.boats || state.boat < 0) return;
    for (const pier of page.data.boats.piers) {
      if (!pier.at) continue;
      const px = toX(pier.at[0]) * v.k - v.ox, py = toY(pier.at[1]) * v.k - v.oy;
      ctx.setLineDash([]);
      ctx.beginPath();
      ctx.rect(px - 5, py - 5, 10, 10);
      ctx.fillStyle = "#fff";
      ctx.fill();
      ctx.lineWidth = 2.5;
      ctx.strokeStyle = INK.met;
      ctx.stroke();
      ctx.beginPath();
      ctx.arc(px, py, 1.8, 0, 7);
      ctx.fillStyle = INK.met;
      ctx.fill();
    }
  };
  var option = (value, text, chosen) => el("option", { value, selected: value === chosen }, text);
  var timePanel = () => {
    const day = el(
      "select",
      { id: "time-day" },
      option(-1, say("time_any"), page.state.hour < 0 ? -1 : null),
      [0, 1, 2, 3, 4, 5, 6].map((d) => option(d, say("weekday_" + (d + 1)), Math.floor(page.state.hour / 24)))
    );
    const hour = el("input", {
      id: "time-hour",
      type: "range",
      min: 0,
      max: 23,
      step: 1,
      value: page.state.hour < 0 ? 10 : page.state.hour % 24
    });
    const note = el("p", { class: "soft", "aria-live": "polite" });
    const show = () => {
      const f = page.data.facilities, chosen = page.state.hour >= 0;
      hour.disabled = !chosen;
      const count = (wanted) => f.name.reduce((n, name, i2) => n + (f.counted[i2] && doorOf(i2) === wanted ? 1 : 0), 0);
      fillNode(
        note,
        chosen ? say("time_note", { hour: page.state.hour % 24, open: count(OPEN), shut: count(SHUT), unknown: count(1) }) : say("time_none")
      );
    };
    const change = () => {
      setState({ hour: Number(day.value) < 0 ? -1 : Number(day.value) * 24 + Number(hour.value), boat: -1 });
      show();
    };
    for (const control of [day, hour]) control.addEventListener("input", change);
    show();
    return [
      el("p", { class: "row" }, el("label", { for: "time-day" }, say("time_day"), " "), day),
      el("p", { class: "row" }, el("label", { for: "time-hour" }, say("time_hour"), " "), hour),
      note,
      el("p", { class: "soft" }, say("time_week", { monday: page.data.times.monday }))
    ];
  };
  var boatPanel = () => {
    const { journeys, piers, example } = page.data.boats, box = el("div", {});
    const choice = el(
      "select",
      { id: "boat-journey" },
      option(-1, say("boat_none"), page.state.boat),
      journeys.map((j, i2) => option(i2, `${j.name} · ${j.moment}`, page.state.boat))
    );
    const show = () => {
      const journey = journeys[page.state.boat];
      fillNode(
        box,
        journey ? listTable(
          say("panel_boats"),
          ["boat_place", "boat_people", "boat_reached", "boat_same_day", "boat_minutes", "boat_days"].map(
            (k) => say(k)
          ),
          journey.places.map(([level, name, people, reached, sameDay, minutes, days]) => ({
            cells: [
              level === "all" ? el("b", {}, say("total")) : name,
              numberText(people, 1),
              numberText(reached, 1),
              numberText(sameDay, 1),
              minutes === null ? "–" : numberText(minutes, 0),
              percentText(days)
            ]
          }))
        ) : ""
      );
    };
    choice.addEventListener("input", () => {
      setState({ boat: Number(choice.value), hour: -1 });
      show();
    });
    show();
    const timetables = el(
      "div",
      {},
      piers.map(
        (pier) => el(
          "details",
          {},
          el("summary", {}, pier.name),
          listTable(
            pier.name,
            ["boat_departs", "boat_line", "boat_to", "boat_runs"].map((k) => say(k)),
            pier.rows.map((cells) => ({ cells }))
          )
        )
      )
    );
    roving(timetables, "summary");
    return [
      example ? el("p", { class: "demo" }, say("boats_example")) : "",
      el("p", { class: "row" }, el("label", { for: "boat-journey" }, say("boat_journey"), " "), choice),
      el("div", { class: "scroll", role: "region", "aria-label": say("panel_boats") }, box),
      timetables
    ];
  };

  // circles/outputs/map/script/paint.js
  var hatches = /* @__PURE__ */ new Map();
  var hatch = (ctx, colour, back) => {
    const key = colour + (back ? "\\" : "/");
    if (!hatches.has(key)) {
      const tile2 = document.createElement("canvas");
      tile2.width = tile2.height = 8;
      const c = tile2.getContext("2d");
      c.strokeStyle = colour;
      c.lineWidth = 2;
      c.beginPath();
      for (const d of [-8, 0, 8]) {
        if (back) {
          c.moveTo(d - 1, -1);
          c.lineTo(d + 9, 9);
        } else {
          c.moveTo(d - 1, 9);
          c.lineTo(d + 9, -1);
        }
      }
      c.stroke();
      hatches.set(key, tile2);
    }
    return ctx.createPattern(hatches.get(key), "repeat");
  };
  var isSeen = (shape, i2, v) => shape.box[4 * i2] < v.e && shape.box[4 * i2 + 2] > v.w && shape.box[4 * i2 + 1] < v.s && shape.box[4 * i2 + 3] > v.n;
  var traceShape = (ctx, shape, i2, v, close, near = v.zoom < 12.5 ? 0.8 : 0.4) => {
    const { x: x2, y, point, part, partBox } = shape, pad = 24 / v.k;
    for (let p = part[i2]; p < part[i2 + 1]; p++) {
      if (partBox[4 * p] > v.e + pad || partBox[4 * p + 2] < v.w - pad || partBox[4 * p + 1] > v.s + pad || partBox[4 * p + 3] < v.n - pad) {
        continue;
      }
      let px = NaN, py = NaN;
      for (let j = point[p], last = point[p + 1] - 1; j <= last; j++) {
        const qx = x2[j] * v.k - v.ox, qy = y[j] * v.k - v.oy;
        if (j === point[p]) ctx.moveTo(qx, qy);
        else if (j < last && Math.abs(qx - px) + Math.abs(qy - py) < near) continue;
        else ctx.lineTo(qx, qy);
        px = qx;
        py = qy;
      }
      if (close) ctx.closePath();
    }
  };
  var traceAll = (ctx, shape, v, close, wanted) => {
    ctx.beginPath();
    for (let i2 = 0; i2 < shape.count; i2++) {
      if ((!wanted || wanted(i2)) && isSeen(shape, i2, v)) traceShape(ctx, shape, i2, v, close);
    }
  };
  var townColour = (code, state) => {
    const row = rowOf(code), town = page.data.statement.towns.find((own) => own.code === code);
    if (!row || !isShown(row)) return "";
    if (state.service) {
      const cell = cellOf(code, state.service), verdict = cell ? cell.verdict : shownVerdict(code, state);
      return { met: page.data.statement.below[0], not_met: INK.gap, no_data: "#c9ccd0" }[verdict] || "";
    }
    return town && town.judged ? page.data.statement.below[Math.min(town.below, page.data.statement.below.length - 1)] : "";
  };
  var paintTownships = (ctx, v, state) => {
    const colours = page.data.townships.code.map((code) => townColour(code, state));
    ctx.save();
    ctx.clip("evenodd");
    colours.forEach((colour, i2) => {
      if (!colour || !isSeen(page.shapes.townships, i2, v)) return;
      ctx.beginPath();
      traceShape(ctx, page.shapes.townships, i2, v, true);
      ctx.fillStyle = colour;
      ctx.fill("evenodd");
    });
    ctx.restore();
  };
  var ALONG_M = 120;
  var isGapLand = (zoom, state) => zoom < VILLAGE && state.gap < 0;
  var isGapWanted = (state) => (i2) => state.on["gap." + page.data.gaps.category[i2]] && (state.gap < 0 || state.gap === i2);
  var paintGapLand = (ctx, v, state) => {
    const metres = 40075016686e-3 * Math.cos(toLat((v.n + v.s) / 2) * Math.PI / 180) / v.k;
    ctx.save();
    if (page.shapes.land.count) ctx.clip("evenodd");
    ctx.setLineDash([]);
    ctx.lineJoin = "bevel";
    ctx.lineCap = "square";
    ctx.lineWidth = Math.max(3, ALONG_M / metres);
    ctx.strokeStyle = INK.gapLand;
    const { gaps } = page.shapes, isWanted = isGapWanted(state);
    for (let i2 = 0; i2 < gaps.count; i2++) {
      if (!isWanted(i2) || !isSeen(gaps, i2, v)) continue;
      ctx.beginPath();
      traceShape(ctx, gaps, i2, v, false, ctx.lineWidth / 3);
      ctx.stroke();
    }
    ctx.restore();
  };
  var paintBase = (ctx, v, state) => {
    traceAll(ctx, page.shapes.land, v, true);
    ctx.fillStyle = INK.land;
    ctx.fill("evenodd");
    if (v.level === "county" && state.on.verdicts && state.side !== "difference" && page.data.area.boundaries) {
      if (page.shapes.land.count) paintTownships(ctx, v, state);
    }
    if (v.level !== "county" && v.level !== "locator" && state.side !== "difference" && isGapLand(v.zoom, state)) {
      paintGapLand(ctx, v, state);
    }
    traceAll(ctx, page.shapes.land, v, true);
    ctx.setLineDash([]);
    ctx.lineWidth = v.zoom < 11 ? 0.8 : 1.2;
    ctx.strokeStyle = INK.coast;
    ctx.stroke();
  };
  var paintAreas = (ctx, v, state) => {
    const c = state.circle, { category, facility, limit } = page.data.serviceAreas;
    if (c < 0 || v.level === "county" && state.side !== "difference" && state.facility < 0) return;
    if (state.side === "difference") {
      paintDifferenceAreas(ctx, v, state);
      return;
    }
    if (state.facility >= 0 && page.data.walked) {
      paintOwnCircle(ctx, v, state.facility);
      return;
    }
    if (paintOpenCircles(ctx, v, state)) return;
    const order = category.map((own, i2) => i2).filter((i2) => category[i2] === c && facility[i2] < 0);
    order.sort((a, b) => limit[b] - limit[a]);
    for (const i2 of order) {
      if (!isSeen(page.shapes.areas, i2, v)) continue;
      ctx.beginPath();
      traceShape(ctx, page.shapes.areas, i2, v, true);
      ctx.fillStyle = breakColour(limit[i2]);
      ctx.fill("evenodd");
      ctx.strokeStyle = "#555";
      ctx.lineWidth = limit[i2] === page.data.area.limit ? 1.6 : 0.8;
      ctx.stroke();
    }
    paintDraftCircles(ctx, v, state);
  };
  var PATHS = ["path", "footway", "track", "pedestrian", "service", "closed"];
  var MAIN = /^(motorway|trunk|primary|secondary|tertiary)/;
  var MANY_STREETS = 2e4;
  var paintStreets = (ctx, v) => {
    const { values, at } = page.data.streets.highway, steps = values.indexOf("steps"), many = at.length > MANY_STREETS;
    const paths = new Set(PATHS.map((name) => values.indexOf(name))), main = values.map((name) => MAIN.test(name));
    ctx.lineCap = "round";
    if (v.zoom >= 13.5) {
      traceAll(ctx, page.shapes.streets, v, false, (i2) => at[i2] !== steps && !paths.has(at[i2]));
      ctx.strokeStyle = INK.street;
      ctx.lineWidth = v.zoom < 15 ? 2.6 : 4.6;
      ctx.stroke();
      ctx.strokeStyle = "#fff";
      ctx.lineWidth = v.zoom < 15 ? 1.3 : 3;
      ctx.stroke();
      traceAll(ctx, page.shapes.streets, v, false, (i2) => paths.has(at[i2]));
      ctx.strokeStyle = INK.street;
      ctx.lineWidth = 1.1;
      ctx.stroke();
    } else {
      const shown = v.level !== "village" ? (i2) => main[at[i2]] : many ? (i2) => !paths.has(at[i2]) && at[i2] !== steps : void 0;
      traceAll(ctx, page.shapes.streets, v, false, shown);
      ctx.strokeStyle = INK.street;
      ctx.lineWidth = v.zoom < 11 ? 0.5 : 0.9;
      ctx.stroke();
    }
    if (v.zoom >= 13.5 && steps >= 0) {
      traceAll(ctx, page.shapes.streets, v, false, (i2) => at[i2] === steps);
      ctx.setLineDash([2, 2]);
      ctx.lineCap = "butt";
      ctx.strokeStyle = "#5b5546";
      ctx.lineWidth = 3;
      ctx.stroke();
      ctx.setLineDash([]);
    }
  };
  var paintBoundaries = (ctx, v) => {
    traceAll(ctx, page.shapes.borders, v, false);
    ctx.setLineDash([8, 3, 2, 3]);
    ctx.lineWidth = v.zoom < 11 ? 1 : 1.6;
    ctx.strokeStyle = "#6d5a7b";
    ctx.stroke();
    ctx.setLineDash([]);
  };
  var paintGapStreets = (ctx, v, wanted) => {
    const width = v.zoom < VILLAGE ? 4 : 6;
    ctx.lineCap = "butt";
    traceAll(ctx, page.shapes.gaps, v, false, wanted);
    ctx.strokeStyle = INK.gap;
    ctx.lineWidth = width;
    ctx.stroke();
    ctx.setLineDash([2, 4]);
    ctx.strokeStyle = "#fff";
    ctx.lineWidth = width * 0.55;
    ctx.stroke();
    ctx.setLineDash([]);
  };
  var paintGaps = (ctx, v, state) => {
    if (state.side === "difference" || v.level === "county") return;
    const wanted = isGapWanted(state);
    if (!isGapLand(v.zoom, state)) paintGapStreets(ctx, v, wanted);
    const { x: x2, y, point, part } = page.shapes.gaps, r = v.zoom < 11 ? 2.5 : 4;
    ctx.strokeStyle = INK.gap;
    ctx.lineWidth = 2;
    ctx.beginPath();
    for (let i2 = 0; i2 < page.shapes.gaps.count; i2++) {
      if (!wanted(i2) || !isSeen(page.shapes.gaps, i2, { w: v.w - 1e-6, e: v.e + 1e-6, n: v.n - 1e-6, s: v.s + 1e-6 })) {
        continue;
      }
      for (let p = part[i2]; p < part[i2 + 1]; p++) {
        if (point[p + 1] - point[p] !== 1) continue;
        const px = x2[point[p]] * v.k - v.ox, py = y[point[p]] * v.k - v.oy;
        ctx.moveTo(px - r, py - r);
        ctx.lineTo(px + r, py + r);
        ctx.moveTo(px - r, py + r);
        ctx.lineTo(px + r, py - r);
      }
    }
    ctx.stroke();
  };

  // circles/outputs/map/script/circle.js
  var WIDEST_M = 60;
  var ownCircles = /* @__PURE__ */ new WeakMap();
  var reachedPieces = (w, place, found, limit) => {
    const g = walkedGraph(), [forward, backward] = towards(w), legs = legsOf(place), pieces = [];
    const add = (e, one, other) => {
      if (other - one > 1e-9) pieces.push(pieceOf(e, one, other).flat());
    };
    for (let e = 0; e < g.tail.length; e++) {
      const left = limit - found.seconds[g.tail[e]], right = limit - found.seconds[g.head[e]], own = legs.find((leg) => leg.edge === e);
      if (!(left > 0) && !(right > 0) && !own) continue;
      const fromTail = left > 0 ? Math.min(1, left / backward[e]) : 0, fromHead = right > 0 ? Math.min(1, right / forward[e]) : 0;
      if (fromTail + fromHead >= 1) {
        add(e, 0, 1);
        continue;
      }
      add(e, 0, fromTail);
      add(e, 1 - fromHead, 1);
      const rest = own ? limit - own.leg : 0;
      if (rest > 0) {
        add(e, Math.max(0, own.fraction - rest / forward[e]), Math.min(1, own.fraction + rest / backward[e]));
      }
    }
    return pieces;
  };
  var ringsOf = (place, c) => {
    if (!place || place.edge < 0 || !page.data.facilities.inside) return [];
    const w = page.data.walked.walkers[c], { speed } = page.data.categories[c], limits = [...page.data.facilities.inside.limits].reverse();
    const found = spreadFrom(w, [place], page.data.area.limit * 60);
    return limits.flatMap(
      (minutes) => [0.25, 0.5, 0.75, 1].map((part) => ({
        minutes,
        radius: WIDEST_M * part,
        pieces: reachedPieces(w, place, found, minutes * 60 - WIDEST_M * part / speed)
      }))
    );
  };
  var ownCircle = (i2) => {
    if (!ownCircles.has(page.data)) ownCircles.set(page.data, /* @__PURE__ */ new Map());
    const known2 = ownCircles.get(page.data), c = page.data.facilities.category[i2];
    if (!known2.has(i2)) {
      known2.set(
        i2,
        c < 0 || !page.data.walked ? [] : ringsOf(placeOf(walkedGraph().facilities[page.data.walked.walkers[c]], i2), c)
      );
    }
    return known2.get(i2);
  };
  var draftCircles = /* @__PURE__ */ new WeakMap();
  var draftCircle = (place) => {
    if (!draftCircles.has(place)) draftCircles.set(place, ringsOf(place, place.category));
    return draftCircles.get(place);
  };
  var paintOwnCircle = (ctx, v, i2) => paintRings(ctx, v, ownCircle(i2));
  var paintDraftCircles = (ctx, v, state) => {
    for (const place of page.draft.added) if (place.category === state.circle) paintRings(ctx, v, draftCircle(place));
  };
  var paintRings = (ctx, v, rings) => {
    const metre = v.k / metresPerUnit(toLat((v.n + v.s) / 2));
    ctx.save();
    ctx.beginPath();
    for (let k = 0; k < page.shapes.land.count; k++) {
      if (isSeen(page.shapes.land, k, v)) traceShape(ctx, page.shapes.land, k, v, true);
    }
    if (page.shapes.land.count) ctx.clip("evenodd");
    ctx.lineCap = ctx.lineJoin = "round";
    ctx.setLineDash([]);
    for (const minutes of new Set(rings.map((ring) => ring.minutes))) {
      for (
        const [colour, more] of
        /** @type {[string, number][]} */
        [
          ["#555", 2],
          [breakColour(minutes), 0]
        ]
      ) {
        ctx.strokeStyle = colour;
        for (const ring of rings) {
          if (ring.minutes !== minutes) continue;
          ctx.beginPath();
          for (const p of ring.pieces) {
            for (let j = 0; j < p.length; j += 2) ctx[j ? "lineTo" : "moveTo"](p[j] * v.k - v.ox, p[j + 1] * v.k - v.oy);
          }
          ctx.lineWidth = Math.max(2, 2 * ring.radius * metre) + more;
          ctx.stroke();
        }
      }
    }
    ctx.restore();
  };
  var insideTable = (i2) => {
    const inside = page.data.facilities.inside, own = inside && inside.people[i2];
    if (!own) return "";
    const n = inside.groups.length;
    return [
      listTable(
        say("inside"),
        [say("inside_within"), ...inside.groups.map((g) => named("group_", g))],
        inside.limits.map((limit, l) => ({
          cells: [say("legend_within", { n: limit }), ...own.slice(l * n, l * n + n).map((v) => numberText(v, 1))]
        }))
      ),
      el(
        "p",
        { class: "soft" },
        say(page.data.facilities.counted[i2] ? "inside_note" : "inside_note_not_counted", { unit: page.data.area.unit })
      )
    ];
  };

  // circles/outputs/map/script/print.js
  var PX_PER_MM = 3.78;
  var SHARP2 = 2;
  var SHARP_OF_MANY = 1.15;
  var QUALITY_OF_MANY = 0.5;
  var MANY_PAGES = 20;
  var zoomOf = (frame) => paperView(frame.box, frame.width * PX_PER_MM, frame.height * PX_PER_MM).zoom;
  var drawPage = (frame, name, isInset, level, state) => {
    const canvas = document.createElement("canvas"), width = Math.round(frame.width * PX_PER_MM), height = Math.round(frame.height * PX_PER_MM), many = page.data.townships.code.length > MANY_PAGES, sharp = many ? SHARP_OF_MANY : SHARP2;
    canvas.width = Math.round(width * sharp);
    canvas.height = Math.round(height * sharp);
    const ctx = canvas.getContext("2d"), v = { ...paperView(frame.box, width, height), level, kept: keptFree(width, height) };
    ctx.scale(sharp, sharp);
    ctx.fillStyle = INK.sea;
    ctx.fillRect(0, 0, width, height);
    paintBase(ctx, v, state);
    const under = document.createElement("canvas");
    under.width = canvas.width;
    under.height = canvas.height;
    const below = under.getContext("2d");
    below.scale(sharp, sharp);
    paintAreas(below, v, state);
    ctx.globalAlpha = 0.72;
    ctx.drawImage(under, 0, 0, width, height);
    ctx.globalAlpha = 1;
    paintTop(ctx, v, state);
    drawScale(ctx, v, width, height, isInset);
    const picture = el("img", {
      src: many ? canvas.toDataURL("image/jpeg", QUALITY_OF_MANY) : canvas.toDataURL("image/png"),
      alt: name
    });
    canvas.width = under.width = 0;
    return picture;
  };
  var checkTable = (code) => {
    if (isDifference()) return differenceDetail(code, "").slice(1);
    const { columns, checks } = page.data.verdicts;
    const own = checks.filter((c) => c.township_code === code && c.rule_id !== "overall");
    return listTable(
      say("panel_verdicts"),
      [say("service"), say("rule"), say("value"), say("threshold"), say("fraction"), say("shortfall"), say("verdict")],
      own.map((c) => {
        const rule = page.data.verdicts.rules[c.rule_id] || NO_RULE, column = columns.find((k) => k.key === c.category);
        return {
          cells: [
            column ? column.all.join("+") : c.category,
            rule.measure || c.measure,
            checkValue(c),
            rule.isShare ? percentText(c.threshold) : numberText(c.threshold, 2),
            `${numberText(c.numerator, 1)} / ${numberText(c.denominator, 1)}`,
            c.shortfall === null ? "–" : numberText(c.shortfall, 0),
            [badge(c.verdict), " ", verdictText(c.verdict, [c.rule_status])]
          ]
        };
      })
    );
  };
  var GAPS = 8;
  var GAPS_BESIDE_INSETS = 4;
  var gapTable = (code, most) => {
    const g = page.data.gaps, t = page.data.townships.code.indexOf(code);
    const own = g.id.map((id, i2) => i2).filter((i2) => g.township[i2] === t).sort((a, b) => g.population[b] - g.population[a]).slice(0, most);
    const heads = gapHeads(), at = heads.indexOf(say("township")), without = (cells) => cells.filter((_, k) => k !== at);
    return own.length ? listTable(
      say("panel_gaps"),
      without(heads),
      own.map((i2) => ({ cells: without(gapRow(i2).cells) }))
    ) : el("p", {}, say("no_gaps"));
  };
  var pictureBox = (frame, name, isInset, level = "township", state = page.state) => {
    const box = el("div", { class: "picture" }, drawPage(frame, name, isInset, level, state));
    box.style.width = frame.width + "mm";
    box.style.height = frame.height + "mm";
    return box;
  };
  var printedKinds = () => {
    const { service, facility, circle, hour, boat } = page.state, { added, removed } = page.draft, isOne = service || facility >= 0 || circle < 0 || hour >= 0 || boat >= 0 || added.length || removed.size;
    return isOne || isDifference() ? [circle] : page.data.categories.map((_, i2) => i2);
  };
  var stateOf = (kind) => {
    const { state } = page, on = { ...state.on };
    page.data.categories.forEach((_, i2) => {
      on["gap." + i2] = i2 === kind;
      on["facility." + i2] = i2 === kind && state.on["facility." + i2];
    });
    return { ...state, circle: kind, on };
  };
  var kindCaption = (code, kind) => {
    const { id, name, walker } = page.data.categories[kind], row = cellOf(code, id);
    return el(
      "figcaption",
      {},
      el("b", {}, name),
      row && row.word ? [" ", badge(row.verdict), " "] : " ",
      row ? [el("b", {}, cellValue(row)), ` ${cellWord(row)}`] : "",
      `（${walker}）`
    );
  };
  var townPictures = (frame, title, code, kinds) => {
    if (kinds.length === 1) return pictureBox(frame, title, false);
    const box = el(
      "div",
      { class: "pictures" },
      kinds.map(
        (kind) => el(
          "figure",
          {},
          kindCaption(code, kind),
          pictureBox(frame, `${title} · ${page.data.categories[kind].name}`, false, "township", stateOf(kind))
        )
      )
    );
    box.style.gridTemplateColumns = `repeat(${frame.columns}, ${frame.width}mm)`;
    return box;
  };
  var sheetHead = (title) => el(
    "h1",
    {},
    title,
    page.worlds.before ? ` · ${say("side_" + page.state.side)}` : "",
    page.data.area.demonstration ? el("span", { class: "demo" }, say("demonstration")) : ""
  );
  var sheetFoot = (frame) => {
    const { area } = page.data;
    return el(
      "p",
      { class: "status" },
      statusLine(),
      el(
        "span",
        { class: "settings" },
        [
          frame ? say("print_scale", { n: scaleOf(frame) }) : "",
          say("print_settings", {
            limit: numberText(area.limit),
            layers: layerNamesOn().join(say("list_mark")),
            crs: area.crs,
            version: area.version,
            run: area.run || "–"
          })
        ].filter(Boolean).join(" · ")
      )
    );
  };
  var printedSheet = (title, frame, pictures, legend, insets, ...side) => el(
    "section",
    { class: frame.isAbove ? "page above" : "page" },
    sheetHead(title),
    el(
      "div",
      { class: "body" },
      pictures,
      el(
        "div",
        { class: "side" },
        side,
        el("ul", { class: "legend" }, legend),
        insets.length ? el("div", { class: "insets" }, insets) : ""
      )
    ),
    sheetFoot(frame)
  );
  var circleTitle = (kinds) => kinds.length === 1 && page.data.categories[kinds[0]] ? page.data.categories[kinds[0]].name : "";
  var insetFigure = (box, name, width, height, level = "township") => {
    const frame = frameOf(box), less = Math.min(width / frame.width, height / frame.height);
    return el(
      "figure",
      {},
      pictureBox({ ...frame, width: frame.width * less, height: frame.height * less }, name, true, level),
      el("figcaption", {}, el("bdi", {}, name))
    );
  };
  var insetsOf = (t, isTrimmed, isAbove) => printedSpots(t).slice(isTrimmed ? 0 : 1, 4).map(
    (spot) => insetFigure(
      degreesOf([spot.w, spot.n, spot.e, spot.s]),
      page.data.residents.island.values[spot.island] || say("at_sea"),
      isAbove ? 29 : 38,
      46
    )
  );
  var townInsets = () => page.data.townships.code.length > 12 ? [] : page.data.townships.name.map((name, t) => {
    const { box } = printBox(t);
    return box ? insetFigure(box, name, 46, 42, "county") : null;
  });
  var PAPER_WIDTH = 1519;
  var NAMES_WIDTH = 150;
  var CELL_WIDTH = 84;
  var ROWS = 46;
  var tablePages = (table) => {
    const cells = table.tHead.rows[0].cells.length - 1, columns = Math.max(1, Math.min(3, Math.floor(PAPER_WIDTH / (NAMES_WIDTH + cells * CELL_WIDTH))));
    const rows = [...table.tBodies[0].rows], parts = [];
    while (rows.length) {
      const part = table.cloneNode(false);
      part.append(table.tHead.cloneNode(true), el("tbody", {}, rows.splice(0, ROWS)));
      parts.push(part);
    }
    const pages = [];
    while (parts.length) pages.push(parts.splice(0, columns));
    return pages.map(
      (own) => el(
        "section",
        { class: "page tables" },
        sheetHead(`${say("panel_verdicts")} · ${say("title", { area: page.data.area.name })}`),
        el("div", { class: "body" }, el("div", { class: "side" }, own)),
        sheetFoot(null)
      )
    );
  };
  var message = () => isDifference() ? [] : [
    el("p", { class: "headline" }, headline()),
    el(
      "ul",
      { class: "figures" },
      figures().map(({ name, value, base }) => el("li", {}, `${name} ${value} ${base}`))
    ),
    [shortLine(), ...footLines()].filter(Boolean).map((line) => el("p", {}, line))
  ];
  var overviewPages = (table, note) => {
    const { area, verdicts } = page.data, frame = frameOf(area.bounds), title = say("title", { area: area.name }), isLong = verdicts.rows.length > MANY_PAGES;
    const overview = printedSheet(
      title,
      frame,
      pictureBox(frame, title, false, "county"),
      legendEntries(page.state, { level: "county", zoom: zoomOf(frame), isAllKinds: false }),
      townInsets(),
      note(),
      message(),
      isLong ? "" : table
    );
    return isLong ? [overview, ...tablePages(table)] : [overview];
  };
  var townPage = (code, kinds, note) => {
    const { area, townships } = page.data, t = townships.code.indexOf(code), { box, isTrimmed } = printBox(t);
    if (!box) return null;
    const frame = frameOf(box, kinds.length), insets = insetsOf(t, isTrimmed, frame.isAbove), title = [townshipName(code), circleTitle(kinds), say("title", { area: area.name })].filter(Boolean).join(" · ");
    return printedSheet(
      title,
      frame,
      townPictures(frame, title, code, kinds),
      legendEntries(page.state, { level: "township", zoom: zoomOf(frame), isAllKinds: kinds.length > 1 }),
      insets,
      note(),
      checkTable(code),
      el("div", {}, el("h2", {}, say("panel_gaps")), gapTable(code, insets.length > 3 ? GAPS_BESIDE_INSETS : GAPS))
    );
  };
  var printedPages = () => {
    const { area, townships, verdicts } = page.data, note = () => area.demonstration ? el("p", { class: "demo" }, say("demonstration_verdict")) : null;
    const { service, verdict, island } = page.state, kinds = printedKinds();
    Object.assign(page.state, { service: "", verdict: "", island: "" });
    const table = isDifference() ? differenceTable() : verdictTable();
    for (const cell of table.querySelectorAll("[tabindex]")) cell.removeAttribute("tabindex");
    const rows = verdicts.rows.map((row) => row.code), codes = [...rows, ...townships.code.filter((code) => !rows.includes(code))];
    const pages = [
      ...overviewPages(table, note),
      ...codes.filter((code) => townships.code.includes(code)).map((code) => townPage(code, kinds, note))
    ];
    Object.assign(page.state, { service, verdict, island });
    return numbered(pages.filter((sheet) => sheet !== null));
  };
  var numbered = (sheets) => {
    sheets.forEach(
      (sheet, i2) => sheet.append(el("p", { class: "number" }, say("page_number", { n: i2 + 1, of: sheets.length })))
    );
    return sheets;
  };
  var preparePrint = () => {
    if (document.getElementById("print")) return;
    document.body.append(el("div", { id: "print" }, printedPages()));
  };
  var installPrint = () => {
    addEventListener("beforeprint", preparePrint);
    addEventListener("afterprint", () => {
      const pages = document.getElementById("print");
      if (pages && !location.hash.includes("print=1")) pages.remove();
    });
  };

  // circles/outputs/map/script/sheet.js
  var levelled = (...args) => {
    const v = viewOf(...args);
    return { ...v, level: levelOf(v.zoom), isScreen: true };
  };
  var degreesBounds = ([w, s, e, n]) => L.latLngBounds([s, w], [n, e]);
  var Sheet = L.Canvas.extend({
    initialize(paint, options) {
      L.setOptions(this, options);
      this.paint = paint;
    },
    // Leaflet places a settled canvas on fractions of a pixel, which blurs it; whole pixels do not.
    _updateTransform(center, zoom) {
      if (zoom === this._zoom && center.equals(this._center, 1e-9)) {
        L.DomUtil.setPosition(this._container, this._bounds.min);
      } else L.Canvas.prototype._updateTransform.call(this, center, zoom);
    },
    _draw() {
      if (!this._ctx || !this._bounds || !this._map) return;
      const zoom = this._map.getZoom(), origin = this._map.getPixelOrigin(), b = this._bounds;
      const corner = this._map.containerPointToLayerPoint([0, 0]), size = this._map.getSize();
      this._ctx.save();
      this._ctx.beginPath();
      this.paint(
        this._ctx,
        levelled(zoom, origin.x, origin.y, b.min.x, b.min.y, b.max.x, b.max.y, [
          corner.x,
          corner.y,
          corner.x + size.x,
          corner.y + size.y
        ]),
        page.state
      );
      this._ctx.restore();
    }
  });
  var buildMap = (view) => {
    const map = page.map = circles_map;
    const box = map.getContainer();
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", say("map_label"));
    box.tabIndex = -1;
    if (map.attributionControl) map.attributionControl.setPrefix(false);
    L.control.zoom({ position: "topright", zoomInTitle: say("zoom_in"), zoomOutTitle: say("zoom_out") }).addTo(map);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    page.tip = el("div", { id: "tip", hidden: true });
    const list = el("ul", {}), status = el("div", { id: "status" }, statusLine());
    const legend = el("details", { id: "legend", open: innerWidth > 700 }, el("summary", {}, say("legend")), list);
    document.body.append(el("div", { id: "foot", role: "region", "aria-label": say("legend") }, legend, status));
    const home = el("button", { type: "button", id: "home", hidden: true, on: { click: goWhole } }, say("home"));
    box.append(page.tip, northArrow(), home);
    L.DomEvent.disableClickPropagation(home);
    buildIslands(box);
    fillNode(list, legendEntries(page.state));
    baseTiles(map);
    map.invalidateSize({ animate: false });
    new ResizeObserver(() => map.invalidateSize({ animate: false, pan: false })).observe(box);
    const sheets = [
      ["base", paintBase, 210, 1],
      ["areas", paintAreas, 220, AREA_OPACITY],
      ["top", paintTop, 230, 1]
    ].map(([name, paint, z, opacity]) => {
      const pane = map.createPane(name);
      Object.assign(pane.style, { zIndex: z, opacity, pointerEvents: "none" });
      return new Sheet(paint, { pane: name, padding: 0.15 });
    });
    if (view) map.setView([view[1], view[2]], view[0], { animate: false });
    else goAll();
    const fit = () => {
      page.countyZoom = map.getBoundsZoom(degreesBounds(page.data.area.bounds), false, L.point(24, 24));
    };
    fit();
    map.on("resize", fit);
    for (const sheet of sheets) sheet.addTo(map);
    page.sheets = sheets;
    let waiting = 0;
    page.redraw = () => {
      waiting = 0;
      for (const sheet of sheets) {
        sheet._clear();
        sheet._draw();
      }
    };
    page.listeners.push((state) => {
      if (!waiting) waiting = requestAnimationFrame(page.redraw);
      syncLayers(state);
      syncFilters(state);
      syncCells(state);
      syncIslands();
      fillNode(status, statusLine());
      fillNode(list, legendEntries(state));
    });
    map.on("moveend", () => {
      writeHash();
      fillNode(list, legendEntries(page.state));
    });
    map.on("movestart", () => {
      if (page.state.overview) setState({ overview: false });
    });
    map.on("click", onClick);
    map.on("mousemove", onHover);
  };
  var TILE_OPTIONS = { pane: "tiles-of-others", subdomains: "01234567", maxNativeZoom: 18, maxZoom: 19 };
  var baseTiles = (map) => {
    const key = page.data.area.tianditu;
    if (!key) return;
    const pane = map.createPane("tiles-of-others");
    Object.assign(pane.style, { zIndex: 215, mixBlendMode: "multiply", pointerEvents: "none" });
    const layers = ["vec", "cva"].map(
      (name) => L.tileLayer(
        page.data.area.tiles,
        /** @type {any} */
        { ...TILE_OPTIONS, layer: name, key: encodeURIComponent(key) }
      )
    );
    const sync = (state) => layers.forEach((layer) => {
      if (state.on.tianditu) layer.addTo(map);
      else layer.remove();
    });
    page.listeners.push(sync);
  };

  // circles/outputs/map/script/main.js
  var textOf = (name) => document.getElementById("layer-" + name).textContent;
  var outside = {
    page,
    walkedGraph,
    placeOf,
    pieceOf,
    pathTo,
    spreadFrom,
    secondsAt,
    everybody,
    compareDraft,
    countedOf,
    toNearest,
    chooseCell,
    hitAt,
    onClick,
    changeMark,
    snapTo,
    goFacility,
    goResident,
    printBox,
    frameOf,
    ownCircle,
    draftRows,
    scenarioText,
    setState,
    mapPicture,
    printedPages,
    preparePrint,
    findNames,
    percentText,
    shownVerdict,
    get way() {
      return page.way;
    },
    get data() {
      return page.data;
    },
    get shapes() {
      return page.shapes;
    },
    get map() {
      return page.map;
    },
    get state() {
      return page.state;
    },
    get draft() {
      return page.draft;
    },
    get readyMs() {
      return page.readyMs;
    }
  };
  var showsMost = ({ category }) => {
    page.data.categories.forEach((c, i2) => {
      page.state.on["gap." + i2] = i2 === category;
    });
    page.state.circle = category;
  };
  var boot = async () => {
    const { layers } = JSON.parse(document.getElementById("data").textContent);
    const { data, ahead } = layered(layers, textOf);
    await ahead(layers.filter((name) => !LATER.includes(name)));
    take(data);
    await document.fonts.load("bold 13px Marks", "ż").catch(() => []);
    page.shapes = shapesOf(data, !layers.includes("before"));
    setDefaults();
    const startView = readHash();
    useWorld(page.state.side);
    buildPanel();
    if (startView || page.state.cell || page.state.facility >= 0 || page.state.at) page.state.overview = false;
    const most = page.state.side === "difference" && !startView && !location.hash ? mostChanged() : null;
    if (most) showsMost(most);
    const isOverview = page.state.overview;
    buildMap(startView);
    page.state.overview = isOverview;
    page.listeners.push(syncDraft);
    setState({});
    reopen(startView);
    if (most) goTownship(most.code);
    addEventListener("hashchange", () => {
      const was = page.state.side, view = readHash();
      if (page.state.side !== was) {
        useWorld(page.state.side);
        buildPanel();
      }
      if (view) page.state.overview = false;
      if (view) page.map.setView([view[1], view[2]], view[0], { animate: false });
      setState({});
      reopen(view);
    });
    installPrint();
    if (location.hash.includes("print=1")) preparePrint();
    page.readyMs = performance.now();
    document.documentElement.dataset.ready = "yes";
  };
  var LATER = ["walked", "coverage", "search", "homophones", "before", "difference"];
  window.circles_atlas = outside;
  boot().catch((error) => {
    const note = document.getElementById("loading");
    if (note) note.textContent = note.dataset.failed;
    throw error;
  });
})();
