import { Alert, InputNumber, Radio } from "antd";
import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { Field, Page, SaveBar, Section, State, useOne, useRows, useSubmit } from "../settings/kit";
import type { GateSettings, TestSet } from "./types";

export default function GatePage() {
  const t = useT("evaluation");
  const mayDecide = useCan("evaluation.decide");
  const stored = useOne<GateSettings>("/evaluation/gate");
  const sets = useRows<TestSet>("/evaluation/sets");
  const [draft, setDraft] = useState<GateSettings | null>(null);
  const data = stored.data;
  useEffect(() => {
    if (data && !draft) setDraft(data);
  }, [data, draft]);
  const save = useSubmit((body: GateSettings) => api.put<GateSettings>("/evaluation/gate", body), {
    stale: ["/evaluation/gate"],
    done: t("gate.saved"),
    onDone: setDraft,
  });
  const guards = (sets.rows ?? []).filter((set) => set.gate);
  const change = (patch: Partial<GateSettings>) => draft && setDraft({ ...draft, ...patch });
  const dirty = Boolean(draft && data && JSON.stringify(draft) !== JSON.stringify(data));
  return (
    <Page
      title={t("nav.gate")}
      description={mayDecide ? t("gate.text") : `${t("gate.text")} ${t("decideNeeded")}`}
    >
      <State loading={stored.isPending || !draft} error={stored.error} onRetry={() => void stored.refetch()}>
        {draft && (
          <>
            {draft.mode !== "off" && sets.rows && guards.length === 0 && (
              <Alert type="warning" showIcon className="qk-gap" title={t("gate.noSets")} />
            )}
            <Section title={t("gate.mode")}>
              <Radio.Group
                className="ev-stack"
                disabled={!mayDecide}
                value={draft.mode}
                onChange={(event) => change({ mode: event.target.value as GateSettings["mode"] })}
                options={(["off", "warn", "block"] as const).map((mode) => ({
                  value: mode,
                  label: t(`gate.modes.${mode}`),
                }))}
              />
            </Section>
            {draft.mode !== "off" && (
              <Section title={t("gate.rules")}>
                <Field label={t("gate.from")} htmlFor="gate-from" help={t("gate.fromHelp")}>
                  <InputNumber
                    id="gate-from"
                    min={1}
                    max={100000}
                    disabled={!mayDecide}
                    value={draft.from_texts}
                    onChange={(n) => change({ from_texts: n ?? 1 })}
                  />
                </Field>
                <Field label={t("gate.regressions")} htmlFor="gate-worse" help={t("gate.regressionsHelp")}>
                  <InputNumber
                    id="gate-worse"
                    min={0}
                    max={10000}
                    disabled={!mayDecide}
                    value={draft.max_regressions}
                    onChange={(n) => change({ max_regressions: n ?? 0 })}
                  />
                </Field>
                <Field label={t("gate.tolerance")} htmlFor="gate-fall" help={t("gate.toleranceHelp")}>
                  <InputNumber
                    id="gate-fall"
                    min={0}
                    max={50}
                    suffix={t("gate.points")}
                    style={{ width: 160 }}
                    disabled={!mayDecide}
                    value={Math.round(draft.tolerance * 100)}
                    onChange={(n) => change({ tolerance: (n ?? 0) / 100 })}
                  />
                </Field>
              </Section>
            )}
            <Section title={t("gate.sets")} description={t("gate.setsText")}>
              {guards.length > 0 ? (
                <ul>
                  {guards.map((set) => (
                    <li key={set.id}>{t("gate.setOf", { name: set.name, count: set.cases })}</li>
                  ))}
                </ul>
              ) : (
                <p className="qk-muted">{t("gate.none")}</p>
              )}
            </Section>
            <SaveBar
              dirty={dirty}
              saving={save.busy}
              onSave={() => void save.run(draft)}
              onReset={() => data && setDraft(data)}
            />
          </>
        )}
      </State>
    </Page>
  );
}
