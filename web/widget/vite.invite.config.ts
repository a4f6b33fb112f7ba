import { defineConfig } from "vite";

/** What the loader fetches on sites that have invitations: one module with a stable name, beside the loader. */
export default defineConfig({
  publicDir: false,
  build: {
    outDir: "../../qiao/web_dist/widget",
    emptyOutDir: false,
    target: "es2020",
    lib: { entry: "src/invite/index.ts", formats: ["es"], fileName: () => "invite.js" },
  },
});
