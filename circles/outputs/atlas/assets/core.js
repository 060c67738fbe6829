// Foundations: the data, the texts, and building elements. Text reaches the page as text nodes only, never as markup.
const A = { data: JSON.parse(document.getElementById("data").textContent) };

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

// Shares are cut, not rounded, to a tenth of a percent: 89.96 % must not read as 90 %.
A.percent = (value) => (value === null ? "–" : (Math.floor(value * 1000 + 1e-7) / 10).toFixed(1) + "%");
A.number = (value, digits) => (value === null || value === undefined ? "–"
  : value.toLocaleString("en-US", { maximumFractionDigits: digits === undefined ? 2 : digits }));
A.minutes = (hundredths) => A.w("minutes", { n: (Math.ceil(hundredths / 10 - 1e-9) / 10).toFixed(1) });
A.people = (value) => A.number(value, 1) + " " + A.data.area.unit;

A.township = (code) => {
  const i = A.data.townships.code.indexOf(code);
  return i >= 0 ? A.data.townships.name[i] : A.named("township_", code);
};
