import { Badge, Tooltip } from "antd";
import { Bell as BellIcon } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { useGet, useInvalidate } from "@/api/hooks";
import { realtime } from "@/realtime/client";
import { useT } from "../i18n";
import { useShortcuts } from "../shortcuts";

const Drawer = lazy(() => import("./BellDrawer"));

/** The bell of the rail: how many notifications are unread; it opens them. */
export function Bell() {
  const t = useT();
  const [open, setOpen] = useState(false);
  const invalidate = useInvalidate();
  const count = useGet<{ unread: number }>("/notifications/unread", undefined, {
    refetchInterval: 5 * 60_000,
  });
  useEffect(() => {
    // Ten at once are one question.
    let timer: ReturnType<typeof setTimeout> | null = null;
    const look = () => {
      timer ??= setTimeout(() => {
        timer = null;
        void invalidate("/notifications/unread", "/notifications");
      }, 300);
    };
    const stops = [realtime.on("notification.created", look), realtime.on("notification.read", look)];
    return () => {
      if (timer) clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, []);
  useShortcuts([{ keys: "g n", group: "go", label: t("bell.title"), run: () => setOpen(true) }]);
  const unread = count.data?.unread ?? 0;
  return (
    <>
      <Tooltip title={`${t("bell.title")}  g n`} placement="right">
        <button
          type="button"
          className="q-rail__item q-rail__item--small"
          aria-label={unread > 0 ? t("bell.unread", { n: unread }) : t("bell.title")}
          aria-expanded={open}
          onClick={() => setOpen(true)}
        >
          <Badge count={unread} size="small" offset={[2, -2]}>
            <BellIcon size={18} strokeWidth={1.7} aria-hidden />
          </Badge>
        </button>
      </Tooltip>
      {open ? (
        <Suspense fallback={null}>
          <Drawer onClose={() => setOpen(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
