export * from "./api";
export * from "./Bits";
export * from "./draft";
export * from "./guard";
export * from "./Markdown";
export * from "./Table";
