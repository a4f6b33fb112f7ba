import { useQueryClient } from "@tanstack/react-query";
import { Button, Input, Segmented, Select, Switch } from "antd";
import { type ReactNode, useState } from "react";
import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import { toast } from "@/ui/feedback";
import { chooseLocale, LOCALES, type Locale, useLocale, useT } from "../i18n";
import { askForNotifications, playSound } from "../notify";
import { type Density, type ThemeChoice, usePrefs } from "../prefs";
import { meQuery, useMe } from "../session";
import { MOD } from "../shortcuts";

function Row(props: { label: ReactNode; hint?: ReactNode; htmlFor?: string; children: ReactNode }) {
  return (
    <div className="q-setting">
      <div className="q-setting__text">
        <label htmlFor={props.htmlFor}>{props.label}</label>
        {props.hint ? <small>{props.hint}</small> : null}
      </div>
      <div className="q-setting__control">{props.children}</div>
    </div>
  );
}

export function General() {
  const t = useT();
  const me = useMe();
  const locale = useLocale();
  const prefs = usePrefs();
  const client = useQueryClient();
  const [name, setName] = useState(me.user.display_name ?? "");
  const save = useAct((patch: Record<string, unknown>) => api.patch("/auth/me", patch), {
    onSuccess: () => void client.invalidateQueries({ queryKey: meQuery.queryKey }),
  });
  const remember = (patch: Parameters<typeof prefs.set>[0]) => {
    prefs.set(patch);
    const next = { ...usePrefs.getState(), ...patch };
    save.mutate({
      theme: next.theme,
      settings: {
        ...me.user.settings,
        density: next.density,
        send_on_enter: next.sendOnEnter,
        sound: next.sound,
        notifications: next.notifications,
      },
    });
  };

  return (
    <div>
      <Row label={t("profile.display_name")} hint={t("profile.display_name_hint")} htmlFor="q-display-name">
        <Input
          id="q-display-name"
          value={name}
          maxLength={60}
          placeholder={me.user.name}
          onChange={(event) => setName(event.target.value)}
          onBlur={() => {
            if (name.trim() !== (me.user.display_name ?? ""))
              save.mutate(
                { display_name: name.trim() || null },
                { onSuccess: () => toast.success(t("saved")) },
              );
          }}
        />
      </Row>
      <Row label={t("profile.locale")}>
        <Select<Locale>
          aria-label={t("profile.locale")}
          value={locale}
          style={{ width: 160 }}
          options={LOCALES.map((l) => ({ value: l.id, label: l.name }))}
          onChange={(value) => {
            void chooseLocale(value);
            save.mutate({ locale: value });
          }}
        />
      </Row>
      <Row label={t("profile.theme")}>
        <Segmented<ThemeChoice>
          aria-label={t("profile.theme")}
          value={prefs.theme}
          onChange={(theme) => remember({ theme })}
          options={(["light", "dark", "system"] as const).map((v) => ({
            value: v,
            label: t(`profile.themes.${v}`),
          }))}
        />
      </Row>
      <Row label={t("profile.density")}>
        <Segmented<Density>
          aria-label={t("profile.density")}
          value={prefs.density}
          onChange={(density) => remember({ density })}
          options={(["comfortable", "compact"] as const).map((v) => ({
            value: v,
            label: t(`profile.densities.${v}`),
          }))}
        />
      </Row>
      <Row label={t("profile.send_key")}>
        <Select<string>
          aria-label={t("profile.send_key")}
          value={prefs.sendOnEnter ? "enter" : "mod"}
          popupMatchSelectWidth={false}
          style={{ width: 250 }}
          options={[
            { value: "enter", label: t("profile.send_enter") },
            { value: "mod", label: t("profile.send_mod", { mod: MOD }) },
          ]}
          onChange={(key) => remember({ sendOnEnter: key === "enter" })}
        />
      </Row>
      <Row label={t("profile.sound")}>
        <Button size="small" type="text" onClick={() => playSound("offer")}>
          {t("profile.sound_try")}
        </Button>
        <Switch
          aria-label={t("profile.sound")}
          checked={prefs.sound}
          onChange={(sound) => remember({ sound })}
        />
      </Row>
      <Row label={t("profile.notifications")} hint={t("profile.notifications_hint")}>
        <Switch
          aria-label={t("profile.notifications")}
          checked={prefs.notifications}
          onChange={(on) => {
            if (!on) return remember({ notifications: false });
            void askForNotifications().then((answer) => {
              if (answer === "granted") remember({ notifications: true });
              else toast.error(t("profile.notifications_denied"));
            });
          }}
        />
      </Row>
    </div>
  );
}
