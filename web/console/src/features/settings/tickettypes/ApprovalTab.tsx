import { Alert, InputNumber, Radio, Select, Switch } from "antd";
import { useState } from "react";
import { useT } from "@/app/i18n";
import { centsOf, placesOf } from "@/lib/format";
import { Field, Grid, Section } from "../kit";
import { useEditor } from "./context";
import { blankStep, moved, replaced, stepsFor, without, wordsIn } from "./model";
import { AddButton, RemoveButton, RolesField, WordsField } from "./parts";
import { SortableList } from "./SortableList";
import type { ApprovalRule, ApprovalStep } from "./types";

export function ApprovalTab() {
  const t = useT("settings/tickettypes");
  const { definition, change, fault, lang, roles } = useEditor();
  const rule = definition.approval;
  const [selected, setSelected] = useState(0);
  const [example, setExample] = useState<number | null>(1000);
  const put = (approval: ApprovalRule | null) => change((old) => ({ ...old, approval }));
  const set = (part: Partial<ApprovalRule>) => rule && put({ ...rule, ...part });
  const setStep = (index: number, part: Partial<ApprovalStep>) =>
    rule && set({ steps: replaced(rule.steps, index, part) });
  const money = definition.fields.filter((field) => field.kind === "money");
  const amount = money.find((field) => field.key === rule?.amount_field);
  const [cents, places] = [centsOf(amount?.currency ?? "CNY"), placesOf(amount?.currency ?? "CNY")];
  const used = definition.workflow.transitions.filter((one) => one.approval);
  const step = rule?.steps[selected];
  const roleName = (value: string) => roles.find((role) => role.value === value)?.label ?? value;
  return (
    <>
      <Section
        title={t("tab.approval")}
        description={t("approval.text")}
        extra={
          <Switch
            checked={rule !== null}
            aria-label={t("tab.approval")}
            onChange={(on) =>
              put(
                on
                  ? {
                      amount_field: money[0]?.key ?? null,
                      order: "sequence",
                      expires_hours: 72,
                      steps: [blankStep({ [lang]: t("approval.firstStep") })],
                    }
                  : null,
              )
            }
          />
        }
      >
        {rule === null ? (
          <p className="qk-muted">{t("approval.off")}</p>
        ) : (
          <>
            {used.length === 0 && (
              <Alert className="qk-gap" type="warning" showIcon title={t("approval.notUsed")} />
            )}
            {fault("approval.steps") && rule.steps.length === 0 && (
              <Alert className="qk-gap" type="error" showIcon title={fault("approval.steps")} />
            )}
            <Grid columns={3}>
              <Field
                label={t("approval.amount")}
                htmlFor="approval-amount"
                help={money.length ? undefined : t("approval.noMoney")}
                problem={fault("approval.amount_field")}
              >
                <Select
                  id="approval-amount"
                  value={rule.amount_field ?? ""}
                  onChange={(key) => set({ amount_field: key || null })}
                  options={[
                    { value: "", label: t("approval.anyAmount") },
                    ...money.map((field) => ({
                      value: field.key,
                      label: wordsIn(field.label, lang) || field.key,
                    })),
                  ]}
                />
              </Field>
              <Field label={t("approval.order")} problem={fault("approval.order")}>
                <Radio.Group
                  optionType="button"
                  value={rule.order}
                  onChange={(event) => set({ order: event.target.value })}
                  options={(["sequence", "parallel"] as const).map((value) => ({
                    value,
                    label: t(`approval.${value}`),
                  }))}
                />
              </Field>
              <Field
                label={t("approval.expires")}
                htmlFor="approval-expires"
                help={t("approval.expiresHelp")}
                problem={fault("approval.expires_hours")}
              >
                <InputNumber
                  id="approval-expires"
                  style={{ width: 160 }}
                  min={1}
                  max={2160}
                  suffix={t("hours")}
                  value={rule.expires_hours}
                  onChange={(expires_hours) => set({ expires_hours: expires_hours ?? 72 })}
                />
              </Field>
            </Grid>
          </>
        )}
      </Section>
      {rule && (
        <div className="tt-two">
          <Section
            title={t("approval.steps")}
            extra={
              <AddButton
                disabled={rule.steps.length >= 10}
                onClick={() => {
                  set({
                    steps: [
                      ...rule.steps,
                      blankStep({ [lang]: t("approval.nthStep", { n: rule.steps.length + 1 }) }),
                    ],
                  });
                  setSelected(rule.steps.length);
                }}
              >
                {t("approval.addStep")}
              </AddButton>
            }
          >
            <SortableList
              label={t("approval.steps")}
              selected={selected}
              onSelect={setSelected}
              onOrder={(from, to) => {
                set({ steps: moved(rule.steps, from, to) });
                if (selected === from) setSelected(to);
              }}
              items={rule.steps.map((one, i) => ({
                key: String(i),
                name: wordsIn(one.label, lang),
                fault: fault(`approval.steps.${i}`),
                body: (
                  <>
                    <span>{wordsIn(one.label, lang) || t("approval.nthStep", { n: i + 1 })}</span>
                    <small>
                      {[
                        one.roles.map(roleName).join(t("comma")),
                        one.above_minor === null
                          ? t("approval.always")
                          : t("approval.aboveShort", {
                              amount: one.above_minor / cents,
                              currency: amount?.currency ?? "CNY",
                            }),
                      ]
                        .filter(Boolean)
                        .join(" · ")}
                    </small>
                  </>
                ),
              }))}
            />
            {amount && (
              <div className="tt-example">
                <label htmlFor="approval-example">{t("approval.example")}</label>
                <InputNumber
                  id="approval-example"
                  size="small"
                  min={0}
                  precision={places}
                  suffix={amount.currency}
                  value={example}
                  onChange={setExample}
                />
                <span aria-live="polite">
                  {(() => {
                    const needed = stepsFor(rule.steps, Math.round((example ?? 0) * cents));
                    return needed.length
                      ? t("approval.needs", {
                          names: needed
                            .map((i) => wordsIn(rule.steps[i]!.label, lang))
                            .join(rule.order === "sequence" ? " → " : t("comma")),
                        })
                      : t("approval.needsNone");
                  })()}
                </span>
              </div>
            )}
          </Section>
          {step && (
            <Section
              title={t("approval.step")}
              extra={
                rule.steps.length > 1 && (
                  <RemoveButton
                    label={t("remove")}
                    onClick={() => {
                      set({ steps: without(rule.steps, selected) });
                      setSelected(0);
                    }}
                  />
                )
              }
            >
              <WordsField
                key={selected}
                label={t("approval.label")}
                required
                path={`approval.steps.${selected}.label`}
                value={step.label}
                onChange={(label) => setStep(selected, { label })}
              />
              <RolesField
                label={t("approval.roles")}
                required
                placeholder={t("effect.choose")}
                path={`approval.steps.${selected}.roles`}
                value={step.roles}
                onChange={(chosen) => setStep(selected, { roles: chosen })}
              />
              <Field
                label={t("approval.above")}
                htmlFor="approval-above"
                help={rule.amount_field ? t("approval.aboveHelp") : t("approval.aboveNoField")}
                problem={fault(`approval.steps.${selected}.above_minor`)}
              >
                <InputNumber
                  id="approval-above"
                  min={0}
                  precision={places}
                  disabled={rule.amount_field === null && step.above_minor === null}
                  suffix={amount?.currency ?? "CNY"}
                  placeholder={t("approval.always")}
                  value={step.above_minor === null ? null : step.above_minor / cents}
                  onChange={(value) =>
                    setStep(selected, { above_minor: value === null ? null : Math.round(value * cents) })
                  }
                />
              </Field>
              <Field label={t("approval.who")} problem={fault(`approval.steps.${selected}.needs`)}>
                <Radio.Group
                  className="qs-radios"
                  value={step.needs}
                  onChange={(event) => setStep(selected, { needs: event.target.value })}
                  options={(["one", "all"] as const).map((value) => ({
                    value,
                    label: t(`approval.need.${value}`),
                  }))}
                />
              </Field>
            </Section>
          )}
        </div>
      )}
    </>
  );
}
