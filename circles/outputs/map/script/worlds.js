// 现状, 方案 and 差值: two states of the same area and what changed between them, as the program computed it.
import { el } from "./dom.js";
import { forget } from "./drafts.js";
import { shapesOf, unpackShapes } from "./geometry.js";
import { page } from "./page.js";
import { hatch, isSeen, traceShape } from "./paint.js";
import { paintSigns } from "./paint_places.js";
import { buildPanel } from "./panel.js";
import { goFacility } from "./places.js";
import { setState } from "./state.js";
import { dateText } from "./statement.js";
import { INK, drawSymbol, outline } from "./symbols.js";
import { listTable } from "./tables.js";
import { named, numberText, peopleText, percentText, say, townshipName } from "./text.js";
import { NO_RULE, checkValue, roving, shortBy, shownColumns, shownRows, tableCell, verdictText } from "./verdicts.js";

export const useWorld = (side) => {
  const world = side === "before" && page.worlds.before ? page.worlds.before : page.worlds.after;
  if (world === page.data) return;
  const facility = page.state.facility >= 0 ? page.data.facilities.id[page.state.facility] : "";
  page.data = world;
  page.shapes = shapesOf(world);
  page.spots = page.allSpots = null;
  page.way = null;
  forget();
  Object.assign(page.draft, {
    added: [],
    removed: new Set(),
    placing: false,
    category: -1,
    before: new Map(),
    result: null,
  });
  Object.assign(page.state, { gap: -1, facility: world.facilities.id.indexOf(facility) });
};

export const sideSwitch = () =>
  el(
    "fieldset",
    { class: "sides" },
    el("legend", { class: "away" }, say("side")),
    ["before", "after", "difference"].map((side) =>
      el(
        "label",
        {},
        el("input", {
          type: "radio",
          name: "side",
          value: side,
          checked: page.state.side === side,
          on: { change: () => chooseSide(side) },
        }),
        say("side_" + side),
      ),
    ),
  );

export const chooseSide = (side) => {
  useWorld(side);
  page.state.side = side;
  page.map.closePopup();
  buildPanel();
  setState({});
  /** @type {HTMLElement} */ (document.querySelector(`input[name=side][value=${side}]`)).focus();
};

const changes = new WeakMap();
const changeRows = () => {
  const difference = page.difference || { checks: [] };
  if (!changes.has(difference)) {
    changes.set(
      difference,
      new Map(difference.checks.map((row) => /** @type {[string, any]} */ ([row[0] + "|" + row[1], row]))),
    );
  }
  return changes.get(difference);
};

// What changed in one rule of a township: {before, after} rows of check.csv or null, change, sign.
export const changeOf = (code, rule) => {
  const [, , i, j, change, sign] = changeRows().get(code + "|" + rule) || [code, rule, -1, -1, null, 0];
  return {
    before: i < 0 ? null : page.worlds.before.verdicts.checks[i],
    after: j < 0 ? null : page.worlds.after.verdicts.checks[j],
    change,
    sign,
  };
};

export const sizeOfChange = (check, change) => {
  const rule = page.data.verdicts.rules[check.rule_id] || NO_RULE,
    size = Math.abs(change) * (rule.isShare ? 100 : 1);
  if (size < 1e-9) return say("change_same");
  const text = rule.isShare ? (size < 0.1 ? "<0.1" : size.toFixed(1)) : numberText(size, 2);
  return (change > 0 ? "+" : "−") + text + (rule.isShare ? say("points_of_percent") : "");
};

const sideText = (check) => (check ? checkValue(check) : "–");
const wordOf = (check) =>
  check ? verdictText(check.verdict, check.rule_status ? [check.rule_status] : undefined) : say("change_absent");
export const changeSign = (sign) =>
  el(
    "span",
    { class: "badge " + (sign > 0 ? "up" : sign < 0 ? "down" : "same"), "aria-hidden": "true" },
    sign > 0 ? "▲" : sign < 0 ? "▼" : "=",
  );
export const changeWord = (sign) => say(sign > 0 ? "change_gain" : sign < 0 ? "change_loss" : "change_same");

// +1, -1 or 0 for a township: what happened to the chosen service's worst rule, else to all rules together.
export const townshipChange = (code, state) => {
  const column = page.data.verdicts.columns.find((c) => state.cell && c.key === state.cell[1]);
  const signs = page.difference.checks
    .filter((row) => row[0] === code && row[5] && (!column || changeCategory(row) === column.key))
    .map((row) => row[5]);
  return signs.includes(-1) ? -1 : signs.length ? 1 : 0;
};
/** @param {any} row of the difference's checks */
export const changeCategory = ([, , i, j]) =>
  (j >= 0 ? page.worlds.after.verdicts.checks[j] : page.worlds.before.verdicts.checks[i]).category;

export const differenceTable = () => {
  const { columns, checks } = page.data.verdicts,
    shown = shownColumns();
  const body = shownRows().map((row) =>
    el(
      "tr",
      { role: "row" },
      el("th", { scope: "row" }, row.name),
      shown.map((column) => {
        const at = columns.indexOf(column),
          first = row.cells[at].length ? checks[row.cells[at][0]] : null;
        if (!first) return tableCell(row.code, column.key, "same", "–", `${row.name} ${column.name} –`);
        const { before, after, change, sign } = changeOf(row.code, first.rule_id),
          size = change === null ? "" : sizeOfChange(first, change),
          short = size.replace(say("points_of_percent"), "");
        const turned =
          before && after && before.verdict !== after.verdict ? `${wordOf(before)} → ${wordOf(after)}` : "";
        return tableCell(
          row.code,
          column.key,
          sign > 0 ? "up" : sign < 0 ? "down" : "same",
          [
            el("b", {}, changeSign(sign), " ", sign ? short : say("change_same")),
            el("small", {}, sign ? [sideText(before), " →", el("br"), sideText(after)] : sideText(after)),
            turned ? el("small", {}, el("b", {}, turned)) : "",
          ],
          `${row.name} ${column.name} ${changeWord(sign)} ${size} ${sideText(before)} → ${sideText(after)} ${turned}`,
        );
      }),
    ),
  );
  const table = el(
    "table",
    { class: "verdicts", role: "grid", "data-across": shown.length, "aria-label": say("panel_difference") },
    el(
      "thead",
      {},
      el(
        "tr",
        { role: "row" },
        el("th", { scope: "col" }, say("township")),
        shown.map((c) => el("th", { scope: "col" }, c.name)),
      ),
    ),
    el("tbody", {}, body),
  );
  roving(table, "td.cell");
  return table;
};

// Rows of the coverage that changed: people covered before and after, gained and lost.
export const peopleChanges = (wanted) => {
  const d = page.difference.coverage;
  return listTable(
    say("panel_people"),
    ["township", "service", "group", "side_before", "side_after", "draft_gain", "draft_loss"].map((n) => say(n)),
    d.code.flatMap((code, i) =>
      wanted(code, d.category[i])
        ? [
            {
              cells: [
                townshipName(code),
                page.data.categories[d.category[i]].name,
                named("group_", d.group[i]),
                numberText(d.before[i], 1),
                numberText(d.after[i], 1),
                d.gained[i] ? el("b", { class: "gain" }, "+" + numberText(d.gained[i], 1)) : "0",
                d.lost[i] ? el("b", { class: "loss" }, "−" + numberText(d.lost[i], 1)) : "0",
              ],
            },
          ]
        : [],
    ),
  );
};

export const differenceDetail = (code, key) => {
  const column = page.data.verdicts.columns.find((c) => c.key === key);
  const rows = page.difference.checks.filter(
    (row) => row[0] === code && row[1] !== "overall" && (!key || changeCategory(row) === key),
  );
  const c = page.data.categories.findIndex((item) => item.id === key);
  return [
    el(
      "h3",
      {},
      `${townshipName(code)} · ${column ? column.all.join(" + ") : say("overall")} · ${say("side_difference")}`,
    ),
    listTable(
      say("panel_difference"),
      [say("rule"), say("side_before"), say("side_after"), say("side_difference")],
      rows.map((row) => {
        const { before, after, change, sign } = changeOf(code, row[1]),
          check = after || before,
          rule = page.data.verdicts.rules[row[1]] || NO_RULE;
        const both = (one) =>
          one
            ? [
                sideText(one),
                " ",
                el("small", {}, `${numberText(one.numerator, 1)} / ${numberText(one.denominator, 1)} `),
                el("small", {}, wordOf(one)),
                el("small", {}, " " + shortBy(one)),
              ]
            : "–";
        return {
          cells: [
            `${rule.measure || check.measure}（${say("threshold")} ${rule.isShare ? percentText(check.threshold) : numberText(check.threshold, 2)}）`,
            both(before),
            both(after),
            [
              changeSign(sign),
              " ",
              change === null ? "" : sizeOfChange(check, change),
              el("small", {}, " " + changeWord(sign)),
            ],
          ],
        };
      }),
    ),
    peopleChanges((own, category) => own === code && (c < 0 || category === c)),
  ];
};

export const facilityChanges = () => {
  const found = page.difference.facilities;
  if (!found.length) return el("p", {}, say("change_no_facility"));
  return listTable(
    say("panel_changes"),
    [say("name"), say("service"), say("change")],
    found.map(([what, i, j]) => {
      const f = (j >= 0 ? page.worlds.after : page.worlds.before).facilities,
        k = j >= 0 ? j : i;
      return {
        choose: j >= 0 ? () => goFacility(j) : undefined,
        cells: [el("bdi", {}, f.name[k]), (page.data.categories[f.category[k]] || {}).name, say("facility_" + what)],
      };
    }),
  );
};

/** The township and service where most people were gained or lost; null where nobody was. */
export const mostChanged = () => {
  const d = page.difference.coverage;
  let found = null;
  d.code.forEach((code, i) => {
    const size = d.gained[i] + d.lost[i];
    if (code === "ALL" || d.group[i] !== "population" || !size || (found && size <= found.size)) return;
    found = { code, category: d.category[i], gained: d.gained[i], lost: d.lost[i], size };
  });
  return found;
};

/** What changed most, in a sentence. */
export const changeHeadline = () => {
  const most = mostChanged();
  if (!most) return say("compare_nothing");
  return say("compare_headline", {
    town: townshipName(most.code),
    service: page.data.categories[most.category].name,
    gained: peopleText(most.gained),
    lost: peopleText(most.lost),
  });
};

/** Both runs by the date of their data and their number. */
export const runsNamed = () => {
  const { before, after } = page.worlds;
  return say("compare_runs", {
    before: dateText(before.area.asOf),
    after: dateText(after.area.asOf),
    run_before: before.area.run || "–",
    run_after: after.area.run || "–",
  });
};

// One line per service: people newly covered and lost in the whole area.
export const differenceSummary = () => {
  const d = page.difference.coverage;
  return [
    el(
      "ul",
      { class: "plain" },
      d.code.flatMap((code, i) =>
        code === "ALL" && d.group[i] === "population"
          ? [
              el(
                "li",
                {},
                page.data.categories[d.category[i]].name,
                "：",
                el(
                  "b",
                  { class: d.gained[i] ? "gain" : "soft" },
                  "＋ " + say("draft_gained", { n: peopleText(d.gained[i]) }),
                ),
                "　",
                el(
                  "b",
                  { class: d.lost[i] ? "loss" : "soft" },
                  "－ " + say("draft_lost", { n: peopleText(d.lost[i]) }),
                ),
              ),
            ]
          : [],
      ),
    ),
    page.difference.why.map((text) => el("p", { class: "soft" }, text)),
  ];
};

// Area reached in one state and not in the other, striped one way for gains and the other way for losses; grey: as before.
export const paintDifferenceAreas = (ctx, v, state) => {
  const id = page.data.categories[state.circle].id,
    limit = page.data.area.limit;
  const fill = (c, data) => {
    const own = data.categories.findIndex((k) => k.id === id),
      shape = unpackShapes(data.serviceAreas.shape),
      { category, facility, limit: limits } = data.serviceAreas;
    c.beginPath();
    for (let i = 0; i < shape.count; i++) {
      if (category[i] === own && facility[i] < 0 && limits[i] === limit && isSeen(shape, i, v)) {
        traceShape(c, shape, i, v, true);
      }
    }
    c.fill("evenodd");
  };
  const { before, after } = page.worlds,
    { width, height } = ctx.canvas;
  const layer = (keep, cut, style) => {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    const c = canvas.getContext("2d");
    c.setTransform(ctx.getTransform());
    c.fillStyle = "#000";
    fill(c, keep);
    c.globalCompositeOperation = "destination-out";
    if (cut) fill(c, cut);
    c.globalCompositeOperation = "source-in";
    c.setTransform(1, 0, 0, 1, 0, 0);
    for (const [colour, stripes, back] of [style]) {
      c.fillStyle = colour;
      c.fillRect(0, 0, width, height);
      c.globalCompositeOperation = "source-atop";
      if (stripes) {
        c.fillStyle = hatch(c, stripes, back);
        c.fillRect(0, 0, width, height);
      }
    }
    ctx.save();
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.drawImage(canvas, 0, 0);
    ctx.restore();
  };
  layer(after, null, ["#c9ccd0", "", false]);
  layer(after, before, ["#8fc1f2", INK.gain, false]);
  layer(before, after, ["#f3a6a6", INK.loss, true]);
};

export const paintDifference = (ctx, v, state) => {
  if (state.circle >= 0) paintSigns(ctx, v, page.difference.changed[state.circle]);
  for (const [what, i, j] of page.difference.facilities) {
    const data = j >= 0 ? page.worlds.after : page.worlds.before,
      k = j >= 0 ? j : i,
      c = data.facilities.category[k],
      at = shapesOf(data).facilities;
    if (state.circle >= 0 && c !== state.circle) continue;
    const px = at.x[k] * v.k - v.ox,
      py = at.y[k] * v.k - v.oy,
      gain = ["added", "opened", "resized", "moved"].includes(what);
    if (j < 0) drawSymbol(ctx, c, "closed", px, py, 7);
    outline(ctx, gain ? "circle" : "square", px, py, 15);
    ctx.strokeStyle = gain ? INK.gain : INK.loss;
    ctx.lineWidth = 3;
    ctx.stroke();
  }
};
