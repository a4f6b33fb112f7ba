import type { Vault } from "../core/ports.ts";
import type { Pending } from "../core/types.ts";

/**
 * localStorage of the iframe's origin. Where the browser forbids it to third-party frames, memory, with the
 * visitor's token kept for us by the host page (`onHost`), so that the customer is still known tomorrow.
 */
export function createVault(
  key: string,
  onHost: (token: string | null) => void,
): Vault & { adopt(token: string | null): void; blocked: boolean } {
  const prefix = `qiao:${key}:`;
  const memory = new Map<string, string>();
  const disk = usable();
  const blobs = new Map<string, Blob>();

  const get = (name: string): string | null =>
    disk ? disk.getItem(prefix + name) : (memory.get(prefix + name) ?? null);
  const set = (name: string, value: string | null): void => {
    if (disk) {
      try {
        if (value === null) disk.removeItem(prefix + name);
        else disk.setItem(prefix + name, value);
      } catch {
        // Full: what cannot be kept still works until the page goes.
      }
    } else {
      if (value === null) memory.delete(prefix + name);
      else memory.set(prefix + name, value);
      if (name === "token") onHost(value);
    }
  };
  const names = (): string[] => (disk ? Object.keys(disk) : [...memory.keys()]);

  return {
    blocked: disk === null,
    get,
    set,
    adopt(token) {
      if (!disk && token) memory.set(`${prefix}token`, token);
    },
    outbox() {
      const found: Pending[] = [];
      for (const name of names()) {
        if (!name.startsWith(`${prefix}out:`)) continue;
        try {
          found.push(JSON.parse(get(name.slice(prefix.length)) ?? "") as Pending);
        } catch {
          set(name.slice(prefix.length), null);
        }
      }
      return found;
    },
    keep: (pending) => set(`out:${pending.client_id}`, JSON.stringify({ ...pending, progress: undefined })),
    drop(clientId) {
      set(`out:${clientId}`, null);
      blobs.delete(clientId);
      void store("readwrite", (s) => s.delete(clientId)).catch(() => undefined);
    },
    async blob(clientId) {
      const held = blobs.get(clientId);
      if (held) return held;
      const found = await store("readonly", (s) => s.get(clientId)).catch(() => undefined);
      return found instanceof Blob ? found : null;
    },
    async keepBlob(clientId, blob) {
      blobs.set(clientId, blob);
      await store("readwrite", (s) => s.put(blob, clientId)).catch(() => undefined);
    },
  };
}

function usable(): Storage | null {
  try {
    const probe = "qiao:probe";
    localStorage.setItem(probe, "1");
    localStorage.removeItem(probe);
    return localStorage;
  } catch {
    return null;
  }
}

/** Bytes of unsent files, too large for localStorage. */
function store(mode: IDBTransactionMode, use: (s: IDBObjectStore) => IDBRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("qiao-unsent", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("files");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const db = opening.result;
      const tx = db.transaction("files", mode);
      const request = use(tx.objectStore("files"));
      tx.oncomplete = () => {
        db.close();
        resolve(request.result);
      };
      tx.onerror = () => {
        db.close();
        reject(tx.error);
      };
    };
  });
}
