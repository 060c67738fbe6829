// Drawing what has a place: people, facilities, names; and everything above the streets in its order.
import { isLikelihoodShown, paintLikelihood } from "./certainty.js";
import { contains, toX, toY } from "./geometry.js";
import { paintPath } from "./network.js";
import { page } from "./page.js";
import { paintBoundaries, paintGaps, paintStreets } from "./paint.js";
import { BREAK_COLOURS, INK, drawMark, drawSymbol, outline } from "./symbols.js";
import { doorOf, isShut, paintPiers, shownBreaks, shownMinutes } from "./times.js";
import { shownVerdict } from "./verdicts.js";
import { VILLAGE } from "./view.js";
import { paintDraft } from "./whatif.js";
import { paintDifference, townshipChange } from "./worlds.js";

export const FONT =
  'Marks, "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", "Microsoft YaHei", "PingFang SC", "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif';

const paintResidents = (ctx, v, state) => {
  const { x, y, count } = page.shapes.residents,
    minutes = shownMinutes(state.circle);
  const breaks = shownBreaks(),
    limit = state.boat >= 0 ? Infinity : page.data.area.limit,
    r = v.zoom < 14 ? 1.6 : v.zoom < 16 ? 2.6 : 4;
  const groups = Array.from({ length: breaks.length + 2 }, () => []);
  for (let i = 0; i < count; i++) {
    if (x[i] < v.w || x[i] > v.e || y[i] < v.n || y[i] > v.s) continue;
    const m = minutes ? minutes[i] : 0,
      found = breaks.findIndex((b) => m <= b * 100);
    groups[!minutes ? breaks.length + 1 : m < 0 || found < 0 ? breaks.length : found].push(i);
  }
  groups.forEach((group, g) => {
    ctx.beginPath();
    for (const i of group) {
      const px = x[i] * v.k - v.ox,
        py = y[i] * v.k - v.oy;
      if (r < 2) ctx.rect(px - r, py - r, 2 * r, 2 * r);
      else {
        ctx.moveTo(px + r, py);
        ctx.arc(px, py, r, 0, 7);
      }
    }
    ctx.fillStyle =
      g > breaks.length ? "#444" : g === breaks.length || breaks[g] > limit ? INK.gap : BREAK_COLOURS[Math.min(g, 4)];
    ctx.fill();
    if (r > 2) {
      ctx.lineWidth = 0.8;
      ctx.strokeStyle = "#fff";
      ctx.stroke();
    }
  });
};

export const facilityRadius = (zoom) => (zoom < 11 ? 4.5 : zoom < 13 ? 5.5 : zoom < 15 ? 7 : 9);
const DENSE = 200;

/** Whether places stand so close that only those of the drawn circles are shown. */
export const isDense = (zoom) => zoom < 13 && page.shapes.facilities.count > DENSE;

const paintFacilities = (ctx, v, state, taken) => {
  const { x, y, count } = page.shapes.facilities,
    { category, status, name } = page.data.facilities;
  const many = count > DENSE,
    dense = isDense(v.zoom),
    r = dense ? 3 : many && v.zoom < 14.5 ? 4.5 : facilityRadius(v.zoom);
  for (let i = 0; i < count; i++) {
    if (!state.on["facility." + category[i]] || x[i] < v.w || x[i] > v.e || y[i] < v.n || y[i] > v.s) continue;
    if (dense && state.circle >= 0 && category[i] !== state.circle) continue;
    const px = x[i] * v.k - v.ox,
      py = y[i] * v.k - v.oy;
    ctx.globalAlpha = [0.45, 0.7, 1][doorOf(i)];
    drawSymbol(ctx, category[i], isShut(i) ? "closed" : status[i], px, py, r);
    ctx.globalAlpha = 1;
    if (!dense) taken.push([px - r, py - r, px + r, py + r]);
    if (i === state.facility) {
      outline(ctx, "circle", px, py, r + 6);
      ctx.strokeStyle = "#000";
      ctx.lineWidth = 2.5;
      ctx.stroke();
    }
  }
  if (v.zoom < 14.5) return;
  for (let i = 0; i < count; i++) {
    if (!state.on["facility." + category[i]]) continue;
    drawLabel(ctx, taken, name[i], x[i] * v.k - v.ox, y[i] * v.k - v.oy, {
      size: 12,
      away: r + 4,
      colour: "#222",
      frame: v.frame,
    });
  }
};

const VILLAGES = 12.5; // the zoom from which villages have their names, and townships no longer
const LABEL = 1; // marks the boxes of names among those of symbols

// Writes a name where nothing stands yet: right, left, below or above; else not at all.
export const drawLabel = (
  ctx,
  taken,
  text,
  x,
  y,
  { size, weight = "", away = 0, colour = "#333", spot = "", frame = null },
) => {
  ctx.font = `${weight} ${size}px ${FONT}`;
  const shown = text.length > 18 ? text.slice(0, 17) + "…" : text,
    width = ctx.measureText(shown).width,
    h = size * 0.65;
  const f = frame || [-Infinity, -Infinity, Infinity, Infinity];
  const spots =
    spot === "centre"
      ? [[-width / 2, 0]]
      : [
          [away, 0],
          [-away - width, 0],
          [-width / 2, away + h],
          [-width / 2, -away - h],
        ];
  for (const [dx, dy] of spots) {
    const box = [x + dx - 2, y + dy - h, x + dx + width + 2, y + dy + h];
    if (box[0] < f[0] || box[1] < f[1] || box[2] > f[2] || box[3] > f[3]) continue;
    if (taken.some((b) => b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1])) continue;
    taken.push([...box, LABEL]);
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.lineJoin = "round";
    ctx.lineWidth = 3.5;
    ctx.strokeStyle = "rgba(255,255,255,.9)";
    ctx.strokeText(shown, x + dx, y + dy);
    ctx.fillStyle = colour;
    ctx.fillText(shown, x + dx, y + dy);
    return;
  }
};

// The islands of each township where people live, most people first: [{w, n, e, s, count, island}].
export const spotsOf = (t) => {
  if (!page.allSpots) {
    const { township, island, population } = page.data.residents,
      { x, y, count } = page.shapes.residents;
    const towns = (page.allSpots = page.data.townships.code.map(() => new Map()));
    for (let i = 0; i < count; i++) {
      if (township[i] < 0) continue;
      const box = towns[township[i]].get(island.at[i]) || { w: 2, n: 2, e: -2, s: -2, count: 0, places: 0 };
      towns[township[i]].set(island.at[i], {
        w: Math.min(box.w, x[i]),
        n: Math.min(box.n, y[i]),
        e: Math.max(box.e, x[i]),
        s: Math.max(box.s, y[i]),
        count: box.count + (population[i] || 0),
        places: box.places + 1,
        island: island.at[i],
      });
    }
  }
  return [...page.allSpots[t].values()].sort((one, other) => other.count - one.count);
};

// Where a township's name stands: beside the island where most of its people are, so that it hides none of them.
const townshipSpots = () =>
  page.data.townships.code.map((code, t) => {
    const land = page.data.townships.box[t];
    return spotsOf(t)[0] || (land && { w: toX(land[0]), n: toY(land[3]), e: toX(land[2]), s: toY(land[1]), count: 0 });
  });

// Whether a point of the screen lies in another township than t: its name there would name the wrong one.
const isElsewhere = (t, v, px, py) => {
  const own = page.shapes.townships,
    x = (px + v.ox) / v.k,
    y = (py + v.oy) / v.k;
  for (let i = 0; i < own.count; i++) if (i !== t && contains(own, i, x, y)) return true;
  return false;
};

// Places for a township's name, best first: on the colour that is the message, else beside the people.
const nameSpots = (t, v, half, h) => {
  const spot = page.spots[t],
    at = page.data.townships.at[t],
    x = ((spot.w + spot.e) / 2) * v.k - v.ox,
    y = ((spot.n + spot.s) / 2) * v.k - v.oy;
  const beside = [
    [x, spot.s * v.k - v.oy + h + 8],
    [x, spot.n * v.k - v.oy - h - 8],
    [spot.e * v.k - v.ox + half + 10, y],
    [spot.w * v.k - v.ox - half - 10, y],
    [x, y],
  ];
  const inside = at ? [[toX(at[0]) * v.k - v.ox, toY(at[1]) * v.k - v.oy]] : [];
  const wide = ((spot.e - spot.w) * v.k) / 2 > half; // an island smaller than its name is not written over
  return v.level === "county" && wide ? [[x, y], ...inside, ...beside] : [...beside, ...inside];
};

const paintTownshipNames = (ctx, v, state, taken) => {
  page.spots = page.spots || townshipSpots();
  const { code, name } = page.data.townships,
    size = v.zoom < 9.5 ? 12 : 14,
    f = v.frame;
  const order = page.spots
    .map((spot, i) => i)
    .filter((i) => page.spots[i])
    .sort((a, b) => page.spots[b].count - page.spots[a].count || a - b);
  for (const i of order) {
    ctx.font = `bold ${size}px ${FONT}`;
    const mark = state.on.verdicts && townshipMark(code[i], state),
      sign = mark ? 22 : 0,
      half = (ctx.measureText(name[i]).width + sign) / 2,
      h = size * 0.75 + 2;
    const free = nameSpots(i, v, half, h).find(
      ([px, py]) =>
        px - half > f[0] &&
        px + half < f[2] &&
        py - h > f[1] &&
        py + h < f[3] &&
        !taken.some((b) => b[0] < px + half && b[2] > px - half && b[1] < py + h && b[3] > py - h) &&
        !isElsewhere(i, v, px, py),
    );
    if (!free) continue;
    const [px, py] = free;
    taken.push([px - half, py - h, px + half, py + h, LABEL]);
    if (mark) mark(ctx, px - half + 9, py, 9);
    drawLabel(ctx, [], name[i], px + sign / 2, py, { size, weight: "bold", colour: "#3b2a4a", spot: "centre" });
  }
};

// The sign beside a township's name: its verdict, or in the difference whether it gained or lost; none where nothing is to say.
export const townshipMark = (code, state) => {
  if (state.side === "difference") {
    const sign = townshipChange(code, state);
    return sign ? (ctx, x, y, r) => changeMark(ctx, sign, x, y, r) : null;
  }
  const verdict = state.service ? shownVerdict(code, state) : null;
  return verdict ? (ctx, x, y, r) => drawMark(ctx, verdict, x, y, r) : null;
};

const paintNames = (ctx, v, state, taken) => {
  const place = (at) => [toX(at[0]) * v.k - v.ox, toY(at[1]) * v.k - v.oy],
    { islands, villages } = page.data,
    frame = v.frame;
  if (v.zoom >= VILLAGES) {
    villages.at.forEach(
      (at, i) =>
        at &&
        drawLabel(ctx, taken, villages.name[i], ...place(at), { size: 12, colour: "#4a3b20", spot: "centre", frame }),
    );
  }
  if (v.zoom >= 10.5) {
    islands.at.forEach(
      (at, i) =>
        at &&
        drawLabel(ctx, taken, islands.name[i], ...place(at), {
          size: 12,
          weight: "italic",
          colour: "#2d5a78",
          away: 6,
          frame,
        }),
    );
  }
};

// Where north arrow, zoom buttons and scale stand on the screen: no name is written under them.
const controlsOf = ([w, n, e, s]) => [
  [w, n, w + 62, n + 74],
  [e - 56, n, e, n + 88],
  [w, s - 36, w + 124, s],
];

export const paintTop = (ctx, v, state) => {
  const taken = v.isScreen ? controlsOf(v.frame) : [...(v.kept || [])];
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

// Where names stand on a picture, for tests and readers of the page: they never cover each other.
export const noteLabels = (ctx, taken) => {
  ctx.canvas.dataset.labels = JSON.stringify(taken.filter((box) => box[4] === LABEL).map((box) => box.slice(0, 4)));
};

// The place that was asked about.
export const paintChosen = (ctx, v, state) => {
  if (!state.at) return;
  const px = toX(state.at[1]) * v.k - v.ox,
    py = toY(state.at[0]) * v.k - v.oy;
  for (const [colour, width] of [
    ["#fff", 5],
    ["#000", 2.5],
  ]) {
    outline(ctx, "circle", px, py, 9);
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.stroke();
  }
};

// People gained (blue, plus) and lost (red, minus) at their places.
export const paintSigns = (ctx, v, changed) => {
  const { x, y } = page.shapes.residents,
    r = v.zoom < 11 ? 2.5 : v.zoom < 13 ? 3.5 : 5;
  changed.forEach((change, i) => {
    if (!change || x[i] < v.w || x[i] > v.e || y[i] < v.n || y[i] > v.s) return;
    changeMark(ctx, change, x[i] * v.k - v.ox, y[i] * v.k - v.oy, r);
  });
};

// Gain: a blue circle with a plus. Loss: a red square with a minus.
export const changeMark = (ctx, change, px, py, r) => {
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
