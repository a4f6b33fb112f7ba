import { useEffect } from "react";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { LoadingState } from "@/ui/states";

/** `/` and `/inbox`: to the view this person works in. */
export default function Start() {
  const go = useGo();
  const handles = useCan("conversations.handle");
  const watches = useCan("conversations.view_all");
  useEffect(() => {
    let last: string | null = null;
    try {
      last = sessionStorage.getItem("qiao.inbox.last");
    } catch {
      last = null;
    }
    const home = handles ? "/inbox/mine" : watches ? "/inbox/live" : "/customers";
    go(last?.startsWith("/inbox/") && (handles || watches) ? last : home, { replace: true });
  }, [go, handles, watches]);
  return <LoadingState />;
}
