// One facility's own circle: the streets from which it is within 5, 10 and 15 minutes, widened as the program widens them.
import { el } from "./dom.js";
import { toLat } from "./geometry.js";
import { legsOf, pieceOf, placeOf, spreadFrom, towards, walkedGraph } from "./network.js";
import { page } from "./page.js";
import { isSeen, traceShape } from "./paint.js";
import { breakColour } from "./symbols.js";
import { listTable } from "./tables.js";
import { named, numberText, say } from "./text.js";
import { metresPerUnit } from "./why.js";

const WIDEST_M = 60;
const ownCircles = new WeakMap();

// Pieces [x0, y0, x1, y1 …] of the streets within `limit` seconds of a snapped place.
const reachedPieces = (w, place, found, limit) => {
  const g = walkedGraph(),
    [forward, backward] = towards(w),
    legs = legsOf(place),
    pieces = [];
  const add = (e, one, other) => {
    if (other - one > 1e-9) pieces.push(pieceOf(e, one, other).flat());
  };
  for (let e = 0; e < g.tail.length; e++) {
    const left = limit - found.seconds[g.tail[e]],
      right = limit - found.seconds[g.head[e]],
      own = legs.find((leg) => leg.edge === e);
    if (!(left > 0) && !(right > 0) && !own) continue;
    const fromTail = left > 0 ? Math.min(1, left / backward[e]) : 0,
      fromHead = right > 0 ? Math.min(1, right / forward[e]) : 0;
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

// Rings of falling width, so that a circle thins out where time runs out: [{minutes, radius, pieces}].
/** Rings of a place on the streets for the walker of category c. @param {import("./types").Place} place */
const ringsOf = (place, c) => {
  if (!place || place.edge < 0 || !page.data.facilities.inside) return [];
  const w = page.data.walked.walkers[c],
    { speed } = page.data.categories[c],
    limits = [...page.data.facilities.inside.limits].reverse();
  const found = spreadFrom(w, [place], page.data.area.limit * 60);
  return limits.flatMap((minutes) =>
    [0.25, 0.5, 0.75, 1].map((part) => ({
      minutes,
      radius: WIDEST_M * part,
      pieces: reachedPieces(w, place, found, minutes * 60 - (WIDEST_M * part) / speed),
    })),
  );
};

export const ownCircle = (i) => {
  if (!ownCircles.has(page.data)) ownCircles.set(page.data, new Map());
  const known = ownCircles.get(page.data),
    c = page.data.facilities.category[i];
  if (!known.has(i)) {
    known.set(
      i,
      c < 0 || !page.data.walked ? [] : ringsOf(placeOf(walkedGraph().facilities[page.data.walked.walkers[c]], i), c),
    );
  }
  return known.get(i);
};

const draftCircles = new WeakMap();

/** The circle of a draft's new place. @param {import("./types").DraftPlace} place */
const draftCircle = (place) => {
  if (!draftCircles.has(place)) draftCircles.set(place, ringsOf(place, place.category));
  return draftCircles.get(place);
};

export const paintOwnCircle = (ctx, v, i) => paintRings(ctx, v, ownCircle(i));
export const paintDraftCircles = (ctx, v, state) => {
  for (const place of page.draft.added) if (place.category === state.circle) paintRings(ctx, v, draftCircle(place));
};

const paintRings = (ctx, v, rings) => {
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
    for (const [colour, more] of /** @type {[string, number][]} */ ([
      ["#555", 2],
      [breakColour(minutes), 0],
    ])) {
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

// People inside, by group and limit: the program's own sums.
export const insideTable = (i) => {
  const inside = page.data.facilities.inside,
    own = inside && inside.people[i];
  if (!own) return "";
  const n = inside.groups.length;
  return [
    listTable(
      say("inside"),
      [say("inside_within"), ...inside.groups.map((g) => named("group_", g))],
      inside.limits.map((limit, l) => ({
        cells: [say("legend_within", { n: limit }), ...own.slice(l * n, l * n + n).map((v) => numberText(v, 1))],
      })),
    ),
    el(
      "p",
      { class: "soft" },
      say(page.data.facilities.counted[i] ? "inside_note" : "inside_note_not_counted", { unit: page.data.area.unit }),
    ),
  ];
};
