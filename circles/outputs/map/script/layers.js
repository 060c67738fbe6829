// Switches, legend and the line of facts under the map.
import { discSign, isLikelihoodShown } from "./certainty.js";
import { el } from "./dom.js";
import { page } from "./page.js";
import { hatch, isGapLand, townColour } from "./paint.js";
import { changeMark, isDense } from "./paint_places.js";
import { setState, showService } from "./state.js";
import { BREAK_COLOURS, INK, blended, breakColour, drawSymbol, signCanvas } from "./symbols.js";
import { named, numberText, say } from "./text.js";
import { BOAT_BREAKS } from "./times.js";
import { roving, verdictText } from "./verdicts.js";
import { levelOf } from "./view.js";

/** Opacity of the sheet on which circles are drawn. */
export const AREA_OPACITY = 0.72;

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

// Switches side by side are one stop of the Tab key, and arrows move between them, so that many kinds cost no more than one.
const switches = (title, ...children) => {
  const box = el("div", { class: "switches", role: "toolbar", "aria-label": title }, children);
  roving(box, "input");
  return groupBox(title, box);
};

/** The names of what is drawn under and over the circles, as the switches call it. */
export const layerNamesOn = () =>
  ["boundaries", "streets", "residents", "names"]
    .filter((name) => page.state.on[name] && (name !== "boundaries" || page.data.area.boundaries))
    .map((name) => say("layer_" + name));

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
    switches(
      say("group_facilities"),
      cs.map((c, i) => layerToggle("facility." + i, c.name, symbol(i))),
    ),
    switches(
      say("group_gaps"),
      cs.map((c, i) => layerToggle("gap." + i, c.name)),
    ),
    switches(
      say("group_verdicts"),
      layerToggle("verdicts", say("layer_verdicts")),
      page.data.certainty ? layerToggle("certainty", say("layer_certainty"), discSign(2)) : "",
    ),
    switches(
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

const gapSign = () =>
  signCanvas((ctx, w, h) => {
    ctx.strokeStyle = INK.gap;
    ctx.lineWidth = 6;
    ctx.beginPath();
    ctx.moveTo(1, h / 2);
    ctx.lineTo(w - 1, h / 2);
    ctx.stroke();
  });

const gapEntry = (state, zoom) =>
  isGapLand(zoom, state)
    ? legendEntry(patchSign(INK.gapLand), say("legend_gap_land", { n: page.data.area.limit }))
    : legendEntry(gapSign(), say("legend_gap", { n: page.data.area.limit }));

const crossSign = () =>
  signCanvas((ctx, w, h) => {
    ctx.strokeStyle = INK.gap;
    ctx.lineWidth = 2;
    ctx.beginPath();
    for (const side of [-4, 4]) {
      ctx.moveTo(w / 2 - 4, h / 2 - side);
      ctx.lineTo(w / 2 + 4, h / 2 + side);
    }
    ctx.stroke();
  });

// At county level: the colours that stand on the map, and no others.
const countyEntries = (state) => {
  const { statement, area, categories } = page.data;
  if (!state.on.verdicts || !area.boundaries || !statement.towns.some((town) => town.judged)) return [];
  const shown = statement.towns.map((town) => townColour(town.code, state)).filter(Boolean);
  if (state.service) {
    const service = categories.find((c) => c.id === state.service);
    const entries = [
      [statement.below[0], "met"],
      [INK.gap, "not_met"],
      ["#c9ccd0", "no_data"],
    ].filter(([colour]) => shown.includes(colour));
    return [
      el("li", { class: "head" }, service ? service.name : say("together")),
      ...entries.map(([colour, verdict]) => legendEntry(patchSign(colour), verdictText(verdict))),
    ];
  }
  return [
    el("li", { class: "head" }, say("legend_kinds")),
    ...statement.below.flatMap((colour, n) =>
      shown.includes(colour)
        ? [legendEntry(patchSign(colour), n ? say("legend_kinds_n", { n }) : say("legend_kinds_0"))]
        : [],
    ),
  ];
};

const hasLonePoints = (state) => {
  const { point, part, count } = page.shapes.gaps,
    { category } = page.data.gaps;
  for (let i = 0; i < count; i++) {
    if (!state.on["gap." + category[i]]) continue;
    for (let p = part[i]; p < part[i + 1]; p++) if (point[p + 1] - point[p] === 1) return true;
  }
  return false;
};

const circleEntries = (state, c, isAllKinds, zoom) => {
  const { facilities, serviceAreas, area } = page.data;
  // What lies beyond the limit is a gap: from afar its circles are seen on the gaps' own land.
  const isOnGap = state.on["gap." + state.circle] && isGapLand(zoom, state);
  const ground = (limit) => (isOnGap && limit > area.limit ? INK.gapLand : INK.land);
  const own = state.facility >= 0 && page.data.walked ? facilities.name[state.facility] : "";
  const limits = own
    ? facilities.inside.limits
    : [...new Set(serviceAreas.limit.filter((l, i) => serviceAreas.category[i] === state.circle))].sort(
        (a, b) => a - b,
      );
  return [
    el(
      "li",
      { class: "head" },
      own
        ? say("legend_own", { name: own, walker: c.walker })
        : isAllKinds
          ? say("group_circles")
          : say("legend_circle", { service: c.name, walker: c.walker }),
    ),
    ...(limits.length ? limits : area.breaks).map((limit) =>
      legendEntry(
        patchSign(blended(breakColour(limit), ground(limit), AREA_OPACITY)),
        say("legend_within", { n: limit }),
      ),
    ),
  ];
};

const symbolEntries = (state, paper) => {
  const { categories, facilities } = page.data,
    list = [];
  const isOne = !paper && state.circle >= 0 && isDense(page.map.getZoom());
  const drawn = (i) => state.on["facility." + i] && facilities.category.includes(i) && (!isOne || i === state.circle);
  categories.forEach((c, i) => {
    if (drawn(i)) {
      list.push(
        legendEntry(
          signCanvas((ctx, w, h) => drawSymbol(ctx, i, "existing", w / 2, h / 2, 6)),
          c.name,
        ),
      );
    }
  });
  for (const s of ["example", "under_construction", "planned", "closed"]) {
    const one = facilities.status.findIndex((status, i) => status === s && drawn(facilities.category[i]));
    if (one >= 0) {
      list.push(
        legendEntry(
          signCanvas((ctx, w, h) => drawSymbol(ctx, facilities.category[one], s, w / 2, h / 2, 6)),
          named("status_", s),
        ),
      );
    }
  }
  return list;
};

// What the chosen hour, or the chosen journey by boat, does to the signs.
const timeEntries = (state) => {
  const list = [];
  if (state.hour >= 0 && page.data.times) {
    const day = say("weekday_" + (Math.floor(state.hour / 24) + 1));
    list.push(el("li", { class: "head" }, say("legend_hour", { day, hour: state.hour % 24 })));
  }
  if (state.boat >= 0 && page.data.boats) {
    const journey = page.data.boats.journeys[state.boat];
    list.push(el("li", { class: "head" }, say("legend_boat", { name: journey.name, moment: journey.moment })));
    BOAT_BREAKS.forEach((n, i) => list.push(legendEntry(patchSign(BREAK_COLOURS[i]), say("legend_within", { n }))));
    list.push(legendEntry(patchSign(INK.gap), say("legend_boat_not")));
  }
  return list;
};

// How likely people are within the limit: discs filled from all to nothing, which black ink alone keeps apart.
const likelihoodEntries = (state) => {
  if (!isLikelihoodShown(state)) return [];
  const [fair, high] = page.data.certainty.bounds,
    text = (key, low, most) => say(key, { low: numberText(low), high: numberText(most) });
  return [
    el(
      "li",
      { class: "head" },
      say("legend_certainty", { service: page.data.categories[state.circle].name, n: page.data.area.limit }),
    ),
    legendEntry(discSign(4), text("legend_certainty_from", high, 100)),
    legendEntry(discSign(3), text("legend_certainty_between", fair, high)),
    legendEntry(discSign(2), text("legend_certainty_between", 100 - fair, fair)),
    legendEntry(discSign(1), text("legend_certainty_between", 100 - high, 100 - fair)),
    legendEntry(discSign(0), text("legend_certainty_below", 0, 100 - high)),
  ];
};

/**
 * The legend of what is on the screen, or on a printed page.
 * @param {import("./types").State} state
 * @param {{level: string, zoom: number, isAllKinds: boolean}} [paper]
 */
export const legendEntries = (state, paper) => {
  const c = page.data.categories[state.circle];
  if (isDifference()) return [...symbolEntries(state, paper), ...differenceEntries(c)];
  const zoom = paper ? paper.zoom : page.map.getZoom(),
    shown = paper ? paper.level : state.overview ? "county" : levelOf(zoom);
  if (shown === "county" && state.facility < 0) {
    return [
      ...timeEntries(state),
      ...countyEntries(state),
      ...(paper ? [] : [el("li", { class: "soft" }, say("legend_not_drawn"))]),
    ];
  }
  const hasGaps = page.data.categories.some((k, i) => state.on["gap." + i]) && page.data.gaps.id.length > 0;
  return [
    ...timeEntries(state),
    ...likelihoodEntries(state),
    ...(c ? circleEntries(state, c, Boolean(paper && paper.isAllKinds), zoom) : []),
    ...(hasGaps ? [gapEntry(state, zoom)] : []),
    ...(hasGaps && hasLonePoints(state) ? [legendEntry(crossSign(), say("legend_unjoined"))] : []),
    ...symbolEntries(state, paper),
  ];
};

// OpenStreetMap's credit in its short form; the whole text stands under 'about'.
export const shortCredits = () => [
  ...new Set(
    page.data.area.credits.map((c) => (c.includes("OpenStreetMap") ? "© OpenStreetMap contributors (ODbL)" : c)),
  ),
];

export const statusLine = () => {
  const a = page.data.area,
    between = page.worlds.before
      ? say("runs", { before: page.worlds.before.area.run || "–", after: page.worlds.after.area.run || "–" })
      : "";
  return [
    [
      say("as_of", { date: a.asOf }),
      between,
      a.review ? say("review", { number: a.review }) : say("internal"),
      page.data.townships.name.length ? say("map_boundaries") : "",
      ...(page.state.on.tianditu ? [say("tianditu_credit")] : []),
      ...shortCredits(),
    ]
      .filter(Boolean)
      .join(" · "),
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
