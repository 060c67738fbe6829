// What part of the world a canvas shows: {k, ox, oy, w, n, e, s, zoom, frame}.
import { page } from "./page.js";

const COUNTY_MORE = 0.8,
  COUNTY_MOST = 13;

/** The zoom from which single streets are distinguished. */
export const VILLAGE = 14;

/** What a map of this zoom is about: the county, a township or a village. */
export const levelOf = (zoom) =>
  zoom < Math.min(page.countyZoom + COUNTY_MORE, COUNTY_MOST) ? "county" : zoom < VILLAGE ? "township" : "village";

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
