// Unpacking: flat differences in 1e-5 degrees become Mercator coordinates between 0 and 1, ready to be drawn.
export const toX = (lon) => lon / 360 + 0.5;
export const toY = (lat) => {
  const s = Math.sin((Math.max(-85, Math.min(85, lat)) * Math.PI) / 180);
  return 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
};
export const toLat = (y) => (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
export const toLatLng = (x, y) => [toLat(y), (x - 0.5) * 360];

export const unpackPoints = (steps) => {
  const count = steps.length / 2,
    x = new Float64Array(count),
    y = new Float64Array(count);
  for (let i = 0, lon = 0, lat = 0; i < count; i++) {
    lon += steps[2 * i];
    lat += steps[2 * i + 1];
    x[i] = toX(lon * 1e-5);
    y[i] = toY(lat * 1e-5);
  }
  return { x, y, count };
};

const unpacked = new WeakMap();

// Returns coordinates, the first point of each part, the first part of each shape, and boxes (w n e s) of shapes and parts.
// `isLast`: nobody reads the packed steps again, so their memory is given back.
export const unpackShapes = (packed, isLast = false) => {
  if (!unpacked.has(packed)) {
    unpacked.set(packed, unpackNow(packed));
    if (isLast) packed.d = null;
  }
  return unpacked.get(packed);
};

const unpackNow = (packed) => {
  const { x, y } = unpackPoints(packed.d),
    count = packed.g.length;
  const point = new Int32Array(packed.n.length + 1),
    part = new Int32Array(count + 1);
  packed.n.forEach((n, i) => {
    point[i + 1] = point[i] + n;
  });
  packed.g.forEach((n, i) => {
    part[i + 1] = part[i] + n;
  });
  const boxOf = (from, to, into, k) => {
    let w = Infinity,
      n = Infinity,
      e = -Infinity,
      s = -Infinity;
    for (let j = from; j < to; j++) {
      if (x[j] < w) w = x[j];
      if (x[j] > e) e = x[j];
      if (y[j] < n) n = y[j];
      if (y[j] > s) s = y[j];
    }
    into.set([w, n, e, s], k * 4);
  };
  const partBox = new Float64Array(packed.n.length * 4);
  for (let p = 0; p < packed.n.length; p++) boxOf(point[p], point[p + 1], partBox, p);
  const box = part[count] === count && packed.g.every((n) => n === 1) ? partBox : boxesOf(count, part, partBox);
  return { x, y, point, part, box, partBox, count };
};

// Boxes of shapes of several parts each; of streets, which have one, they are the parts' own.
const boxesOf = (count, part, partBox) => {
  const box = new Float64Array(count * 4);
  for (let i = 0; i < count; i++) {
    let [w, n, e, s] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let p = part[i]; p < part[i + 1]; p++) {
      w = Math.min(w, partBox[4 * p]);
      n = Math.min(n, partBox[4 * p + 1]);
      e = Math.max(e, partBox[4 * p + 2]);
      s = Math.max(s, partBox[4 * p + 3]);
    }
    box.set([w, n, e, s], i * 4);
  }
  return box;
};

export const contains = (shape, i, x, y) => {
  const b = shape.box;
  if (x < b[4 * i] || y < b[4 * i + 1] || x > b[4 * i + 2] || y > b[4 * i + 3]) return false;
  let inside = false;
  for (let p = shape.part[i]; p < shape.part[i + 1]; p++) {
    for (let j = shape.point[p], k = shape.point[p + 1] - 1; j < shape.point[p + 1]; k = j++) {
      const yj = shape.y[j],
        yk = shape.y[k];
      if (yj > y !== yk > y && x < ((shape.x[k] - shape.x[j]) * (y - yj)) / (yk - yj) + shape.x[j]) inside = !inside;
    }
  }
  return inside;
};

// Squared distance from a point to the nearest part of shape i.
export const distance2 = (shape, i, x, y) => {
  let best = Infinity;
  for (let p = shape.part[i]; p < shape.part[i + 1]; p++) {
    const first = shape.point[p],
      last = shape.point[p + 1];
    for (let j = first; j < last; j++) {
      const k = Math.min(j + 1, last - 1);
      const dx = shape.x[k] - shape.x[j],
        dy = shape.y[k] - shape.y[j],
        span = dx * dx + dy * dy;
      const t = span ? Math.max(0, Math.min(1, ((x - shape.x[j]) * dx + (y - shape.y[j]) * dy) / span)) : 0;
      const ex = shape.x[j] + t * dx - x,
        ey = shape.y[j] + t * dy - y;
      best = Math.min(best, ex * ex + ey * ey);
    }
  }
  return best;
};

/**
 * The unpacked shapes of a payload, each when first asked for.
 * `isOnly`: the payload has no state before, which may share what is packed.
 * @param {import("./types").Payload} data @param {boolean} isOnly @returns {any} {@link import("./types").PageShapes}
 */
export const shapesOf = (data, isOnly = false) => {
  const make = {
    land: () => unpackShapes(data.land, isOnly),
    townships: () => unpackShapes(data.townships.shape, isOnly),
    borders: () => unpackShapes(data.townships.borders, isOnly),
    streets: () => unpackShapes(data.streets.shape, isOnly),
    areas: () => unpackShapes(data.serviceAreas.shape, isOnly),
    gaps: () => unpackShapes(data.gaps.shape, isOnly),
    facilities: () => unpackPoints(data.facilities.at),
    residents: () => unpackPoints(data.residents.at),
  };
  const known = new Map();
  const out = {};
  for (const name of Object.keys(make)) {
    Object.defineProperty(out, name, {
      enumerable: true,
      get: () => {
        if (!known.has(name)) known.set(name, make[name]());
        return known.get(name);
      },
    });
  }
  return out;
};
