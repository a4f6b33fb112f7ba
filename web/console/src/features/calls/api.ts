import { useEffect } from "react";
import { api, newKey } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import { queryClient } from "@/api/queryClient";
import type { Id } from "@/api/types";
import { translate } from "@/app/i18n";
import { useCan } from "@/app/session";
import { realtime } from "@/realtime/client";
import { toast } from "@/ui/feedback";
import type { DialLine, Dialled, Pop } from "./types";

const LISTS = ["/calls", "/callbacks"];

/** Whatever shows calls or promises asks again. */
export function callsChanged(): void {
  void queryClient.invalidateQueries({
    predicate: ({ queryKey: [first] }) =>
      typeof first === "string" && LISTS.some((path) => first === path || first.startsWith(`${path}/`)),
  });
}

/** Mounted by each screen that shows calls. */
export function useCallsLive(): void {
  useEffect(() => {
    const stops = [realtime.on("call.changed", callsChanged), realtime.on("callback.changed", callsChanged)];
    return () => {
      for (const stop of stops) stop();
    };
  }, []);
}

export const useCurrentCalls = (enabled: boolean) =>
  useGet<Pop[]>("/calls/current", undefined, { enabled, refetchInterval: 60_000 });

/** Lines one may call out by with a click; none where the company has no telephone system here. */
export function useDialLines(): DialLine[] {
  const handles = useCan("conversations.handle");
  return useGet<DialLine[]>("/calls/lines", undefined, { enabled: handles, staleTime: 300_000 }).data ?? [];
}

/** One click is one call: the key is made per click, and what the telephone system says is shown. */
export function useDial() {
  return useAct(
    (whom: { customer_id?: Id; callback_id?: Id }) =>
      api.post<Dialled>("/calls/dial", { client_id: newKey(), ...whom }),
    {
      onSuccess: (dialled) => {
        const words = translate(`calls:dial.${dialled.state}`, {
          number: dialled.number,
          extension: dialled.extension,
        });
        const said = dialled.answer ? `${words} ${dialled.answer}` : words;
        if (dialled.state === "accepted") toast.success(said);
        else toast.error(said);
        callsChanged();
      },
    },
  );
}

export function useCallbackCounts(): number {
  const handles = useCan("conversations.handle");
  const counts = useGet<{ open: number; due: number; broken: number }>("/callbacks/counts", undefined, {
    enabled: handles,
    refetchInterval: 60_000,
  });
  return counts.data?.due ?? 0;
}
