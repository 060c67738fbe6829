// What part of the world a canvas shows: {k, ox, oy, w, n, e, s, zoom, frame}.
export const viewOf = (zoom, ox, oy, left, top, right, bottom, frame) => {
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
    s: (bottom + oy) / k,
  };
};
