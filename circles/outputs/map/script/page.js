// The one place for what changes while the page is open: the data shown, their unpacked shapes, the map, what is chosen.
import { merged } from "./form.js";

/** @type {any} until {@link take} gives the payload */
const NOTHING = null;

/** @type {import("./types").Page} */
export const page = {
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
  redraw: () => {},
  fillVerdicts: () => {},
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
    overview: false,
  },
  listeners: [],
  draft: { added: [], removed: new Set(), placing: false, category: -1, before: new Map(), result: null },
  lateSections: new Map(),
};

/** Takes the payload of the page; everything else reads it from `page`. @param {import("./types").Payload} data */
export const take = (data) => {
  page.data = data;
  page.worlds = { after: data, before: data.before ? merged(data, data.before) : null };
  page.difference = data.difference || null;
};
