import type { LucideIcon } from "lucide-react";
import type { ComponentType } from "react";
import type { Permission } from "@/api/types";

export interface NavItem {
  id: string;
  /** Key in the feature's own catalogue. */
  labelKey: string;
  icon: LucideIcon;
  path: string;
  /** Further pages that belong to it where no item of their own is shown: on them it is the current one. */
  also?: string[];
  /** Position in the rail; the foot of the rail starts at 100. */
  order: number;
  /** Shown to people with any of these. */
  permissions?: Permission[];
  useBadge?: () => number;
  /** The second key after `g`. */
  go?: string;
}

export interface FeatureRoute {
  /** Below `/console`, TanStack syntax: `/settings/users/$userId`. */
  path: string;
  component: () => Promise<{ default: ComponentType }>;
  /** Any of these is needed, else a sentence says so. */
  permissions?: Permission[];
  /** `shell` (default) has the rail around it; `bare` has nothing and needs no sign-in. */
  layout?: "shell" | "bare";
  /** Child paths are relative to this one and render in its `<Outlet />`. */
  children?: FeatureRoute[];
  /** Kept typed by the page itself (`useSearch({ strict: false })`). */
  validateSearch?: (search: Record<string, unknown>) => Record<string, unknown>;
}

export interface Command {
  id: string;
  /** Key in the feature's own catalogue. */
  titleKey: string;
  keywords?: string;
  icon?: LucideIcon;
  permissions?: Permission[];
  run: (tools: { navigate: (path: string) => void }) => void;
}

export interface Feature {
  /** The folder's name; also the namespace of its catalogue. */
  id: string;
  nav?: NavItem[];
  routes: FeatureRoute[];
  commands?: Command[];
  /** Rendered once by the shell on every page (incoming offers and the like). */
  overlay?: () => Promise<{ default: ComponentType }>;
}

export function defineFeature(feature: Feature): Feature {
  return feature;
}

const modules = import.meta.glob<{ default: Feature }>("../features/*/routes.tsx", { eager: true });

/** Every folder below `features/` that has a `routes.tsx` with a default export. */
export const features: Feature[] = Object.values(modules).map((m) => m.default);
