import { Link } from "@tanstack/react-router";
import { Input, InputNumber } from "antd";
import { useEffect } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { percent } from "@/lib/format";
import {
  Field,
  FormProblem,
  Grid,
  Page,
  SaveBar,
  Section,
  State,
  useDraft,
  useOne,
  useSubmit,
  useUnsavedGuard,
} from "../kit";
import { TryIt } from "./TryIt";

interface BotSettingsBody {
  name: { "zh-CN": string; en: string };
  max_error: number;
  misses_before_handoff: number;
  idle_minutes: number;
}

export default function BotSettings() {
  const t = useT("settings");
  const locale = useLocale();
  const mayEdit = useCan("settings.manage");
  const settings = useOne<BotSettingsBody>("/bot/settings");
  const draft = useDraft<BotSettingsBody>({
    name: { "zh-CN": "", en: "" },
    max_error: 0.1,
    misses_before_handoff: 2,
    idle_minutes: 60,
  });
  const { value, set, accept, dirty, problem } = draft;
  useEffect(() => {
    if (settings.data && !dirty) accept(settings.data);
  }, [settings.data, dirty, accept]);
  useUnsavedGuard(dirty);
  const save = useSubmit(() => api.put<BotSettingsBody>("/bot/settings", value), {
    stale: ["/bot/settings"],
    draft,
    done: t("kit.saved"),
    onDone: (saved) => accept(saved),
  });
  return (
    <Page title={t("nav.bot")} description={t("bot.description")}>
      <TryIt />
      <State loading={settings.isPending} error={settings.error} onRetry={() => void settings.refetch()}>
        <FormProblem problems={draft.problems} shown={["name", "max_error", "misses", "idle"]} />
        <Section title={t("bot.identity")}>
          <Grid>
            {(["zh-CN", "en"] as const).map((language) => (
              <Field
                key={language}
                label={t(language === "en" ? "bot.nameEn" : "bot.nameZh")}
                htmlFor={`bot-name-${language}`}
                required
                help={language === "zh-CN" ? t("bot.nameHelp") : undefined}
                problem={problem(`name.${language}`)}
              >
                <Input
                  id={`bot-name-${language}`}
                  maxLength={40}
                  lang={language}
                  disabled={!mayEdit}
                  value={value.name[language]}
                  onChange={(event) => set({ name: { ...value.name, [language]: event.target.value } })}
                />
              </Field>
            ))}
          </Grid>
        </Section>
        <Section title={t("bot.care")} description={t("bot.careText")}>
          <p>
            {t("bot.certaintyText", { percent: percent(value.max_error, locale) })}{" "}
            <Link to={"/settings/certainty" as string}>{t("bot.certaintyLink")}</Link>
          </p>
          <Grid>
            <Field
              label={t("bot.misses")}
              htmlFor="bot-misses"
              help={t("bot.missesHelp")}
              problem={problem("misses_before_handoff")}
            >
              <InputNumber
                id="bot-misses"
                min={1}
                max={10}
                disabled={!mayEdit}
                value={value.misses_before_handoff}
                onChange={(misses) => set({ misses_before_handoff: misses ?? 2 })}
              />
            </Field>
            <Field
              label={t("bot.idle")}
              htmlFor="bot-idle"
              help={t("bot.idleHelp")}
              problem={problem("idle_minutes")}
            >
              <InputNumber
                id="bot-idle"
                min={5}
                max={1440}
                disabled={!mayEdit}
                style={{ width: 160 }}
                suffix={t("bot.minutes")}
                value={value.idle_minutes}
                onChange={(minutes) => set({ idle_minutes: minutes ?? 60 })}
              />
            </Field>
          </Grid>
        </Section>
        <SaveBar
          dirty={dirty}
          saving={save.busy}
          onReset={draft.reset}
          onSave={() => {
            const missing = (["zh-CN", "en"] as const).filter((language) => !value.name[language].trim());
            if (missing.length)
              draft.refuse(
                missing.map((language) => ({ field: `name.${language}`, message: t("kit.required") })),
              );
            else void save.run();
          }}
        />
      </State>
    </Page>
  );
}
