// Search by name, pinyin initials or pinyin; arrow keys choose, Enter goes there.
const searchName = (kind, i) => (kind === "s" ? A.data.streets.name.values[i] : { f: A.data.facilities, t: A.data.townships, v: A.data.villages, i: A.data.islands }[kind].name[i]);

A.find = (text) => {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  const scored = [];
  for (const [kind, i, keys] of A.data.search) {
    const name = searchName(kind, i).toLowerCase(), [initials = "", full = ""] = keys.split(" ");
    const at = name.indexOf(wanted);
    const score = at === 0 ? 0 : at > 0 ? 1 : initials.startsWith(wanted) ? 2 : full.startsWith(wanted) ? 3 : initials.includes(wanted) ? 4 : full.includes(wanted) ? 5 : -1;
    if (score >= 0) scored.push([score, "tivfs".indexOf(kind), kind, i]);
  }
  return scored.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[3] - b[3]).slice(0, 12);
};

A.goFound = (kind, i) => {
  if (kind === "f") A.goFacility(i);
  else if (kind === "v") A.goVillage(i);
  else if (kind === "i") A.goIsland(i);
  else if (kind === "s") A.goStreet(i);
  else A.chooseCell(A.data.townships.code[i], "", true);
};

A.searchBox = () => {
  const results = A.el("ul", { id: "found", role: "listbox", hidden: true, "aria-label": A.w("search_results") });
  let found = [], at = -1;
  const mark = () => [...results.children].forEach((item, i) => item.setAttribute("aria-selected", i === at ? "true" : "false"));
  const close = () => { results.hidden = true; input.setAttribute("aria-expanded", "false"); };
  const go = (i) => { if (!found[i]) return; close(); input.value = searchName(found[i][2], found[i][3]); A.goFound(found[i][2], found[i][3]); };
  const show = () => {
    found = A.find(input.value);
    at = found.length ? 0 : -1;
    A.fill(results, found.length ? found.map(([, , kind, i], k) => A.el("li", { role: "option", id: "found-" + k, on: { mousedown: (e) => { e.preventDefault(); go(k); } } },
      A.el("span", { class: "soft" }, A.w("find_" + kind)), " ", A.el("bdi", {}, searchName(kind, i)))) : input.value ? [A.el("li", {}, A.w("nothing_found"))] : []);
    results.hidden = !input.value;
    input.setAttribute("aria-expanded", String(!results.hidden));
    mark();
  };
  const input = A.el("input", {
    type: "search", id: "search", role: "combobox", "aria-controls": "found", "aria-expanded": "false", autocomplete: "off",
    placeholder: A.w("search_hint"), "aria-label": A.w("search"),
    on: {
      input: show, blur: close,
      keydown: (event) => {
        if (event.key === "Enter") go(at);
        else if (event.key === "Escape") close();
        else if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); at = Math.max(0, Math.min(found.length - 1, at + (event.key === "ArrowDown" ? 1 : -1))); mark(); }
      },
    },
  });
  return A.el("div", { class: "search" }, input, results);
};

A.jumpBox = () => {
  const { townships, islands } = A.data;
  const option = (value, text) => A.el("option", { value }, text);
  return A.el("select", { id: "jump", "aria-label": A.w("jump"), on: { change: (event) => {
    const [kind, i] = [event.target.value[0], Number(event.target.value.slice(1))];
    if (kind === "a") A.goAll();
    else if (kind === "t") fly(A.townshipBox(i));
    else if (kind === "i") A.goIsland(i);
  } } }, option("", A.w("jump")), option("a", A.w("whole", { area: A.data.area.name })),
  A.el("optgroup", { label: A.w("township") }, townships.name.map((n, i) => option("t" + i, n))),
  A.el("optgroup", { label: A.w("island") }, islands.name.map((n, i) => option("i" + i, n))));
};
