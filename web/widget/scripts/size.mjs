// Prints what a visitor downloads, gzipped, and fails when the promised budgets are broken:
// the loader alone before opening (<= 5 KB, promised total <= 25 KB), and the frame's first load.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const dist = new URL("../../../qiao/web_dist/widget/", import.meta.url).pathname;
const gz = (path) => gzipSync(readFileSync(path), { level: 9 }).length;
const kb = (bytes) => `${(bytes / 1024).toFixed(2)} KB gz`;

const loader = gz(join(dist, "widget.js"));
const html = readFileSync(join(dist, "frame.html"), "utf8");
const assets = readdirSync(join(dist, "assets")).map((name) => ({
  name,
  bytes: gz(join(dist, "assets", name)),
  first: html.includes(name),
}));
const first =
  gz(join(dist, "frame.html")) + assets.filter((a) => a.first).reduce((sum, a) => sum + a.bytes, 0);

console.log(`before opening: widget.js ${kb(loader)} (budget 5 KB)`);
for (const asset of assets)
  console.log(`  ${asset.first ? "on opening" : "on demand "}  ${asset.name}  ${kb(asset.bytes)}`);
console.log(`on opening, in all: ${kb(first)} (budget 50 KB)`);

if (loader > 5 * 1024 || first > 50 * 1024) {
  console.error("over budget");
  process.exit(1);
}
