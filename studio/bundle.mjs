// Bundles the page's script and style, each into one minified file: node bundle.mjs OUT
import { build } from "esbuild";

await build({
  entryPoints: { viewer: "src/main.ts", style: "src/style.css" },
  outdir: process.argv[2],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  legalComments: "inline",
  logLevel: "warning",
});
