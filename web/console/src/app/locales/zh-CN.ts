import app from "./zh-CN.json";

const features = import.meta.glob<{ default: Record<string, unknown> }>(
  "../../features/*/locales/zh-CN.json",
  {
    eager: true,
  },
);

const catalogue: Record<string, Record<string, unknown>> = { app };
for (const [path, module] of Object.entries(features)) catalogue[path.split("/").at(-3)!] = module.default;

export default catalogue;
