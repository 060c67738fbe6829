// Printed pages: an overview and one page per township, A3 landscape, drawn with the same painters at twice the size.
import { gapHeads, gapRow } from "./detail.js";
import { el } from "./dom.js";
import { contains, toLat, toX, toY } from "./geometry.js";
import { isDifference, legendEntries, statusLine } from "./layers.js";
import { page } from "./page.js";
import { isSeen, paintAreas, paintBase } from "./paint.js";
import { paintTop, spotsOf } from "./paint_places.js";
import { townshipBox } from "./places.js";
import { INK } from "./symbols.js";
import { listTable } from "./tables.js";
import { numberText, percentText, say, townshipName } from "./text.js";
import { NO_RULE, badge, checkValue, verdictTable, verdictText } from "./verdicts.js";
import { viewOf } from "./view.js";
import { metresPerUnit } from "./why.js";
import { differenceDetail, differenceTable } from "./worlds.js";

const PX_PER_MM = 3.78,
  SHARP = 2,
  SHARP_OF_MANY = 1.2,
  QUALITY_OF_MANY = 0.6,
  MARGIN = 1.1;
const MANY_PAGES = 20; // above it pictures are JPEG and the overview's table takes one line a township
const ROOM = { beside: [262, 240], above: [402, 172] };

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
/** @param {number[]} box degrees */
export const frameOf = (box) => {
  const [w, n, e, s] = widened(box, 500),
    ratio = Math.max(0.45, Math.min(4, (e - w) / (s - n)));
  /** @param {number[]} room */
  const fit = ([width, height]) => (ratio > width / height ? [width, width / ratio] : [height * ratio, height]);
  const beside = fit(ROOM.beside),
    above = fit(ROOM.above),
    isAbove = above[0] * above[1] > beside[0] * beside[1] * 1.15;
  const [width, height] = isAbove ? above : beside;
  return { width, height, isAbove, box: [w, n, e, s] };
};

// The view of a box on paper of so many pixels.
/** @param {number[]} box @param {number} width @param {number} height */
export const paperView = ([w, n, e, s], width, height) => {
  const span = Math.max((e - w) / width, (s - n) / height),
    zoom = Math.log2(1 / span / 256),
    k = 256 * 2 ** zoom;
  return viewOf(zoom, ((w + e) / 2) * k - width / 2, ((n + s) / 2) * k - height / 2, 0, 0, width, height);
};

const drawPage = (frame, name, isInset, level) => {
  const canvas = document.createElement("canvas"),
    width = Math.round(frame.width * PX_PER_MM),
    height = Math.round(frame.height * PX_PER_MM),
    many = page.data.townships.code.length > MANY_PAGES,
    sharp = many ? SHARP_OF_MANY : SHARP;
  canvas.width = Math.round(width * sharp);
  canvas.height = Math.round(height * sharp);
  const ctx = canvas.getContext("2d"),
    v = { ...paperView(frame.box, width, height), level };
  ctx.scale(sharp, sharp);
  ctx.fillStyle = INK.sea;
  ctx.fillRect(0, 0, width, height);
  paintBase(ctx, v, page.state);
  const under = document.createElement("canvas");
  under.width = canvas.width;
  under.height = canvas.height;
  const below = under.getContext("2d");
  below.scale(sharp, sharp);
  paintAreas(below, v, page.state);
  ctx.globalAlpha = 0.72;
  ctx.drawImage(under, 0, 0, width, height);
  ctx.globalAlpha = 1;
  paintTop(ctx, v, page.state);
  drawScale(ctx, v, width, height, isInset);
  const picture = el("img", {
    src: many ? canvas.toDataURL("image/jpeg", QUALITY_OF_MANY) : canvas.toDataURL("image/png"),
    alt: name,
  });
  canvas.width = under.width = 0;
  return picture;
};

// A scale bar of a round length, at the middle of the page.
export const drawScale = (ctx, v, width, height, isInset) => {
  const lat = (toLat((v.n + v.s) / 2) * Math.PI) / 180,
    metres = (40075016.686 * Math.cos(lat)) / v.k;
  const wanted = (isInset ? 60 : 180) * metres,
    power = 10 ** Math.floor(Math.log10(wanted)),
    length = [5, 2, 1].find((f) => f * power <= wanted) * power;
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

const checkTable = (code) => {
  if (isDifference()) return differenceDetail(code, "").slice(1);
  const { columns, checks } = page.data.verdicts;
  const own = checks.filter((c) => c.township_code === code && c.rule_id !== "overall");
  return listTable(
    say("panel_verdicts"),
    [say("service"), say("rule"), say("value"), say("threshold"), say("fraction"), say("shortfall"), say("verdict")],
    own.map((c) => {
      const rule = page.data.verdicts.rules[c.rule_id] || NO_RULE,
        column = columns.find((k) => k.key === c.category);
      return {
        cells: [
          column ? column.all.join("+") : c.category,
          rule.measure || c.measure,
          checkValue(c),
          rule.isShare ? percentText(c.threshold) : numberText(c.threshold, 2),
          `${numberText(c.numerator, 1)} / ${numberText(c.denominator, 1)}`,
          c.shortfall === null ? "–" : numberText(c.shortfall, 0),
          [badge(c.verdict), " ", verdictText(c.verdict, [c.rule_status])],
        ],
      };
    }),
  );
};

const GAPS = 8,
  GAPS_BESIDE_INSETS = 4; // rows that fit the page; the map's own list has them all
const gapTable = (code, most) => {
  const g = page.data.gaps,
    t = page.data.townships.code.indexOf(code);
  const own = g.id
    .map((id, i) => i)
    .filter((i) => g.township[i] === t)
    .sort((a, b) => g.population[b] - g.population[a])
    .slice(0, most);
  return own.length
    ? listTable(
        say("panel_gaps"),
        gapHeads(),
        own.map((i) => ({ cells: gapRow(i).cells })),
      )
    : el("p", {}, say("no_gaps"));
};

const pictureBox = (frame, name, isInset, level = "township") => {
  const box = el("div", { class: "picture" }, drawPage(frame, name, isInset, level));
  box.style.width = frame.width + "mm";
  box.style.height = frame.height + "mm";
  return box;
};

const printedSheet = (title, level, frame, insets, ...side) =>
  el(
    "section",
    { class: frame.isAbove ? "page above" : "page" },
    el(
      "h1",
      {},
      title,
      page.worlds.before ? ` · ${say("side_" + page.state.side)}` : "",
      page.data.area.demonstration ? el("span", { class: "demo" }, say("demonstration")) : "",
    ),
    el(
      "div",
      { class: "body" },
      pictureBox(frame, title, false, level),
      el(
        "div",
        { class: "side" },
        side,
        el("ul", { class: "legend" }, legendEntries(page.state, level)),
        insets.length ? el("div", { class: "insets" }, insets) : "",
      ),
    ),
    el("p", { class: "status" }, statusLine()),
  );

// The service whose circles are drawn, in the title of the page.
const circleTitle = () => (page.data.categories[page.state.circle] || { name: "" }).name;

const insetFigure = (box, name, width, height) => {
  const frame = frameOf(box),
    less = Math.min(width / frame.width, height / frame.height);
  return el(
    "figure",
    {},
    pictureBox({ ...frame, width: frame.width * less, height: frame.height * less }, name, true),
    el("figcaption", {}, el("bdi", {}, name)),
  );
};

// Share of land in a frame [w n e s], on a grid of 32 × 32 points.
const GRID = 32,
  LAND_SHARE = 0.6,
  KEPT_PEOPLE = 0.75,
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

// Where sea would take more than two fifths of the paper, the frame draws in as long as three quarters of the people stay in it.
export const trimmedFrame = (spot, t) => {
  const { township, island, population } = page.data.residents,
    { x, y, count } = page.shapes.residents,
    people = [];
  for (let i = 0; i < count; i++) {
    if (township[i] === t && island.at[i] === spot.island) people.push([x[i], y[i], population[i] || 0]);
  }
  const inside = (b) =>
    people.reduce((sum, [px, py, n]) => sum + (px >= b[0] && px <= b[2] && py >= b[1] && py <= b[3] ? n : 0), 0);
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
      .filter((b) => inside(b) >= KEPT_PEOPLE * spot.count);
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
const degreesOf = ([w, n, e, s]) => [(w - 0.5) * 360, toLat(s), (e - 0.5) * 360, toLat(n)];

// Small frames for the other islands of a township on which people live; on the overview, for every township.
const insetsOf = (t, isTrimmed) =>
  spotsOf(t)
    .slice(isTrimmed ? 0 : 1, 4)
    .map((spot) =>
      insetFigure(
        degreesOf([spot.w, spot.n, spot.e, spot.s]),
        page.data.residents.island.values[spot.island] || say("at_sea"),
        38,
        46,
      ),
    );
const townInsets = () =>
  page.data.townships.code.length > 12
    ? []
    : page.data.townships.name.map((name, t) => {
        const { box } = printBox(t);
        return box ? insetFigure(box, name, 46, 42) : null;
      });

export const printedPages = () => {
  const { area, townships, verdicts } = page.data,
    note = () => (area.demonstration ? el("p", { class: "demo" }, say("demonstration_verdict")) : null);
  const { service, verdict, island } = page.state;
  Object.assign(page.state, { service: "", verdict: "", island: "" });
  const table = isDifference() ? differenceTable() : verdictTable();
  for (const cell of table.querySelectorAll("[tabindex]")) cell.removeAttribute("tabindex");
  table.classList.toggle("many", verdicts.rows.length > MANY_PAGES);
  const rows = verdicts.rows.map((row) => row.code),
    codes = [...rows, ...townships.code.filter((code) => !rows.includes(code))];
  const pages = [
    printedSheet(say("title", { area: area.name }), "county", frameOf(area.bounds), townInsets(), note(), table),
    ...codes
      .filter((code) => townships.code.includes(code))
      .map((code) => {
        const t = townships.code.indexOf(code),
          { box, isTrimmed } = printBox(t);
        if (!box) return null;
        const insets = insetsOf(t, isTrimmed),
          gaps = gapTable(code, insets.length > 3 ? GAPS_BESIDE_INSETS : GAPS);
        return printedSheet(
          [townshipName(code), circleTitle(), say("title", { area: area.name })].filter(Boolean).join(" · "),
          "township",
          frameOf(box),
          insets,
          note(),
          checkTable(code),
          el("h2", {}, say("panel_gaps")),
          gaps,
        );
      }),
  ];
  Object.assign(page.state, { service, verdict, island });
  return numbered(pages.filter((sheet) => sheet !== null));
};

// Every page says which of how many it is, so that a loose sheet finds its place.
const numbered = (sheets) => {
  sheets.forEach((sheet, i) =>
    sheet.append(el("p", { class: "number" }, say("page_number", { n: i + 1, of: sheets.length }))),
  );
  return sheets;
};

// The island where most people are fills the page; the others, and what was drawn in, stand in small frames beside it.
export const printBox = (t) => {
  const spot = spotsOf(t)[0];
  return spot ? trimmedFrame(spot, t) : { box: townshipBox(t), share: null, isTrimmed: false };
};

export const preparePrint = () => {
  if (document.getElementById("print")) return;
  document.body.append(el("div", { id: "print" }, printedPages()));
};

// Pages are built when somebody prints, and cleared away after it.
export const installPrint = () => {
  addEventListener("beforeprint", preparePrint);
  addEventListener("afterprint", () => {
    const pages = document.getElementById("print");
    if (pages && !location.hash.includes("print=1")) pages.remove();
  });
};
