// What if: a draft facility put on a street, or one left out, and who gains or loses it; walked with the program's seconds.
import { el, fillNode } from "./dom.js";
import {
  canRedo,
  canUndo,
  drafts,
  keepDraft,
  openDraft,
  redo,
  remember,
  scenarioText,
  undo,
  verdictsAfter,
} from "./drafts.js";
import { toLat } from "./geometry.js";
import { placeOf, secondsAt, spreadFrom, walkedGraph } from "./network.js";
import { page } from "./page.js";
import { paintSigns } from "./paint_places.js";
import { showService, writeHash } from "./state.js";
import { drawSymbol, outline } from "./symbols.js";
import { listTable } from "./tables.js";
import { named, numberText, peopleText, percentText, say, townshipName } from "./text.js";
import { verdictText } from "./verdicts.js";
import { snapTo } from "./why.js";

const DRAFT_REACH_M = 200;

// Seconds of every resident to the nearest of `places`.
export const everybody = (c, places) => {
  const w = page.data.walked.walkers[c],
    snapped = walkedGraph().residents[w],
    spread = spreadFrom(w, places, page.data.area.horizon * 60);
  return Float64Array.from(snapped.edge, (edge, i) => secondsAt(w, spread, places, placeOf(snapped, i)).s);
};

export const countedOf = (c) => {
  const f = page.data.facilities,
    snapped = walkedGraph().facilities[page.data.walked.walkers[c]];
  return f.id.map((id, i) => i).filter((i) => f.category[i] === c && f.counted[i] && snapped.edge[i] >= 0);
};

// Walks today's state ahead of the first question, so that the answer itself comes at once.
export const warmDraft = () => {
  const c = page.state.circle,
    d = page.draft;
  if (c < 0 || !page.data.walked || d.before.has(c)) return;
  const snapped = walkedGraph().facilities[page.data.walked.walkers[c]];
  d.before.set(
    c,
    everybody(
      c,
      countedOf(c).map((i) => placeOf(snapped, i)),
    ),
  );
};

// People who come within the limit, and who no longer are, per township, for the draft.
export const compareDraft = () => {
  const c = page.draft.category,
    w = page.data.walked.walkers[c],
    snapped = walkedGraph().facilities[w],
    all = countedOf(c),
    limit = page.data.area.limit * 60 + 1e-3;
  const before =
    page.draft.before.get(c) ||
    everybody(
      c,
      all.map((i) => placeOf(snapped, i)),
    );
  page.draft.before.set(c, before);
  const places = [
    ...all.filter((i) => !page.draft.removed.has(i)).map((i) => placeOf(snapped, i)),
    ...page.draft.added.filter((p) => p.category === c),
  ];
  const after = everybody(c, places),
    r = page.data.residents,
    towns = new Map(),
    groups = Object.entries({ population: r.population, ...r.groups }),
    byGroup = new Map(
      groups.map(([name]) => /** @type {[string, Map<number, [number, number]>]} */ ([name, new Map()])),
    );
  let gained = 0,
    lost = 0;
  const changed = new Int8Array(after.length);
  after.forEach((s, i) => {
    const was = before[i] <= limit,
      is = s <= limit;
    if (was === is) return;
    const people = r.population[i] || 0,
      town = towns.get(r.township[i]) || [0, 0];
    changed[i] = is ? 1 : -1;
    if (is) {
      gained += people;
      town[0] += people;
    } else {
      lost += people;
      town[1] += people;
    }
    towns.set(r.township[i], town);
    for (const [name, count] of groups) {
      const own = byGroup.get(name).get(r.township[i]) || [0, 0];
      own[is ? 0 : 1] += count[i] || 0;
      byGroup.get(name).set(r.township[i], own);
    }
  });
  return { gained, lost, towns, changed, after, byGroup };
};

export const draftChanged = () => {
  const d = page.draft;
  if (d.category < 0 || (!d.added.some((p) => p.category === d.category) && !d.removed.size)) {
    d.result = null;
    page.redraw();
    fillNode(d.box, draftControls());
    return;
  }
  d.result = compareDraft();
  page.redraw();
  fillNode(d.box, draftControls());
};

// The draft as rows for `facilities`: planned, so that nothing counts before somebody says so.
export const draftRows = () => {
  const cell = (text) => {
    const t = String(text);
    return /[",\r\n]/.test(t) ? `"${t.replaceAll('"', '""')}"` : t;
  };
  const rows = page.draft.added.map((p, i) => [
    `draft-${i + 1}`,
    say("draft_name", { n: i + 1 }),
    page.data.categories[p.category].id,
    ((p.x - 0.5) * 360).toFixed(7),
    toLat(p.y).toFixed(7),
    "planned",
    say("draft_source", { run: page.data.area.run }),
  ]);
  return (
    [["id", "name", "category", "lon", "lat", "status", "source"], ...rows]
      .map((row) => row.map(cell).join(","))
      .join("\r\n") + "\r\n"
  );
};

const download = (text, name, type) => {
  const link = el("a", { href: `data:${type};charset=utf-8,` + encodeURIComponent(text), download: name });
  link.click();
};

export const saveDraft = () => download("\ufeff" + draftRows(), `${page.data.area.id}-draft.csv`, "text/csv");
export const saveScenario = () =>
  download(scenarioText(page.draft.name || say("draft_unnamed")), "scenario.toml", "text/plain");

/** Changes the draft so that it can be undone. @param {() => void} change */
export const changeDraft = (change) => {
  remember();
  change();
  draftChanged();
};

const draftVerdicts = (d) => {
  const rows = verdictsAfter(d.result, page.data.categories[d.category].id);
  if (!rows.length) return "";
  const both = (before, after) => [before, " → ", el("b", {}, after)];
  return listTable(
    say("draft_verdicts"),
    ["township", "group", "value", "shortfall", "verdict", "draft_gain", "draft_loss"].map((n) => say(n)),
    rows.map(({ check, rule, value, verdict, needed, gain, loss }) => ({
      cells: [
        townshipName(check.township_code),
        named("group_", rule.group),
        both(percentText(check.value, check.threshold), percentText(value, check.threshold)),
        both(numberText(check.shortfall, 0), numberText(needed, 0)),
        both(verdictText(check.verdict, [check.rule_status]), verdictText(verdict, [check.rule_status])),
        numberText(gain, 0),
        numberText(loss, 0),
      ],
    })),
  );
};

const namedDrafts = (d) => {
  const input = el("input", {
    type: "text",
    maxlength: 60,
    "aria-label": say("draft_name_hint"),
    placeholder: say("draft_name_hint"),
    value: d.name || "",
  });
  const save = () => {
    const name = input.value.trim();
    if (!name || d.category < 0) return;
    d.name = name;
    keepDraft(name);
    writeHash();
    fillNode(d.box, draftControls());
  };
  const open = (draft) => {
    remember();
    const category = openDraft(draft);
    d.name = draft.name;
    if (page.state.circle !== category) showService(category);
    draftChanged();
  };
  return [
    d.result
      ? el("p", { class: "row" }, input, el("button", { type: "button", on: { click: save } }, say("draft_keep")))
      : "",
    drafts.length
      ? listTable(
          say("draft_kept"),
          [say("name"), say("service"), say("draft_new"), say("draft_closed")],
          drafts.map((draft) => ({
            choose: () => open(draft),
            cells: [
              el("bdi", {}, draft.name),
              page.data.categories.find((c) => c.id === draft.category).name,
              String(draft.added.length),
              String(draft.removed.length),
            ],
          })),
        )
      : "",
  ];
};

export const draftControls = () => {
  const d = page.draft,
    c = page.state.circle,
    f = page.data.facilities,
    chosen = page.state.facility;
  const button = (text, click, on) =>
    el("button", { type: "button", "aria-pressed": on === undefined ? undefined : String(on), on: { click } }, text);
  const kinds = el(
    "select",
    { "aria-label": say("draft_kind"), on: { change: (event) => showService(Number(event.target.value)) } },
    el("option", { value: -1, selected: c < 0 }, say("draft_kind")),
    page.data.categories.map((k, i) => el("option", { value: i, selected: i === c }, k.name)),
  );
  if (c < 0) return [el("p", { class: "row" }, kinds)];
  const name = (t) => page.data.townships.name[t] || say("township_NONE");
  const place = () => {
    d.placing = !d.placing;
    setTimeout(warmDraft, 30);
    page.map.getContainer().style.cursor = d.placing ? "crosshair" : "";
    fillNode(d.box, draftControls());
  };
  const leaveOut = () =>
    changeDraft(() => {
      d.category = c;
      if (!d.removed.delete(chosen)) d.removed.add(chosen);
    });
  const back = (step) => () => {
    step();
    draftChanged();
  };
  const clear = () =>
    changeDraft(() => {
      d.added = [];
      d.removed = new Set();
    });
  const isAny = d.added.length || d.removed.size;
  return [
    el("p", { class: "row" }, kinds, button(say("draft_place"), place, d.placing)),
    el("p", { class: "soft" }, say("draft_hint")),
    el(
      "p",
      { class: "row" },
      chosen >= 0 && f.category[chosen] === c && f.counted[chosen]
        ? button(say(d.removed.has(chosen) ? "draft_restore" : "draft_remove", { name: f.name[chosen] }), leaveOut)
        : "",
      canUndo() ? button(say("draft_undo"), back(undo)) : "",
      canRedo() ? button(say("draft_redo"), back(redo)) : "",
      isAny ? button(say("draft_clear"), clear) : "",
      d.added.length ? button(say("draft_save"), saveDraft) : "",
      isAny ? button(say("draft_scenario"), saveScenario) : "",
    ),
    d.result
      ? [
          el(
            "p",
            { "aria-live": "polite" },
            el("b", { class: "gain" }, "＋ " + say("draft_gained", { n: peopleText(d.result.gained) })),
            "　",
            el("b", { class: "loss" }, "－ " + say("draft_lost", { n: peopleText(d.result.lost) })),
          ),
          draftVerdicts(d),
          d.result.towns.size
            ? listTable(
                say("panel_draft"),
                [say("township"), say("draft_gain"), say("draft_loss")],
                [...d.result.towns]
                  .sort((a, b) => a[0] - b[0])
                  .map(([t, [plus, minus]]) => ({ cells: [name(t), numberText(plus, 1), numberText(minus, 1)] })),
              )
            : "",
          el("p", { class: "soft" }, say("draft_note")),
        ]
      : "",
    namedDrafts(d),
  ];
};

export const placeDraft = (latlng) => {
  const d = page.draft;
  if (!d.placing) return false;
  const c = page.state.circle,
    place = c < 0 ? null : snapTo(latlng, page.data.walked.walkers[c], DRAFT_REACH_M);
  if (place) {
    d.placing = false;
    changeDraft(() => {
      if (d.category !== c) d.removed = new Set();
      d.category = c;
      d.added = [...d.added, { ...place, category: c }];
    });
  }
  return true;
};

// Residents who gain (blue, plus) and lose (red, minus), and the draft places (black ring).
export const paintDraft = (ctx, v) => {
  const { result, added } = page.draft;
  if (result) paintSigns(ctx, v, result.changed);
  for (const place of added) {
    const px = place.x * v.k - v.ox,
      py = place.y * v.k - v.oy;
    drawSymbol(ctx, place.category, "planned", px, py, 9);
    outline(ctx, "circle", px, py, 15);
    ctx.strokeStyle = "#000";
    ctx.lineWidth = 2.5;
    ctx.stroke();
  }
};

export const draftPanel = () => {
  page.draft.box = el("div", {});
  fillNode(page.draft.box, draftControls());
  return page.draft.box;
};

export const syncDraft = () => {
  const d = page.draft;
  if (!d.box) return;
  if (d.category >= 0 && d.category !== page.state.circle) {
    d.category = page.state.circle;
    d.removed.clear();
    d.result = d.added.some((p) => p.category === page.state.circle) ? compareDraft() : null;
  }
  fillNode(d.box, draftControls());
};
