// Printed pages: an overview and one page per township, A3 landscape, drawn with the same painters at twice the size.
import { gapHeads, gapRow } from "./detail.js";
import { el } from "./dom.js";
import { isDifference, layerNamesOn, legendEntries, statusLine } from "./layers.js";
import { page } from "./page.js";
import { paintAreas, paintBase } from "./paint.js";
import { paintTop } from "./paint_places.js";
import { degreesOf, drawScale, frameOf, keptFree, paperView, printBox, printedSpots, scaleOf } from "./paper.js";
import { cellOf, cellValue, cellWord, figures, footLines, headline, shortLine } from "./statement.js";
import { INK } from "./symbols.js";
import { listTable } from "./tables.js";
import { numberText, percentText, say, townshipName } from "./text.js";
import { NO_RULE, badge, checkValue, verdictTable, verdictText } from "./verdicts.js";
import { differenceDetail, differenceTable } from "./worlds.js";

const PX_PER_MM = 3.78,
  SHARP = 2,
  SHARP_OF_MANY = 1.15,
  QUALITY_OF_MANY = 0.5;
const MANY_PAGES = 20; // above it pictures are JPEG, and the townships' table has pages of its own
const zoomOf = (frame) => paperView(frame.box, frame.width * PX_PER_MM, frame.height * PX_PER_MM).zoom;

const drawPage = (frame, name, isInset, level, state) => {
  const canvas = document.createElement("canvas"),
    width = Math.round(frame.width * PX_PER_MM),
    height = Math.round(frame.height * PX_PER_MM),
    many = page.data.townships.code.length > MANY_PAGES,
    sharp = many ? SHARP_OF_MANY : SHARP;
  canvas.width = Math.round(width * sharp);
  canvas.height = Math.round(height * sharp);
  const ctx = canvas.getContext("2d"),
    v = { ...paperView(frame.box, width, height), level, kept: keptFree(width, height) };
  ctx.scale(sharp, sharp);
  ctx.fillStyle = INK.sea;
  ctx.fillRect(0, 0, width, height);
  paintBase(ctx, v, state);
  const under = document.createElement("canvas");
  under.width = canvas.width;
  under.height = canvas.height;
  const below = under.getContext("2d");
  below.scale(sharp, sharp);
  paintAreas(below, v, state);
  ctx.globalAlpha = 0.72;
  ctx.drawImage(under, 0, 0, width, height);
  ctx.globalAlpha = 1;
  paintTop(ctx, v, state);
  drawScale(ctx, v, width, height, isInset);
  const picture = el("img", {
    src: many ? canvas.toDataURL("image/jpeg", QUALITY_OF_MANY) : canvas.toDataURL("image/png"),
    alt: name,
  });
  canvas.width = under.width = 0;
  return picture;
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
  const heads = gapHeads(),
    at = heads.indexOf(say("township")), // the page is the township's own
    without = (cells) => cells.filter((_, k) => k !== at);
  return own.length
    ? listTable(
        say("panel_gaps"),
        without(heads),
        own.map((i) => ({ cells: without(gapRow(i).cells) })),
      )
    : el("p", {}, say("no_gaps"));
};

const pictureBox = (frame, name, isInset, level = "township", state = page.state) => {
  const box = el("div", { class: "picture" }, drawPage(frame, name, isInset, level, state));
  box.style.width = frame.width + "mm";
  box.style.height = frame.height + "mm";
  return box;
};

// The kinds that a township's page draws side by side: all of them, but for a page on which somebody chose one thing.
const printedKinds = () => {
  const { service, facility, circle, hour, boat } = page.state,
    { added, removed } = page.draft,
    isOne = service || facility >= 0 || circle < 0 || hour >= 0 || boat >= 0 || added.length || removed.size;
  return isOne || isDifference() ? [circle] : page.data.categories.map((_, i) => i);
};

// What is on when one kind is drawn by itself: its circles, its facilities, its gaps.
const stateOf = (kind) => {
  const { state } = page,
    on = { ...state.on };
  page.data.categories.forEach((_, i) => {
    on["gap." + i] = i === kind;
    on["facility." + i] = i === kind && state.on["facility." + i];
  });
  return { ...state, circle: kind, on };
};

const kindCaption = (code, kind) => {
  const { id, name, walker } = page.data.categories[kind],
    row = cellOf(code, id);
  return el(
    "figcaption",
    {},
    el("b", {}, name),
    row && row.word ? [" ", badge(row.verdict), " "] : " ",
    row ? [el("b", {}, cellValue(row)), ` ${cellWord(row)}`] : "",
    `（${walker}）`,
  );
};

// The township's pictures: one of a chosen kind, or all kinds on one extent.
const townPictures = (frame, title, code, kinds) => {
  if (kinds.length === 1) return pictureBox(frame, title, false);
  const box = el(
    "div",
    { class: "pictures" },
    kinds.map((kind) =>
      el(
        "figure",
        {},
        kindCaption(code, kind),
        pictureBox(frame, `${title} · ${page.data.categories[kind].name}`, false, "township", stateOf(kind)),
      ),
    ),
  );
  box.style.gridTemplateColumns = `repeat(${frame.columns}, ${frame.width}mm)`;
  return box;
};

const sheetHead = (title) =>
  el(
    "h1",
    {},
    title,
    page.worlds.before ? ` · ${say("side_" + page.state.side)}` : "",
    page.data.area.demonstration ? el("span", { class: "demo" }, say("demonstration")) : "",
  );

// The margin says what was set when the page was drawn: two pages with the same settings differ in their data only.
const sheetFoot = (frame) => {
  const { area } = page.data;
  return el(
    "p",
    { class: "status" },
    statusLine(),
    el(
      "span",
      { class: "settings" },
      [
        frame ? say("print_scale", { n: scaleOf(frame) }) : "",
        say("print_settings", {
          limit: numberText(area.limit),
          layers: layerNamesOn().join(say("list_mark")),
          crs: area.crs,
          version: area.version,
          run: area.run || "–",
        }),
      ]
        .filter(Boolean)
        .join(" · "),
    ),
  );
};

const printedSheet = (title, frame, pictures, legend, insets, ...side) =>
  el(
    "section",
    { class: frame.isAbove ? "page above" : "page" },
    sheetHead(title),
    el(
      "div",
      { class: "body" },
      pictures,
      el(
        "div",
        { class: "side" },
        side,
        el("ul", { class: "legend" }, legend),
        insets.length ? el("div", { class: "insets" }, insets) : "",
      ),
    ),
    sheetFoot(frame),
  );

// The service whose circles are drawn, in the title of the page.
const circleTitle = (kinds) =>
  kinds.length === 1 && page.data.categories[kinds[0]] ? page.data.categories[kinds[0]].name : "";

const insetFigure = (box, name, width, height, level = "township") => {
  const frame = frameOf(box),
    less = Math.min(width / frame.width, height / frame.height);
  return el(
    "figure",
    {},
    pictureBox({ ...frame, width: frame.width * less, height: frame.height * less }, name, true, level),
    el("figcaption", {}, el("bdi", {}, name)),
  );
};

// Small frames for the other islands of a township on which people live; on the overview, for every township.
const insetsOf = (t, isTrimmed, isAbove) =>
  printedSpots(t)
    .slice(isTrimmed ? 0 : 1, 4)
    .map((spot) =>
      insetFigure(
        degreesOf([spot.w, spot.n, spot.e, spot.s]),
        page.data.residents.island.values[spot.island] || say("at_sea"),
        isAbove ? 29 : 38,
        46,
      ),
    );
const townInsets = () =>
  page.data.townships.code.length > 12
    ? []
    : page.data.townships.name.map((name, t) => {
        const { box } = printBox(t);
        return box ? insetFigure(box, name, 46, 42, "county") : null;
      });

const PAPER_WIDTH = 1519, // pixels of the page's inside
  NAMES_WIDTH = 150,
  CELL_WIDTH = 84,
  ROWS = 46;

// The table of many townships, on as many pages as it needs: columns of rows, each under its heads.
const tablePages = (table) => {
  const cells = table.tHead.rows[0].cells.length - 1,
    columns = Math.max(1, Math.min(3, Math.floor(PAPER_WIDTH / (NAMES_WIDTH + cells * CELL_WIDTH))));
  const rows = [...table.tBodies[0].rows],
    parts = [];
  while (rows.length) {
    const part = table.cloneNode(false);
    part.append(table.tHead.cloneNode(true), el("tbody", {}, rows.splice(0, ROWS)));
    parts.push(part);
  }
  const pages = [];
  while (parts.length) pages.push(parts.splice(0, columns));
  return pages.map((own) =>
    el(
      "section",
      { class: "page tables" },
      sheetHead(`${say("panel_verdicts")} · ${say("title", { area: page.data.area.name })}`),
      el("div", { class: "body" }, el("div", { class: "side" }, own)),
      sheetFoot(null),
    ),
  );
};

// The conclusion before any table: the first screen's own sentences.
const message = () =>
  isDifference()
    ? []
    : [
        el("p", { class: "headline" }, headline()),
        el(
          "ul",
          { class: "figures" },
          figures().map(({ name, value, base }) => el("li", {}, `${name} ${value} ${base}`)),
        ),
        [shortLine(), ...footLines()].filter(Boolean).map((line) => el("p", {}, line)),
      ];

const overviewPages = (table, note) => {
  const { area, verdicts } = page.data,
    frame = frameOf(area.bounds),
    title = say("title", { area: area.name }),
    isLong = verdicts.rows.length > MANY_PAGES;
  const overview = printedSheet(
    title,
    frame,
    pictureBox(frame, title, false, "county"),
    legendEntries(page.state, { level: "county", zoom: zoomOf(frame), isAllKinds: false }),
    townInsets(),
    note(),
    message(),
    isLong ? "" : table,
  );
  return isLong ? [overview, ...tablePages(table)] : [overview];
};

const townPage = (code, kinds, note) => {
  const { area, townships } = page.data,
    t = townships.code.indexOf(code),
    { box, isTrimmed } = printBox(t);
  if (!box) return null;
  const frame = frameOf(box, kinds.length),
    insets = insetsOf(t, isTrimmed, frame.isAbove),
    title = [townshipName(code), circleTitle(kinds), say("title", { area: area.name })].filter(Boolean).join(" · ");
  return printedSheet(
    title,
    frame,
    townPictures(frame, title, code, kinds),
    legendEntries(page.state, { level: "township", zoom: zoomOf(frame), isAllKinds: kinds.length > 1 }),
    insets,
    note(),
    checkTable(code),
    el("div", {}, el("h2", {}, say("panel_gaps")), gapTable(code, insets.length > 3 ? GAPS_BESIDE_INSETS : GAPS)),
  );
};

export const printedPages = () => {
  const { area, townships, verdicts } = page.data,
    note = () => (area.demonstration ? el("p", { class: "demo" }, say("demonstration_verdict")) : null);
  const { service, verdict, island } = page.state,
    kinds = printedKinds();
  Object.assign(page.state, { service: "", verdict: "", island: "" });
  const table = isDifference() ? differenceTable() : verdictTable();
  for (const cell of table.querySelectorAll("[tabindex]")) cell.removeAttribute("tabindex");
  const rows = verdicts.rows.map((row) => row.code),
    codes = [...rows, ...townships.code.filter((code) => !rows.includes(code))];
  const pages = [
    ...overviewPages(table, note),
    ...codes.filter((code) => townships.code.includes(code)).map((code) => townPage(code, kinds, note)),
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
