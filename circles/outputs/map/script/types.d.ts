// The shapes of what the script's modules share; JSDoc comments refer to them. circles/outputs/map/payload.py writes the payload.

/** Missing numbers are null in lists and NaN in typed arrays. */
export type Numbers = Float64Array | Float32Array | Int32Array | Int16Array | Int8Array;
export type Nullable = (number | null)[];
/** west, south, east, north in degrees */
export type Degrees = [number, number, number, number];

/** Parts per geometry, points per part, and differences in 1e-5 degrees: lon lat lon lat … */
export interface Packed {
  g: Numbers;
  n: Numbers;
  d: Numbers;
}

/** Mercator coordinates between 0 and 1; boxes are w n e s. */
export interface Points {
  x: Float64Array;
  y: Float64Array;
  count: number;
}
export interface Shapes extends Points {
  point: Int32Array;
  part: Int32Array;
  box: Float64Array;
  partBox: Float64Array;
}

export interface Category {
  id: string;
  name: string;
  shape: string;
  colour: string;
  unit: string;
  walker: string;
  profile: string;
  speed: number;
}

export interface Check {
  township_code: string;
  township: string;
  rule_id: string;
  category: string;
  measure: string;
  numerator: number | null;
  denominator: number | null;
  value: number | null;
  threshold: number;
  verdict: string;
  walked_value?: number | null;
  shortfall: number | null;
  rule_status: string;
}

export interface Rule {
  name?: string;
  /** how it measures where not in minutes */
  within?: string;
  measure: string;
  isShare: boolean;
  kind: string;
  group: string;
  limit: number;
  source: string;
  status: string;
  state: string;
  threshold: number;
}

export interface VerdictRow {
  code: string;
  name: string;
  overall: string;
  cells: number[][];
  shown: string[];
}

/** A row of the program's statement: a township, or the county (ALL), and a category. */
export interface Cell {
  code: string;
  name: string;
  category: string;
  rule_id: string;
  measure: string;
  group: string;
  numerator: number | null;
  denominator: number | null;
  value: number | null;
  is_share: boolean;
  threshold: number | null;
  rule_status: string;
  uncovered: number | null;
  needed: number | null;
  verdict: string;
  word: string;
  symbol: string;
  colour: string;
  order: number;
  place: string;
  text: string;
  cell: string;
  said: string;
  base: string;
  bar: string;
}
export interface Head {
  category: string;
  name: string;
  group: string;
  measure: string;
  thresholds: [string, number][];
  is_share: boolean;
  base: string;
  bars: string[];
  text: string;
}
export interface Town {
  code: string;
  name: string;
  met: number;
  judged: number;
  below: number;
  verdict: string;
  word: string;
  order: number;
  text: string;
  said: string;
}
export interface Statement {
  headline: string;
  figures: { name: string; value: string; base: string }[];
  short: string;
  lines: string[];
  legend: string[];
  countyName: string;
  heads: Head[];
  towns: Town[];
  rows: Cell[];
  allKinds: number | null;
  noKind: number | null;
  people: number;
  below: string[];
  colours: Record<string, string>;
  county: {
    townships: number;
    met: string[];
    below: Record<string, number>;
    belowTowns: number;
    widest: string;
    largest: string;
  };
}
export interface Frame {
  islands: string[];
  box: Degrees;
  people: number;
}

export interface Area {
  id: string;
  name: string;
  asOf: string;
  demonstration: boolean;
  limit: number;
  breaks: number[];
  horizon: number;
  boundaries: boolean;
  review: string;
  crs: string;
  run: string;
  version: string;
  unit: string;
  credits: string[];
  bounds: Degrees;
  tianditu?: string;
  tiles: string;
}

export interface CoverageTable {
  kind: string;
  code: string[];
  place: string[];
  category: number[];
  profile: string[];
  group: string[];
  population: Nullable;
  covered: Nullable;
  share: Nullable;
  limit_min: Nullable;
}

/** Where places stand on the streets: street (-1: none), share of its length, seconds of the leg. */
export interface Snapped {
  edge: Int32Array | Int16Array | Int8Array;
  fraction: Float32Array;
  leg: Float32Array;
}

export interface Walked {
  nodes: number;
  tail: Numbers;
  head: Numbers;
  kind: Numbers;
  island: Numbers;
  tied: number[][];
  islands: string[];
  toFacility: boolean;
  walkers: number[];
  seconds: Float32Array[][];
  residents: Snapped[];
  facilities: Snapped[];
}

export interface Payload {
  lang: string;
  words: Record<string, string>;
  area: Area;
  categories: Category[];
  townships: {
    code: string[];
    name: string[];
    class: string[];
    box: (Degrees | null)[];
    at: ([number, number] | null)[];
    shape: Packed;
    borders: Packed;
  };
  islands: { name: string[]; box: (Degrees | null)[]; at: ([number, number] | null)[] };
  villages: { code: string[]; name: string[]; township: string[]; at: ([number, number] | null)[] };
  land: Packed;
  streets: { shape: Packed; highway: Indexed; name: Indexed };
  serviceAreas: { category: number[]; facility: number[]; limit: number[]; shape: Packed };
  gaps: {
    id: string[];
    category: number[];
    township: number[];
    population: Nullable;
    median: Nullable;
    reason: string[];
    box: (Degrees | null)[];
    shape: Packed;
  };
  facilities: Record<
    | "id"
    | "name"
    | "kind"
    | "island"
    | "status"
    | "service_mode"
    | "opened_on"
    | "opening_hours"
    | "updated_on"
    | "reported_by"
    | "source"
    | "position"
    | "reason",
    string[]
  > & {
    capacity: Nullable;
    position_accuracy_m: Nullable;
    leg_m: Nullable;
    category: number[];
    township: number[];
    counted: boolean[];
    at: Numbers;
    inside: { limits: number[]; groups: string[]; people: (number[] | null)[] } | null;
  };
  residents: {
    at: Numbers;
    population: Float64Array;
    groups: Record<string, Float64Array>;
    township: Numbers;
    village: Numbers;
    island: Indexed;
    minutes: Numbers[];
    nearest: Numbers[];
    reasons: string[];
  };
  coverage: CoverageTable[];
  verdicts: {
    columns: { key: string; name: string; all: string[] }[];
    rows: VerdictRow[];
    checks: Check[];
    rules: Record<string, Rule>;
    more: [string, string, string, string][];
  };
  statement: Statement;
  /** rows of missing.csv in words */
  missing?: { heads: string[]; rows: { code: string; category: string; cells: string[] }[] };
  /** how surely the inputs are known */
  known?: { heads: string[]; rows: string[][] };
  frames: Frame[];
  search: [string, number, string][];
  homophones?: Record<string, string>;
  walked: Walked | null;
  times?: Times;
  /** bounds of the words fair and high, percent; per category the percent of runs in which each resident is within the limit */
  certainty?: { bounds: [number, number]; within: Numbers[] };
  boats?: Boats;
  incomparable?: string[];
  before?: Less;
  difference?: Difference;
}

/** The hours of a week: per hour and facility 0 shut, 1 unknown, 2 open; per category which minutes hold. */
export interface Times {
  monday: string;
  state: Numbers;
  at: Numbers[];
  minutes: Numbers[][];
}

export interface Boats {
  journeys: {
    name: string;
    moment: string;
    minutes: Numbers;
    /** level, name, people, reached, home the same day, median minutes, share of days */
    places: [string, string, number, number, number, number | null, number | null][];
  }[];
  /** departs, line, to, days */
  piers: { name: string; at: [number, number] | null; rows: [string, string, string, string][] }[];
  example: boolean;
}

export interface Indexed {
  values: string[];
  at: Numbers;
}

/** What of a state before differs from the state after. */
export interface Less {
  is: Record<string, any>;
  within: Record<string, Less>;
}

export interface Difference {
  /** township, rule, row before, row after, change, sign */
  checks: [string, string, number, number, number | null, number][];
  coverage: Record<"code" | "group", string[]> &
    Record<"category" | "gained" | "lost", number[]> &
    Record<"population" | "before" | "after", Nullable>;
  changed: Numbers[];
  /** what happened, row before, row after */
  facilities: [string, number, number][];
  why: string[];
}

/** A place on the streets. */
export interface Place {
  edge: number;
  fraction: number;
  leg: number;
}
export interface Snap extends Place {
  x: number;
  y: number;
}
export interface DraftPlace extends Snap {
  category: number;
}

export interface Found {
  seconds: Float64Array;
  by: Int32Array;
  from: Int32Array;
  root: Int32Array;
  on: Map<number, number[]>;
}

export interface Graph {
  tail: Numbers;
  head: Numbers;
  first: Int32Array;
  edges: Int32Array;
  nodes: number;
  kind: Numbers;
  seconds: [Float32Array, Float32Array][];
  residents: Snapped[];
  facilities: Snapped[];
  island: Int32Array;
}

export interface Way {
  line: [number, number][];
  parts: Record<string, number>;
  seconds: number;
  facility: number;
}

export interface View {
  /** county, township, village or locator */
  level?: string;
  zoom: number;
  k: number;
  ox: number;
  oy: number;
  frame: number[];
  w: number;
  n: number;
  e: number;
  s: number;
}

export interface State {
  on: Record<string, boolean>;
  circle: number;
  facility: number;
  gap: number;
  /** township code and column key */
  cell: [string, string] | null;
  side: string;
  service: string;
  verdict: string;
  island: string;
  /** latitude, longitude */
  at: [number, number] | null;
  /** hour of the week from Monday 0:00, -1 = none */
  hour: number;
  /** which journey by boat, -1 = none */
  boat: number;
  /** the islands as small frames instead of the map */
  overview: boolean;
}

export interface Spot {
  w: number;
  n: number;
  e: number;
  s: number;
  count: number;
  /** resident points */
  places?: number;
  island?: number;
}

export interface DraftResult {
  gained: number;
  lost: number;
  towns: Map<number, [number, number]>;
  changed: Int8Array;
  after: Float64Array;
  /** group → township → gained, lost */
  byGroup: Map<string, Map<number, [number, number]>>;
}

export type PageShapes = Record<"land" | "townships" | "borders" | "streets" | "areas" | "gaps", Shapes> &
  Record<"facilities" | "residents", Points>;

export interface Page {
  /** one of `worlds`: the payload that is shown */
  data: Payload;
  worlds: { after: Payload; before: Payload | null };
  difference: Difference | null;
  shapes: PageShapes;
  spots: (Spot | null)[] | null;
  allSpots: Map<number, Spot>[] | null;
  way: Way | null;
  map: any;
  tip: HTMLElement | null;
  sheets: any[];
  redraw: () => void;
  fillVerdicts: () => void;
  readyMs: number;
  /** zoom at which the whole area fills the map */
  countyZoom: number;
  state: State;
  listeners: ((state: State) => void)[];
  draft: {
    added: DraftPlace[];
    removed: Set<number>;
    placing: boolean;
    name?: string;
    category: number;
    before: Map<number, Float64Array>;
    result: DraftResult | null;
    box?: HTMLElement;
  };
  lateSections: Map<string, () => void>;
}

declare global {
  /** the map that folium's shell makes */
  const circles_map: any;
  interface Window {
    circles_atlas: unknown;
  }
}
