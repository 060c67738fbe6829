// What is shown, kept in the address after '#', so that a link opens the same view; works from file://.
A.state = { on: {}, circle: -1, facility: -1, gap: -1, cell: null, side: "after", service: "", verdict: "", island: "", at: null };
A.listeners = [];

A.layers = () => [
  ...A.data.categories.map((c, i) => "facility." + i), ...A.data.categories.map((c, i) => "gap." + i),
  ...(A.data.area.tianditu ? ["tianditu"] : []), "verdicts", "boundaries", "streets", "residents", "names",
];

A.defaults = () => {
  for (const layer of A.layers()) A.state.on[layer] = !layer.startsWith("gap.");
  const first = A.data.verdicts.rows.length ? A.data.verdicts.rows[0].shown.findIndex((v) => v === "not_met") : 0;
  A.state.circle = A.data.categories.length ? Math.max(0, Math.min(first, A.data.categories.length - 1)) : -1;
  A.state.on["gap." + A.state.circle] = true;
  A.state.side = A.difference ? "difference" : "after";
};

A.set = (change) => {
  Object.assign(A.state, change);
  for (const listener of A.listeners) listener(A.state);
  A.writeHash();
};

// Shows one service's circle and its gaps, the others' gaps not.
A.showService = (circle) => {
  A.data.categories.forEach((c, i) => { A.state.on["gap." + i] = i === circle; });
  A.set({ circle, facility: -1, gap: -1 });
};

A.writeHash = () => {
  if (!A.map) return;
  const c = A.map.getCenter(), s = A.state, all = A.layers(), id = (i) => (A.data.categories[i] ? A.data.categories[i].id : "");
  const parts = {
    map: `${A.map.getZoom()}/${c.lat.toFixed(5)}/${c.lng.toFixed(5)}`, circle: id(s.circle),
    off: all.filter((l) => !l.startsWith("gap.") && !s.on[l]).join(","), gaps: all.filter((l) => l.startsWith("gap.") && s.on[l]).join(","),
    cell: s.cell ? s.cell.join("|") : "", facility: s.facility >= 0 ? A.data.facilities.id[s.facility] : "",
    side: A.worlds.before ? s.side : "", service: s.service, verdict: s.verdict, island: s.island, at: s.at ? s.at.map((v) => v.toFixed(5)).join("/") : "",
  };
  const text = Object.entries(parts).filter(([name, value]) => value || name === "off" || name === "gaps")
    .map(([name, value]) => name + "=" + encodeURIComponent(value).replaceAll("%2F", "/").replaceAll("%2C", ",")).join("&");
  if ("#" + text !== location.hash) history.replaceState(null, "", "#" + text);
};

A.readHash = () => {
  const parts = new Map(location.hash.slice(1).split("&").map((part) => {
    const [name, value = ""] = part.split("=");
    try { return [name, decodeURIComponent(value)]; } catch { return [name, ""]; }
  }));
  const s = A.state, all = A.layers();
  if (parts.has("off")) for (const l of all) if (!l.startsWith("gap.")) s.on[l] = !parts.get("off").split(",").includes(l);
  if (parts.has("gaps")) for (const l of all) if (l.startsWith("gap.")) s.on[l] = parts.get("gaps").split(",").includes(l);
  if (parts.has("circle")) s.circle = A.data.categories.findIndex((c) => c.id === parts.get("circle"));
  if (parts.has("facility")) s.facility = A.data.facilities.id.indexOf(parts.get("facility"));
  const cell = (parts.get("cell") || "").split("|");
  if (cell.length === 2 && A.data.verdicts.rows.some((r) => r.code === cell[0])) s.cell = cell;
  if (A.worlds.before && ["before", "after", "difference"].includes(parts.get("side"))) s.side = parts.get("side");
  const only = (name, known) => { if (known.includes(parts.get(name) || "")) s[name] = parts.get(name) || ""; };
  only("service", ["", ...A.data.verdicts.columns.map((c) => c.key)]);
  only("verdict", ["", "met", "not_met", "no_data"]);
  only("island", ["", ...A.data.islands.name]);
  const at = (parts.get("at") || "").split("/").map(Number);
  s.at = at.length === 2 && at.every(Number.isFinite) ? at : null;
  const view = (parts.get("map") || "").split("/").map(Number);
  return view.length === 3 && view.every(Number.isFinite) ? view : null;
};
