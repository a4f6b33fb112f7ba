import { Input, InputNumber, Select, Switch } from "antd";
import { useT } from "@/app/i18n";
import { Field, Grid, Section } from "../kit";
import { useEditor } from "./context";
import { TYPE_ICONS, TypeIcon } from "./icons";
import { WordsField } from "./parts";

export function BasicsTab() {
  const t = useT("settings/tickettypes");
  const { definition, change, fault, typeKey } = useEditor();
  const set = (part: Partial<typeof definition>) => change((old) => ({ ...old, ...part }));
  const names = [...new Set([...Object.keys(TYPE_ICONS), definition.icon])];
  return (
    <Section title={t("tab.basics")}>
      <WordsField
        label={t("basics.name.label")}
        path="name"
        required
        autoFocus={typeKey === null}
        value={definition.name}
        onChange={(name) => set({ name })}
      />
      <WordsField
        label={t("basics.description")}
        help={t("basics.descriptionHelp")}
        path="description"
        rows={2}
        value={definition.description}
        onChange={(description) => set({ description })}
      />
      <Grid columns={3}>
        <Field label={t("basics.icon")} htmlFor="type-icon" problem={fault("icon")}>
          <Select
            id="type-icon"
            value={definition.icon}
            onChange={(icon) => set({ icon })}
            showSearch={{ optionFilterProp: "title" }}
            options={names.map((name) => ({
              value: name,
              title: t(`icon.${name}`, { defaultValue: name }),
              label: (
                <span className="tt-option">
                  <TypeIcon name={name} /> {t(`icon.${name}`, { defaultValue: name })}
                </span>
              ),
            }))}
          />
        </Field>
        <Field
          label={t("basics.prefix")}
          htmlFor="type-prefix"
          required
          help={t("basics.prefixHelp", { prefix: definition.prefix || "T" })}
          problem={fault("prefix")}
        >
          <Input
            id="type-prefix"
            maxLength={4}
            value={definition.prefix}
            onChange={(event) => set({ prefix: event.target.value.toUpperCase().replace(/[^A-Z]/g, "") })}
          />
        </Field>
        <Field label={t("basics.priority")} htmlFor="type-priority" problem={fault("priority")}>
          <Select
            id="type-priority"
            value={definition.priority}
            onChange={(priority) => set({ priority })}
            options={[0, 1, 2, 3].map((value) => ({ value, label: t(`priority.${value}`) }))}
          />
        </Field>
      </Grid>
      <Grid>
        <Field
          label={t("basics.portal")}
          help={t("basics.portalHelp")}
          htmlFor="type-portal"
          problem={fault("open_to_customers")}
        >
          <Switch
            id="type-portal"
            checked={definition.open_to_customers}
            onChange={(open_to_customers) => set({ open_to_customers })}
          />
        </Field>
        <Field
          label={t("basics.close")}
          help={t("basics.closeHelp")}
          htmlFor="type-close"
          problem={fault("close_after_hours")}
        >
          <InputNumber
            id="type-close"
            min={1}
            max={8760}
            style={{ width: 180 }}
            placeholder={t("basics.closeNever")}
            suffix={t("hours")}
            value={definition.close_after_hours}
            onChange={(close_after_hours) => set({ close_after_hours })}
          />
        </Field>
      </Grid>
    </Section>
  );
}
