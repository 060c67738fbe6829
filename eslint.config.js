// What the map's script must keep to; run by `npm run lint`.
import globals from "globals";

const rules = {
  "constructor-super": "error",
  "no-undef": "error",
  "no-unused-vars": ["error", { args: "after-used", caughtErrors: "none" }],
  "no-const-assign": "error",
  "no-dupe-keys": "error",
  "no-duplicate-imports": "error",
  "no-eval": "error",
  "no-implied-eval": "error",
  "no-new-func": "error",
  "no-redeclare": "error",
  "no-self-assign": "error",
  "no-self-compare": "error",
  "no-shadow": ["error", { builtinGlobals: false }],
  "no-unreachable": "error",
  "no-unsafe-finally": "error",
  "no-unused-expressions": "error",
  "no-use-before-define": ["error", { functions: false, variables: false }],
  "no-useless-return": "error",
  "no-var": "error",
  "prefer-const": "error",
  eqeqeq: "error",
  curly: ["error", "multi-line"],
  "max-lines": ["error", { max: 400 }],
  "no-restricted-properties": [
    "error",
    { property: "innerHTML", message: "text reaches the page as text nodes" },
    { property: "outerHTML", message: "text reaches the page as text nodes" },
    { property: "insertAdjacentHTML", message: "text reaches the page as text nodes" },
  ],
};

export default [
  {
    files: ["circles/outputs/map/script/**/*.js"],
    languageOptions: { globals: { ...globals.browser, L: "readonly", circles_map: "readonly" } },
    rules,
  },
  { files: ["tests/page/**/*.js", "scripts/*.mjs"], languageOptions: { globals: globals.node }, rules },
];
