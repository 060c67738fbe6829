// How likely people are within the limit, all doubts drawn together: a disc filled as far as the likelihood goes.
import { page } from "./page.js";
import { INK, signCanvas } from "./symbols.js";

const FILLED = [0, 0.25, 0.5, 0.75, 1];

/** The class of a likelihood in percent, 0 (hardly) to 4 (nearly certain): at the area's own bounds of the words. */
export const likelihoodClass = (percent) => {
  const [fair, high] = page.data.certainty.bounds;
  return percent >= high ? 4 : percent >= fair ? 3 : percent > 100 - fair ? 2 : percent > 100 - high ? 1 : 0;
};

/** Percent of runs in which a resident is within the limit, -1 where it is not known. @param {number} category @param {number} i a resident */
export const likelihood = (category, i) => {
  const own = page.data.certainty?.within[category];
  return own?.length ? own[i] : -1;
};

export const isLikelihoodShown = (state) =>
  !!page.data.certainty && state.on.certainty && state.circle >= 0 && state.side !== "difference";

const drawDisc = (ctx, rank, x, y, r) => {
  ctx.beginPath();
  ctx.arc(x, y, r * 1.35, 0, 7); // a white rim, so that neighbours stay apart
  ctx.fillStyle = "#fff";
  ctx.fill();
  ctx.beginPath();
  ctx.moveTo(x + r, y);
  ctx.arc(x, y, r, 0, 7);
  ctx.fillStyle = "#fff";
  ctx.fill();
  ctx.setLineDash([]);
  ctx.lineWidth = Math.max(1, r * 0.28);
  ctx.strokeStyle = INK.met;
  ctx.stroke();
  if (!rank) return;
  ctx.beginPath();
  if (rank < 4) ctx.moveTo(x, y);
  ctx.arc(x, y, r, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * FILLED[rank]);
  ctx.fillStyle = INK.met;
  ctx.fill();
};

/** People as discs; the least certain on top. */
export const paintLikelihood = (ctx, v, state) => {
  const { x, y, count } = page.shapes.residents,
    r = v.zoom < 12 ? 2.6 : v.zoom < 14 ? 3.4 : v.zoom < 16 ? 4.6 : 6;
  /** @type {number[][]} */
  const ranks = FILLED.map(() => []);
  for (let i = 0; i < count; i++) {
    if (x[i] < v.w || x[i] > v.e || y[i] < v.n || y[i] > v.s) continue;
    const percent = likelihood(state.circle, i);
    if (percent >= 0) ranks[likelihoodClass(percent)].push(i);
  }
  for (const rank of [4, 0, 3, 1, 2]) {
    for (const i of ranks[rank]) drawDisc(ctx, rank, x[i] * v.k - v.ox, y[i] * v.k - v.oy, r);
  }
};

export const discSign = (rank) => signCanvas((ctx, w, h) => drawDisc(ctx, rank, w / 2, h / 2, 6));
