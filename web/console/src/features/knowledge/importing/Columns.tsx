import { Alert, Button, Select } from "antd";
import { useState } from "react";
import { useT } from "@/app/i18n";
import { Field, Grid } from "../../settings/kit";
import { FIELDS, type ImportColumn, type Mapping, mappingComplete } from "./model";

/** Which column of a table is what. A column serves one field: choosing it again takes it away from the other. */
export function Columns(props: {
  filename: string;
  columns: readonly ImportColumn[];
  mapping: Mapping;
  refused: boolean;
  failure: string | null;
  busy: boolean;
  onBack: () => void;
  onApply: (mapping: Mapping) => void;
}) {
  const t = useT("knowledge");
  const [mapping, setMapping] = useState(props.mapping);
  const options = props.columns.map(({ index, name }) => ({
    value: index,
    label: name || t("import.mapColumn", { n: index + 1 }),
  }));
  const choose = (field: (typeof FIELDS)[number], column: number | undefined) => {
    const next: Mapping = {};
    for (const one of FIELDS) {
      const held = one === field ? column : mapping[one];
      if (held !== undefined && (one === field || held !== column)) next[one] = held;
    }
    setMapping(next);
  };
  return (
    <section>
      <h2 className="qk-gap">{t("import.mapTitle", { name: props.filename })}</h2>
      {props.failure ? (
        <Alert type="error" showIcon className="qk-gap" title={props.failure} />
      ) : (
        props.refused && <Alert type="info" showIcon className="qk-gap" title={t("import.mapText")} />
      )}
      <Grid>
        {FIELDS.map((field) => (
          <Field
            key={field}
            label={t(`import.field.${field}`)}
            htmlFor={`import-${field}`}
            required={field === "question" || field === "answer"}
          >
            <Select
              id={`import-${field}`}
              allowClear
              showSearch
              optionFilterProp="label"
              value={mapping[field]}
              placeholder={t("import.mapUnused")}
              onChange={(column: number | undefined) => choose(field, column)}
              options={options}
            />
          </Field>
        ))}
      </Grid>
      <div className="qs-row">
        <Button onClick={props.onBack}>{t("import.mapBack")}</Button>
        <Button
          type="primary"
          loading={props.busy}
          disabled={!mappingComplete(mapping)}
          onClick={() => props.onApply(mapping)}
        >
          {t("import.mapAgain")}
        </Button>
      </div>
    </section>
  );
}
