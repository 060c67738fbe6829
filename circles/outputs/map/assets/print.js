// Printed pages: an overview and one page per township, A3 landscape, drawn with the same painters at twice the size.
const PX_PER_MM = 3.78, SHARP = 2, MARGIN = 1.1;
const MANY_PAGES = 20; // above it pictures are JPEG and the overview's table takes one line a township
const ROOM = { beside: [262, 240], above: [402, 172] };

// A box [w s e n] in degrees, widened to `least` metres, as Mercator [w n e s].
const spread = (box, least) => {
  const w = toX(box[0]), e = toX(box[2]), n = toY(box[3]), s = toY(box[1]), pad = least / A.metres((box[1] + box[3]) / 2) / 2;
  const x = (w + e) / 2, y = (n + s) / 2, dx = Math.max((e - w) / 2 * MARGIN, pad), dy = Math.max((s - n) / 2 * MARGIN, pad);
  return [x - dx, y - dy, x + dx, y + dy];
};

// The frame takes the shape of what it shows, so that no paper is spent on sea: beside its table, or above it where it is wide.
A.frameOf = (box) => {
  const [w, n, e, s] = spread(box, 500), ratio = Math.max(0.45, Math.min(4, (e - w) / (s - n)));
  const fit = ([width, height]) => (ratio > width / height ? [width, width / ratio] : [height * ratio, height]);
  const beside = fit(ROOM.beside), above = fit(ROOM.above), isAbove = above[0] * above[1] > beside[0] * beside[1] * 1.15;
  const [width, height] = isAbove ? above : beside;
  return { width, height, isAbove, box: [w, n, e, s] };
};

// The view of a box on paper of so many pixels.
A.paperView = ([w, n, e, s], width, height) => {
  const span = Math.max((e - w) / width, (s - n) / height), zoom = Math.log2(1 / span / 256), k = 256 * 2 ** zoom;
  return A.view(zoom, (w + e) / 2 * k - width / 2, (n + s) / 2 * k - height / 2, 0, 0, width, height);
};

const drawPage = (frame, name, isInset) => {
  const canvas = document.createElement("canvas"), width = Math.round(frame.width * PX_PER_MM), height = Math.round(frame.height * PX_PER_MM);
  canvas.width = width * SHARP;
  canvas.height = height * SHARP;
  const ctx = canvas.getContext("2d"), v = A.paperView(frame.box, width, height);
  ctx.scale(SHARP, SHARP);
  ctx.fillStyle = INK.sea;
  ctx.fillRect(0, 0, width, height);
  A.paintBase(ctx, v, A.state);
  const under = document.createElement("canvas");
  under.width = canvas.width;
  under.height = canvas.height;
  const below = under.getContext("2d");
  below.scale(SHARP, SHARP);
  A.paintAreas(below, v, A.state);
  ctx.globalAlpha = 0.72;
  ctx.drawImage(under, 0, 0, width, height);
  ctx.globalAlpha = 1;
  A.paintTop(ctx, v, A.state);
  drawScale(ctx, v, width, height, isInset);
  const many = A.data.townships.code.length > MANY_PAGES;
  const picture = A.el("img", { src: many ? canvas.toDataURL("image/jpeg", 0.92) : canvas.toDataURL("image/png"), alt: name });
  canvas.width = under.width = 0;
  return picture;
};

// A scale bar of a round length, at the middle of the page.
const drawScale = (ctx, v, width, height, isInset) => {
  const lat = toLat((v.n + v.s) / 2) * Math.PI / 180, metres = 40075016.686 * Math.cos(lat) / v.k;
  const wanted = (isInset ? 60 : 180) * metres, power = 10 ** Math.floor(Math.log10(wanted)), length = [5, 2, 1].find((f) => f * power <= wanted) * power;
  const x = 20, y = height - 22, long = length / metres;
  ctx.setLineDash([]);
  ctx.fillStyle = "rgba(255,255,255,.85)";
  ctx.fillRect(x - 8, y - 22, long + 16, 34);
  ctx.strokeStyle = "#222";
  ctx.lineWidth = 2;
  ctx.beginPath();
  ctx.moveTo(x, y - 6); ctx.lineTo(x, y); ctx.lineTo(x + long, y); ctx.lineTo(x + long, y - 6);
  ctx.stroke();
  ctx.fillStyle = "#222";
  ctx.font = "13px sans-serif";
  ctx.textAlign = "center";
  ctx.fillText(length >= 1000 ? length / 1000 + " km" : length + " m", x + long / 2, y - 8);
  if (isInset) return;
  ctx.beginPath();
  ctx.moveTo(width - 30, 16); ctx.lineTo(width - 20, 46); ctx.lineTo(width - 30, 39); ctx.lineTo(width - 40, 46); ctx.closePath();
  ctx.fill();
  ctx.fillText(A.w("north_short"), width - 30, 60);
};

const checkTable = (code) => {
  if (isDifference()) return A.differenceDetail(code, "").slice(1);
  const { columns, checks } = A.data.verdicts;
  const own = checks.filter((c) => c.township_code === code && c.rule_id !== "overall");
  return A.list(A.w("panel_verdicts"), [A.w("service"), A.w("rule"), A.w("value"), A.w("threshold"), A.w("fraction"), A.w("shortfall"), A.w("verdict")], own.map((c) => {
    const rule = A.data.verdicts.rules[c.rule_id] || {}, column = columns.find((k) => k.key === c.category);
    return { cells: [column ? column.all.join("+") : c.category, rule.measure || c.measure, A.value(c), rule.isShare ? A.percent(c.threshold) : A.number(c.threshold, 2),
      `${A.number(c.numerator, 1)} / ${A.number(c.denominator, 1)}`, c.shortfall === null ? "–" : A.number(c.shortfall, 0), [A.badge(c.verdict), " ", A.verdictText(c.verdict)]] };
  }));
};

const GAPS = 8, GAPS_BESIDE_INSETS = 4; // rows that fit the page; the map's own list has them all
const gapTable = (code, most) => {
  const g = A.data.gaps, t = A.data.townships.code.indexOf(code);
  const own = g.id.map((id, i) => i).filter((i) => g.township[i] === t).sort((a, b) => g.population[b] - g.population[a]).slice(0, most);
  return own.length ? A.list(A.w("panel_gaps"), A.gapHeads(), own.map((i) => ({ cells: A.gapRow(i).cells }))) : A.el("p", {}, A.w("no_gaps"));
};

const picture = (frame, name, isInset) => {
  const box = A.el("div", { class: "picture" }, drawPage(frame, name, isInset));
  box.style.width = frame.width + "mm";
  box.style.height = frame.height + "mm";
  return box;
};

const sheet = (title, frame, insets, ...side) => A.el("section", { class: frame.isAbove ? "page above" : "page" },
  A.el("h1", {}, title, A.worlds.before ? ` · ${A.w("side_" + A.state.side)}` : "", A.data.area.demonstration ? A.el("span", { class: "demo" }, A.w("demonstration")) : ""),
  A.el("div", { class: "body" }, picture(frame, title), A.el("div", { class: "side" }, side, A.el("ul", { class: "legend" }, A.legendEntries(A.state)),
    insets.length ? A.el("div", { class: "insets" }, insets) : "")), A.el("p", { class: "status" }, A.statusLine()));

const inset = (box, name, width, height) => {
  const frame = A.frameOf(box), less = Math.min(width / frame.width, height / frame.height);
  return A.el("figure", {}, picture({ ...frame, width: frame.width * less, height: frame.height * less }, name, true), A.el("figcaption", {}, A.el("bdi", {}, name)));
};

// Share of land in a frame [w n e s], on a grid of 32 × 32 points.
const GRID = 32, LAND_SHARE = 0.6, KEPT_PEOPLE = 0.75, TRIMS = [0.03, 0.08, 0.16, 0.3];
A.landShare = ([w, n, e, s]) => {
  const land = A.shapes.land, near = [];
  for (let i = 0; i < land.count; i++) if (seen(land, i, { w, n, e, s })) near.push(i);
  let count = 0;
  for (let i = 0; i < GRID; i++) for (let j = 0; j < GRID; j++) {
    const x = w + (e - w) * (i + 0.5) / GRID, y = n + (s - n) * (j + 0.5) / GRID;
    if (near.some((k) => A.contains(land, k, x, y))) count++;
  }
  return count / GRID ** 2;
};

// Where sea would take more than two fifths of the paper, the frame draws in as long as three quarters of the people stay in it.
A.trimmed = (spot, t) => {
  const { township, island, population } = A.data.residents, { x, y, count } = A.shapes.residents, people = [];
  for (let i = 0; i < count; i++) if (township[i] === t && island.at[i] === spot.island) people.push([x[i], y[i], population[i] || 0]);
  const inside = (b) => people.reduce((sum, [px, py, n]) => sum + (px >= b[0] && px <= b[2] && py >= b[1] && py <= b[3] ? n : 0), 0);
  let box = [spot.w, spot.n, spot.e, spot.s], share = A.landShare(A.frameOf(degreesOf(box)).box);
  while (share < LAND_SHARE) {
    const [dx, dy] = [box[2] - box[0], box[3] - box[1]];
    const tries = TRIMS.flatMap((part) => [[dx * part, 0, 0, 0], [0, dy * part, 0, 0], [0, 0, -dx * part, 0], [0, 0, 0, -dy * part]])
      .map((d) => box.map((v, k) => v + d[k])).filter((b) => inside(b) >= KEPT_PEOPLE * spot.count);
    const found = tries.map((b) => [A.landShare(A.frameOf(degreesOf(b)).box), b]).sort((a, b) => b[0] - a[0])[0];
    if (!found || found[0] <= share) break;
    [share, box] = found;
  }
  return { box: degreesOf(box), share, isTrimmed: box[0] !== spot.w || box[1] !== spot.n || box[2] !== spot.e || box[3] !== spot.s };
};
const degreesOf = ([w, n, e, s]) => [(w - 0.5) * 360, toLat(s), (e - 0.5) * 360, toLat(n)];

// Small frames for the other islands of a township on which people live; on the overview, for every township.
const insetsOf = (t, isTrimmed) => A.spotsOf(t).slice(isTrimmed ? 0 : 1, 4).map((spot) => inset(degreesOf([spot.w, spot.n, spot.e, spot.s]), A.data.residents.island.values[spot.island] || A.w("at_sea"), 38, 46));
const townInsets = () => (A.data.townships.code.length > 12 ? [] : A.data.townships.name.map((name, t) => { const { box } = A.printBox(t); return box ? inset(box, name, 46, 42) : null; }));

A.pages = () => {
  const { area, townships, verdicts } = A.data, note = () => (area.demonstration ? A.el("p", { class: "demo" }, A.w("demonstration_verdict")) : null);
  const { service, verdict, island } = A.state;
  Object.assign(A.state, { service: "", verdict: "", island: "" });
  const table = isDifference() ? A.differenceTable() : A.verdictTable();
  for (const cell of table.querySelectorAll("[tabindex]")) cell.removeAttribute("tabindex");
  table.classList.toggle("many", verdicts.rows.length > MANY_PAGES);
  const rows = verdicts.rows.map((row) => row.code), codes = [...rows, ...townships.code.filter((code) => !rows.includes(code))];
  const pages = [
    sheet(A.w("title", { area: area.name }), A.frameOf(area.bounds), townInsets(), note(), table),
    ...codes.filter((code) => townships.code.includes(code)).map((code) => {
      const t = townships.code.indexOf(code), { box, isTrimmed } = A.printBox(t);
      if (!box) return null;
      const insets = insetsOf(t, isTrimmed), gaps = gapTable(code, insets.length > 3 ? GAPS_BESIDE_INSETS : GAPS);
      return sheet(`${A.township(code)} · ${A.w("title", { area: area.name })}`, A.frameOf(box), insets, note(), checkTable(code), A.el("h2", {}, A.w("panel_gaps")), gaps);
    }),
  ];
  Object.assign(A.state, { service, verdict, island });
  return pages;
};

// The island where most people are fills the page; the others, and what was drawn in, stand in small frames beside it.
A.printBox = (t) => {
  const spot = A.spotsOf(t)[0];
  return spot ? A.trimmed(spot, t) : { box: A.townshipBox(t), share: null, isTrimmed: false };
};

A.preparePrint = () => {
  if (document.getElementById("print")) return;
  document.body.append(A.el("div", { id: "print" }, A.pages()));
};
addEventListener("beforeprint", A.preparePrint);
addEventListener("afterprint", () => { const pages = document.getElementById("print"); if (pages && !location.hash.includes("print=1")) pages.remove(); });
