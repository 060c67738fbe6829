// Search by name, pinyin initials or pinyin; arrow keys choose, Enter goes there.
import { chooseCell } from "./detail.js";
import { el, fillNode } from "./dom.js";
import { findIn, indexOf, soundsOf } from "./find.js";
import { page } from "./page.js";
import { fly, goFacility, goIsland, goStreet, goVillage, goWhole, townshipBox } from "./places.js";
import { say } from "./text.js";

const searchName = (kind, i) =>
  kind === "s"
    ? page.data.streets.name.values[i]
    : { f: page.data.facilities, t: page.data.townships, v: page.data.villages, i: page.data.islands }[kind].name[i];

const indexes = new WeakMap();

// The index of the names, made when somebody first types.
const indexed = () => {
  const { search, facilities, townships, villages, categories, homophones } = page.data;
  if (!indexes.has(search)) {
    const context = (kind, i) =>
      kind === "f"
        ? `${townships.name[facilities.township[i]] || ""} ${(categories[facilities.category[i]] || { name: "" }).name} ${facilities.kind[i]}`
        : kind === "v"
          ? townships.name[townships.code.indexOf(villages.township[i])] || ""
          : "";
    indexes.set(search, {
      index: indexOf(
        search.map(([kind, i, keys]) => ({ kind, i, keys, name: searchName(kind, i), context: context(kind, i) })),
      ),
      sounds: soundsOf(homophones || {}),
    });
  }
  return indexes.get(search);
};

/** The places a text may mean, best first: {found: [{kind, i}], isGuess}. @param {string} text */
export const findNames = (text) => {
  const { index, sounds } = indexed();
  return findIn(index, text, sounds);
};

export const goFound = (kind, i) => {
  if (kind === "f") goFacility(i);
  else if (kind === "v") goVillage(i);
  else if (kind === "i") goIsland(i);
  else if (kind === "s") goStreet(i);
  else chooseCell(page.data.townships.code[i], "", true);
};

export const searchBox = () => {
  const results = el("ul", { id: "found", role: "listbox", hidden: true, "aria-label": say("search_results") });
  /** @type {{kind: string, i: number}[]} */
  let found = [];
  let at = -1;
  const mark = () =>
    [...results.children].forEach((item, i) => item.setAttribute("aria-selected", i === at ? "true" : "false"));
  const close = () => {
    results.hidden = true;
    input.setAttribute("aria-expanded", "false");
  };
  const go = (i) => {
    if (!found[i]) return;
    close();
    input.value = searchName(found[i].kind, found[i].i);
    goFound(found[i].kind, found[i].i);
  };
  const show = () => {
    const answer = findNames(input.value);
    found = answer.found;
    at = found.length ? 0 : -1;
    fillNode(
      results,
      found.length
        ? found.map(({ kind, i }, k) =>
            el(
              "li",
              {
                role: "option",
                id: "found-" + k,
                on: {
                  mousedown: (e) => {
                    e.preventDefault();
                    go(k);
                  },
                },
              },
              el("span", { class: "soft" }, answer.isGuess && !k ? say("did_you_mean") + " " : "", say("find_" + kind)),
              " ",
              el("bdi", {}, searchName(kind, i)),
            ),
          )
        : input.value
          ? [el("li", {}, say("nothing_found"))]
          : [],
    );
    results.hidden = !input.value;
    input.setAttribute("aria-expanded", String(!results.hidden));
    mark();
  };
  const input = el("input", {
    type: "search",
    id: "search",
    role: "combobox",
    "aria-controls": "found",
    "aria-expanded": "false",
    autocomplete: "off",
    placeholder: say("search_hint"),
    "aria-label": say("search"),
    on: {
      input: show,
      blur: close,
      keydown: (event) => {
        if (event.key === "Enter") go(at);
        else if (event.key === "Escape") close();
        else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
          event.preventDefault();
          at = Math.max(0, Math.min(found.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)));
          mark();
        }
      },
    },
  });
  return el("div", { class: "search" }, input, results);
};

export const jumpBox = () => {
  const { townships, islands } = page.data;
  const option = (value, text) => el("option", { value }, text);
  return el(
    "select",
    {
      id: "jump",
      "aria-label": say("jump"),
      on: {
        change: (event) => {
          const [kind, i] = [event.target.value[0], Number(event.target.value.slice(1))];
          if (kind === "a") goWhole();
          else if (kind === "t") fly(townshipBox(i));
          else if (kind === "i") goIsland(i);
        },
      },
    },
    option("", say("jump")),
    option("a", say("whole", { area: page.data.area.name })),
    el(
      "optgroup",
      { label: say("township") },
      townships.name.map((n, i) => option("t" + i, n)),
    ),
    el(
      "optgroup",
      { label: say("island") },
      islands.name.map((n, i) => option("i" + i, n)),
    ),
  );
};
