// The panel: its sections, their tables, and what follows a change of state.
import { gapHeads, gapRow } from "./detail.js";
import { definitions, el, fillNode } from "./dom.js";
import { layerPanel } from "./layers.js";
import { page } from "./page.js";
import { exportPanel } from "./picture.js";
import { goFacility, goResident, goTownship } from "./places.js";
import { jumpBox, searchBox } from "./search.js";
import { dateText, figures, footLines, headline, shortLine } from "./statement.js";
import { listTable, plainTable } from "./tables.js";
import { minutesText, named, numberText, percentText, reasonText, say, townshipName } from "./text.js";
import { boatPanel, timePanel } from "./times.js";
import { filterBoxes, townshipsOn, verdictTable } from "./verdicts.js";
import { draftPanel, warmDraft } from "./whatif.js";
import {
  changeHeadline,
  differenceSummary,
  differenceTable,
  facilityChanges,
  peopleChanges,
  runsNamed,
  sideSwitch,
} from "./worlds.js";

export const buildPanel = () => {
  const a = page.data.area,
    panel = document.getElementById("panel"),
    f = page.data.facilities,
    g = page.data.gaps,
    delta = page.state.side === "difference";
  const open = new Map([...panel.querySelectorAll("details")].map((d) => [d.id, d.open]));
  const section = (id, title, isOpen, ...content) =>
    el("details", { id, open: open.has(id) ? open.get(id) : isOpen }, el("summary", {}, el("h2", {}, title)), content);
  const late = (id, title, build) => lateSection(section(id, title, false, el("div", { class: "scroll" })), build);
  const verdicts = el("div", { class: "scroll", id: "verdict-table", tabindex: -1 });
  const gaps = () =>
    listTable(
      say("panel_gaps"),
      gapHeads(),
      g.id.flatMap((id, i) => (listed(g.category[i], g.township[i], null) ? [gapRow(i)] : [])),
    );
  fillNode(
    panel,
    delta ? plainHeader() : messageHeader(),
    page.worlds.before ? sideSwitch() : null,
    page.data.incomparable
      ? el(
          "div",
          { class: "demo", role: "note" },
          el("p", {}, say("incomparable")),
          page.data.incomparable.map((line) => el("p", {}, line)),
        )
      : null,
    el("div", { class: "tools" }, searchBox(), jumpBox()),
    delta
      ? section(
          "s-verdicts",
          say("panel_difference"),
          true,
          differenceSummary(),
          el("p", { class: "soft" }, say("difference_units")),
          verdicts,
        )
      : el(
          "section",
          { id: "s-verdicts", "aria-label": say("panel_verdicts") },
          el("h2", { class: "away" }, say("panel_verdicts")),
          verdicts,
          el(
            "div",
            { class: "lines" },
            footLines().map((line) => el("p", {}, line)),
          ),
          el("p", { class: "soft internal" }, a.review ? say("review", { number: a.review }) : say("foot_internal")),
        ),
    el("section", { id: "detail", hidden: true, "aria-live": "polite", "aria-label": say("detail") }),
    exportPanel(),
    section("s-filters", say("panel_filters"), false, filterBoxes()),
    section("s-layers", say("panel_layers"), false, layerPanel()),
    page.data.times && !delta ? section("s-times", say("panel_times"), false, timePanel()) : null,
    page.data.boats && !delta ? section("s-boats", say("panel_boats"), false, boatPanel()) : null,
    page.data.walked && !delta
      ? onOpening(section("s-draft", say("panel_draft"), false, draftPanel()), warmDraft)
      : null,
    delta
      ? late("s-changes", say("panel_changes") + `（${page.difference.facilities.length}）`, facilityChanges)
      : null,
    delta ? late("s-people", say("panel_people"), () => peopleChanges(() => true)) : null,
    page.data.missing && page.data.missing.rows.length && !delta
      ? late("s-missing", say("panel_missing") + `（${page.data.missing.rows.length}）`, missingList)
      : null,
    late("s-gaps", say("panel_gaps") + `（${g.id.length}）`, gaps),
    late("s-facilities", say("panel_facilities") + `（${f.name.length}）`, facilityList),
    late("s-residents", say("panel_residents") + `（${page.data.residents.population.length}）`, residentList),
    late("s-coverage", say("panel_coverage"), coverageTable),
    section("s-about", say("panel_about"), false, aboutArea()),
  );
  page.fillVerdicts = () => fillNode(verdicts, delta ? differenceTable() : verdictTable());
  page.fillVerdicts();
};

// The message, before anything else: what is so, on what base, as of when.
const messageHeader = () => {
  const a = page.data.area;
  return el(
    "header",
    {},
    el("h1", {}, say("headline_title", { area: a.name, limit: numberText(a.limit) })),
    el(
      "p",
      { class: "date" },
      say("headline_as_of", { date: dateText(a.asOf) }),
      a.demonstration ? el("b", { class: "mock" }, " " + say("headline_demonstration")) : "",
    ),
    el("p", { class: "headline" }, headline()),
    el(
      "p",
      { class: "figures" },
      figures().map(({ name, value, base }) => [
        el("span", { class: "figure" }, name, " ", el("b", {}, value), " ", el("small", {}, base)),
        " ",
      ]),
    ),
    shortLine() ? el("p", { class: "short" }, shortLine()) : "",
  );
};

const plainHeader = () => {
  const a = page.data.area;
  return el(
    "header",
    {},
    el("h1", {}, say("headline_title", { area: a.name, limit: numberText(a.limit) })),
    a.demonstration ? el("p", { class: "date" }, el("b", { class: "mock" }, say("headline_demonstration"))) : null,
    page.difference
      ? [el("p", { class: "date" }, runsNamed()), el("p", { class: "headline" }, changeHeadline())]
      : null,
  );
};

// Whether the filters leave a row of the smaller tables: service, township and island.
export const listed = (category, township, island) => {
  const { service, island: only } = page.state,
    keys = service.split("+"),
    code = page.data.townships.code[township];
  return (
    (!service || keys.includes((page.data.categories[category] || {}).id)) &&
    (!only || (island === null ? townshipsOn(only).has(code) : island === only))
  );
};

export const facilityList = () => {
  const f = page.data.facilities;
  return listTable(
    say("panel_facilities"),
    [say("name"), say("service"), say("township"), say("status"), say("capacity")],
    f.name.flatMap((name, i) =>
      listed(f.category[i], f.township[i], f.island[i])
        ? [
            {
              choose: () => goFacility(i),
              cells: [
                el("bdi", {}, name),
                (page.data.categories[f.category[i]] || {}).name,
                page.data.townships.name[f.township[i]] || "–",
                named("status_", f.status[i]),
                numberText(f.capacity[i]),
              ],
            },
          ]
        : [],
    ),
  );
};

// Every place where people live with its minutes, a page at a time.
const PAGE = 200;
export const residentList = () => {
  const r = page.data.residents,
    box = el("div", {}),
    kept = Array.from(r.population, (p, i) => i).filter(
      (i) => !page.state.island || r.island.values[r.island.at[i]] === page.state.island,
    );
  const chosen = page.data.categories
    .map((c, k) => k)
    .filter((k) => !page.state.service || page.state.service.split("+").includes(page.data.categories[k].id));
  const show = (start) =>
    fillNode(
      box,
      listTable(
        say("panel_residents"),
        [
          say("township"),
          say("village"),
          say("island"),
          page.data.area.unit,
          ...chosen.map((k) => page.data.categories[k].name),
        ],
        kept.slice(start, start + PAGE).map((i) => ({
          choose: () => goResident(i),
          cells: [
            page.data.townships.name[r.township[i]] || "–",
            page.data.villages.name[r.village[i]] || "–",
            r.island.values[r.island.at[i]] || say("at_sea"),
            numberText(r.population[i], 1),
            ...chosen.map((k) =>
              r.minutes[k][i] < 0
                ? reasonText("reason_", r.reasons[-1 - r.minutes[k][i]])
                : minutesText(r.minutes[k][i]),
            ),
          ],
        })),
      ),
      kept.length > PAGE
        ? el(
            "p",
            { class: "row" },
            el(
              "button",
              { type: "button", disabled: start === 0, on: { click: () => show(start - PAGE) } },
              say("page_back"),
            ),
            say("page_of", { from: start + 1, to: Math.min(start + PAGE, kept.length), all: kept.length }),
            el(
              "button",
              { type: "button", disabled: start + PAGE >= kept.length, on: { click: () => show(start + PAGE) } },
              say("page_on"),
            ),
          )
        : "",
    );
  show(0);
  return box;
};

export const onOpening = (node, act) => {
  node.addEventListener("toggle", () => {
    if (node.open) setTimeout(act, 30);
  });
  return node;
};

// A section whose table is built when first opened, and again when a filter changes.
export const lateSection = (node, build) => {
  const box = node.lastElementChild;
  const fill = () => {
    if (!node.open || box.firstChild) return;
    box.append(build());
    if (!box.querySelector("[tabindex='0'],select,button")) {
      Object.assign(box, { tabIndex: 0, role: "region", ariaLabel: node.firstElementChild.textContent });
    }
  };
  node.addEventListener("toggle", fill);
  fill();
  page.lateSections.set(node.id, () => {
    box.replaceChildren();
    fill();
  });
  return node;
};

// The whole of coverage.csv and its two companions.
export const coverageTable = () => {
  const box = el("div", {}),
    heads = (kind) => [
      say(kind),
      ...["service", "group", "walker", "limit", "covered", "population", "share"].map((n) => say(n)),
    ];
  const wanted = (t, i) =>
    listed(t.category[i], -1, page.state.island) &&
    (!page.state.island ||
      (t.kind === "island"
        ? t.place[i] === page.state.island
        : t.kind === "village" || townshipsOn(page.state.island).has(t.code[i])));
  const show = (kind) => {
    const t = page.data.coverage.find((table) => table.kind === kind);
    const place = (i) => t.place[i] || townshipName(t.code[i]);
    fillNode(
      box,
      listTable(
        say("panel_coverage"),
        heads(kind === "variant" ? "township" : kind),
        t.code.flatMap((code, i) =>
          !wanted(t, i)
            ? []
            : [
                {
                  cells: [
                    el("bdi", {}, place(i)),
                    (page.data.categories[t.category[i]] || {}).name,
                    named("group_", t.group[i]),
                    named("walker_", t.profile[i]),
                    numberText(t.limit_min[i]),
                    numberText(t.covered[i], 1),
                    numberText(t.population[i], 1),
                    percentText(t.share[i]),
                  ],
                },
              ],
        ),
      ),
    );
  };
  show("township");
  return el(
    "div",
    {},
    el(
      "select",
      { "aria-label": say("coverage_of"), on: { change: (e) => show(e.target.value) } },
      page.data.coverage.map((t) => el("option", { value: t.kind }, say("coverage_" + t.kind))),
    ),
    box,
  );
};

// What is missing: a row per township and standard that is not met, as in missing.csv; a row shows its cell.
const missingList = () => {
  const { heads, rows } = page.data.missing,
    index = new Map(page.data.categories.map((category, i) => [category.id, i]));
  const kept = rows.filter((row) => listed(index.get(row.category), page.data.townships.code.indexOf(row.code), null));
  return listTable(
    say("panel_missing"),
    heads,
    kept.map((row) => ({ cells: row.cells, choose: () => goTownship(row.code) })),
  );
};

// What share of the inputs is surveyed, documented, derived or modelled.
const knownList = () => {
  const { heads, rows } = page.data.known || { heads: [], rows: [] };
  return rows.length ? plainTable(say("about_known"), heads, rows) : null;
};

export const aboutArea = () => {
  const a = page.data.area;
  return [
    definitions([
      [say("about_area"), `${a.name}（${a.id}）`],
      [say("about_as_of"), a.asOf],
      [say("about_run"), a.run],
      [say("about_crs"), a.crs],
      [say("about_limit"), say("legend_within", { n: a.limit })],
      [say("about_walkers"), page.data.categories.map((c) => `${c.name}：${c.walker}（${c.speed} m/s）`).join("；")],
      [say("about_status"), a.demonstration ? say("demonstration_line") : say("status_real")],
      [say("about_review"), a.review || say("internal")],
      [say("about_credits"), a.credits.join("；")],
    ]),
    knownList(),
    el("p", { class: "soft" }, say("about_method")),
  ];
};

export const syncCells = (state) => {
  /** @type {NodeListOf<HTMLElement>} */
  const cells = document.querySelectorAll("#verdict-table td.cell");
  for (const td of cells) {
    const chosen = Boolean(state.cell) && td.dataset.code === state.cell[0] && td.dataset.key === state.cell[1];
    td.classList.toggle("chosen", chosen);
    td.setAttribute("aria-selected", String(chosen));
  }
};

let filtered = "";
export const syncFilters = (state) => {
  const now = [state.service, state.verdict, state.island].join("|");
  if (now === filtered) return;
  filtered = now;
  for (const name of ["service", "verdict", "island"]) {
    const box = /** @type {HTMLSelectElement} */ (document.getElementById("filter-" + name));
    if (box) box.value = state[name];
  }
  page.fillVerdicts();
  for (const refill of page.lateSections.values()) refill();
};
