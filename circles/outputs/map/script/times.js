// The hour of a week and the journey by boat that the map shows: what is shut goes grey, circles and people follow the hour.
import { paintOwnCircle } from "./circle.js";
import { el, fillNode } from "./dom.js";
import { toX, toY } from "./geometry.js";
import { page } from "./page.js";
import { setState } from "./state.js";
import { INK } from "./symbols.js";
import { listTable } from "./tables.js";
import { numberText, percentText, say } from "./text.js";
import { roving } from "./verdicts.js";

const SHUT = 0,
  OPEN = 2;
export const BOAT_BREAKS = [60, 120, 180, 360];

/** 0 shut, 1 unknown, 2 open; open where no hour is chosen. @param {number} i a facility */
export const doorOf = (i) => {
  const t = page.data.times;
  return !t || page.state.hour < 0 ? OPEN : t.state[page.state.hour * page.data.facilities.name.length + i];
};

export const isShut = (i) => doorOf(i) === SHUT;

/** Minutes in hundredths that people's dots show, -1 for none; null where nothing is chosen. @param {number} category */
export const shownMinutes = (category) => {
  const { times, boats, residents } = page.data,
    { hour, boat } = page.state;
  if (boats && boat >= 0) return boats.journeys[boat].minutes;
  if (category < 0) return null;
  const own = times && hour >= 0 ? times.minutes[category] : [];
  return own.length ? own[times.at[category][hour]] : residents.minutes[category];
};

export const shownBreaks = () => (page.data.boats && page.state.boat >= 0 ? BOAT_BREAKS : page.data.area.breaks);

/** The circles of the places open at the chosen hour; false where none is chosen. */
export const paintOpenCircles = (ctx, v, state) => {
  if (state.hour < 0 || !page.data.times || !page.data.walked) return false;
  const { category, counted } = page.data.facilities;
  category.forEach((c, i) => {
    if (c === state.circle && counted[i] && doorOf(i) === OPEN) paintOwnCircle(ctx, v, i);
  });
  return true;
};

/** Piers, where a journey by boat is shown. */
export const paintPiers = (ctx, v, state) => {
  if (!page.data.boats || state.boat < 0) return;
  for (const pier of page.data.boats.piers) {
    if (!pier.at) continue;
    const px = toX(pier.at[0]) * v.k - v.ox,
      py = toY(pier.at[1]) * v.k - v.oy;
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.rect(px - 5, py - 5, 10, 10);
    ctx.fillStyle = "#fff";
    ctx.fill();
    ctx.lineWidth = 2.5;
    ctx.strokeStyle = INK.met;
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(px, py, 1.8, 0, 7);
    ctx.fillStyle = INK.met;
    ctx.fill();
  }
};

const option = (value, text, chosen) => el("option", { value, selected: value === chosen }, text);

export const timePanel = () => {
  const day = el(
    "select",
    { id: "time-day" },
    option(-1, say("time_any"), page.state.hour < 0 ? -1 : null),
    [0, 1, 2, 3, 4, 5, 6].map((d) => option(d, say("weekday_" + (d + 1)), Math.floor(page.state.hour / 24))),
  );
  const hour = el("input", {
    id: "time-hour",
    type: "range",
    min: 0,
    max: 23,
    step: 1,
    value: page.state.hour < 0 ? 10 : page.state.hour % 24,
  });
  const note = el("p", { class: "soft", "aria-live": "polite" });
  const show = () => {
    const f = page.data.facilities,
      chosen = page.state.hour >= 0;
    hour.disabled = !chosen;
    const count = (wanted) => f.name.reduce((n, name, i) => n + (f.counted[i] && doorOf(i) === wanted ? 1 : 0), 0);
    fillNode(
      note,
      chosen
        ? say("time_note", { hour: page.state.hour % 24, open: count(OPEN), shut: count(SHUT), unknown: count(1) })
        : say("time_none"),
    );
  };
  const change = () => {
    setState({ hour: Number(day.value) < 0 ? -1 : Number(day.value) * 24 + Number(hour.value), boat: -1 });
    show();
  };
  for (const control of [day, hour]) control.addEventListener("input", change);
  show();
  return [
    el("p", { class: "row" }, el("label", { for: "time-day" }, say("time_day"), " "), day),
    el("p", { class: "row" }, el("label", { for: "time-hour" }, say("time_hour"), " "), hour),
    note,
    el("p", { class: "soft" }, say("time_week", { monday: page.data.times.monday })),
  ];
};

export const boatPanel = () => {
  const { journeys, piers, example } = page.data.boats,
    box = el("div", {});
  const choice = el(
    "select",
    { id: "boat-journey" },
    option(-1, say("boat_none"), page.state.boat),
    journeys.map((j, i) => option(i, `${j.name} · ${j.moment}`, page.state.boat)),
  );
  const show = () => {
    const journey = journeys[page.state.boat];
    fillNode(
      box,
      journey
        ? listTable(
            say("panel_boats"),
            ["boat_place", "boat_people", "boat_reached", "boat_same_day", "boat_minutes", "boat_days"].map((k) =>
              say(k),
            ),
            journey.places.map(([level, name, people, reached, sameDay, minutes, days]) => ({
              cells: [
                level === "all" ? el("b", {}, say("total")) : name,
                numberText(people, 1),
                numberText(reached, 1),
                numberText(sameDay, 1),
                minutes === null ? "–" : numberText(minutes, 0),
                percentText(days),
              ],
            })),
          )
        : "",
    );
  };
  choice.addEventListener("input", () => {
    setState({ boat: Number(choice.value), hour: -1 });
    show();
  });
  show();
  const timetables = el(
    "div",
    {},
    piers.map((pier) =>
      el(
        "details",
        {},
        el("summary", {}, pier.name),
        listTable(
          pier.name,
          ["boat_departs", "boat_line", "boat_to", "boat_runs"].map((k) => say(k)),
          pier.rows.map((cells) => ({ cells })),
        ),
      ),
    ),
  );
  roving(timetables, "summary");
  return [
    example ? el("p", { class: "demo" }, say("boats_example")) : "",
    el("p", { class: "row" }, el("label", { for: "boat-journey" }, say("boat_journey"), " "), choice),
    el("div", { class: "scroll", role: "region", "aria-label": say("panel_boats") }, box),
    timetables,
  ];
};
