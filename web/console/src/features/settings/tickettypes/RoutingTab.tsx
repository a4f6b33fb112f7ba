import { Radio, Select } from "antd";
import { useT } from "@/app/i18n";
import { Field, Section } from "../kit";
import { useEditor } from "./context";
import { DepartmentField } from "./parts";
import type { Routing, Tier } from "./types";

const EMPTY = (tier: number): Tier => ({ tier, department_id: null, skill_id: null, level: 1 });

export function RoutingTab() {
  const t = useT("settings/tickettypes");
  const { definition, change, fault, skills } = useEditor();
  const { routing } = definition;
  const set = (part: Partial<Routing>) => change((old) => ({ ...old, routing: { ...old.routing, ...part } }));
  const at = (tier: number) => routing.tiers.find((one) => one.tier === tier);
  const setTier = (tier: number, part: Partial<Tier>) => {
    const next = { ...(at(tier) ?? EMPTY(tier)), ...part };
    const others = routing.tiers.filter((one) => one.tier !== tier);
    const kept = next.department_id || next.skill_id ? [...others, next] : others;
    set({ tiers: kept.sort((a, b) => a.tier - b.tier) });
  };
  return (
    <>
      <Section title={t("routing.new")} description={t("routing.newText")}>
        <div className="tt-narrow">
          <DepartmentField
            label={t("effect.department")}
            none={t("routing.noDepartment")}
            path="routing.department_id"
            value={routing.department_id}
            onChange={(department_id) => set({ department_id })}
          />
        </div>
        <Field label={t("routing.strategy")} problem={fault("routing.strategy")}>
          <Radio.Group
            className="qs-radios"
            value={routing.strategy}
            onChange={(event) => set({ strategy: event.target.value })}
            options={(["nobody", "creator", "least_loaded", "round_robin"] as const).map((value) => ({
              value,
              label: (
                <span>
                  {t(`routing.by.${value}`)}
                  <small>{t(`routing.byText.${value}`)}</small>
                </span>
              ),
            }))}
          />
        </Field>
      </Section>
      <Section title={t("routing.tiers")} description={t("routing.tiersText")}>
        {[1, 2, 3].map((tier) => {
          const index = routing.tiers.findIndex((one) => one.tier === tier);
          const value = at(tier) ?? EMPTY(tier);
          return (
            <fieldset className="tt-tier" key={tier}>
              <legend>{t(`routing.tier.${tier}`)}</legend>
              <DepartmentField
                label={t("effect.department")}
                none={t("routing.sameDepartment")}
                path={`routing.tiers.${index}.department_id`}
                value={value.department_id}
                onChange={(department_id) => setTier(tier, { department_id })}
              />
              <Field
                label={t("routing.skill")}
                htmlFor={`tier-skill-${tier}`}
                problem={fault(`routing.tiers.${index}.skill_id`)}
              >
                <Select
                  id={`tier-skill-${tier}`}
                  showSearch={{ optionFilterProp: "label" }}
                  value={value.skill_id ?? ""}
                  onChange={(id) => setTier(tier, { skill_id: id || null })}
                  options={[{ value: "", label: t("routing.noSkill") }, ...skills]}
                />
              </Field>
              <Field label={t("routing.level")} htmlFor={`tier-level-${tier}`}>
                <Select
                  id={`tier-level-${tier}`}
                  disabled={value.skill_id === null}
                  value={value.level}
                  onChange={(level) => setTier(tier, { level })}
                  options={[1, 2, 3, 4, 5].map((level) => ({ value: level, label: `≥ ${level}` }))}
                />
              </Field>
            </fieldset>
          );
        })}
      </Section>
    </>
  );
}
