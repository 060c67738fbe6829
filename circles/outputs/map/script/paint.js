// Drawing: pure functions of a canvas context and a view {k, ox, oy, w, n, e, s, zoom, frame}; the map and the printed pages share them.
import { paintDraftCircles, paintOwnCircle } from "./circle.js";
import { toLat } from "./geometry.js";
import { page } from "./page.js";
import { cellOf } from "./statement.js";
import { INK, breakColour } from "./symbols.js";
import { paintOpenCircles } from "./times.js";
import { isShown, rowOf, shownVerdict } from "./verdicts.js";
import { VILLAGE } from "./view.js";
import { paintDifferenceAreas } from "./worlds.js";

const hatches = new Map();

// A hatch is drawn, not loaded: stripes that survive black-and-white printing.
export const hatch = (ctx, colour, back) => {
  const key = colour + (back ? "\\" : "/");
  if (!hatches.has(key)) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const c = tile.getContext("2d");
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
    hatches.set(key, tile);
  }
  return ctx.createPattern(hatches.get(key), "repeat");
};

export const isSeen = (shape, i, v) =>
  shape.box[4 * i] < v.e && shape.box[4 * i + 2] > v.w && shape.box[4 * i + 1] < v.s && shape.box[4 * i + 3] > v.n;

// Adds shape i to the current path, leaving out parts out of sight and points closer than a pixel to the one before.
export const traceShape = (ctx, shape, i, v, close, near = v.zoom < 12.5 ? 0.8 : 0.4) => {
  const { x, y, point, part, partBox } = shape,
    pad = 24 / v.k;
  for (let p = part[i]; p < part[i + 1]; p++) {
    if (
      partBox[4 * p] > v.e + pad ||
      partBox[4 * p + 2] < v.w - pad ||
      partBox[4 * p + 1] > v.s + pad ||
      partBox[4 * p + 3] < v.n - pad
    ) {
      continue;
    }
    let px = NaN,
      py = NaN;
    for (let j = point[p], last = point[p + 1] - 1; j <= last; j++) {
      const qx = x[j] * v.k - v.ox,
        qy = y[j] * v.k - v.oy;
      if (j === point[p]) ctx.moveTo(qx, qy);
      else if (j < last && Math.abs(qx - px) + Math.abs(qy - py) < near) continue;
      else ctx.lineTo(qx, qy);
      px = qx;
      py = qy;
    }
    if (close) ctx.closePath();
  }
};

const traceAll = (ctx, shape, v, close, wanted) => {
  ctx.beginPath();
  for (let i = 0; i < shape.count; i++) {
    if ((!wanted || wanted(i)) && isSeen(shape, i, v)) traceShape(ctx, shape, i, v, close);
  }
};

// The colour of a township at county level: of the chosen service's verdict, else by the number of kinds below their value.
export const townColour = (code, state) => {
  const row = rowOf(code),
    town = page.data.statement.towns.find((own) => own.code === code);
  if (!row || !isShown(row)) return "";
  if (state.service) {
    const cell = cellOf(code, state.service),
      verdict = cell ? cell.verdict : shownVerdict(code, state);
    return { met: page.data.statement.below[0], not_met: INK.gap, no_data: "#c9ccd0" }[verdict] || "";
  }
  return town && town.judged
    ? page.data.statement.below[Math.min(town.below, page.data.statement.below.length - 1)]
    : "";
};

const paintTownships = (ctx, v, state) => {
  const colours = page.data.townships.code.map((code) => townColour(code, state));
  ctx.save();
  ctx.clip("evenodd");
  colours.forEach((colour, i) => {
    if (!colour || !isSeen(page.shapes.townships, i, v)) return;
    ctx.beginPath();
    traceShape(ctx, page.shapes.townships, i, v, true);
    ctx.fillStyle = colour;
    ctx.fill("evenodd");
  });
  ctx.restore();
};

const ALONG_M = 120; // metres of ground that stand for a street of a gap

/** Whether gaps are drawn as land along their streets: below the villages' zoom streets run into each other. */
export const isGapLand = (zoom, state) => zoom < VILLAGE && state.gap < 0;
const isGapWanted = (state) => (i) =>
  state.on["gap." + page.data.gaps.category[i]] && (state.gap < 0 || state.gap === i);

// Gaps seen from afar: pale land along their streets, under the circles, so that these stay readable.
const paintGapLand = (ctx, v, state) => {
  const metres = (40075016.686 * Math.cos((toLat((v.n + v.s) / 2) * Math.PI) / 180)) / v.k;
  ctx.save();
  if (page.shapes.land.count) ctx.clip("evenodd");
  ctx.setLineDash([]);
  ctx.lineJoin = "bevel";
  ctx.lineCap = "square";
  ctx.lineWidth = Math.max(3, ALONG_M / metres);
  ctx.strokeStyle = INK.gapLand;
  const { gaps } = page.shapes,
    isWanted = isGapWanted(state);
  for (let i = 0; i < gaps.count; i++) {
    if (!isWanted(i) || !isSeen(gaps, i, v)) continue;
    ctx.beginPath(); // one by one: a canvas takes far longer over one path of all streets
    traceShape(ctx, gaps, i, v, false, ctx.lineWidth / 3);
    ctx.stroke();
  }
  ctx.restore();
};

export const paintBase = (ctx, v, state) => {
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

export const paintAreas = (ctx, v, state) => {
  const c = state.circle,
    { category, facility, limit } = page.data.serviceAreas;
  if (c < 0 || (v.level === "county" && state.side !== "difference" && state.facility < 0)) return;
  if (state.side === "difference") {
    paintDifferenceAreas(ctx, v, state);
    return;
  }
  if (state.facility >= 0 && page.data.walked) {
    paintOwnCircle(ctx, v, state.facility);
    return;
  }
  if (paintOpenCircles(ctx, v, state)) return;
  const order = category.map((own, i) => i).filter((i) => category[i] === c && facility[i] < 0);
  order.sort((a, b) => limit[b] - limit[a]);
  for (const i of order) {
    if (!isSeen(page.shapes.areas, i, v)) continue;
    ctx.beginPath();
    traceShape(ctx, page.shapes.areas, i, v, true);
    ctx.fillStyle = breakColour(limit[i]);
    ctx.fill("evenodd");
    ctx.strokeStyle = "#555";
    ctx.lineWidth = limit[i] === page.data.area.limit ? 1.6 : 0.8;
    ctx.stroke();
  }
  paintDraftCircles(ctx, v, state);
};

const PATHS = ["path", "footway", "track", "pedestrian", "service", "closed"];
const MAIN = /^(motorway|trunk|primary|secondary|tertiary)/;
const MANY_STREETS = 20000;

export const paintStreets = (ctx, v) => {
  const { values, at } = page.data.streets.highway,
    steps = values.indexOf("steps"),
    many = at.length > MANY_STREETS;
  const paths = new Set(PATHS.map((name) => values.indexOf(name))),
    main = values.map((name) => MAIN.test(name));
  ctx.lineCap = "round";
  if (v.zoom >= 13.5) {
    traceAll(ctx, page.shapes.streets, v, false, (i) => at[i] !== steps && !paths.has(at[i]));
    ctx.strokeStyle = INK.street;
    ctx.lineWidth = v.zoom < 15 ? 2.6 : 4.6;
    ctx.stroke();
    ctx.strokeStyle = "#fff";
    ctx.lineWidth = v.zoom < 15 ? 1.3 : 3;
    ctx.stroke();
    traceAll(ctx, page.shapes.streets, v, false, (i) => paths.has(at[i]));
    ctx.strokeStyle = INK.street;
    ctx.lineWidth = 1.1;
    ctx.stroke();
  } else {
    // Before the villages' own zoom only roads between them: a net of lanes would hide the circles and their colours.
    const shown =
      v.level !== "village" ? (i) => main[at[i]] : many ? (i) => !paths.has(at[i]) && at[i] !== steps : undefined;
    traceAll(ctx, page.shapes.streets, v, false, shown);
    ctx.strokeStyle = INK.street;
    ctx.lineWidth = v.zoom < 11 ? 0.5 : 0.9;
    ctx.stroke();
  }
  if (v.zoom >= 13.5 && steps >= 0) {
    traceAll(ctx, page.shapes.streets, v, false, (i) => at[i] === steps);
    ctx.setLineDash([2, 2]);
    ctx.lineCap = "butt";
    ctx.strokeStyle = "#5b5546";
    ctx.lineWidth = 3;
    ctx.stroke();
    ctx.setLineDash([]);
  }
};

export const paintBoundaries = (ctx, v) => {
  traceAll(ctx, page.shapes.borders, v, false);
  ctx.setLineDash([8, 3, 2, 3]);
  ctx.lineWidth = v.zoom < 11 ? 1 : 1.6;
  ctx.strokeStyle = "#6d5a7b";
  ctx.stroke();
  ctx.setLineDash([]);
};

// A gap is a dark orange line with white bars across it: unlike any street, in colour and in black and white.
const paintGapStreets = (ctx, v, wanted) => {
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

export const paintGaps = (ctx, v, state) => {
  if (state.side === "difference" || v.level === "county") return;
  const wanted = isGapWanted(state);
  if (!isGapLand(v.zoom, state)) paintGapStreets(ctx, v, wanted);
  const { x, y, point, part } = page.shapes.gaps,
    r = v.zoom < 11 ? 2.5 : 4;
  ctx.strokeStyle = INK.gap;
  ctx.lineWidth = 2;
  ctx.beginPath();
  for (let i = 0; i < page.shapes.gaps.count; i++) {
    if (!wanted(i) || !isSeen(page.shapes.gaps, i, { w: v.w - 1e-6, e: v.e + 1e-6, n: v.n - 1e-6, s: v.s + 1e-6 })) {
      continue;
    }
    for (let p = part[i]; p < part[i + 1]; p++) {
      if (point[p + 1] - point[p] !== 1) continue;
      const px = x[point[p]] * v.k - v.ox,
        py = y[point[p]] * v.k - v.oy;
      ctx.moveTo(px - r, py - r);
      ctx.lineTo(px + r, py + r);
      ctx.moveTo(px - r, py + r);
      ctx.lineTo(px + r, py - r);
    }
  }
  ctx.stroke();
};
