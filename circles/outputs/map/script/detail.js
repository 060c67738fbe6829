// What stands behind a cell, a facility or a place: the rule and its source, who and how many, and the gaps.
import { insideTable } from "./circle.js";
import { likelihood } from "./certainty.js";
import { definitions, el, fillNode } from "./dom.js";
import { gapVillages } from "./gaps.js";
import { pathTo, placeOf, walkedGraph } from "./network.js";
import { page } from "./page.js";
import { goGap, goTownship } from "./places.js";
import { setState } from "./state.js";
import { listTable } from "./tables.js";
import { minutesText, named, numberText, peopleText, percentText, reasonText, say, townshipName } from "./text.js";
import { NO_RULE, badge, checkValue, shortfallText, unitOf, verdictText } from "./verdicts.js";
import { showPath } from "./why.js";
import { differenceDetail } from "./worlds.js";

export const chooseCell = (code, key, zoom) => {
  const single = page.data.categories.findIndex((c) => c.id === key);
  if (single >= 0) {
    page.data.categories.forEach((c, i) => {
      page.state.on["gap." + i] = i === single;
    });
  }
  page.way = null;
  setState({ cell: [code, key], gap: -1, facility: -1, at: null, ...(single >= 0 ? { circle: single } : {}) });
  if (zoom) goTownship(code);
  showDetail(cellDetail(code, key));
};

// What stands behind a verdict besides its rule: how sure it is, the least that would turn it, capacity, poverty.
export const extraFacts = (code, key) => {
  const own = page.data.verdicts.more.filter(
    ([township, category]) => township === code && (key ? category === key : true),
  );
  const titles = [...new Set(own.map((note) => note[2]))];
  return titles.map((title) =>
    el(
      "div",
      { class: "check" },
      el("h4", {}, title),
      own
        .filter((note) => note[2] === title)
        .map(([, category, , text]) => {
          const column = key ? null : page.data.verdicts.columns.find((c) => c.key === category);
          return el("p", {}, column ? el("b", {}, column.all.join("+") + "：") : "", text);
        }),
    ),
  );
};

export const showDetail = (content) => {
  const box = document.getElementById("detail");
  fillNode(box, content);
  box.hidden = false;
  if (innerWidth > 700) box.scrollIntoView({ block: "nearest" });
};

export const cellDetail = (code, key) => {
  if (page.state.side === "difference") return differenceDetail(code, key);
  const { checks, columns, rules } = page.data.verdicts,
    column = columns.find((c) => c.key === key);
  const own = checks.filter(
    (c) => c.township_code === code && (key ? c.category === key : true) && c.rule_id !== "overall",
  );
  const parts = own.map((check) => {
    const rule = rules[check.rule_id] || NO_RULE;
    return el(
      "div",
      { class: "check" },
      el(
        "p",
        { class: "line" },
        badge(check.verdict),
        " ",
        el("b", {}, verdictText(check.verdict, [check.rule_status])),
        " · ",
        rule.measure || check.measure,
        key ? "" : " · " + (columns.find((c) => c.key === check.category) || { all: [check.category] }).all.join("+"),
      ),
      definitions([
        [
          say("value"),
          `${checkValue(check)}（${say("threshold")} ${rule.isShare ? percentText(check.threshold) : numberText(check.threshold, 2)}）`,
        ],
        [
          rule.within,
          rule.within && check.walked_value !== null && check.walked_value !== undefined
            ? `${say("walked_beside", { limit: rule.limit })} ${rule.isShare ? percentText(check.walked_value) : numberText(check.walked_value, 2)}`
            : "",
        ],
        [say("fraction"), `${numberText(check.numerator, 1)} / ${numberText(check.denominator, 1)} ${unitOf(check)}`],
        [say("shortfall"), check.shortfall === null ? say("unknown") : shortfallText(check)],
        [say("group"), rule.group ? named("group_", rule.group) : ""],
        [say("rule"), `${rule.name || check.rule_id}（${rule.status || check.rule_status}）`],
        [say("source"), rule.source || ""],
      ]),
    );
  });
  const head = el("h3", {}, `${townshipName(code)} · ${column ? column.all.join(" + ") : say("overall")}`);
  const note = page.data.area.demonstration ? el("p", { class: "demo" }, say("demonstration_verdict")) : null;
  return [
    head,
    note,
    parts.length ? parts : el("p", {}, say("verdict_no_rule")),
    extraFacts(code, key),
    coverageOf(code, key),
    gapsOf(code, key),
  ];
};

export const coverageOf = (code, key) => {
  const c = page.data.categories.findIndex((item) => item.id === key);
  if (c < 0) return null;
  const rows = [];
  for (const table of page.data.coverage.filter((t) => t.kind === "township" || t.kind === "variant")) {
    table.code.forEach((own, i) => {
      if (own !== code || table.category[i] !== c || (table.kind === "variant" && table.group[i] !== "population")) {
        return;
      }
      rows.push({
        cells: [
          named("group_", table.group[i]),
          named("walker_", table.profile[i]),
          numberText(table.limit_min[i]),
          numberText(table.covered[i], 1),
          numberText(table.population[i], 1),
          percentText(table.share[i]),
        ],
      });
    });
  }
  return rows.length
    ? el(
        "details",
        {},
        el("summary", {}, say("coverage")),
        listTable(
          say("coverage"),
          ["group", "walker", "limit", "covered", "population", "share"].map((n) => say(n)),
          rows,
        ),
      )
    : null;
};

export const gapRow = (i) => {
  const g = page.data.gaps;
  return {
    choose: () => goGap(i),
    cells: [
      page.data.categories[g.category[i]] ? page.data.categories[g.category[i]].name : "",
      page.data.townships.name[g.township[i]] || say("township_NONE"),
      ...(page.data.villages.name.length ? [gapVillages(i) || "–"] : []),
      numberText(g.population[i], 1),
      g.median[i] === null ? "–" : numberText(g.median[i], 1),
      reasonText("reason_", g.reason[i]),
    ],
  };
};
export const gapHeads = () =>
  [
    "service",
    "township",
    ...(page.data.villages.name.length ? ["village"] : []),
    "gap_people",
    "gap_median",
    "gap_reason",
  ].map((n) => say(n, { unit: page.data.area.unit }));

export const gapsOf = (code, key) => {
  const g = page.data.gaps,
    t = page.data.townships.code.indexOf(code),
    keys = key.split("+");
  const found = g.id
    .map((own, i) => i)
    .filter(
      (i) =>
        g.township[i] === t &&
        (!key || (page.data.categories[g.category[i]] && keys.includes(page.data.categories[g.category[i]].id))),
    );
  if (!found.length) return el("p", {}, say("no_gaps"));
  return el(
    "details",
    { open: true },
    el("summary", {}, say("gaps_count", { n: found.length })),
    listTable(say("panel_gaps"), gapHeads(), found.map(gapRow)),
  );
};

export const facilityDetail = (i) => {
  const f = page.data.facilities,
    category = page.data.categories[f.category[i]];
  return [
    el("h3", {}, el("bdi", {}, f.name[i])),
    definitions([
      [say("service"), category ? category.name : ""],
      [say("kind"), f.kind[i]],
      [say("status"), named("status_", f.status[i]) + (f.counted[i] ? "" : "（" + say("not_counted") + "）")],
      [
        say("capacity"),
        f.capacity[i] === null ? say("unknown") : numberText(f.capacity[i]) + " " + (category ? category.unit : ""),
      ],
      [say("township"), page.data.townships.name[f.township[i]] || say("township_NONE")],
      [say("island"), f.island[i]],
      [say("service_mode"), named("mode_", f.service_mode[i])],
      [say("opening_hours"), f.opening_hours[i]],
      [say("opened_on"), f.opened_on[i]],
      [say("position"), named("position_", f.position[i])],
      [
        say("accuracy"),
        f.position_accuracy_m[i] === null ? "" : say("about_metres", { n: numberText(f.position_accuracy_m[i], 0) }),
      ],
      [
        say("leg"),
        f.leg_m[i] === null
          ? f.reason[i]
            ? reasonText("reason_", f.reason[i])
            : ""
          : say("metres", { n: numberText(f.leg_m[i], 1) }),
      ],
      [say("source"), f.source[i]],
      [say("reported_by"), f.reported_by[i]],
      [say("updated_on"), f.updated_on[i]],
      [say("id"), f.id[i]],
    ]),
    insideTable(i),
  ];
};

export const residentDetail = (i) => {
  const r = page.data.residents,
    f = page.data.facilities;
  const rows = page.data.categories.map((category, c) => {
    const m = r.minutes[c][i],
      nearest = r.nearest[c][i];
    const within = m >= 0 && m <= page.data.area.limit * 100;
    return {
      cells: [
        category.name,
        ...(page.data.certainty ? [likelihood(c, i) < 0 ? "–" : `${likelihood(c, i)}%`] : []),
        m < 0 ? "–" : minutesText(m),
        m < 0
          ? named("why_", r.reasons[-1 - m])
          : nearest >= 0
            ? [el("bdi", {}, f.name[nearest]), within ? "" : " · " + say("beyond")]
            : "",
      ],
      choose:
        nearest >= 0 && page.data.walked
          ? () => {
              const snapped = walkedGraph().residents[page.data.walked.walkers[c]],
                p = page.shapes.residents;
              showPath(pathTo(placeOf(snapped, i), [p.x[i], p.y[i]], nearest, c), c, m);
            }
          : undefined,
    };
  });
  const village = page.data.villages.name[r.village[i]] || "";
  return [
    el("h3", {}, `${page.data.townships.name[r.township[i]] || say("township_NONE")} ${village}`.trim()),
    el("p", {}, `${r.island.values[r.island.at[i]] || say("at_sea")} · ${peopleText(r.population[i] || 0)}`),
    listTable(
      say("minutes_to"),
      [say("service"), ...(page.data.certainty ? [say("certainty")] : []), say("walk"), say("nearest_or_why")],
      rows,
    ),
  ];
};
