// The sentences and cells of the first screen, out of the program's statement; knows no document.
import { gapVillages } from "./gaps.js";
import { page } from "./page.js";
import { named, numberText, percentText, say } from "./text.js";

/** Whether 达标 may be said: outside demonstrations, where every rule is adopted. @param {string[]} [statuses] */
export const isBinding = (statuses) =>
  !page.data.area.demonstration &&
  (statuses || Object.values(page.data.verdicts.rules).map((r) => r.state)).every((s) => s === "adopted");

const flavour = () => (isBinding() ? "verdict" : "reference");

/** Whole numbers as a sentence holds them: without commas in Chinese. */
export const plainNumber = (value) => {
  const text = numberText(value, 0);
  return page.data.lang === "zh" ? text.replaceAll(",", "") : text;
};

/** @returns {import("./types").Cell} */
export const cellOf = (code, category) =>
  page.data.statement.rows.find((row) => row.code === code && row.category === category);

/** A cell's value as people read it: percent, or a number. @param {import("./types").Cell} row */
export const cellValue = (row) => {
  if (!row || row.value === null) return "–";
  return row.is_share ? percentText(row.value, row.threshold) : numberText(row.value, 2);
};

export const cellWord = (row) => (row && row.word ? say(row.word) : "");

/** Of whom: '' for everybody. */
export const baseName = (group) => (group === "population" ? "" : named("group_", group));

// Whether a measure counts people of a group; metres of street and facilities have a base of their own.
const isPeople = (measure) => !measure || measure === "population_share";
const unitOfMeasure = (measure) =>
  isPeople(measure) ? page.data.area.unit : named("short_", measure).replace("{people}", page.data.area.unit);

/** A column's head: whose share, and its thresholds. @param {import("./types").Head} head */
export const headLines = (head) => {
  const bars = head.thresholds.map(
    ([where, bar]) =>
      (where === "all" ? "" : say("head_" + where)) +
      "≥" +
      (head.is_share ? percentText(bar).replace(".0%", "%") : numberText(bar)),
  );
  return [
    isPeople(head.measure) ? baseName(head.group) || named("group_", "population") : named("measure_", head.measure),
    ...bars,
  ];
};

const serviceName = (category) =>
  (page.data.statement.heads.find((head) => head.category === category) || { name: category }).name;

/** The one sentence: how many townships meet everything, the widest shortage, the largest. */
export const headline = () => {
  const { county, heads } = page.data.statement,
    { area } = page.data,
    kind = flavour();
  if (!county.townships) return say("headline_no_rule", { limit: numberText(area.limit), unit: area.unit });
  const comma = page.data.lang === "zh" ? "、" : ", ";
  const names = county.met.length > 2 ? say("headline_some", { n: county.met.length }) : county.met.join(comma);
  const largest = heads.length > 1 && county.largest ? cellOf("ALL", county.largest) : null;
  return [
    say("headline_townships", { n: county.townships }),
    county.met.length ? say("headline_met_" + kind, { names }) : say("headline_none_" + kind),
    county.belowTowns ? say("headline_below_" + kind, { n: county.belowTowns }) : "",
    county.widest
      ? say("headline_widest", { service: serviceName(county.widest), n: county.below[county.widest] })
      : "",
    largest
      ? say("headline_largest", {
          service: serviceName(county.largest),
          n: plainNumber(largest.uncovered),
          unit: area.unit,
        })
      : "",
    say("headline_stop"),
  ].join("");
};

/** Per kind: name, percent, and on what base. */
export const figures = () =>
  page.data.statement.heads.map((head) => {
    const row = cellOf("ALL", head.category);
    const base = baseName(head.group),
      part =
        row.denominator === null
          ? ""
          : `${plainNumber(row.numerator)}/${plainNumber(row.denominator)}${row.measure === "population_share" ? "" : unitOfMeasure(row.measure)}`;
    return {
      name: head.name,
      value: cellValue(row),
      base: `${base}${base && page.data.lang !== "zh" ? " " : ""}${part}`,
    };
  });

/** How many townships are below, and how many people are still to be covered, kind by kind; '' without rules. */
export const shortLine = () => {
  const { county, heads } = page.data.statement;
  if (!county.townships) return "";
  const isSame = heads.every((head) => unitOfMeasure(head.measure) === unitOfMeasure(heads[0].measure));
  const needed = heads.map((head) => cellOf("ALL", head.category).needed);
  const counts = heads.map((head) => say("headline_count", { n: county.below[head.category] })).join("·");
  return (
    say("headline_below_line_" + flavour(), { counts }) +
    (needed.every((n) => n === null)
      ? ""
      : say("headline_needed", {
          numbers: needed
            .map((n, i) => (n === null ? "–" : plainNumber(n) + (isSame ? "" : unitOfMeasure(heads[i].measure))))
            .join("·"),
          unit: isSame ? unitOfMeasure(heads[0].measure) : "",
        }))
  );
};

// Several gaps of a township are distinguished by the village where most of their people are.
const firstVillage = (i) => {
  const [first] = gapVillages(i).split(/、|, /);
  return first ? (page.data.lang === "zh" ? `（${first}）` : ` (${first})`) : "";
};

/** The lines under the table. */
export const footLines = () => {
  const { allKinds, people, heads } = page.data.statement,
    { gaps, townships, area } = page.data,
    unit = area.unit;
  const order = gaps.population
    .map((n, i) => i)
    .sort((a, b) => gaps.population[b] - gaps.population[a] || a - b)
    .slice(0, 3);
  const parts = order.map((i) =>
    say("foot_gap", {
      township: (townships.name[gaps.township[i]] || say("township_NONE")) + firstVillage(i),
      service: (page.data.categories[gaps.category[i]] || { name: "" }).name,
      n: plainNumber(gaps.population[i]),
      unit,
    }),
  );
  return [
    allKinds === null || heads.length < 2
      ? ""
      : say("foot_all_kinds", {
          kinds: KINDS[page.data.lang === "zh" ? heads.length : 0] || heads.length,
          n: plainNumber(allKinds),
          share: percentText(people ? allKinds / people : null),
          unit,
        }),
    parts.length
      ? say("foot_gaps", {
          base: named("group_", "population"),
          gaps: parts.join(page.data.lang === "zh" ? "、" : ", "),
        })
      : "",
  ].filter(Boolean);
};
const KINDS = ["", "一", "两", "三", "四", "五", "六", "七", "八", "九"];

/** A date as an official writes it. */
export const dateText = (iso) => {
  const [year, month, day] = iso.split("-").map(Number);
  return page.data.lang === "zh" ? `${year}年${month}月${day}日` : iso;
};
