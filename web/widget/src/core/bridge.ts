import type { Page } from "./types.ts";

/** What the host page's loader and the iframe say to each other. Both sides check origin and source. */
export type ToFrame =
  | {
      qiao: "init";
      page: Page;
      identity: string | null;
      locale: string;
      stored: string | null;
      open: boolean;
      phone: boolean;
    }
  | { qiao: "show"; phone: boolean }
  | { qiao: "hide" }
  | { qiao: "page"; page: Page }
  | { qiao: "invited"; text: string; page: Page }
  | { qiao: "identify"; token: string | null }
  | { qiao: "locale"; locale: string };

export type ToHost =
  | { qiao: "ready" }
  | { qiao: "close" }
  | { qiao: "theme"; accent: string; position: "left" | "right" }
  | { qiao: "unread"; count: number; preview: { name: string; text: string } | null }
  | { qiao: "active"; active: boolean }
  | { qiao: "store"; token: string | null }
  | { qiao: "event"; name: string; data: unknown };
