import { Alert, Input, Modal, Radio } from "antd";
import { useState } from "react";
import { api } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import type { Id } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { customerName, known } from "@/features/inbox/text";
import { absoluteTime } from "@/lib/format";
import { toast } from "@/ui/feedback";
import { Fetched } from "@/ui/states";
import type { CustomerCard, Merge, Preview } from "./types";

function Side(props: { customer: CustomerCard }) {
  const t = useT("customers/linking");
  const { customer: c } = props;
  return (
    <span className="q-merge__side">
      <strong>{customerName(c, t)}</strong>
      <span className="q-muted q-num">
        #{c.number}
        {c.phone ? ` · ${c.phone}` : ""}
        {c.email ? ` · ${c.email}` : ""}
      </span>
    </span>
  );
}

/** What would become of two records, which of them stays, and the decision. */
export function MergeDialog(props: {
  customerId: Id;
  otherId: Id;
  close: () => void;
  merged: (survivor: Id) => void;
}) {
  const t = useT("customers/linking");
  const locale = useLocale();
  const [swapped, setSwapped] = useState(false);
  const [reason, setReason] = useState("");
  const survivor = swapped ? props.otherId : props.customerId;
  const other = swapped ? props.customerId : props.otherId;
  const query = useGet<Preview>(`/customers/${survivor}/merge-preview`, { other_id: other });
  const act = useAct(() => api.post<Merge>(`/customers/${survivor}/merge`, { other_id: other, reason }), {
    invalidates: [
      "/customers",
      "/conversations",
      ...[survivor, other].flatMap((id) =>
        ["", "/suggestions", "/merges", "/orders", "/story"].map((part) => `/customers/${id}${part}`),
      ),
    ],
    onSuccess: () => {
      toast.success(t("merge.done"));
      props.merged(survivor);
    },
  });
  const preview = query.data;
  const said = (field: string, value: unknown): string => {
    if (value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length))
      return t("merge.nothing");
    if (Array.isArray(value)) return value.join(t("list_separator"));
    if (typeof value === "object") return Object.keys(value).join(t("list_separator")) || t("merge.nothing");
    const text = String(value);
    if (field === "level") return known(t, `inbox:level.${text}`, text);
    if (field === "locale") return new Intl.DisplayNames(locale, { type: "language" }).of(text) ?? text;
    return /^\d{4}-\d\d-\d\dT/.test(text) ? absoluteTime(text, locale) : text;
  };
  return (
    <Modal
      open
      width={620}
      title={t("merge.title")}
      onCancel={props.close}
      okText={t("merge.action")}
      confirmLoading={act.isPending}
      okButtonProps={{ disabled: !preview || preview.conflicts.length > 0 }}
      onOk={() => act.mutate(undefined)}
    >
      <Fetched query={query}>
        {(p) => {
          // The order on screen stays when the choice changes.
          const [left, right] =
            p.survivor.id === props.customerId ? [p.survivor, p.merged] : [p.merged, p.survivor];
          return (
            <div className="q-merge">
              <p className="q-muted">{t("merge.which")}</p>
              <Radio.Group
                className="q-merge__sides"
                value={survivor}
                onChange={(event) => setSwapped(event.target.value === props.otherId)}
                options={[
                  { value: props.customerId, label: <Side customer={left} /> },
                  { value: props.otherId, label: <Side customer={right} /> },
                ]}
              />
              {p.conflicts.map((code) => (
                <Alert key={code} type="error" showIcon title={known(t, `conflict.${code}`, code)} />
              ))}
              {p.warnings.length ? (
                <Alert
                  type="warning"
                  showIcon
                  title={t("merge.look")}
                  description={
                    <ul>
                      {p.warnings.map((code) => (
                        <li key={code}>{known(t, `warning.${code}`, code)}</li>
                      ))}
                    </ul>
                  }
                />
              ) : null}
              <h4>{t("merge.moves")}</h4>
              {Object.keys(p.moves).length ? (
                <ul className="q-merge__moves">
                  {Object.entries(p.moves).map(([place, count]) => (
                    <li key={place}>
                      {known(t, `place.${place}`, place)} <b className="q-num">{count}</b>
                    </li>
                  ))}
                </ul>
              ) : (
                <p className="q-muted">{t("merge.no_moves")}</p>
              )}
              {Object.keys(p.changes).length ? (
                <>
                  <h4>{t("merge.changes")}</h4>
                  <dl className="q-merge__changes">
                    {Object.entries(p.changes).map(([field, [before, after]]) => (
                      <div key={field}>
                        <dt>{known(t, `field.${field}`, field)}</dt>
                        <dd>
                          <span className="q-muted">{said(field, before)}</span> → {said(field, after)}
                        </dd>
                      </div>
                    ))}
                  </dl>
                </>
              ) : null}
              <Input
                value={reason}
                maxLength={500}
                aria-label={t("merge.reason")}
                placeholder={t("merge.reason")}
                onChange={(event) => setReason(event.target.value)}
              />
              <p className="q-muted">{t("merge.undo_note", { days: p.undo_days })}</p>
            </div>
          );
        }}
      </Fetched>
    </Modal>
  );
}
