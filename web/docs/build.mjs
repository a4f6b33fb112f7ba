// The API page: swagger-ui from its package beside our own page, so that no other host is asked for anything.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "..", "qiao", "web_dist", "docs");
const swagger = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const name of ["swagger-ui.css", "swagger-ui-bundle.js"])
  copyFileSync(join(swagger, name), join(target, name));
for (const name of ["index.html", "page.js", "page.css"])
  copyFileSync(join(here, "src", name), join(target, name));
