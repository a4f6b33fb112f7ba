import { defineConfig } from "vite";

/** The loader a host page includes: one classic script with a stable name, added beside the frame's build. */
export default defineConfig({
  publicDir: false,
  build: {
    outDir: "../../qiao/web_dist/widget",
    emptyOutDir: false,
    target: "es2020",
    lib: {
      entry: "src/loader/index.ts",
      formats: ["iife"],
      name: "QiaoLoader",
      fileName: () => "widget.js",
    },
  },
});
