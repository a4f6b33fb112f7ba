import { Button, Checkbox, Input, InputNumber, Select, Switch, Tabs, Tooltip } from "antd";
import { Copy, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { useT } from "@/app/i18n";
import { placesOf } from "@/lib/format";
import { Field, Grid, Section } from "../kit";
import { useEditor, useFacts } from "./context";
import { addColumn, CHOICES, LIMITED, renameField, replaced, without } from "./model";
import { OptionsEditor } from "./OptionsEditor";
import { AddButton, RemoveButton, RequiredField, RolesField, WhenField, WordsField } from "./parts";
import { COLUMN_KINDS, type FieldSpec, KINDS, type Side } from "./types";

const CURRENCIES = ["CNY", "USD", "EUR", "HKD", "TWD", "JPY", "KRW", "GBP", "SGD", "MYR", "THB", "AUD"];
/** Kinds a field may become without what is stored losing its meaning. */
const ALIKE: FieldSpec["kind"][][] = [
  ["text", "long_text", "phone", "email", "order"],
  ["date", "moment"],
];

export function FieldPanel(props: {
  index: number;
  field: FieldSpec;
  onRemove: () => void;
  onCopy: () => void;
}) {
  const t = useT("settings/tickettypes");
  const { change, fault, definition } = useEditor();
  const { field, index } = props;
  const path = `fields.${index}`;
  const facts = useFacts(field.key);
  const set = (part: Partial<FieldSpec>) =>
    change((old) => ({ ...old, fields: replaced(old.fields, index, part) }));
  const [key, setKey] = useState(field.key);
  useEffect(() => setKey(field.key), [field.key]);
  const free =
    /^[a-z][a-z0-9_]{0,39}$/.test(key) && !definition.fields.some((one, i) => i !== index && one.key === key);
  const kinds = ALIKE.find((group) => group.includes(field.kind)) ?? [field.kind];
  const money = field.kind === "money";

  return (
    <Section
      title={t("field.settings")}
      extra={
        <span className="qs-inline">
          <Tooltip title={t("field.copy")}>
            <Button
              type="text"
              size="small"
              icon={<Copy size={14} />}
              aria-label={t("field.copy")}
              onClick={props.onCopy}
            />
          </Tooltip>
          <Tooltip title={t("remove")}>
            <Button
              type="text"
              size="small"
              danger
              icon={<Trash2 size={14} />}
              aria-label={t("remove")}
              onClick={props.onRemove}
            />
          </Tooltip>
        </span>
      }
    >
      <Tabs
        size="small"
        items={[
          {
            key: "what",
            label: t("field.tab.what"),
            children: (
              <>
                <WordsField
                  label={t("field.label")}
                  path={`${path}.label`}
                  required
                  value={field.label}
                  onChange={(label) => set({ label })}
                />
                <WordsField
                  label={t("field.help")}
                  path={`${path}.help`}
                  value={field.help}
                  onChange={(help) => set({ help })}
                />
                <Grid>
                  <Field label={t("field.kind")} htmlFor="field-kind" problem={fault(`${path}.kind`)}>
                    <Select
                      id="field-kind"
                      value={field.kind}
                      disabled={kinds.length === 1}
                      onChange={(kind) => set({ kind })}
                      options={KINDS.filter((kind) => kinds.includes(kind)).map((kind) => ({
                        value: kind,
                        label: t(`kind.${kind}`),
                      }))}
                    />
                  </Field>
                  <Field
                    label={t("field.key")}
                    htmlFor="field-key"
                    help={t("field.keyHelp")}
                    problem={free ? fault(`${path}.key`) : t("field.keyTaken")}
                  >
                    <Input
                      id="field-key"
                      maxLength={40}
                      className="tt-mono"
                      value={key}
                      onChange={(event) => setKey(event.target.value.toLowerCase())}
                      onBlur={() => {
                        if (free) change((old) => renameField(old, field.key, key));
                        else setKey(field.key);
                      }}
                    />
                  </Field>
                </Grid>
                {CHOICES.includes(field.kind) && (
                  <OptionsEditor
                    options={field.options}
                    deep={field.kind === "cascade"}
                    path={`${path}.options`}
                    onChange={(options) => set({ options })}
                  />
                )}
                {field.kind === "table" && <ColumnsEditor field={field} path={path} set={set} />}
                {money && (
                  <Field
                    label={t("field.currency")}
                    htmlFor="field-currency"
                    problem={fault(`${path}.currency`)}
                  >
                    <Select
                      id="field-currency"
                      showSearch
                      value={field.currency}
                      onChange={(currency) => set({ currency })}
                      options={[...new Set([...CURRENCIES, field.currency])].map((value) => ({
                        value,
                        label: value,
                      }))}
                    />
                  </Field>
                )}
                {LIMITED.includes(field.kind) && (
                  <Grid>
                    {(["minimum", "maximum"] as const).map((side) => (
                      <Field
                        key={side}
                        label={t(`field.${side}`)}
                        htmlFor={`field-${side}`}
                        problem={fault(`${path}.${side}`)}
                      >
                        <InputNumber
                          id={`field-${side}`}
                          style={{ width: "100%" }}
                          value={field[side]}
                          {...(money ? { precision: placesOf(field.currency), suffix: field.currency } : {})}
                          onChange={(value) => set({ [side]: value })}
                        />
                      </Field>
                    ))}
                  </Grid>
                )}
                {field.kind === "text" && (
                  <Field
                    label={t("field.pattern")}
                    htmlFor="field-pattern"
                    help={t("field.patternHelp")}
                    problem={fault(`${path}.pattern`)}
                  >
                    <Input
                      id="field-pattern"
                      className="tt-mono"
                      maxLength={200}
                      value={field.pattern ?? ""}
                      placeholder="[A-Z]{2}\d{8}"
                      onChange={(event) => set({ pattern: event.target.value || null })}
                    />
                  </Field>
                )}
              </>
            ),
          },
          {
            key: "when",
            label: t("field.tab.when"),
            children: (
              <>
                <RequiredField
                  label={t("field.required")}
                  required={field.required}
                  when={field.required_when}
                  facts={facts}
                  path={path}
                  onChange={(required, required_when) => set({ required, required_when })}
                />
                <WhenField
                  label={t("field.shown")}
                  always={t("field.requiredWhen.always")}
                  value={field.shown_when}
                  facts={facts}
                  path={`${path}.shown_when`}
                  onChange={(shown_when) => set({ shown_when })}
                />
              </>
            ),
          },
          {
            key: "who",
            label: t("field.tab.who"),
            children: (
              <>
                <Field label={t("field.sides")} help={t("field.sidesHelp")} problem={fault(`${path}.sides`)}>
                  <Checkbox.Group
                    value={field.sides}
                    onChange={(sides) => sides.length && set({ sides: sides as Side[] })}
                    options={(["customer", "staff"] as const).map((value) => ({
                      value,
                      label: t(`side.${value}`),
                    }))}
                  />
                </Field>
                <RolesField
                  label={t("field.viewRoles")}
                  placeholder={t("everyone")}
                  path={`${path}.view_roles`}
                  value={field.view_roles}
                  onChange={(view_roles) => set({ view_roles })}
                />
                <RolesField
                  label={t("field.editRoles")}
                  placeholder={t("everyone")}
                  path={`${path}.edit_roles`}
                  value={field.edit_roles}
                  onChange={(edit_roles) => set({ edit_roles })}
                />
                <Field label={t("field.searchable")} htmlFor="field-searchable">
                  <Switch
                    id="field-searchable"
                    checked={field.searchable}
                    onChange={(searchable) => set({ searchable })}
                  />
                </Field>
              </>
            ),
          },
        ]}
      />
    </Section>
  );
}

function ColumnsEditor(props: { field: FieldSpec; path: string; set: (part: Partial<FieldSpec>) => void }) {
  const t = useT("settings/tickettypes");
  const { fault } = useEditor();
  const { columns } = props.field;
  return (
    <Field label={t("field.columns")} problem={fault(`${props.path}.columns`)}>
      <div className="qs-stack">
        {columns.map((column, i) => (
          <div className="tt-line" key={column.key}>
            {(["zh-CN", "en"] as const).map((lang) => (
              <Input
                key={lang}
                size="small"
                lang={lang}
                maxLength={200}
                aria-label={`${t("field.column", { n: i + 1 })} ${t(`lang.${lang}`)}`}
                placeholder={t(`lang.${lang}`)}
                status={fault(`${props.path}.columns.${i}`) ? "error" : ""}
                value={column.label[lang] ?? ""}
                onChange={(event) =>
                  props.set({
                    columns: replaced(columns, i, { label: { ...column.label, [lang]: event.target.value } }),
                  })
                }
              />
            ))}
            <Select
              size="small"
              style={{ width: 110 }}
              aria-label={t("field.kind")}
              value={column.kind}
              onChange={(kind) => props.set({ columns: replaced(columns, i, { kind }) })}
              options={COLUMN_KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))}
            />
            <RemoveButton label={t("remove")} onClick={() => props.set({ columns: without(columns, i) })} />
          </div>
        ))}
        <div>
          <AddButton
            disabled={columns.length >= 20}
            onClick={() => props.set({ columns: addColumn(columns) })}
          >
            {t("field.addColumn")}
          </AddButton>
        </div>
      </div>
    </Field>
  );
}
