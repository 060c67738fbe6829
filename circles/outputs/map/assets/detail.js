// What stands behind a cell, a facility or a place: the rule and its source, who and how many, and the gaps.
A.chooseCell = (code, key, zoom) => {
  const single = A.data.categories.findIndex((c) => c.id === key);
  if (single >= 0) A.data.categories.forEach((c, i) => { A.state.on["gap." + i] = i === single; });
  A.way = null;
  A.set({ cell: [code, key], gap: -1, facility: -1, at: null, ...(single >= 0 ? { circle: single } : {}) });
  if (zoom) A.goTownship(code);
  A.showDetail(A.cellDetail(code, key));
};

// What stands behind a verdict besides its rule: how sure it is, the least that would turn it, capacity, poverty.
A.extraFacts = (code, key) => {
  const own = A.data.verdicts.more.filter(([township, category]) => township === code && (key ? category === key : true));
  const titles = [...new Set(own.map((note) => note[2]))];
  return titles.map((title) => A.el("div", { class: "check" }, A.el("h4", {}, title), own.filter((note) => note[2] === title).map(([, category, , text]) => {
    const column = key ? null : A.data.verdicts.columns.find((c) => c.key === category);
    return A.el("p", {}, column ? A.el("b", {}, column.all.join("+") + "：") : "", text);
  })));
};

A.showDetail = (content) => {
  const box = document.getElementById("detail");
  A.fill(box, content);
  box.hidden = false;
  if (innerWidth > 700) box.scrollIntoView({ block: "nearest" });
};

A.cellDetail = (code, key) => {
  if (A.state.side === "difference") return A.differenceDetail(code, key);
  const { checks, columns, rules } = A.data.verdicts, column = columns.find((c) => c.key === key);
  const own = checks.filter((c) => c.township_code === code && (key ? c.category === key : true) && c.rule_id !== "overall");
  const parts = own.map((check) => {
    const rule = rules[check.rule_id] || {};
    return A.el("div", { class: "check" },
      A.el("p", { class: "line" }, A.badge(check.verdict), " ", A.el("b", {}, A.verdictText(check.verdict)), " · ", rule.measure || check.measure,
        key ? "" : " · " + (columns.find((c) => c.key === check.category) || { all: [check.category] }).all.join("+")),
      A.definitions([
        [A.w("value"), `${A.value(check)}（${A.w("threshold")} ${rule.isShare ? A.percent(check.threshold) : A.number(check.threshold, 2)}）`],
        [A.w("fraction"), `${A.number(check.numerator, 1)} / ${A.number(check.denominator, 1)} ${A.unitOf(check)}`],
        [A.w("shortfall"), check.shortfall === null ? A.w("unknown") : A.shortfall(check)],
        [A.w("group"), rule.group ? A.named("group_", rule.group) : ""],
        [A.w("rule"), `${check.rule_id}（${rule.status || check.rule_status}）`],
        [A.w("source"), rule.source || ""],
      ]));
  });
  const head = A.el("h3", {}, `${A.township(code)} · ${column ? column.all.join(" + ") : A.w("overall")}`);
  const note = A.data.area.demonstration ? A.el("p", { class: "demo" }, A.w("demonstration_verdict")) : null;
  return [head, note, parts.length ? parts : A.el("p", {}, A.w("verdict_no_rule")), A.extraFacts(code, key), A.coverageOf(code, key), A.gapsOf(code, key)];
};

A.coverageOf = (code, key) => {
  const c = A.data.categories.findIndex((item) => item.id === key);
  if (c < 0) return null;
  const rows = [];
  for (const table of A.data.coverage.filter((t) => t.kind === "township" || t.kind === "variant")) {
    table.code.forEach((own, i) => {
      if (own !== code || table.category[i] !== c || (table.kind === "variant" && table.group[i] !== "population")) return;
      rows.push({ cells: [A.named("group_", table.group[i]), A.named("walker_", table.profile[i]), A.number(table.limit_min[i]),
        A.number(table.covered[i], 1), A.number(table.population[i], 1), A.percent(table.share[i])] });
    });
  }
  return rows.length ? A.el("details", {}, A.el("summary", {}, A.w("coverage")),
    A.list(A.w("coverage"), ["group", "walker", "limit", "covered", "population", "share"].map((n) => A.w(n)), rows)) : null;
};

A.gapRow = (i) => {
  const g = A.data.gaps;
  return { choose: () => A.goGap(i), cells: [A.data.categories[g.category[i]] ? A.data.categories[g.category[i]].name : "",
    A.data.townships.name[g.township[i]] || A.w("township_NONE"), A.number(g.population[i], 1), g.median[i] === null ? "–" : A.number(g.median[i], 1), A.named("reason_", g.reason[i])] };
};
A.gapHeads = () => ["service", "township", "gap_people", "gap_median", "gap_reason"].map((n) => A.w(n, { unit: A.data.area.unit }));

A.gapsOf = (code, key) => {
  const g = A.data.gaps, t = A.data.townships.code.indexOf(code), keys = key.split("+");
  const found = g.id.map((own, i) => i).filter((i) => g.township[i] === t && (!key || (A.data.categories[g.category[i]] && keys.includes(A.data.categories[g.category[i]].id))));
  if (!found.length) return A.el("p", {}, A.w("no_gaps"));
  return A.el("details", { open: true }, A.el("summary", {}, A.w("gaps_count", { n: found.length })), A.list(A.w("panel_gaps"), A.gapHeads(), found.map(A.gapRow)));
};

A.facilityDetail = (i) => {
  const f = A.data.facilities, category = A.data.categories[f.category[i]];
  return [
    A.el("h3", {}, A.el("bdi", {}, f.name[i])),
    A.definitions([
      [A.w("service"), category ? category.name : ""], [A.w("kind"), f.kind[i]],
      [A.w("status"), A.named("status_", f.status[i]) + (f.counted[i] ? "" : "（" + A.w("not_counted") + "）")],
      [A.w("capacity"), f.capacity[i] === null ? A.w("unknown") : A.number(f.capacity[i]) + " " + (category ? category.unit : "")],
      [A.w("township"), A.data.townships.name[f.township[i]] || A.w("township_NONE")], [A.w("island"), f.island[i]],
      [A.w("service_mode"), A.named("mode_", f.service_mode[i])], [A.w("opening_hours"), f.opening_hours[i]], [A.w("opened_on"), f.opened_on[i]],
      [A.w("position"), A.named("position_", f.position[i]) + (f.position_accuracy_m[i] === null ? "" : `（±${A.number(f.position_accuracy_m[i], 0)} m）`)],
      [A.w("leg"), f.leg_m[i] === null ? (f.reason[i] ? A.named("reason_", f.reason[i]) : "") : A.number(f.leg_m[i], 1) + " m"],
      [A.w("source"), f.source[i]], [A.w("reported_by"), f.reported_by[i]], [A.w("updated_on"), f.updated_on[i]], [A.w("id"), f.id[i]],
    ]),
    A.insideTable(i),
  ];
};

A.residentDetail = (i) => {
  const r = A.data.residents, f = A.data.facilities;
  const rows = A.data.categories.map((category, c) => {
    const m = r.minutes[c][i], nearest = r.nearest[c][i];
    const within = m >= 0 && m <= A.data.area.limit * 100;
    return { cells: [category.name, m < 0 ? "–" : A.minutes(m),
      m < 0 ? A.named("why_", r.reasons[-1 - m]) : nearest >= 0 ? [A.el("bdi", {}, f.name[nearest]), within ? "" : " · " + A.w("beyond")] : ""],
    choose: nearest >= 0 && A.data.walked ? () => {
      const joined = A.walked().residents[A.data.walked.walkers[c]], p = A.shapes.residents;
      A.showPath(A.path(A.placeOf(joined, i), [p.x[i], p.y[i]], nearest, c), c, m);
    } : undefined };
  });
  const village = A.data.villages.name[r.village[i]] || "";
  return [
    A.el("h3", {}, `${A.data.townships.name[r.township[i]] || A.w("township_NONE")} ${village}`.trim()),
    A.el("p", {}, `${r.island.values[r.island.at[i]] || A.w("at_sea")} · ${A.people(r.population[i] === null ? 0 : r.population[i])}`),
    A.list(A.w("minutes_to"), [A.w("service"), A.w("walk"), A.w("nearest_or_why")], rows),
  ];
};
