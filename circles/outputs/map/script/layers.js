// Switches, legend and the line of facts under the map.
import { el } from "./dom.js";
import { page } from "./page.js";
import { hatch } from "./paint.js";
import { changeMark } from "./paint_places.js";
import { setState, showService } from "./state.js";
import { INK, breakColour, drawSymbol, signCanvas } from "./symbols.js";
import { named, say } from "./text.js";
import { badge, verdictText } from "./verdicts.js";

export const isDifference = () => page.state.side === "difference";
const layerToggle = (layer, text, sign) =>
  el(
    "label",
    {},
    el("input", {
      type: "checkbox",
      checked: page.state.on[layer],
      "data-layer": layer,
      on: {
        change: (event) => {
          page.state.on[layer] = event.target.checked;
          setState({});
        },
      },
    }),
    sign || "",
    text,
  );

const groupBox = (title, ...children) => el("fieldset", {}, el("legend", {}, title), children);

export const layerPanel = () => {
  const cs = page.data.categories,
    symbol = (i) => signCanvas((ctx, w, h) => drawSymbol(ctx, i, "existing", w / 2, h / 2, 6));
  const radio = (i, text) =>
    el(
      "label",
      {},
      el("input", {
        type: "radio",
        name: "circle",
        value: i,
        checked: page.state.circle === i,
        on: { change: () => showService(i) },
      }),
      text,
    );
  return [
    groupBox(
      say("group_circles"),
      cs.map((c, i) => radio(i, `${c.name}（${c.walker}）`)),
      radio(-1, say("none")),
    ),
    groupBox(
      say("group_facilities"),
      cs.map((c, i) => layerToggle("facility." + i, c.name, symbol(i))),
    ),
    groupBox(
      say("group_gaps"),
      cs.map((c, i) => layerToggle("gap." + i, c.name)),
    ),
    groupBox(say("group_verdicts"), layerToggle("verdicts", say("layer_verdicts"))),
    groupBox(
      say("group_base"),
      page.data.area.tianditu ? layerToggle("tianditu", say("layer_tianditu")) : "",
      page.data.area.boundaries ? layerToggle("boundaries", say("layer_boundaries")) : "",
      ["streets", "residents", "names"].map((n) => layerToggle(n, say("layer_" + n))),
    ),
  ];
};

/** @returns {NodeListOf<HTMLInputElement>} */
const inputs = (selector) => document.querySelectorAll(selector);

export const syncLayers = (state) => {
  for (const box of inputs("input[data-layer]")) box.checked = state.on[box.dataset.layer];
  for (const box of inputs("input[name=circle]")) box.checked = Number(box.value) === state.circle;
};

const legendEntry = (sign, text) => el("li", {}, sign, el("span", {}, text));
const patchSign = (colour) =>
  signCanvas((ctx, w, h) => {
    ctx.fillStyle = colour;
    ctx.fillRect(2, 3, w - 4, h - 6);
    ctx.strokeStyle = "#555";
    ctx.strokeRect(2, 3, w - 4, h - 6);
  });

const stripedSign = (colour, stripe, back) =>
  signCanvas((ctx, w, h) => {
    ctx.fillStyle = colour;
    ctx.fillRect(2, 3, w - 4, h - 6);
    if (stripe) {
      ctx.fillStyle = hatch(ctx, stripe, back);
      ctx.fillRect(2, 3, w - 4, h - 6);
    }
    ctx.strokeStyle = "#555";
    ctx.strokeRect(2, 3, w - 4, h - 6);
  });

const differenceEntries = (c) => [
  ...(c
    ? [
        el(
          "li",
          { class: "head" },
          say("legend_difference", { service: c.name, walker: c.walker, n: page.data.area.limit }),
        ),
      ]
    : []),
  legendEntry(stripedSign("#8fc1f2", INK.gain, false), say("legend_area_gain")),
  legendEntry(stripedSign("#f3a6a6", INK.loss, true), say("legend_area_loss")),
  legendEntry(stripedSign("#c9ccd0", ""), say("legend_area_same")),
  legendEntry(
    signCanvas((ctx, w, h) => changeMark(ctx, 1, w / 2, h / 2, 6)),
    say("legend_people_gain"),
  ),
  legendEntry(
    signCanvas((ctx, w, h) => changeMark(ctx, -1, w / 2, h / 2, 6)),
    say("legend_people_loss"),
  ),
];

export const legendEntries = (state) => {
  const { categories, area, facilities } = page.data,
    list = [];
  const statuses = ["example", "under_construction", "planned", "closed"].filter((s) => facilities.status.includes(s));
  categories.forEach((c, i) => {
    if (state.on["facility." + i]) {
      list.push(
        legendEntry(
          signCanvas((ctx, w, h) => drawSymbol(ctx, i, "existing", w / 2, h / 2, 6)),
          c.name,
        ),
      );
    }
  });
  for (const s of statuses) {
    list.push(
      legendEntry(
        signCanvas((ctx, w, h) => drawSymbol(ctx, 0, s, w / 2, h / 2, 6)),
        named("status_", s),
      ),
    );
  }
  const c = categories[state.circle];
  if (isDifference()) return [...list, ...differenceEntries(c)];
  if (c) {
    const own = state.facility >= 0 && page.data.walked ? page.data.facilities.name[state.facility] : "";
    list.push(
      el(
        "li",
        { class: "head" },
        own
          ? say("legend_own", { name: own, walker: c.walker })
          : say("legend_circle", { service: c.name, walker: c.walker }),
      ),
    );
    const limits = own
      ? page.data.facilities.inside.limits
      : [
          ...new Set(
            page.data.serviceAreas.limit.filter((l, i) => page.data.serviceAreas.category[i] === state.circle),
          ),
        ].sort((a, b) => a - b);
    for (const limit of limits.length ? limits : area.breaks) {
      list.push(legendEntry(patchSign(breakColour(limit)), say("legend_within", { n: limit })));
    }
  }
  if (categories.some((k, i) => state.on["gap." + i])) {
    list.push(
      legendEntry(
        signCanvas((ctx, w, h) => {
          ctx.strokeStyle = INK.gap;
          ctx.lineWidth = 6;
          ctx.beginPath();
          ctx.moveTo(1, h / 2);
          ctx.lineTo(w - 1, h / 2);
          ctx.stroke();
          ctx.setLineDash([2, 4]);
          ctx.strokeStyle = "#fff";
          ctx.lineWidth = 3;
          ctx.stroke();
        }),
        say("legend_gap", { n: area.limit }),
      ),
    );
    list.push(
      legendEntry(
        signCanvas((ctx, w, h) => {
          ctx.strokeStyle = INK.gap;
          ctx.lineWidth = 2;
          ctx.beginPath();
          ctx.moveTo(w / 2 - 4, h / 2 - 4);
          ctx.lineTo(w / 2 + 4, h / 2 + 4);
          ctx.moveTo(w / 2 - 4, h / 2 + 4);
          ctx.lineTo(w / 2 + 4, h / 2 - 4);
          ctx.stroke();
        }),
        say("legend_unjoined"),
      ),
    );
  }
  if (state.on.verdicts) {
    list.push(el("li", { class: "head" }, say("group_verdicts")));
    for (const v of ["met", "not_met", "no_data"]) list.push(legendEntry(badge(v), verdictText(v)));
  }
  return list;
};

// OpenStreetMap's credit in its short form; the whole text stands under 'about'.
export const shortCredits = () => [
  ...new Set(
    page.data.area.credits.map((c) => (c.includes("OpenStreetMap") ? "© OpenStreetMap contributors (ODbL)" : c)),
  ),
];

export const statusLine = () => {
  const a = page.data.area;
  return [
    a.demonstration ? el("b", {}, say("demonstration") + " · ") : null,
    [
      say("as_of", { date: a.asOf }),
      page.worlds.before
        ? say("runs", { before: page.worlds.before.area.run || "–", after: page.worlds.after.area.run || "–" })
        : say("run", { run: a.run || "–" }),
      a.crs,
      a.review ? say("review", { number: a.review }) : say("internal"),
      ...(page.state.on.tianditu ? [say("tianditu_credit")] : []),
      ...shortCredits(),
    ].join(" · "),
  ];
};

export const northArrow = () =>
  el(
    "div",
    { id: "north", role: "img", "aria-label": say("north") },
    signCanvas(
      (ctx, w, h) => {
        ctx.beginPath();
        ctx.moveTo(w / 2, 1);
        ctx.lineTo(w - 5, h - 2);
        ctx.lineTo(w / 2, h - 8);
        ctx.lineTo(5, h - 2);
        ctx.closePath();
        ctx.fillStyle = "#222";
        ctx.fill();
      },
      28,
      28,
    ),
    el("span", { "aria-hidden": "true" }, say("north_short")),
  );
