import { useQueryClient } from "@tanstack/react-query";
import { InputNumber, Popover, Progress } from "antd";
import { Check, LogOut, Settings2 } from "lucide-react";
import { api } from "@/api/client";
import type { AgentState } from "@/api/types";
import { keyOf, labelOf } from "@/lib/label";
import { Avatar, StateDot } from "@/ui/Avatar";
import { Elapsed } from "@/ui/Time";
import { useLocale, useT } from "../i18n";
import { leave } from "../router";
import { useCan, useMe } from "../session";
import { useShellUi } from "../ui";
import { STATES, usePresence, useRoutingSettings, useSetPresence } from "./presence";
import "./presence.css";

export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  return () =>
    leave(async () => {
      await api.post("/auth/logout").catch(() => {});
      client.clear();
    });
}

export function useReasonLabel(): (reason: string) => string {
  const t = useT();
  return (reason) => {
    const text = t(`presence.reasons.${reason}`);
    if (text !== `presence.reasons.${reason}`) return text;
    return /^[a-z0-9_.-]+$/.test(reason) ? t("presence.reasons.other") : reason;
  };
}

export function PresenceMenu() {
  const t = useT();
  const locale = useLocale();
  const me = useMe();
  const handles = useCan("conversations.handle");
  const presence = usePresence(handles).data;
  const settings = useRoutingSettings(handles).data;
  const change = useSetPresence();
  const open = useShellUi((s) => s.presence);
  const show = useShellUi((s) => s.set);
  const signOut = useSignOut();
  const reasonLabel = useReasonLabel();
  const state: AgentState = presence?.state ?? "offline";
  const reasons = (settings?.presence_reasons ?? []).filter((r) => r.state === state);
  const named = settings?.presence_reasons.find((r) => r.key === presence?.reason);
  const reasonText = presence?.reason
    ? named
      ? labelOf(named, locale)
      : reasonLabel(presence.reason)
    : null;
  const name = me.user.display_name || me.user.name;

  const choose = (next: AgentState, reason: string | null = null) => {
    change.mutate({ state: next, reason });
    if (next === "online" || next === "offline" || reason) show({ presence: false });
  };

  const content = (
    <div className="q-presence">
      <div className="q-presence__who">
        <Avatar name={name} id={me.user.id} url={me.user.avatar_url} size={36} />
        <div className="q-presence__name">
          <div className="q-ellipsis">{name}</div>
          <div className="q-muted q-ellipsis">{me.user.email}</div>
        </div>
      </div>
      {handles ? (
        <>
          <div role="radiogroup" aria-label={t("presence.label")} className="q-presence__states">
            {STATES.map((s) => (
              <button
                key={s}
                type="button"
                role="radio"
                aria-checked={s === state}
                className="q-presence__state"
                onClick={() => choose(s)}
              >
                <StateDot state={s} />
                <span className="q-presence__label">
                  {t(`state.${s}`)}
                  <small>{t(`presence.${s}_hint`)}</small>
                </span>
                {s === state ? <Check size={16} aria-hidden /> : null}
              </button>
            ))}
          </div>
          {reasons.length ? (
            <div className="q-presence__reasons" role="group" aria-label={t("presence.reason")}>
              {reasons.map((item) => {
                const key = keyOf(item);
                return (
                  <button
                    key={key}
                    type="button"
                    className={`q-chip ${presence?.reason === key ? "q-chip--on" : ""}`}
                    aria-pressed={presence?.reason === key}
                    onClick={() => choose(state, key)}
                  >
                    {labelOf(item, locale, (k) => reasonLabel(k))}
                  </button>
                );
              })}
            </div>
          ) : null}
          <div className="q-presence__capacity">
            <label htmlFor="q-capacity">{t("presence.capacity")}</label>
            <InputNumber
              id="q-capacity"
              size="small"
              min={1}
              max={50}
              // What is not known yet is not shown as a number: leaving the field would set it.
              disabled={!presence}
              value={presence?.capacity ?? null}
              onChange={(value) =>
                value && value !== presence?.capacity && change.mutate({ capacity: value })
              }
              style={{ width: 68 }}
            />
          </div>
          {presence ? (
            <div className="q-presence__load">
              <Progress
                percent={Math.min(100, (presence.load / Math.max(1, presence.capacity)) * 100)}
                showInfo={false}
                size="small"
                strokeColor={presence.load >= presence.capacity ? "var(--q-wait)" : "var(--q-accent)"}
              />
              <span className="q-muted q-num">
                {t("presence.load", { load: presence.load, capacity: presence.capacity })}
              </span>
            </div>
          ) : null}
        </>
      ) : null}
      <div className="q-presence__foot">
        <button
          type="button"
          className="q-presence__item"
          onClick={() => {
            show({ presence: false, profile: "general" });
          }}
        >
          <Settings2 size={16} aria-hidden />
          {t("nav.profile")}
        </button>
        <button
          type="button"
          className="q-presence__item"
          onClick={() => {
            show({ presence: false });
            void signOut();
          }}
        >
          <LogOut size={16} aria-hidden />
          {t("presence.sign_out")}
        </button>
      </div>
    </div>
  );

  return (
    <Popover
      content={content}
      trigger="click"
      placement="rightBottom"
      open={open}
      onOpenChange={(presence) => show({ presence })}
      arrow={false}
      styles={{ container: { padding: 0 } }}
    >
      <button
        type="button"
        className="q-rail__me"
        title={reasonText ?? undefined}
        aria-label={`${t("presence.label")}: ${handles ? t(`state.${state}`) : name}`}
      >
        <Avatar
          name={name}
          id={me.user.id}
          url={me.user.avatar_url}
          size={34}
          state={handles ? state : undefined}
        />
        {handles ? <span className="q-rail__state">{reasonText ?? t(`state.${state}`)}</span> : null}
        {handles && presence?.since && (state === "away" || state === "busy") ? (
          <Elapsed since={presence.since} short className="q-rail__since" />
        ) : null}
      </button>
    </Popover>
  );
}
