// Walking in the page: least seconds over the embedded streets, with the program's own seconds per street.
import { page } from "./page.js";

const graphs = new WeakMap();

const runsOf = (packed, count) => {
  const out = new Int32Array(count);
  for (let k = 0, at = 0; k < packed.length; at += packed[k], k += 2) out.fill(packed[k + 1], at, at + packed[k]);
  return out;
};

// Nodes at the ends of each street: tails travel as differences from the one before, heads as differences from the tail.
const endsOf = (w) => {
  const tail = new Int32Array(w.tail.length),
    head = new Int32Array(w.tail.length);
  for (let e = 0, at = 0; e < tail.length; e++) {
    tail[e] = at += w.tail[e];
    head[e] = at + w.head[e];
  }
  return { tail, head };
};

// Unpacked when first needed: most readers only look.
export const walkedGraph = () => {
  const w = page.data.walked;
  if (!w || graphs.has(w)) return w && graphs.get(w);
  const { tail, head } = endsOf(w),
    first = new Int32Array(w.nodes + 1);
  for (let e = 0; e < tail.length; e++) {
    first[tail[e] + 1]++;
    first[head[e] + 1]++;
  }
  for (let i = 0; i < w.nodes; i++) first[i + 1] += first[i];
  const at = first.slice(),
    edges = new Int32Array(2 * tail.length);
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
    island: runsOf(w.island, tail.length),
  });
  return graphs.get(w);
};

// Seconds of an edge in the direction people walk: towards the facility, seen from the facility.
export const towards = (walker) => {
  const [forward, backward] = walkedGraph().seconds[walker];
  return page.data.walked.toFacility ? [forward, backward] : [backward, forward];
};

// Returns seconds per node to the nearest of the places [{edge, fraction, leg}], and which place; for a way also by which edge, from where.
export const spreadFrom = (walker, places, limit, forWay = false) => {
  const g = walkedGraph(),
    [forward, backward] = towards(walker);
  const root = new Int32Array(g.nodes).fill(-1),
    seconds = new Float64Array(g.nodes).fill(Infinity),
    by = forWay ? new Int32Array(g.nodes).fill(-1) : null,
    from = forWay ? new Int32Array(g.nodes).fill(-1) : null;
  const heap = [],
    key = [];
  const push = (node, s) => {
    let i = heap.length;
    heap.push(node);
    key.push(s);
    while (i > 0) {
      const p = (i - 1) >> 1;
      if (key[p] <= s) break;
      heap[i] = heap[p];
      key[i] = key[p];
      i = p;
    }
    heap[i] = node;
    key[i] = s;
  };
  const pop = () => {
    const node = heap[0],
      s = key[0],
      lastNode = heap.pop(),
      lastKey = key.pop(),
      n = heap.length;
    let i = 0;
    for (;;) {
      let c = 2 * i + 1;
      if (c >= n) break;
      if (c + 1 < n && key[c + 1] < key[c]) c++;
      if (key[c] >= lastKey) break;
      heap[i] = heap[c];
      key[i] = key[c];
      i = c;
    }
    if (n) {
      heap[i] = lastNode;
      key[i] = lastKey;
    }
    return [node, s];
  };
  const relax = (node, s, edge, before) => {
    if (s < seconds[node] && s <= limit) {
      seconds[node] = s;
      if (forWay) {
        by[node] = edge;
        from[node] = before;
      }
      root[node] = before < -1 ? -2 - before : root[before];
      push(node, s);
    }
  };
  const on = new Map();
  places.forEach((place, i) => {
    for (const p of legsOf(place)) {
      if (on.has(p.edge)) on.get(p.edge).push([i, p]);
      else on.set(p.edge, [[i, p]]);
      relax(g.tail[p.edge], p.leg + p.fraction * forward[p.edge], p.edge, -2 - i);
      relax(g.head[p.edge], p.leg + (1 - p.fraction) * backward[p.edge], p.edge, -2 - i);
    }
  });
  while (heap.length) {
    const [node, s] = pop();
    if (s > seconds[node]) continue;
    for (let k = g.first[node]; k < g.first[node + 1]; k++) {
      const e = g.edges[k];
      if (g.head[e] === node) relax(g.tail[e], s + forward[e], e, node);
      if (g.tail[e] === node) relax(g.head[e], s + backward[e], e, node);
    }
  }
  return { seconds, by, from, root, on };
};

// A place beside a cut-off piece of street has two legs, one with several doors more; the least time over all counts.
export const legsOf = (place) => (place.edge < 0 ? [] : place.also ? [place, ...place.also] : [place]);

// Seconds from a snapped place to the nearest of `places`; `end` is the node walked through first, -1 along one street;
// `leg` is the leg that is used.
export const secondsAt = (walker, found, places, place) => {
  /** @type {any} */
  let best = { s: Infinity, end: -1, to: -1, leg: place };
  for (const leg of legsOf(place)) {
    const over = secondsOver(walker, found, leg);
    if (over.s < best.s) best = { ...over, leg };
  }
  return best;
};

const secondsOver = (walker, found, place) => {
  const g = walkedGraph(),
    [forward, backward] = towards(walker),
    e = place.edge;
  let best = { s: found.seconds[g.tail[e]] + place.fraction * backward[e], end: g.tail[e] };
  const byHead = found.seconds[g.head[e]] + (1 - place.fraction) * forward[e];
  if (byHead < best.s) best = { s: byHead, end: g.head[e] };
  best.to = best.s < Infinity ? found.root[best.end] : -1;
  for (const [k, p] of found.on.get(e) || []) {
    const s =
      p.leg +
      (place.fraction <= p.fraction
        ? (p.fraction - place.fraction) * forward[e]
        : (place.fraction - p.fraction) * backward[e]);
    if (s < best.s) best = { s, end: -1, to: k };
  }
  return { ...best, s: best.s + place.leg };
};

const seconds = new WeakMap();

const moreLegs = (snapped) => {
  if (!seconds.has(snapped)) {
    const legs = new Map();
    (snapped.twice || []).forEach((row, k) => {
      const leg = { edge: snapped.edge2[k], fraction: snapped.fraction2[k], leg: snapped.leg2[k] };
      legs.set(row, [...(legs.get(row) || []), leg]);
    });
    seconds.set(snapped, legs);
  }
  return seconds.get(snapped);
};

export const placeOf = (snapped, i) => ({
  edge: snapped.edge[i],
  fraction: snapped.fraction[i],
  leg: snapped.leg[i],
  also: moreLegs(snapped).get(i),
});

// Vertices of an edge between two shares of its length, in that direction.
export const pieceOf = (e, one, other) => {
  const { x, y, point, part } = page.shapes.streets,
    first = point[part[e]],
    last = point[part[e] + 1] - 1;
  const along = [0];
  for (let j = first + 1; j <= last; j++) {
    along.push(along[along.length - 1] + Math.hypot(x[j] - x[j - 1], y[j] - y[j - 1]));
  }
  const total = along[along.length - 1],
    low = Math.min(one, other) * total,
    high = Math.max(one, other) * total;
  const at = (d) => {
    let j = 0;
    while (j < along.length - 2 && along[j + 1] < d) j++;
    const t = along[j + 1] > along[j] ? (d - along[j]) / (along[j + 1] - along[j]) : 0;
    return [x[first + j] + t * (x[first + j + 1] - x[first + j]), y[first + j] + t * (y[first + j + 1] - y[first + j])];
  };
  const line = [at(low)];
  along.forEach((d, j) => {
    if (d > low && d < high) line.push([x[first + j], y[first + j]]);
  });
  line.push(at(high));
  return one <= other ? line : line.reverse();
};

// The leg of the goal that a way ends with: the one on the street by which its last node was reached.
const goalLegOf = (found, goal, first) => {
  let edge = first.leg.edge;
  if (first.end >= 0) {
    let node = first.end;
    while (found.from[node] >= 0) node = found.from[node];
    edge = found.by[node];
  }
  return legsOf(goal).find((leg) => leg.edge === edge) || goal;
};

// The way from a snapped place [at x, y] to facility f of category c: its line, and its seconds by kind of street.
export const pathTo = (start, [x, y], f, c) => {
  const w = page.data.walked.walkers[c],
    g = walkedGraph(),
    goal = placeOf(g.facilities[w], f);
  if (start.edge < 0 || goal.edge < 0) return null;
  const found = spreadFrom(w, [goal], Infinity, true),
    first = secondsAt(w, found, [goal], start),
    [forward, backward] = towards(w);
  if (!Number.isFinite(first.s)) return null;
  const begin = first.leg,
    end = goalLegOf(found, goal, first),
    parts = { leg: begin.leg + end.leg, flat: 0, up: 0, down: 0, steps: 0 },
    line = [[x, y]];
  const walk = (e, one, other) => {
    const ahead = one <= other,
      kind = g.kind[e];
    parts[
      kind === 3
        ? "steps"
        : kind === 0
          ? "flat"
          : (kind === 1) === (ahead === page.data.walked.toFacility)
            ? "up"
            : "down"
    ] += Math.abs(other - one) * (ahead ? forward : backward)[e];
    line.push(...pieceOf(e, one, other));
  };
  if (first.end < 0) walk(begin.edge, begin.fraction, end.fraction);
  else {
    walk(begin.edge, begin.fraction, g.tail[begin.edge] === first.end ? 0 : 1);
    let node = first.end;
    while (found.from[node] >= 0) {
      const e = found.by[node],
        next = found.from[node];
      walk(e, g.tail[e] === node ? 0 : 1, g.tail[e] === node ? 1 : 0);
      node = next;
    }
    walk(found.by[node], g.tail[found.by[node]] === node ? 0 : 1, end.fraction);
  }
  line.push([page.shapes.facilities.x[f], page.shapes.facilities.y[f]]);
  return { line, parts, seconds: first.s, facility: f };
};

export const paintPath = (ctx, v) => {
  if (!page.way) return;
  for (const [colour, width, dash] of [
    ["#fff", 8, []],
    ["#111", 4, []],
    ["#ffd400", 2, [6, 4]],
  ]) {
    ctx.beginPath();
    page.way.line.forEach(([x, y], k) => ctx[k ? "lineTo" : "moveTo"](x * v.k - v.ox, y * v.k - v.oy));
    ctx.setLineDash(dash);
    ctx.lineJoin = "round";
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.stroke();
  }
  ctx.setLineDash([]);
};
