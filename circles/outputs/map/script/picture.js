// What is shown, to take along: the open tables as CSV, the map as a picture with its marks in its pixels.
import { el } from "./dom.js";
import { AREA_OPACITY, shortCredits } from "./layers.js";
import { page } from "./page.js";
import { paintAreas, paintBase } from "./paint.js";
import { FONT, paintTop } from "./paint_places.js";
import { drawScale, keptFree } from "./paper.js";
import { dateText } from "./statement.js";
import { INK } from "./symbols.js";
import { tableText } from "./tables.js";
import { numberText, say } from "./text.js";
import { levelOf, viewOf } from "./view.js";

const SHARP = 2,
  HEAD = 40,
  FOOT = 28;

const drawMap = (ctx, width, height) => {
  const map = page.map,
    zoom = map.getZoom(),
    origin = map.getPixelOrigin(),
    corner = map.containerPointToLayerPoint([0, 0]);
  const v = {
    ...viewOf(zoom, origin.x, origin.y, corner.x, corner.y, corner.x + width, corner.y + height),
    level: levelOf(zoom),
    kept: keptFree(width, height, corner.x, corner.y),
  };
  ctx.translate(-corner.x, -corner.y);
  ctx.fillStyle = INK.sea;
  ctx.fillRect(corner.x, corner.y, width, height);
  paintBase(ctx, v, page.state);
  const under = document.createElement("canvas");
  Object.assign(under, { width: width * SHARP, height: height * SHARP });
  const below = under.getContext("2d");
  below.scale(SHARP, SHARP);
  below.translate(-corner.x, -corner.y);
  paintAreas(below, v, page.state);
  ctx.globalAlpha = AREA_OPACITY;
  ctx.drawImage(under, corner.x, corner.y, width, height);
  ctx.globalAlpha = 1;
  paintTop(ctx, v, page.state);
  ctx.translate(corner.x, corner.y);
  drawScale(ctx, v, width, height, false);
};

const drawFrames = (ctx, box) => {
  const start = box.getBoundingClientRect();
  for (const tile of box.querySelectorAll(".tile")) {
    const own = tile.getBoundingClientRect(),
      canvas = tile.querySelector("canvas"),
      at = canvas.getBoundingClientRect();
    ctx.drawImage(canvas, at.x - start.x, at.y - start.y, at.width, at.height);
    ctx.fillStyle = "#1d2733";
    ctx.font = `bold 13px ${FONT}`;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillText(tile.querySelector(".caption b").textContent, own.x - start.x + 6, own.y - start.y + 11);
    ctx.strokeStyle = "#9aa3ab";
    ctx.strokeRect(own.x - start.x, own.y - start.y, own.width, own.height);
  }
};

/** The map as it is shown, with title, date and every mark it must carry. @returns {HTMLCanvasElement} */
export const mapPicture = () => {
  const a = page.data.area,
    { x: width, y: height } = page.map.getSize(),
    canvas = document.createElement("canvas");
  Object.assign(canvas, { width: width * SHARP, height: (height + HEAD + FOOT) * SHARP });
  const ctx = canvas.getContext("2d");
  ctx.scale(SHARP, SHARP);
  ctx.fillStyle = "#fff";
  ctx.fillRect(0, 0, width, height + HEAD + FOOT);
  ctx.save();
  ctx.beginPath();
  ctx.rect(0, HEAD, width, height);
  ctx.clip();
  ctx.translate(0, HEAD);
  if (page.state.overview) drawFrames(ctx, document.getElementById("islands"));
  else drawMap(ctx, width, height);
  ctx.restore();
  const service = page.data.categories[page.state.circle],
    what = page.state.overview || !service ? "" : ` · ${service.name}`;
  const line = (text, y, font, colour) => {
    ctx.font = font;
    ctx.fillStyle = colour;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillText(text, 10, y, width - 20);
  };
  line(
    say("headline_title", { area: a.name, limit: numberText(a.limit) }) +
      what +
      (a.demonstration ? " " + say("headline_demonstration") : ""),
    HEAD / 2,
    `bold 17px ${FONT}`,
    "#1d2733",
  );
  line(
    [
      say("headline_as_of", { date: dateText(a.asOf) }),
      a.review ? say("review", { number: a.review }) : say("foot_internal"),
      ...shortCredits(),
    ].join(" · "),
    HEAD + height + FOOT / 2,
    `12px ${FONT}`,
    "#333",
  );
  return canvas;
};

const download = (href, name) => el("a", { href, download: name }).click();

// The tables that are open, by the name of their section.
const openTables = () =>
  [...document.querySelectorAll("#panel > section, #panel > details[open]")].flatMap((section) => {
    const table = section.querySelector("table"),
      title = section.querySelector("h2");
    return table && title ? [{ table: /** @type {HTMLTableElement} */ (table), title: title.textContent }] : [];
  });

export const exportPanel = () => {
  const save = () =>
    openTables().forEach(({ table, title }) => {
      const mark = page.data.area.demonstration ? say("headline_demonstration") + "\r\n" : "";
      download(
        "data:text/csv;charset=utf-8," + encodeURIComponent("\ufeff" + mark + tableText(table)),
        `${page.data.area.id}-${title.replace(/[\\/:*?"<>|]/g, "_")}.csv`,
      );
    });
  const shoot = () => download(mapPicture().toDataURL("image/png"), `${page.data.area.id}.png`);
  return el(
    "p",
    { class: "row" },
    el("button", { type: "button", on: { click: save } }, say("export_csv")),
    el("button", { type: "button", on: { click: shoot } }, say("export_png")),
  );
};
