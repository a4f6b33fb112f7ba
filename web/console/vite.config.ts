import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { speakOurLanguage } from "./build/speakOurLanguage";

const backend = process.env.QIAO_BACKEND ?? "http://127.0.0.1:5175";

export default defineConfig({
  base: "/console/",
  plugins: [react(), speakOurLanguage()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../../qiao/web_dist/console",
    emptyOutDir: true,
    target: "es2022",
    // data: URIs for scripts and inlined preload polyfills would break `script-src 'self'`.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
  },
  server: {
    port: 5170,
    proxy: {
      "/api": backend,
      "/ws": { target: backend.replace(/^http/, "ws"), ws: true },
    },
  },
});
