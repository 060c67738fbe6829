// Drawing: pure functions of a canvas context and a view {k, ox, oy, w, n, e, s, zoom}; the map and the printed pages share them.
const hatches = new Map();

// A hatch is drawn, not loaded: stripes that survive black-and-white printing.
const hatch = (ctx, colour) => {
  if (!hatches.has(colour)) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const c = tile.getContext("2d");
    c.strokeStyle = colour;
    c.lineWidth = 2;
    c.beginPath();
    for (const d of [-8, 0, 8]) { c.moveTo(d - 1, 9); c.lineTo(d + 9, -1); }
    c.stroke();
    hatches.set(colour, tile);
  }
  return ctx.createPattern(hatches.get(colour), "repeat");
};

const seen = (shape, i, v) => shape.box[4 * i] < v.e && shape.box[4 * i + 2] > v.w && shape.box[4 * i + 1] < v.s && shape.box[4 * i + 3] > v.n;

// Adds shape i to the current path, leaving out points closer than half a pixel to the one before.
const trace = (ctx, shape, i, v, close) => {
  const { x, y, point, part } = shape, near = 0.4;
  for (let p = part[i]; p < part[i + 1]; p++) {
    let px = NaN, py = NaN;
    for (let j = point[p], last = point[p + 1] - 1; j <= last; j++) {
      const qx = x[j] * v.k - v.ox, qy = y[j] * v.k - v.oy;
      if (j === point[p]) ctx.moveTo(qx, qy);
      else if (j < last && Math.abs(qx - px) + Math.abs(qy - py) < near) continue;
      else ctx.lineTo(qx, qy);
      px = qx; py = qy;
    }
    if (close) ctx.closePath();
  }
};

const traceAll = (ctx, shape, v, close, wanted) => {
  ctx.beginPath();
  for (let i = 0; i < shape.count; i++) if ((!wanted || wanted(i)) && seen(shape, i, v)) trace(ctx, shape, i, v, close);
};

A.paintBase = (ctx, v, state) => {
  traceAll(ctx, A.shapes.land, v, true);
  ctx.fillStyle = INK.land;
  ctx.fill("evenodd");
  if (state.on.verdicts) {
    A.data.townships.code.forEach((code, i) => {
      const verdict = A.shownVerdict(code, state);
      if (!verdict || !seen(A.shapes.townships, i, v)) return;
      ctx.beginPath();
      trace(ctx, A.shapes.townships, i, v, true);
      ctx.fillStyle = verdict === "met" ? "rgba(11,92,173,.20)" : verdict === "not_met" ? "rgba(184,67,0,.20)" : hatch(ctx, "rgba(80,80,80,.35)");
      ctx.fill("evenodd");
    });
  }
  traceAll(ctx, A.shapes.land, v, true);
  ctx.setLineDash([]);
  ctx.lineWidth = v.zoom < 11 ? 0.8 : 1.2;
  ctx.strokeStyle = INK.coast;
  ctx.stroke();
};

A.paintAreas = (ctx, v, state) => {
  const c = state.circle, { category, facility, limit } = A.data.serviceAreas;
  if (c < 0) return;
  const whose = state.facility;
  const order = category.map((own, i) => i).filter((i) => category[i] === c && facility[i] === whose);
  order.sort((a, b) => limit[b] - limit[a]);
  for (const i of order) {
    if (!seen(A.shapes.areas, i, v)) continue;
    ctx.beginPath();
    trace(ctx, A.shapes.areas, i, v, true);
    ctx.fillStyle = A.breakColour(limit[i]);
    ctx.fill("evenodd");
    ctx.strokeStyle = "#555";
    ctx.lineWidth = limit[i] === A.data.area.limit ? 1.6 : 0.8;
    ctx.stroke();
  }
};

const paintStreets = (ctx, v) => {
  const { values, at } = A.data.streets.highway, steps = values.indexOf("steps");
  const paths = new Set(["path", "footway", "track", "pedestrian", "service"].map((name) => values.indexOf(name)));
  ctx.lineCap = "round";
  if (v.zoom >= 13.5) {
    traceAll(ctx, A.shapes.streets, v, false, (i) => at[i] !== steps && !paths.has(at[i]));
    ctx.strokeStyle = INK.street;
    ctx.lineWidth = v.zoom < 15 ? 2.6 : 4.6;
    ctx.stroke();
    ctx.strokeStyle = "#fff";
    ctx.lineWidth = v.zoom < 15 ? 1.3 : 3;
    ctx.stroke();
    traceAll(ctx, A.shapes.streets, v, false, (i) => paths.has(at[i]));
    ctx.strokeStyle = INK.street;
    ctx.lineWidth = 1.1;
    ctx.stroke();
  } else {
    traceAll(ctx, A.shapes.streets, v, false, v.zoom < 10 ? (i) => !paths.has(at[i]) && at[i] !== steps : undefined);
    ctx.strokeStyle = INK.street;
    ctx.lineWidth = v.zoom < 11 ? 0.5 : 0.9;
    ctx.stroke();
  }
  if (v.zoom >= 13.5 && steps >= 0) {
    traceAll(ctx, A.shapes.streets, v, false, (i) => at[i] === steps);
    ctx.setLineDash([2, 2]);
    ctx.lineCap = "butt";
    ctx.strokeStyle = "#5b5546";
    ctx.lineWidth = 3;
    ctx.stroke();
    ctx.setLineDash([]);
  }
};

const paintBoundaries = (ctx, v) => {
  traceAll(ctx, A.shapes.borders, v, false);
  ctx.setLineDash([8, 3, 2, 3]);
  ctx.lineWidth = v.zoom < 11 ? 1 : 1.6;
  ctx.strokeStyle = "#6d5a7b";
  ctx.stroke();
  ctx.setLineDash([]);
};

// A gap is a dark orange line with white bars across it: unlike any street, in colour and in black and white.
const paintGaps = (ctx, v, state) => {
  const { category } = A.data.gaps;
  const wanted = (i) => state.on["gap." + category[i]] && (state.gap < 0 || state.gap === i);
  const width = v.zoom < 11 ? 3 : v.zoom < 14 ? 4 : 6;
  ctx.lineCap = "butt";
  traceAll(ctx, A.shapes.gaps, v, false, wanted);
  ctx.strokeStyle = INK.gap;
  ctx.lineWidth = width;
  ctx.stroke();
  ctx.setLineDash([2, 4]);
  ctx.strokeStyle = "#fff";
  ctx.lineWidth = width * 0.55;
  if (v.zoom >= 10) ctx.stroke();
  ctx.setLineDash([]);
  const { x, y, point, part } = A.shapes.gaps, r = v.zoom < 11 ? 2.5 : 4;
  ctx.strokeStyle = INK.gap;
  ctx.lineWidth = 2;
  ctx.beginPath();
  for (let i = 0; i < A.shapes.gaps.count; i++) {
    if (!wanted(i) || !seen(A.shapes.gaps, i, { w: v.w - 1e-6, e: v.e + 1e-6, n: v.n - 1e-6, s: v.s + 1e-6 })) continue;
    for (let p = part[i]; p < part[i + 1]; p++) {
      if (point[p + 1] - point[p] !== 1) continue;
      const px = x[point[p]] * v.k - v.ox, py = y[point[p]] * v.k - v.oy;
      ctx.moveTo(px - r, py - r); ctx.lineTo(px + r, py + r); ctx.moveTo(px - r, py + r); ctx.lineTo(px + r, py - r);
    }
  }
  ctx.stroke();
};

const paintResidents = (ctx, v, state) => {
  const { x, y, count } = A.shapes.residents, minutes = state.circle < 0 ? null : A.data.residents.minutes[state.circle];
  const breaks = A.data.area.breaks, r = v.zoom < 14 ? 1.6 : v.zoom < 16 ? 2.6 : 4;
  const groups = Array.from({ length: breaks.length + 2 }, () => []);
  for (let i = 0; i < count; i++) {
    if (x[i] < v.w || x[i] > v.e || y[i] < v.n || y[i] > v.s) continue;
    const m = minutes ? minutes[i] : 0, found = breaks.findIndex((b) => m <= b * 100);
    groups[!minutes ? breaks.length + 1 : m < 0 || found < 0 ? breaks.length : found].push(i);
  }
  groups.forEach((group, g) => {
    ctx.beginPath();
    for (const i of group) {
      const px = x[i] * v.k - v.ox, py = y[i] * v.k - v.oy;
      ctx.moveTo(px + r, py);
      ctx.arc(px, py, r, 0, 7);
    }
    ctx.fillStyle = g > breaks.length ? "#444" : g === breaks.length || breaks[g] > A.data.area.limit ? INK.gap : BREAK_COLOURS[Math.min(g, 4)];
    ctx.fill();
    if (r > 2) { ctx.lineWidth = 0.8; ctx.strokeStyle = "#fff"; ctx.stroke(); }
  });
};

A.facilityRadius = (zoom) => (zoom < 11 ? 4.5 : zoom < 13 ? 5.5 : zoom < 15 ? 7 : 9);

const paintFacilities = (ctx, v, state, taken) => {
  const { x, y, count } = A.shapes.facilities, { category, status, name } = A.data.facilities, r = A.facilityRadius(v.zoom);
  for (let i = 0; i < count; i++) {
    if (!state.on["facility." + category[i]] || x[i] < v.w || x[i] > v.e || y[i] < v.n || y[i] > v.s) continue;
    const px = x[i] * v.k - v.ox, py = y[i] * v.k - v.oy;
    A.symbol(ctx, category[i], status[i], px, py, r);
    taken.push([px - r, py - r, px + r, py + r]);
    if (i === state.facility) { A.outline(ctx, "circle", px, py, r + 6); ctx.strokeStyle = "#000"; ctx.lineWidth = 2.5; ctx.stroke(); }
  }
  if (v.zoom < 14.5) return;
  for (let i = 0; i < count; i++) {
    if (!state.on["facility." + category[i]]) continue;
    label(ctx, taken, name[i], x[i] * v.k - v.ox, y[i] * v.k - v.oy, { size: 12, away: r + 4, colour: "#222" });
  }
};

// Writes a name where nothing stands yet: right, left, below or above; else not at all.
const label = (ctx, taken, text, x, y, { size, weight = "", away = 0, colour = "#333", spot = "" }) => {
  ctx.font = `${weight} ${size}px "Microsoft YaHei", "PingFang SC", "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif`;
  const shown = text.length > 18 ? text.slice(0, 17) + "…" : text, width = ctx.measureText(shown).width, h = size * 0.65;
  const spots = spot === "centre" ? [[-width / 2, 0]] : [[away, 0], [-away - width, 0], [-width / 2, away + h], [-width / 2, -away - h]];
  for (const [dx, dy] of spots) {
    const box = [x + dx - 2, y + dy - h, x + dx + width + 2, y + dy + h];
    if (taken.some((b) => b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1])) continue;
    taken.push(box);
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

// Where a township's name stands: beside the island where most of its people are, so that it hides none of them.
const townshipSpots = () => A.data.townships.code.map((code, t) => {
  const { township, island } = A.data.residents, { x, y, count } = A.shapes.residents, boxes = new Map();
  for (let i = 0; i < count; i++) {
    if (township[i] !== t) continue;
    const box = boxes.get(island.at[i]) || { w: 2, n: 2, e: -2, s: -2, count: 0 };
    boxes.set(island.at[i], { w: Math.min(box.w, x[i]), n: Math.min(box.n, y[i]), e: Math.max(box.e, x[i]), s: Math.max(box.s, y[i]), count: box.count + 1 });
  }
  const most = [...boxes.values()].sort((one, other) => other.count - one.count)[0], land = A.data.townships.box[t];
  return most || (land && { w: toX(land[0]), n: toY(land[3]), e: toX(land[2]), s: toY(land[1]) });
});

const paintTownshipNames = (ctx, v, state, taken) => {
  A.spots = A.spots || townshipSpots();
  const { code, name } = A.data.townships, size = v.zoom < 9.5 ? 12 : 14;
  A.spots.forEach((spot, i) => {
    if (!spot) return;
    ctx.font = `bold ${size}px "Microsoft YaHei", "PingFang SC", "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif`;
    const verdict = state.on.verdicts && A.shownVerdict(code[i], state), sign = verdict ? 22 : 0, half = (ctx.measureText(name[i]).width + sign) / 2;
    const x = (spot.w + spot.e) / 2 * v.k - v.ox, y = (spot.n + spot.s) / 2 * v.k - v.oy, h = size * 0.75 + 2;
    const spots = [[x, spot.s * v.k - v.oy + h + 8], [x, spot.n * v.k - v.oy - h - 8], [spot.e * v.k - v.ox + half + 10, y], [spot.w * v.k - v.ox - half - 10, y]];
    const free = spots.find(([px, py]) => !taken.some((b) => b[0] < px + half && b[2] > px - half && b[1] < py + h && b[3] > py - h));
    if (!free) return;
    const [px, py] = free;
    taken.push([px - half, py - h, px + half, py + h]);
    if (verdict) A.mark(ctx, verdict, px - half + 9, py, 9);
    label(ctx, [], name[i], px + sign / 2, py, { size, weight: "bold", colour: "#3b2a4a", spot: "centre" });
  });
};

const paintNames = (ctx, v, state, taken) => {
  const place = (at) => [toX(at[0]) * v.k - v.ox, toY(at[1]) * v.k - v.oy], { islands, villages } = A.data;
  if (v.zoom >= 12.5) villages.at.forEach((at, i) => at && label(ctx, taken, villages.name[i], ...place(at), { size: 12, colour: "#4a3b20", spot: "centre" }));
  if (v.zoom >= 10.5) islands.at.forEach((at, i) => at && label(ctx, taken, islands.name[i], ...place(at), { size: 12, weight: "italic", colour: "#2d5a78", away: 6 }));
};

A.paintTop = (ctx, v, state) => {
  const taken = [];
  if (state.on.streets) paintStreets(ctx, v);
  if (state.on.boundaries && A.data.area.boundaries) paintBoundaries(ctx, v);
  if (state.on.residents && v.zoom >= 12) paintResidents(ctx, v, state);
  paintGaps(ctx, v, state);
  A.paintPath(ctx, v);
  A.paintDraft(ctx, v);
  if (state.on.names && v.zoom < 12.5) paintTownshipNames(ctx, v, state, taken);
  paintFacilities(ctx, v, state, taken);
  if (state.on.names) paintNames(ctx, v, state, taken);
};
