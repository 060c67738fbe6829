// Signs that differ in shape, colour and outline, so that none depends on colour alone.
import { el } from "./dom.js";
import { page } from "./page.js";

const GAP_PART = 0.42;

// What a verdict is drawn in comes with the statement, so that the page, the papers and the tables agree.
export const INK = {
  get gain() {
    return page.data.statement.colours.met;
  },
  get met() {
    return page.data.statement.colours.met;
  },
  get gap() {
    return page.data.statement.colours.not_met;
  },
  /** the land along streets of a gap, where streets are too close to be distinguished */
  get gapLand() {
    return blended(INK.gap, INK.land, GAP_PART);
  },
  get none() {
    return page.data.statement.colours.no_data;
  },
  loss: "#b2182b",
  street: "#8d8778",
  land: "#f7f4ea",
  coast: "#7d7a6c",
  sea: "#dfeaf1",
};
export const BREAK_COLOURS = ["#253494", "#2c7fb8", "#41b6c4", "#a1dab4", "#ffffcc"];
const CORNERS = {
  square: [4, 45, 1.2],
  triangle: [3, -90, 1.3],
  diamond: [4, 0, 1.3],
  pentagon: [5, -90, 1.15],
  hexagon: [6, 0, 1.1],
};

export const breakColour = (limit) => {
  const i = page.data.area.breaks.indexOf(limit);
  return BREAK_COLOURS[i < 0 ? 4 : Math.min(i, 4)];
};

export const outline = (ctx, shape, x, y, r) => {
  ctx.beginPath();
  if (shape === "circle") {
    ctx.arc(x, y, r, 0, 7);
    return;
  }
  if (shape === "cross") {
    const a = r * 0.42;
    [
      [-a, -r],
      [a, -r],
      [a, -a],
      [r, -a],
      [r, a],
      [a, a],
      [a, r],
      [-a, r],
      [-a, a],
      [-r, a],
      [-r, -a],
      [-a, -a],
    ].forEach(([dx, dy]) => ctx.lineTo(x + dx, y + dy));
    ctx.closePath();
    return;
  }
  const star = shape === "star",
    [corners, turn, size] = star ? [10, -90, 1.35] : CORNERS[shape];
  for (let i = 0; i < corners; i++) {
    const angle = ((turn + (i * 360) / corners) * Math.PI) / 180,
      s = r * size * (star && i % 2 ? 0.5 : 1);
    ctx.lineTo(x + s * Math.cos(angle), y + s * Math.sin(angle));
  }
  ctx.closePath();
};

// Full: working. Dashed and white inside: an example. White inside with a dot: not yet. Grey with a stroke: closed.
export const drawSymbol = (ctx, category, status, x, y, r) => {
  const { shape, colour } = page.data.categories[category] || { shape: "circle", colour: "#444" };
  const ink = status === "closed" ? "#666" : colour;
  ctx.setLineDash([]);
  outline(ctx, shape, x, y, r + 1.5);
  ctx.fillStyle = "#fff";
  ctx.fill();
  outline(ctx, shape, x, y, r);
  ctx.fillStyle = status === "existing" ? colour : "#fff";
  ctx.fill();
  if (status === "example") {
    ctx.globalAlpha = 0.3;
    ctx.fillStyle = colour;
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.setLineDash([3, 1.6]);
  }
  ctx.strokeStyle = status === "existing" ? "#fff" : ink;
  ctx.lineWidth = status === "existing" ? 1 : 2;
  ctx.stroke();
  ctx.setLineDash([]);
  if (status === "planned" || status === "under_construction") {
    ctx.beginPath();
    ctx.arc(x, y, status === "planned" ? 1.4 : 2.4, 0, 7);
    ctx.fillStyle = ink;
    ctx.fill();
  }
  if (status === "closed") {
    ctx.beginPath();
    ctx.moveTo(x - r, y + r);
    ctx.lineTo(x + r, y - r);
    ctx.stroke();
  }
};

/** The sign of a verdict, as in every product: a blue disc, an orange triangle, a grey diamond. */
export const drawMark = (ctx, verdict, x, y, r) => {
  ctx.setLineDash([]);
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = "#fff";
  outline(ctx, verdict === "met" ? "circle" : verdict === "not_met" ? "triangle" : "diamond", x, y, r);
  ctx.fillStyle = verdict === "met" ? INK.met : verdict === "not_met" ? INK.gap : INK.none;
  ctx.fill();
  ctx.stroke();
};

/** The colour that `colour` gives on top of another at this opacity: what the legend must show. */
export const blended = (colour, under, opacity) => {
  const parts = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)),
    low = parts(under);
  return (
    "#" +
    parts(colour)
      .map((part, i) =>
        Math.round(part * opacity + low[i] * (1 - opacity))
          .toString(16)
          .padStart(2, "0"),
      )
      .join("")
  );
};

// A small canvas with one sign, for the legend and the layer switches.
export const signCanvas = (draw, width = 22, height = 18) => {
  const scale = 2,
    canvas = el("canvas", { width: width * scale, height: height * scale, class: "sign", "aria-hidden": "true" });
  canvas.style.width = width + "px";
  canvas.style.height = height + "px";
  const ctx = canvas.getContext("2d");
  ctx.scale(scale, scale);
  draw(ctx, width, height);
  return canvas;
};
