import app from "./en.json";

// A part of a feature may keep a catalogue of its own: `settings/tickettypes` is then its namespace.
const features = import.meta.glob<{ default: Record<string, unknown> }>(
  ["../../features/*/locales/en.json", "../../features/*/*/locales/en.json"],
  {
    eager: true,
  },
);

const catalogue: Record<string, Record<string, unknown>> = { app };
for (const [path, module] of Object.entries(features))
  catalogue[path.split("/").slice(3, -2).join("/")] = module.default;

export default catalogue;
