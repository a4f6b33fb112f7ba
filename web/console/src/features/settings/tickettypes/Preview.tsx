import { Select } from "antd";
import { useState } from "react";
import { useT } from "@/app/i18n";
import { FieldsForm } from "../../tickets/fields/FieldsForm";
import { defaultsOf, factsOf, shapeOf, type Values } from "../../tickets/fields/model";
import { Field, Section } from "../kit";
import { useEditor } from "./context";
import type { FieldSpec } from "./types";

/** Whether a side, and a role of staff, sees the field, and may write it. */
function seenBy(field: FieldSpec, as: string): boolean {
  if (as === "customer") return field.sides.includes("customer");
  return (
    field.sides.includes("staff") &&
    (as === "staff" || field.view_roles.length === 0 || field.view_roles.includes(as))
  );
}

/** The form as a customer, an agent or a role has it; conditions answer to what is filled in. */
export function Preview() {
  const t = useT("settings/tickettypes");
  const { definition, roles } = useEditor();
  const [as, setAs] = useState("staff");
  const [values, setValues] = useState<Values>({});
  const seen = { fields: definition.fields.filter((field) => seenBy(field, as)) };
  const filled = { ...defaultsOf(definition), ...values };
  const source = as === "customer" ? "portal" : "console";
  const facts = factsOf({ priority: definition.priority, source });
  const shape = shapeOf(definition, filled, facts);
  const visible = shape.visible.filter((field) => seen.fields.some((one) => one.key === field.key));
  return (
    <div className="tt-preview">
      <Section title={t("preview.title")} description={t("preview.hint")}>
        <Field label={t("preview.as")} htmlFor="preview-as">
          <Select
            id="preview-as"
            value={as}
            onChange={setAs}
            options={[
              { value: "customer", label: t("preview.customer") },
              { value: "staff", label: t("preview.staff") },
              ...roles,
            ]}
          />
        </Field>
        {visible.length === 0 ? (
          <p className="qk-muted">{t("preview.nothing")}</p>
        ) : (
          <FieldsForm
            shape={{ ...shape, visible }}
            values={filled}
            readOnly={(spec) => {
              const only = definition.fields.find((one) => one.key === spec.key)?.edit_roles ?? [];
              return as !== "customer" && as !== "staff" && only.length > 0 && !only.includes(as);
            }}
            onChange={(key, value) => setValues((old) => ({ ...old, [key]: value }))}
          />
        )}
      </Section>
    </div>
  );
}
