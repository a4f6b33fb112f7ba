import { Input, InputNumber, Slider } from "antd";
import { useEffect } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { percent } from "@/lib/format";
import { Field, FormProblem, Grid, Page, SaveBar, Section, State, useDraft, useOne, useSubmit, useUnsavedGuard } from "../kit";
import { TryIt } from "./TryIt";

interface BotSettingsBody {
  name: string;
  greeting: string;
  max_error: number;
  misses_before_handoff: number;
  [key: string]: unknown;
}

export default function BotSettings() {
  const t = useT("settings");
  const locale = useLocale();
  const mayEdit = useCan("settings.manage");
  const settings = useOne<BotSettingsBody>("/bot/settings");
  const draft = useDraft<BotSettingsBody>({ name: "", greeting: "", max_error: 0.1, misses_before_handoff: 2 });
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
        <FormProblem problems={draft.problems} shown={["name", "greeting", "max_error", "misses"]} />
        <Section title={t("bot.identity")}>
          <Field label={t("bot.name")} htmlFor="bot-name" required help={t("bot.nameHelp")} problem={problem("name")}>
            <Input id="bot-name" maxLength={40} disabled={!mayEdit} value={value.name} onChange={(event) => set({ name: event.target.value })} />
          </Field>
          <Field label={t("bot.greeting")} htmlFor="bot-greeting" help={t("bot.greetingHelp")} problem={problem("greeting")}>
            <Input.TextArea
              id="bot-greeting"
              autoSize={{ minRows: 2, maxRows: 8 }}
              maxLength={500}
              disabled={!mayEdit}
              value={value.greeting}
              onChange={(event) => set({ greeting: event.target.value })}
            />
          </Field>
        </Section>
        <Section title={t("bot.care")} description={t("bot.careText")}>
          <Field
            label={t("bot.maxError")}
            help={t("bot.maxErrorHelp", { percent: percent(value.max_error, locale) })}
            problem={problem("max_error")}
          >
            <Slider
              min={1}
              max={40}
              disabled={!mayEdit}
              value={Math.round(value.max_error * 100)}
              ariaLabelForHandle={t("bot.maxError")}
              marks={{ 1: t("bot.careful"), 40: t("bot.bold") }}
              tooltip={{ formatter: (error) => `${error}%` }}
              onChange={(error) => set({ max_error: error / 100 })}
            />
          </Field>
          <Grid>
            <Field label={t("bot.misses")} htmlFor="bot-misses" help={t("bot.missesHelp")} problem={problem("misses_before_handoff")}>
              <InputNumber
                id="bot-misses"
                min={1}
                max={10}
                disabled={!mayEdit}
                value={value.misses_before_handoff}
                onChange={(misses) => set({ misses_before_handoff: misses ?? 2 })}
              />
            </Field>
          </Grid>
        </Section>
        <SaveBar
          dirty={dirty}
          saving={save.busy}
          onReset={draft.reset}
          onSave={() => (value.name.trim() ? void save.run() : draft.refuse([{ field: "name", message: t("kit.required") }]))}
        />
      </State>
    </Page>
  );
}
