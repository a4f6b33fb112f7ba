import { Button, Tag } from "antd";
import { Laptop, Smartphone } from "lucide-react";
import { api } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import type { Id, Iso } from "@/api/types";
import { toast } from "@/ui/feedback";
import { Fetched } from "@/ui/states";
import { RelativeTime } from "@/ui/Time";
import { useT } from "../i18n";

interface SessionView {
  id: Id;
  created_at: Iso;
  last_seen_at: Iso | null;
  ip: string | null;
  user_agent: string | null;
  current: boolean;
}

/** `Chrome · Windows` out of a user agent; nobody reads the whole of it. */
export function deviceName(agent: string | null): string | null {
  if (!agent) return null;
  const browser = /Edg\//.test(agent)
    ? "Edge"
    : /Firefox\//.test(agent)
      ? "Firefox"
      : /Chrome\//.test(agent)
        ? "Chrome"
        : /Safari\//.test(agent)
          ? "Safari"
          : agent.split(/[ /]/)[0];
  const system = /Android/.test(agent)
    ? "Android"
    : /iPhone|iPad/.test(agent)
      ? "iOS"
      : /Windows/.test(agent)
        ? "Windows"
        : /Mac OS/.test(agent)
          ? "macOS"
          : /Linux/.test(agent)
            ? "Linux"
            : null;
  return [browser, system].filter(Boolean).join(" · ");
}

export function listOf<T>(answer: T[] | { items: T[] }): T[] {
  return Array.isArray(answer) ? answer : answer.items;
}

export function Sessions() {
  const t = useT();
  const sessions = useGet<SessionView[] | { items: SessionView[] }>("/auth/sessions");
  const end = useAct((id: Id) => api.delete(`/auth/sessions/${id}`), {
    invalidates: ["/auth/sessions"],
    onSuccess: () => toast.success(t("profile.session_ended")),
  });
  return (
    <div>
      <p className="q-muted" style={{ marginBottom: 12 }}>
        {t("profile.sessions_hint")}
      </p>
      <Fetched query={sessions}>
        {(data) =>
          listOf(data).map((session) => {
            const Icon = /Mobile|Android|iPhone/.test(session.user_agent ?? "") ? Smartphone : Laptop;
            return (
              <div key={session.id} className="q-line">
                <Icon size={20} strokeWidth={1.6} className="q-icon q-muted" aria-hidden />
                <div className="q-line__main">
                  <div>
                    {deviceName(session.user_agent) ?? t("profile.unknown_device")}{" "}
                    {session.current ? <Tag color="success">{t("profile.this_device")}</Tag> : null}
                  </div>
                  <div className="q-muted q-line__sub">
                    {session.ip ? `${session.ip} · ` : ""}
                    {t("profile.last_seen")} <RelativeTime at={session.last_seen_at ?? session.created_at} />
                  </div>
                </div>
                {session.current ? null : (
                  <Button
                    size="small"
                    onClick={() => end.mutate(session.id)}
                    loading={end.variables === session.id && end.isPending}
                  >
                    {t("profile.end_session")}
                  </Button>
                )}
              </div>
            );
          })
        }
      </Fetched>
    </div>
  );
}
