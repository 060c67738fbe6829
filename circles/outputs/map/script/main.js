// Putting the page together.
import { ownCircle } from "./circle.js";
import { chooseCell } from "./detail.js";
import { scenarioText } from "./drafts.js";
import { layered } from "./form.js";
import { shapesOf } from "./geometry.js";
import { pathTo, pieceOf, placeOf, secondsAt, spreadFrom, walkedGraph } from "./network.js";
import { page, take } from "./page.js";
import { changeMark } from "./paint_places.js";
import { buildPanel } from "./panel.js";
import { mapPicture } from "./picture.js";
import { goFacility, goResident, goTownship, hitAt, onClick, reopen } from "./places.js";
import { frameOf, printBox } from "./paper.js";
import { installPrint, preparePrint, printedPages } from "./print.js";
import { findNames } from "./search.js";
import { buildMap } from "./sheet.js";
import { readHash, setDefaults, setState } from "./state.js";
import { percentText } from "./text.js";
import { shownVerdict } from "./verdicts.js";
import { compareDraft, countedOf, draftRows, everybody, syncDraft } from "./whatif.js";
import { snapTo, toNearest } from "./why.js";
import { mostChanged, useWorld } from "./worlds.js";

/** The base64 of a layer, as the page carries it. */
const textOf = (name) => document.getElementById("layer-" + name).textContent;

// What tests and curious readers reach from the console.
const outside = {
  page,
  walkedGraph,
  placeOf,
  pieceOf,
  pathTo,
  spreadFrom,
  secondsAt,
  everybody,
  compareDraft,
  countedOf,
  toNearest,
  chooseCell,
  hitAt,
  onClick,
  changeMark,
  snapTo,
  goFacility,
  goResident,
  printBox,
  frameOf,
  ownCircle,
  draftRows,
  scenarioText,
  setState,
  mapPicture,
  printedPages,
  preparePrint,
  findNames,
  percentText,
  shownVerdict,
  get way() {
    return page.way;
  },
  get data() {
    return page.data;
  },
  get shapes() {
    return page.shapes;
  },
  get map() {
    return page.map;
  },
  get state() {
    return page.state;
  },
  get draft() {
    return page.draft;
  },
  get readyMs() {
    return page.readyMs;
  },
};

// A comparison opens on the service and the township where most people were gained or lost.
const showsMost = ({ category }) => {
  page.data.categories.forEach((c, i) => {
    page.state.on["gap." + i] = i === category;
  });
  page.state.circle = category;
};

const boot = async () => {
  const { layers } = JSON.parse(document.getElementById("data").textContent);
  const { data, ahead } = layered(layers, textOf);
  await ahead(layers.filter((name) => !LATER.includes(name)));
  take(data);
  // Names are measured and drawn on a canvas, which waits for no font; it is on the machine or not there at all.
  await document.fonts.load("bold 13px Marks", "ż").catch(() => []);
  page.shapes = shapesOf(data, !layers.includes("before"));
  setDefaults();
  const startView = readHash();
  useWorld(page.state.side);
  buildPanel();
  if (startView || page.state.cell || page.state.facility >= 0 || page.state.at) page.state.overview = false;
  const most = page.state.side === "difference" && !startView && !location.hash ? mostChanged() : null;
  if (most) showsMost(most);
  const isOverview = page.state.overview;
  buildMap(startView);
  page.state.overview = isOverview;
  page.listeners.push(syncDraft);
  setState({});
  reopen(startView);
  if (most) goTownship(most.code);
  addEventListener("hashchange", () => {
    const was = page.state.side,
      view = readHash();
    if (page.state.side !== was) {
      useWorld(page.state.side);
      buildPanel();
    }
    if (view) page.state.overview = false;
    if (view) page.map.setView([view[1], view[2]], view[0], { animate: false });
    setState({});
    reopen(view);
  });
  installPrint();
  if (location.hash.includes("print=1")) preparePrint();
  page.readyMs = performance.now();
  document.documentElement.dataset.ready = "yes";
};

// Layers that the first screen does not show: decoded when somebody asks for them.
const LATER = ["walked", "coverage", "search", "homophones", "before", "difference"];

window.circles_atlas = outside;
boot().catch((error) => {
  const note = document.getElementById("loading");
  if (note) note.textContent = note.dataset.failed;
  throw error;
});
