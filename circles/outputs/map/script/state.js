// What is shown, kept in the address after '#', so that a link opens the same view; works from file://.
import { draftsText, readDrafts } from "./drafts.js";
import { page } from "./page.js";

export const layerNames = () => [
  ...page.data.categories.map((c, i) => "facility." + i),
  ...page.data.categories.map((c, i) => "gap." + i),
  ...(page.data.area.tianditu ? ["tianditu"] : []),
  "verdicts",
  "boundaries",
  "streets",
  "residents",
  ...(page.data.certainty ? ["certainty"] : []),
  "names",
];

export const setDefaults = () => {
  for (const layer of layerNames()) page.state.on[layer] = !layer.startsWith("gap.") && layer !== "certainty";
  const first = page.data.verdicts.rows.length ? page.data.verdicts.rows[0].shown.findIndex((v) => v === "not_met") : 0;
  page.state.circle = page.data.categories.length ? Math.max(0, Math.min(first, page.data.categories.length - 1)) : -1;
  page.state.on["gap." + page.state.circle] = true;
  page.state.side = page.difference ? "difference" : "after";
  page.state.overview = page.data.frames.length > 1 && !page.difference;
};

export const setState = (change) => {
  Object.assign(page.state, change);
  for (const listener of page.listeners) listener(page.state);
  writeHash();
};

// Shows one service's circle and its gaps, the others' gaps not.
export const showService = (circle) => {
  page.data.categories.forEach((c, i) => {
    page.state.on["gap." + i] = i === circle;
  });
  setState({ circle, facility: -1, gap: -1 });
};

export const writeHash = () => {
  if (!page.map) return;
  const c = page.map.getCenter(),
    s = page.state,
    all = layerNames(),
    id = (i) => (page.data.categories[i] ? page.data.categories[i].id : "");
  const parts = {
    map: s.overview ? "" : `${page.map.getZoom()}/${c.lat.toFixed(5)}/${c.lng.toFixed(5)}`,
    circle: id(s.circle),
    off: all.filter((l) => !l.startsWith("gap.") && l !== "certainty" && !s.on[l]).join(","),
    gaps: all.filter((l) => l.startsWith("gap.") && s.on[l]).join(","),
    certainty: s.on.certainty ? "1" : "",
    cell: s.cell ? s.cell.join("|") : "",
    facility: s.facility >= 0 ? page.data.facilities.id[s.facility] : "",
    side: page.worlds.before ? s.side : "",
    service: s.service,
    verdict: s.verdict,
    island: s.island,
    drafts: draftsText(),
    hour: s.hour >= 0 ? String(s.hour) : "",
    boat: s.boat >= 0 ? String(s.boat) : "",
    at: s.at ? s.at.map((v) => v.toFixed(5)).join("/") : "",
  };
  const text = Object.entries(parts)
    .filter(([name, value]) => value || name === "off" || name === "gaps")
    .map(([name, value]) => name + "=" + encodeURIComponent(value).replaceAll("%2F", "/").replaceAll("%2C", ","))
    .join("&");
  if ("#" + text !== location.hash) history.replaceState(null, "", "#" + text);
};

export const readHash = () => {
  const parts = new Map(
    location.hash
      .slice(1)
      .split("&")
      .map((part) => {
        const [name, value = ""] = part.split("=");
        try {
          return [name, decodeURIComponent(value)];
        } catch {
          return [name, ""];
        }
      }),
  );
  const s = page.state,
    all = layerNames();
  if (parts.has("off")) {
    for (const l of all) {
      if (!l.startsWith("gap.") && l !== "certainty") s.on[l] = !parts.get("off").split(",").includes(l);
    }
  }
  if (parts.has("gaps")) {
    for (const l of all) if (l.startsWith("gap.")) s.on[l] = parts.get("gaps").split(",").includes(l);
  }
  if (page.data.certainty) s.on.certainty = parts.get("certainty") === "1";
  if (parts.has("circle")) s.circle = page.data.categories.findIndex((c) => c.id === parts.get("circle"));
  if (parts.has("facility")) s.facility = page.data.facilities.id.indexOf(parts.get("facility"));
  const cell = (parts.get("cell") || "").split("|");
  if (cell.length === 2 && page.data.verdicts.rows.some((r) => r.code === cell[0])) s.cell = [cell[0], cell[1]];
  if (page.worlds.before && ["before", "after", "difference"].includes(parts.get("side"))) s.side = parts.get("side");
  readDrafts(parts.get("drafts"));
  const only = (name, known) => {
    if (known.includes(parts.get(name) || "")) s[name] = parts.get(name) || "";
  };
  only("service", ["", ...page.data.verdicts.columns.map((c) => c.key)]);
  only("verdict", ["", "met", "not_met", "no_data"]);
  only("island", ["", ...page.data.islands.name]);
  const count = (name, most) => {
    const n = parts.has(name) ? Number(parts.get(name)) : -1;
    s[name] = Number.isInteger(n) && n >= 0 && n < most ? n : -1;
  };
  count("hour", page.data.times ? 168 : 0);
  count("boat", page.data.boats ? page.data.boats.journeys.length : 0);
  const at = (parts.get("at") || "").split("/").map(Number);
  s.at = at.length === 2 && at.every(Number.isFinite) ? [at[0], at[1]] : null;
  const view = (parts.get("map") || "").split("/").map(Number);
  return view.length === 3 && view.every(Number.isFinite) ? view : null;
};
