// The frames of printed pages: their extent, which the ground alone decides, their size on paper, and their scale bar.
import { contains, toLat, toX, toY } from "./geometry.js";
import { page } from "./page.js";
import { isSeen } from "./paint.js";
import { spotsOf } from "./paint_places.js";
import { townshipBox } from "./places.js";
import { say } from "./text.js";
import { roundLength } from "./tiles.js";
import { viewOf } from "./view.js";
import { metresPerUnit } from "./why.js";

const MARGIN = 1.1;
const ROOM = { beside: [262, 240], above: [402, 172] }; // millimetres of A3
const BETWEEN = 3, // millimetres between pictures that share a page
  CAPTION = 6;

// A box [w s e n] in degrees, widened to `least` metres, as Mercator [w n e s].
const widened = (box, least) => {
  const w = toX(box[0]),
    e = toX(box[2]),
    n = toY(box[3]),
    s = toY(box[1]),
    pad = least / metresPerUnit((box[1] + box[3]) / 2) / 2;
  const x = (w + e) / 2,
    y = (n + s) / 2,
    dx = Math.max(((e - w) / 2) * MARGIN, pad),
    dy = Math.max(((s - n) / 2) * MARGIN, pad);
  return [x - dx, y - dy, x + dx, y + dy];
};

// The frame takes the shape of what it shows, so that no paper is spent on sea: beside its table, or above it where it is wide.
// Several pictures of one extent share the room in rows and columns, each with a caption, over the page's whole width.
/** @param {number[]} box degrees @param {number} [count] */
export const frameOf = (box, count = 1) => {
  const [w, n, e, s] = widened(box, 500),
    ratio = Math.max(0.45, Math.min(4, (e - w) / (s - n)));
  /** @param {number[]} room @param {number} columns */
  const fit = (room, columns) => {
    const rows = Math.ceil(count / columns),
      width = (room[0] - (columns - 1) * BETWEEN) / columns,
      height = (room[1] - (rows - 1) * BETWEEN) / rows - (count > 1 ? CAPTION : 0);
    return ratio > width / height ? [width, width / ratio, columns] : [height * ratio, height, columns];
  };
  const largest = (room) =>
    Array.from({ length: count }, (_, i) => fit(room, i + 1)).sort((a, b) => b[0] * b[1] - a[0] * a[1])[0];
  const beside = largest(ROOM.beside),
    above = largest(ROOM.above),
    isAbove = above[0] * above[1] > beside[0] * beside[1] * 1.15;
  const [width, height, columns] = isAbove ? above : beside,
    whole = (ROOM.above[0] - (columns - 1) * BETWEEN) / columns;
  if (count === 1 || !isAbove || whole <= width) return { width, height, columns, isAbove, box: [w, n, e, s] };
  const middle = (w + e) / 2,
    half = ((s - n) * whole) / height / 2;
  return { width: whole, height, columns, isAbove, box: [middle - half, n, middle + half, s] };
};

// The view of a box on paper of so many pixels.
/** @param {number[]} box @param {number} width @param {number} height */
export const paperView = ([w, n, e, s], width, height) => {
  const span = Math.max((e - w) / width, (s - n) / height),
    zoom = Math.log2(1 / span / 256),
    k = 256 * 2 ** zoom;
  return viewOf(zoom, ((w + e) / 2) * k - width / 2, ((n + s) / 2) * k - height / 2, 0, 0, width, height);
};

// Where scale bar and north arrow stand on a picture of this size: no name is written under them.
export const keptFree = (width, height, left = 0, top = 0) => [
  [left + 8, top + height - 50, left + 224, top + height],
  [left + width - 46, top, left + width, top + 72],
];

// A scale bar of a round length, at the middle of the page.
export const drawScale = (ctx, v, width, height, isInset) => {
  const lat = (toLat((v.n + v.s) / 2) * Math.PI) / 180,
    metres = (40075016.686 * Math.cos(lat)) / v.k;
  const length = roundLength((isInset ? 60 : 180) * metres);
  const x = 20,
    y = height - 22,
    long = length / metres;
  ctx.setLineDash([]);
  ctx.fillStyle = "rgba(255,255,255,.85)";
  ctx.fillRect(x - 8, y - 22, long + 16, 34);
  ctx.strokeStyle = "#222";
  ctx.lineWidth = 2;
  ctx.beginPath();
  ctx.moveTo(x, y - 6);
  ctx.lineTo(x, y);
  ctx.lineTo(x + long, y);
  ctx.lineTo(x + long, y - 6);
  ctx.stroke();
  ctx.fillStyle = "#222";
  ctx.font = "13px sans-serif";
  ctx.textAlign = "center";
  ctx.fillText(length >= 1000 ? length / 1000 + " km" : length + " m", x + long / 2, y - 8);
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

// Share of land in a frame [w n e s], on a grid of 32 × 32 points.
const GRID = 32,
  LAND_SHARE = 0.6,
  KEPT_PLACES = 0.75,
  TRIMS = [0.03, 0.08, 0.16, 0.3];
/** @param {number[]} box */
export const landShare = ([w, n, e, s]) => {
  const land = page.shapes.land,
    near = [];
  for (let i = 0; i < land.count; i++) if (isSeen(land, i, { w, n, e, s })) near.push(i);
  let count = 0;
  for (let i = 0; i < GRID; i++) {
    for (let j = 0; j < GRID; j++) {
      const x = w + ((e - w) * (i + 0.5)) / GRID,
        y = n + ((s - n) * (j + 0.5)) / GRID;
      if (near.some((k) => contains(land, k, x, y))) count++;
    }
  }
  return count / GRID ** 2;
};

// Where sea would take more than two fifths of the paper, the frame draws in as long as three quarters of the places stay in it.
// Places count, not the people in them: next month's people leave the frame where it was.
export const trimmedFrame = (spot, t) => {
  const { township, island } = page.data.residents,
    { x, y, count } = page.shapes.residents,
    places = [];
  for (let i = 0; i < count; i++) if (township[i] === t && island.at[i] === spot.island) places.push([x[i], y[i]]);
  const inside = (b) => places.filter(([px, py]) => px >= b[0] && px <= b[2] && py >= b[1] && py <= b[3]).length;
  let box = [spot.w, spot.n, spot.e, spot.s],
    share = landShare(frameOf(degreesOf(box)).box);
  while (share < LAND_SHARE) {
    const [dx, dy] = [box[2] - box[0], box[3] - box[1]];
    const tries = TRIMS.flatMap((part) => [
      [dx * part, 0, 0, 0],
      [0, dy * part, 0, 0],
      [0, 0, -dx * part, 0],
      [0, 0, 0, -dy * part],
    ])
      .map((d) => box.map((v, k) => v + d[k]))
      .filter((b) => inside(b) >= KEPT_PLACES * places.length);
    const found = tries
      .map((b) => ({ part: landShare(frameOf(degreesOf(b)).box), own: b }))
      .sort((a, b) => b.part - a.part)[0];
    if (!found || found.part <= share) break;
    share = found.part;
    box = found.own;
  }
  return {
    box: degreesOf(box),
    share,
    isTrimmed: box[0] !== spot.w || box[1] !== spot.n || box[2] !== spot.e || box[3] !== spot.s,
  };
};
/** @param {number[]} box Mercator w n e s */
export const degreesOf = ([w, n, e, s]) => [(w - 0.5) * 360, toLat(s), (e - 0.5) * 360, toLat(n)];

/** The islands of a township, those with most places where people live first. */
export const printedSpots = (t) =>
  spotsOf(t).sort((one, other) => other.places - one.places || one.island - other.island);

// The island with most of the places fills the page; the others, and what was drawn in, stand in small frames beside it.
export const printBox = (t) => {
  const spot = printedSpots(t)[0];
  return spot ? trimmedFrame(spot, t) : { box: townshipBox(t), share: null, isTrimmed: false };
};

/** One to how many: the scale of a frame on paper, to two digits. @param {{width: number, box: number[]}} frame */
export const scaleOf = ({ width, box: [w, n, e, s] }) => {
  const exact = ((e - w) * metresPerUnit(toLat((n + s) / 2)) * 1000) / width,
    step = 10 ** (Math.floor(Math.log10(exact)) - 1);
  return Math.round(exact / step) * step;
};
