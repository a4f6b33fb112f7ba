import { Select, Tag } from "antd";
import { useState } from "react";
import type { DirectoryEntry, Id, Iso } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { absoluteTime } from "@/lib/format";
import { RelativeTime } from "@/ui/Time";
import { type Column, DataTable, Page, usePages, useRows } from "../kit";
import { changeRows, fieldName, valueName } from "./model";

interface AuditEntry {
  id: Id;
  at: Iso;
  actor_kind: string;
  actor_id: Id | null;
  actor_name: string;
  ip: string | null;
  action: string;
  object_type: string;
  object_id: string;
  changes: Record<string, unknown>;
}

const OBJECTS = [
  "user",
  "role",
  "department",
  "workspace",
  "calendar",
  "inbox",
  "queue",
  "skill",
  "routing",
  "canned_reply",
  "faq",
  "article",
  "kb_category",
  "customer",
  "order",
  "conversation",
  "token",
  "session",
  "bot",
  "dead_letter",
];

/** A word of the catalogue, or the raw name when a newer part of the product writes one we have no word for. */
export function useWord() {
  const t = useT("settings");
  return (key: string, raw: string) => {
    const word = t(key);
    return word === key || word.endsWith(key) ? raw.replaceAll("_", " ") : word;
  };
}

function useFieldName() {
  const t = useT("settings");
  return (field: string) =>
    fieldName(field, (of, key) => {
      const word = t(`audit.${of}.${key}`);
      return word.endsWith(`audit.${of}.${key}`) ? null : word;
    });
}

function Changes(props: { entry: AuditEntry }) {
  const t = useT("settings");
  const locale = useLocale();
  const name = useFieldName();
  const value = (text: string) =>
    valueName(text, t("kit.yes"), t("kit.no"), (at) => absoluteTime(at, locale));
  const rows = changeRows(props.entry.changes);
  if (rows.length === 0) return <span className="qk-muted">{t("audit.noChanges")}</span>;
  return (
    <table className="qa-diff">
      <thead>
        <tr>
          <th scope="col">{t("audit.field")}</th>
          <th scope="col">{t("audit.before")}</th>
          <th scope="col">{t("audit.after")}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.field}>
            <th scope="row">{name(row.field)}</th>
            <td>
              {row.before === null ? (
                <span className="qk-muted">{t("audit.nothing")}</span>
              ) : (
                <del>{value(row.before)}</del>
              )}
            </td>
            <td>
              {row.after === null ? (
                <span className="qk-muted">{t("audit.nothing")}</span>
              ) : (
                <ins>{value(row.after)}</ins>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export default function Audit() {
  const t = useT("settings");
  const locale = useLocale();
  const word = useWord();
  const name = useFieldName();
  const [actor, setActor] = useState<string>();
  const [object, setObject] = useState<string>();
  const people = useRows<DirectoryEntry>("/directory");
  const entries = usePages<AuditEntry>("/audit", { actor, object });
  const columns: Column<AuditEntry>[] = [
    {
      key: "at",
      title: t("audit.at"),
      fixedIn: true,
      width: 150,
      render: (_, entry) => <RelativeTime at={entry.at} className="qk-num" />,
    },
    {
      key: "actor",
      title: t("audit.actor"),
      render: (_, entry) =>
        entry.actor_kind === "system" ? t("audit.kind.system") : entry.actor_name || t("audit.kind.other"),
    },
    {
      key: "action",
      title: t("audit.action"),
      fixedIn: true,
      render: (_, entry) => word(`audit.actions.${entry.action}`, entry.action),
    },
    {
      key: "object",
      title: t("audit.object"),
      render: (_, entry) => <Tag>{word(`audit.objects.${entry.object_type}`, entry.object_type)}</Tag>,
    },
    {
      key: "summary",
      title: t("audit.changes"),
      render: (_, entry) => {
        const rows = changeRows(entry.changes);
        return (
          <span className="qk-clip qs-narrow">
            {[...new Set(rows.map((row) => name(row.field)))].join(t("roles.comma")) || "–"}
          </span>
        );
      },
    },
    {
      key: "exact",
      title: t("audit.exact"),
      extra: true,
      render: (_, entry) => <span className="qk-num">{absoluteTime(entry.at, locale)}</span>,
    },
    { key: "ip", title: t("audit.ip"), extra: true, render: (_, entry) => entry.ip ?? "–" },
    {
      key: "id",
      title: t("audit.objectId"),
      extra: true,
      render: (_, entry) => <code translate="no">{entry.object_id}</code>,
    },
  ];
  return (
    <Page wide title={t("nav.audit")} description={t("audit.description")}>
      <DataTable
        id="audit"
        label={t("nav.audit")}
        rows={entries.rows}
        rowKey="id"
        columns={columns}
        loading={entries.loading}
        error={entries.error}
        onRetry={() => void entries.refetch()}
        more={entries.more}
        narrowed={Boolean(actor || object)}
        filters={
          <>
            <Select
              allowClear
              showSearch={{ optionFilterProp: "label" }}
              style={{ minWidth: 180 }}
              placeholder={t("audit.anyone")}
              aria-label={t("audit.actor")}
              value={actor}
              onChange={setActor}
              options={(people.rows ?? []).map((person) => ({ value: person.id, label: person.name }))}
            />
            <Select
              allowClear
              style={{ minWidth: 160 }}
              placeholder={t("audit.anything")}
              aria-label={t("audit.object")}
              value={object}
              onChange={setObject}
              options={OBJECTS.map((type) => ({ value: type, label: t(`audit.objects.${type}`) }))}
            />
          </>
        }
        table={{
          expandable: { expandedRowRender: (entry) => <Changes entry={entry} />, expandRowByClick: true },
        }}
        emptyTitle={t("audit.empty")}
      />
    </Page>
  );
}
