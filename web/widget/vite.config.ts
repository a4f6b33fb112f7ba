import { defineConfig } from "vite";

/** The iframe application: `frame.html` and hashed assets under `/widget/assets/`. */
export default defineConfig({
  base: "/widget/",
  publicDir: false,
  build: {
    outDir: "../../qiao/web_dist/widget",
    emptyOutDir: true,
    target: "es2022",
    // The polyfill is an inline-style helper old browsers need; `script-src 'self'` pages do not.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: { input: "frame.html" },
  },
});
