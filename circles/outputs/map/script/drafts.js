// Drafts of a what-if: their history, their names, their place in the address, what they do to verdicts, and the scenario file.
import { toLat } from "./geometry.js";
import { page } from "./page.js";
import { say } from "./text.js";
import { snapTo } from "./why.js";

/** @typedef {import("./types").DraftPlace} DraftPlace */
/** @typedef {{name: string, category: string, added: [number, number][], removed: string[]}} Named */

const past = [],
  future = [];
const MOST = 100;

const snapshot = () => ({
  added: [...page.draft.added],
  removed: [...page.draft.removed],
  category: page.draft.category,
});
const restore = (state) => {
  page.draft.added = state.added;
  page.draft.removed = new Set(state.removed);
  page.draft.category = state.category;
};

/** Remembers the draft as it is, before it is changed. */
export const remember = () => {
  past.push(snapshot());
  if (past.length > MOST) past.shift();
  future.length = 0;
};
export const canUndo = () => past.length > 0;
export const canRedo = () => future.length > 0;
export const undo = () => {
  if (!past.length) return;
  future.push(snapshot());
  restore(past.pop());
};
export const redo = () => {
  if (!future.length) return;
  past.push(snapshot());
  restore(future.pop());
};
export const forget = () => {
  past.length = future.length = 0;
};

/** Whether a rule's verdict can be drawn here: a share of people within the area's own limit. */
const isDrawn = (rule) => rule.kind === "population_share" && rule.limit === page.data.area.limit;

/**
 * Verdicts of the townships that a draft touches, before and after, for each rule's own group.
 * @param {import("./types").DraftResult} result @param {string} category
 */
export const verdictsAfter = (result, category) => {
  const { checks, rules } = page.data.verdicts;
  return checks.flatMap((check) => {
    const rule = rules[check.rule_id];
    if (check.category !== category || !rule || !isDrawn(rule) || !check.denominator) return [];
    const [gain, loss] = (result.byGroup.get(rule.group) || new Map()).get(
      page.data.townships.code.indexOf(check.township_code),
    ) || [0, 0];
    if (!gain && !loss) return [];
    const numerator = check.numerator + gain - loss,
      value = numerator / check.denominator,
      met = value >= check.threshold - 1e-12;
    return [
      {
        check,
        rule,
        value,
        verdict: met ? "met" : "not_met",
        needed: met ? 0 : Math.ceil(check.threshold * check.denominator - numerator - 1e-9),
        gain,
        loss,
      },
    ];
  });
};

const quoted = (text) => JSON.stringify(text.replace(/[\ud800-\udfff]/gu, "\ufffd")).replaceAll("\x7f", "\\u007f");

/** The draft as `scenario.toml`: additions and closures, read back by `circles run --scenario`. @param {string} name */
export const scenarioText = (name) => {
  const { added, removed } = page.draft,
    { facilities, categories, area } = page.data;
  const lines = ["[scenario]", `id = ${quoted(area.id + "-draft")}`, `name = ${quoted(name)}`, ""];
  added.forEach((p, i) =>
    lines.push(
      "[[add]]",
      `id = "draft-${i + 1}"`,
      `name = ${quoted(say("draft_name", { n: i + 1 }))}`,
      `category = ${quoted(categories[p.category].id)}`,
      `lon = ${((p.x - 0.5) * 360).toFixed(7)}`,
      `lat = ${toLat(p.y).toFixed(7)}`,
      `source = ${quoted(say("draft_source", { run: area.run }))}`,
      "",
    ),
  );
  for (const i of removed) lines.push("[[close]]", `id = ${quoted(facilities.id[i])}`, "");
  return lines.join("\n");
};

/** Named drafts, side by side; kept in the address, so that a link and a reload bring them back. @type {Named[]} */
export const drafts = [];

export const keepDraft = (name) => {
  const { added, removed, category } = page.draft;
  const draft = {
    name,
    category: page.data.categories[category].id,
    added: added.map((p) => /** @type {[number, number]} */ ([round((p.x - 0.5) * 360), round(toLat(p.y))])),
    removed: [...removed].map((i) => page.data.facilities.id[i]),
  };
  const at = drafts.findIndex((own) => own.name === name);
  if (at >= 0) drafts[at] = draft;
  else drafts.push(draft);
};
const round = (degrees) => Math.round(degrees * 1e6) / 1e6;

export const draftsText = () =>
  drafts.length
    ? JSON.stringify(drafts.map(({ name, category, added, removed }) => [name, category, added, removed]))
    : "";

/** Takes named drafts out of an address; what is none is left. @param {string} text */
export const readDrafts = (text) => {
  drafts.length = 0;
  let found = [];
  try {
    found = JSON.parse(text || "[]");
  } catch {
    return;
  }
  if (!Array.isArray(found)) return;
  for (const entry of found.slice(0, 20)) {
    if (!Array.isArray(entry) || entry.length !== 4) continue;
    const [name, category, added, removed] = entry;
    const isPoint = (p) => Array.isArray(p) && p.length === 2 && p.every(Number.isFinite) && Math.abs(p[1]) < 85;
    if (
      typeof name !== "string" ||
      !page.data.categories.some((c) => c.id === category) ||
      !Array.isArray(added) ||
      !added.every(isPoint) ||
      !Array.isArray(removed)
    ) {
      continue;
    }
    drafts.push({
      name: name.slice(0, 60),
      category,
      added,
      removed: removed.filter((id) => page.data.facilities.id.includes(id)),
    });
  }
};

/** Puts a named draft on the map: its places on their streets, its closures. @param {Named} draft */
export const openDraft = (draft) => {
  const category = page.data.categories.findIndex((c) => c.id === draft.category),
    walker = page.data.walked.walkers[category];
  const added = draft.added.flatMap(([lng, lat]) => {
    const place = snapTo({ lat, lng }, walker, 200);
    return place ? [{ ...place, category }] : [];
  });
  restore({ added, removed: draft.removed.map((id) => page.data.facilities.id.indexOf(id)), category });
  return category;
};
