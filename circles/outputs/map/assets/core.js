// Foundations: the data, the texts, and building elements. Text reaches the page as text nodes only, never as markup.
const A = { data: JSON.parse(document.getElementById("data").textContent) };

// The state before, where there is one: what is not in it is as in the state after.
const merged = (after, less) => Object.fromEntries(Object.entries(after).map(([key, value]) => [
  key, Object.hasOwn(less.is, key) ? less.is[key] : Object.hasOwn(less.within, key) ? merged(value, less.within[key]) : value,
]));
A.worlds = { after: A.data, before: A.data.before ? merged(A.data, A.data.before) : null };
A.difference = A.data.difference || null;

A.w = (key, values) => {
  const text = Object.hasOwn(A.data.words, key) ? A.data.words[key] : key;
  return values ? text.replace(/\{(\w+)\}/g, (all, name) => (Object.hasOwn(values, name) ? String(values[name]) : all)) : text;
};

// Returns the text of a value that has a word of its own, else the value itself.
A.named = (prefix, value) => (Object.hasOwn(A.data.words, prefix + value) ? A.data.words[prefix + value] : value);

A.el = (tag, attributes, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, action] of Object.entries(value)) node.addEventListener(event, action);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
};

A.fill = (node, ...children) => { node.replaceChildren(...children.flat(3).filter(Boolean)); return node; };

A.definitions = (pairs) => A.el("dl", {}, pairs.filter(([, value]) => value !== "" && value !== null && value !== undefined)
  .map(([name, value]) => [A.el("dt", {}, name), A.el("dd", {}, value)]));

// Tenths of a percent of a share, from its decimal digits: [rounded down, rounded half to even].
const tenths = (value) => {
  const [mantissa, exponent] = Math.abs(value).toExponential().split("e"), digits = mantissa.replace(".", ""), point = Number(exponent) + 4;
  const low = point > 0 ? Number(digits.slice(0, point).padEnd(point, "0")) : 0;
  const rest = (point > 0 ? digits.slice(point) : "0".repeat(-point) + digits).replace(/0+$/, "");
  return [low, rest > "5" || (rest === "5" && low % 2) ? low + 1 : low];
};

// One decimal; but a share below its threshold never shows as reaching it, nor one below 1 as 100.0%.
A.percent = (value, threshold) => {
  if (value === null || value === undefined) return "–";
  const [low, even] = tenths(value), bars = threshold === undefined || threshold === null ? [1] : [1, threshold];
  return ((bars.some((bar) => value < bar - 1e-12 && even / 1000 >= bar) ? low : even) / 10).toFixed(1) + "%";
};
A.number = (value, digits) => (value === null || value === undefined ? "–"
  : value.toLocaleString("en-US", { maximumFractionDigits: digits === undefined ? 2 : digits }));
A.minutes = (hundredths) => A.w("minutes", { n: (Math.ceil(hundredths / 10 - 1e-9) / 10).toFixed(1) });
A.people = (value) => A.number(value, 1) + " " + A.data.area.unit;

A.township = (code) => {
  const i = A.data.townships.code.indexOf(code);
  return i >= 0 ? A.data.townships.name[i] : A.named("township_", code);
};
