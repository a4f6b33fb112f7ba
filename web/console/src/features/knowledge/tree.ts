/** Categories come as a flat list; people see a tree. Pure. */
import type { Category } from "./types";

export interface Branch {
  category: Category;
  depth: number;
  children: Branch[];
}

/** Branches in the company's order; a category whose parent is gone (or is itself below it) stands at the top. */
export function growTree(categories: readonly Category[], locale = "zh-CN"): Branch[] {
  const byId = new Map(categories.map((category) => [category.id, category]));
  const rootOf = (category: Category): boolean => {
    const seen = new Set<string>();
    for (let at: Category | undefined = category; at?.parent_id; at = byId.get(at.parent_id)) {
      if (seen.has(at.id)) return true;
      seen.add(at.id);
    }
    return !category.parent_id || !byId.has(category.parent_id);
  };
  const order = (a: Category, b: Category) => a.position - b.position || a.name.localeCompare(b.name, locale);
  const grow = (list: Category[], depth: number): Branch[] =>
    [...list].sort(order).map((category) => ({
      category,
      depth,
      children: grow(
        categories.filter((other) => other.parent_id === category.id && !rootOf(other)),
        depth + 1,
      ),
    }));
  return grow(categories.filter(rootOf), 0);
}

export function flatten(branches: readonly Branch[]): Branch[] {
  return branches.flatMap((branch) => [branch, ...flatten(branch.children)]);
}

/** A category and everything below it: it cannot become its own descendant. */
export function within(branches: readonly Branch[], id: string): string[] {
  const found = flatten(branches).find((branch) => branch.category.id === id);
  return found ? flatten([found]).map((branch) => branch.category.id) : [];
}

export function pathOf(categories: readonly Category[], id: string | null): string[] {
  const names: string[] = [];
  const seen = new Set<string>();
  for (
    let at = categories.find((c) => c.id === id);
    at && !seen.has(at.id);
    at = categories.find((c) => c.id === at?.parent_id)
  ) {
    seen.add(at.id);
    names.unshift(at.name);
  }
  return names;
}

/** Options of a picker, indented by depth. */
export function options(categories: readonly Category[], locale: string, without: readonly string[] = []) {
  return flatten(growTree(categories, locale))
    .filter((branch) => !without.includes(branch.category.id))
    .map((branch) => ({
      value: branch.category.id,
      label: `${"\u2003".repeat(branch.depth)}${branch.category.name}`,
    }));
}

/** Share of readers an answer helped, or null before anybody said. */
export function helpfulShare(entry: { helpful: number; unhelpful: number }): number | null {
  const votes = entry.helpful + entry.unhelpful;
  return votes === 0 ? null : entry.helpful / votes;
}

/** Categories that hold something of this kind, with the parents that lead there; and the chosen one. */
export function shelves<C extends Pick<Category, "id" | "parent_id" | "faqs" | "articles">>(
  categories: readonly C[],
  count: "faqs" | "articles",
  chosen: string | null = null,
): C[] {
  const kept = new Set<string>();
  for (const category of categories)
    if (category[count] > 0 || category.id === chosen) {
      kept.add(category.id);
      if (category.parent_id) kept.add(category.parent_id);
    }
  return categories.filter((category) => kept.has(category.id));
}
