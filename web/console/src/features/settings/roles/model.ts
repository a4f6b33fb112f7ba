/** The permission matrix: which rights stand together, and what granting or taking one entails. */

export interface PermissionGroup {
  key: string;
  permissions: string[];
}

/** A right that is useless without another brings it along. (Reading all conversations does not bring handling: viewers only read.) */
export const NEEDS: Record<string, readonly string[]> = {
  "conversations.monitor": ["conversations.view_all"],
  "customers.edit": ["customers.view"],
  "customers.reveal": ["customers.view"],
  "customers.merge": ["customers.view"],
  "orders.write": ["customers.view"],
  "knowledge.edit": ["knowledge.view"],
  "knowledge.publish": ["knowledge.edit"],
  "knowledge.manage": ["knowledge.edit"],
  "knowledge.view_all": ["knowledge.view"],
  "evaluation.manage": ["knowledge.view"],
  "evaluation.decide": ["evaluation.manage"],
};

const GROUP_OF: Record<string, string> = {
  conversations: "desk",
  canned: "desk",
  tickets: "tickets",
  tasks: "tickets",
  sla: "tickets",
  automation: "tickets",
  sop: "tickets",
  customers: "customers",
  orders: "customers",
  knowledge: "knowledge",
  evaluation: "knowledge",
  flows: "knowledge",
  queues: "manage",
  users: "manage",
  roles: "manage",
  inboxes: "manage",
  phone: "manage",
  settings: "manage",
  wallboard: "insight",
  reports: "insight",
  audit: "system",
  operations: "system",
  api: "system",
};

const GROUP_ORDER = ["desk", "tickets", "customers", "knowledge", "insight", "manage", "system", "other"];

export function groupPermissions(permissions: readonly string[]): PermissionGroup[] {
  const groups = new Map<string, string[]>();
  for (const permission of permissions) {
    const key = GROUP_OF[permission.split(".")[0] ?? ""] ?? "other";
    groups.set(key, [...(groups.get(key) ?? []), permission]);
  }
  return GROUP_ORDER.filter((key) => groups.has(key)).map((key) => ({
    key,
    permissions: groups.get(key) ?? [],
  }));
}

/** Everything a right rests on, itself excluded. */
export function requirements(permission: string): string[] {
  const found: string[] = [];
  const walk = (key: string) => {
    for (const need of NEEDS[key] ?? []) {
      if (!found.includes(need)) {
        found.push(need);
        walk(need);
      }
    }
  };
  walk(permission);
  return found;
}

/** Everything that rests on a right, itself excluded. */
export function dependants(permission: string): string[] {
  return Object.keys(NEEDS).filter((key) => requirements(key).includes(permission));
}

export function grant(held: readonly string[], permission: string): string[] {
  return [...new Set([...held, permission, ...requirements(permission)])].sort();
}

export function revoke(held: readonly string[], permission: string): string[] {
  const gone = new Set([permission, ...dependants(permission)]);
  return held.filter((key) => !gone.has(key)).sort();
}

export function toggle(held: readonly string[], permission: string): string[] {
  return held.includes(permission) ? revoke(held, permission) : grant(held, permission);
}

/** Sets a whole group at once. */
export function setGroup(held: readonly string[], group: PermissionGroup, on: boolean): string[] {
  return group.permissions.reduce<string[]>(
    (all, key) => (on ? grant(all, key) : revoke(all, key)),
    [...held],
  );
}

export function groupState(held: readonly string[], group: PermissionGroup): "all" | "some" | "none" {
  const count = group.permissions.filter((key) => held.includes(key)).length;
  return count === 0 ? "none" : count === group.permissions.length ? "all" : "some";
}

export function difference(
  before: readonly string[],
  after: readonly string[],
): { added: string[]; removed: string[] } {
  return {
    added: after.filter((key) => !before.includes(key)).sort(),
    removed: before.filter((key) => !after.includes(key)).sort(),
  };
}
