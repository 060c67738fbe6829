// The first screen's map: the islands where people live as small frames, each with its own scale; a click goes there.
import { el, fillNode } from "./dom.js";
import { toLat, toX, toY } from "./geometry.js";
import { page } from "./page.js";
import { paintBase } from "./paint.js";
import { drawLabel, noteLabels, spotsOf } from "./paint_places.js";
import { goBox, goWhole } from "./places.js";
import { paperView } from "./paper.js";
import { INK } from "./symbols.js";
import { numberText, say } from "./text.js";
import { fitted, roundLength, tiles } from "./tiles.js";
import { roving } from "./verdicts.js";
import { metresPerUnit } from "./why.js";

const GAP = 6,
  CAPTION = 20,
  LEAST = 0.34;

/** @param {number[]} box degrees @returns {number[]} */
const boxOf = ([w, s, e, n]) => [toX(w), toY(n), toX(e), toY(s)];
const islandName = (name) => name.replace(/[（(].*[）)]$/, "") || name;
const frameName = (frame) => frame.islands.slice(0, 2).map(islandName).join("·");

export const hasIslands = () => page.data.frames.length > 1;

// Larger islands have larger frames, but none is too small to read; the last one is for the locator.
const wishes = (frames) => {
  const sizes = frames.map(({ box }) => {
    const [w, n, e, s] = boxOf(box);
    return { size: Math.sqrt((e - w) * (s - n)), ratio: (e - w) / (s - n) };
  });
  const most = Math.max(...sizes.map(({ size }) => size));
  return [
    ...sizes.map(({ size, ratio }) => ({
      weight: Math.max(size / most, LEAST),
      ratio: Math.max(0.5, Math.min(2, ratio)),
    })),
    { weight: LEAST, ratio: 1.5 },
  ];
};

const canvasOf = (width, height) => {
  const scale = Math.min(2, Math.max(1, window.devicePixelRatio || 1)),
    canvas = el("canvas", {
      width: Math.round(width * scale),
      height: Math.round(height * scale),
      "aria-hidden": "true",
    });
  canvas.style.width = width + "px";
  canvas.style.height = height + "px";
  const ctx = canvas.getContext("2d");
  ctx.scale(scale, scale);
  ctx.fillStyle = INK.sea;
  ctx.fillRect(0, 0, width, height);
  return { canvas, ctx };
};

const paintFrame = (frame, width, height) => {
  const { canvas, ctx } = canvasOf(width, height),
    v = { ...paperView(fitted(boxOf(frame.box), width, height), width, height), level: "county" };
  paintBase(ctx, v, page.state);
  const taken = [];
  page.data.townships.code.forEach((code, t) => {
    const spot = spotsOf(t).find((own) => frame.islands.includes(page.data.residents.island.values[own.island]));
    if (!spot || page.data.townships.code.length > MANY) return;
    const town = page.data.statement.towns.find((own) => own.code === code);
    const text = page.data.townships.name[t] + (town && town.judged ? ` ${town.met}/${town.judged}` : "");
    drawLabel(ctx, taken, text, ((spot.w + spot.e) / 2) * v.k - v.ox, ((spot.n + spot.s) / 2) * v.k - v.oy, {
      size: 13,
      weight: "bold",
      colour: "#1d2733",
      spot: "centre",
      frame: [0, 0, width, height],
    });
  });
  noteLabels(ctx, taken);
  return { canvas, metres: metresPerUnit(toLat((v.n + v.s) / 2)) / v.k };
};
const MANY = 30;

// Where the frames lie, on the whole of the land.
const paintLocator = (width, height) => {
  const { canvas, ctx } = canvasOf(width, height),
    boxes = page.data.frames.map(({ box }) => boxOf(box));
  const whole = [
    Math.min(...boxes.map((b) => b[0])),
    Math.min(...boxes.map((b) => b[1])),
    Math.max(...boxes.map((b) => b[2])),
    Math.max(...boxes.map((b) => b[3])),
  ];
  const v = { ...paperView(fitted(whole, width, height, 0.1), width, height), level: "locator" };
  paintBase(ctx, v, page.state);
  ctx.strokeStyle = "#1d2733";
  ctx.lineWidth = 1;
  for (const [w, n, e, s] of boxes) {
    ctx.strokeRect(w * v.k - v.ox - 2, n * v.k - v.oy - 2, (e - w) * v.k + 4, (s - n) * v.k + 4);
  }
  return { canvas, metres: 0 };
};

/** Builds the frames anew for the room there is, or hides them. */
export const syncIslands = () => {
  const box = document.getElementById("islands");
  if (!box) return;
  box.hidden = !page.state.overview;
  box.parentElement.classList.toggle("frames", page.state.overview);
  const home = document.getElementById("home");
  if (home) home.hidden = page.state.overview || !hasIslands();
  if (!page.state.overview) return;
  const { clientWidth: width, clientHeight: height } = box,
    key = [width, height, page.state.service, page.data.lang, page.state.side].join();
  if (box.dataset.key === key || width < 60) return;
  box.dataset.key = key;
  const { frames } = page.data,
    places = tiles(wishes(frames), [0, 0, width + GAP, height + GAP], GAP + CAPTION);
  fillNode(
    box,
    frames.map((frame, i) =>
      tile(
        places[i],
        (w, h) => paintFrame(frame, w, h),
        frameName(frame),
        say("frame_people", { n: numberText(frame.people, 0), unit: page.data.area.unit }),
        say("frame_go", { name: frameName(frame), n: numberText(frame.people, 0), unit: page.data.area.unit }),
        () => goBox(frame.box),
      ),
    ),
    tile(places[frames.length], paintLocator, say("locator_title"), "", say("locator"), () => goWhole()),
  );
  roving(box, "button.tile");
};

// A round length on the caption's line, so that it covers no land.
const scaleMark = (metres, room) => {
  const length = roundLength(Math.min(SCALE, room) * metres),
    mark = el("span", { class: "scale" }, length >= 1000 ? length / 1000 + " km" : length + " m");
  mark.style.width = Math.round(length / metres) + "px";
  return mark;
};
const SCALE = 70,
  SHORT = 30,
  NARROW = 230;

/** @param {number[]} place @param {(w: number, h: number) => {canvas: HTMLCanvasElement, metres: number}} paint */
const tile = ([x, y, width, height], paint, name, note, label, go) => {
  const w = Math.floor(width - GAP),
    h = Math.floor(height - GAP),
    { canvas, metres } = paint(w - 2, h - 2 - CAPTION);
  const room = w - 26 - 15 * name.length; // the name is never cut short for the scale
  const caption = el(
    "span",
    { class: "caption" },
    el("b", {}, name),
    w < NARROW ? "" : el("small", {}, note),
    metres && room > SHORT ? scaleMark(metres, room) : "",
  );
  const node = el(
    "button",
    { type: "button", class: "tile", "aria-label": label, title: label, on: { click: go } },
    caption,
    canvas,
  );
  Object.assign(node.style, {
    left: Math.round(x) + "px",
    top: Math.round(y) + "px",
    width: w + "px",
    height: h + "px",
  });
  return node;
};

export const buildIslands = (box) => {
  const node = el("div", { id: "islands", role: "group", "aria-label": say("map_label"), hidden: true });
  box.append(node);
  L.DomEvent.disableClickPropagation(node);
  L.DomEvent.disableScrollPropagation(node);
  new ResizeObserver(() => {
    if (page.state.overview) syncIslands();
  }).observe(node);
};
