// Bundles the map's script into the one file that the package carries: `npm run build`; `--check` only compares.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const at = (path) => fileURLToPath(new URL("../" + path, import.meta.url));
const target = at("circles/outputs/map/assets/atlas.js");
const result = await build({
  entryPoints: [at("circles/outputs/map/script/main.js")],
  absWorkingDir: at(""),
  bundle: true,
  write: false,
  format: "iife",
  target: ["chrome90", "firefox90", "safari15"],
  charset: "utf8",
  legalComments: "none",
  banner: { js: '"use strict"; // made by `npm run build` out of circles/outputs/map/script; with fflate 0.8 (MIT) inside' },
});
const text = result.outputFiles[0].text;
if (process.argv.includes("--check")) {
  let known = "";
  try {
    known = readFileSync(target, "utf8").replaceAll("\r\n", "\n");
  } catch {
    // no bundle yet: it differs
  }
  if (known !== text) {
    process.stderr.write("atlas.js is not what its sources make: run npm run build\n");
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, text);
}
