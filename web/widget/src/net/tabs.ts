import type { TabMessage, Tabs } from "../core/ports.ts";

export function createTabs(key: string): Tabs {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(`qiao:${key}`) : null;
  return {
    post: (message) => channel?.postMessage(message),
    listen: (handler) => {
      channel?.addEventListener("message", (event: MessageEvent<TabMessage>) => handler(event.data));
    },
    async alone<T>(name: string, job: () => Promise<T>): Promise<T> {
      // Without locks two tabs may send the same message; `client_id` makes that one message all the same.
      if (!navigator.locks) return job();
      let result: T | undefined;
      await navigator.locks.request(`qiao:${key}:${name}`, async () => {
        result = await job();
      });
      return result as T;
    },
  };
}
