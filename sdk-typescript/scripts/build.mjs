/** Build dist/: the browsers' bundle, Node's, and the types. Fails when the core grows over its limit. */

import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const LIMIT = 10_500;
const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);
rmSync("dist", { recursive: true, force: true });

const common = {
  bundle: true,
  format: "esm",
  target: "es2022",
  outdir: "dist",
  sourcemap: true,
  logLevel: "warning",
};
await build({ ...common, entryPoints: ["src/index.ts"], platform: "browser", minify: true });
await build({ ...common, entryPoints: ["src/node.ts"], platform: "node" });
execFileSync("node_modules/.bin/tsc", ["-p", "tsconfig.build.json"], { stdio: "inherit" });

const core = readFileSync("dist/index.js");
const size = gzipSync(core, { level: 9 }).length;
console.log(`core: ${size} bytes gzipped (${core.length} plain), limit ${LIMIT}`);
if (size > LIMIT) {
  console.error("the core is over its limit");
  process.exit(1);
}
