import { Button, Input } from "antd";
import { Plus, X } from "lucide-react";
import { useEffect } from "react";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
import { FormProblem, SaveBar, Section, State, useDraft, useRows, useSubmit, useUnsavedGuard } from "../kit";
import { reasonKey } from "./model";
import type { Reason } from "./types";

/** What people choose from when a promise was not kept. */
export function Reasons() {
  const t = useT("settings/sla");
  const st = useT("settings");
  const reasons = useRows<Reason>("/sla/reasons");
  const draft = useDraft<{ reasons: Reason[] }>({ reasons: [] });
  const { value, set, accept, dirty } = draft;
  useEffect(() => {
    if (reasons.rows && !dirty) accept({ reasons: reasons.rows });
  }, [reasons.rows, dirty, accept]);
  useUnsavedGuard(dirty);
  const save = useSubmit(() => api.put<Reason[]>("/sla/reasons", value), {
    stale: ["/sla/reasons", "/sla/tickets"],
    draft,
    done: st("kit.saved"),
    onDone: () => accept(value),
  });
  const put = (index: number, reason: Reason) =>
    set({ reasons: value.reasons.map((old, i) => (i === index ? reason : old)) });
  const submit = () => {
    if (value.reasons.some((reason) => !reason.label["zh-CN"]?.trim() && !reason.label.en?.trim()))
      draft.refuse([{ field: "reasons", message: t("fault.reason") }]);
    else void save.run();
  };
  return (
    <State loading={reasons.isPending} error={reasons.error} onRetry={() => void reasons.refetch()}>
      <FormProblem problems={draft.problems} />
      <Section title={t("tab.reasons")} description={t("reasonsText")}>
        <div className="qs-stack">
          {value.reasons.map((reason, index) => (
            <div key={reason.key} className="qs-row">
              {(["zh-CN", "en"] as const).map((lang) => (
                <Input
                  key={lang}
                  lang={lang}
                  maxLength={120}
                  aria-label={t("reasonIn", { n: index + 1, lang: t(`lang.${lang}`) })}
                  placeholder={t(`lang.${lang}`)}
                  value={reason.label[lang] ?? ""}
                  onChange={(event) => {
                    const { [lang]: _, ...rest } = reason.label;
                    put(index, {
                      ...reason,
                      label: event.target.value ? { ...rest, [lang]: event.target.value } : rest,
                    });
                  }}
                />
              ))}
              <Button
                type="text"
                icon={<X size={15} aria-hidden />}
                aria-label={t("removeReason", { n: index + 1 })}
                onClick={() => set({ reasons: value.reasons.filter((_, i) => i !== index) })}
              />
            </div>
          ))}
          <div>
            <Button
              type="dashed"
              icon={<Plus size={14} aria-hidden />}
              onClick={() =>
                set({
                  reasons: [
                    ...value.reasons,
                    { key: reasonKey(value.reasons.map((reason) => reason.key)), label: {} },
                  ],
                })
              }
            >
              {t("addReason")}
            </Button>
          </div>
        </div>
      </Section>
      <SaveBar dirty={dirty} saving={save.busy} onSave={submit} onReset={draft.reset} />
    </State>
  );
}
