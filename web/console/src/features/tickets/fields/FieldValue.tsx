import { Link } from "@tanstack/react-router";
import { Tag } from "antd";
import { Paperclip } from "lucide-react";
import { useGet } from "@/api/hooks";
import type { Customer, Id } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { customerName } from "@/features/inbox/text";
import { absoluteTime, dateOnly, money } from "@/lib/format";
import { calledAs } from "@/lib/names";
import { Avatar } from "@/ui/Avatar";
import { useWords } from "../bits";
import type { Column, FieldSpec } from "../types";
import { isEmpty } from "./conditions";
import { filesOf } from "./FieldInput";
import { isMoney, optionsOf } from "./model";
import { useDirectory } from "./pickers";

/** What a field holds, to be read. */
export function FieldValue(props: { spec: FieldSpec; value: unknown }) {
  const { spec, value } = props;
  const t = useT("tickets");
  const locale = useLocale();
  const words = useWords();
  if (isEmpty(value)) return <span className="q-muted">—</span>;
  switch (spec.kind) {
    case "money":
      return <span className="q-num">{amount(value, locale)}</span>;
    case "number":
      return <span className="q-num">{new Intl.NumberFormat(locale).format(Number(value))}</span>;
    case "date":
      return <span className="q-num">{dateOnly(`${String(value)}T00:00:00`, locale)}</span>;
    case "moment":
      return <span className="q-num">{absoluteTime(String(value), locale).replace(/:\d\d$/, "")}</span>;
    case "yes_no":
      return t(value === true ? "fieldform.yes" : "fieldform.no");
    case "choice":
    case "cascade":
      return (
        optionsOf(spec, value)
          .map((option) => words(option.label, option.key))
          .join(" / ") || String(value)
      );
    case "choices":
      return (
        <span className="q-tagline">
          {optionsOf(spec, value).map((option) => (
            <Tag key={option.key}>{words(option.label, option.key)}</Tag>
          ))}
        </span>
      );
    case "person":
      return <PersonName id={String(value)} />;
    case "customer":
      return <CustomerName id={String(value)} />;
    case "file":
      return (
        <span className="q-filelist">
          {filesOf(value).map((file) =>
            file.url ? (
              <a
                key={file.file_id}
                href={file.url}
                target="_blank"
                rel="noreferrer noopener"
                title={file.name}
              >
                <Paperclip size={13} aria-hidden />
                <span className="q-ellipsis">{file.name ?? file.file_id}</span>
              </a>
            ) : (
              <span key={file.file_id} className="q-ellipsis">
                {file.name ?? file.file_id}
              </span>
            ),
          )}
        </span>
      );
    case "table":
      return <TableValue spec={spec} rows={Array.isArray(value) ? value : []} />;
    case "long_text":
      return <span className="q-pre">{String(value)}</span>;
    case "phone":
    case "order":
      return <span className="q-num">{String(value)}</span>;
    default:
      return (
        <span className="q-wrap">{typeof value === "object" ? JSON.stringify(value) : String(value)}</span>
      );
  }
}

function amount(value: unknown, locale: "zh-CN" | "en"): string {
  if (!isMoney(value)) return String(value);
  return money(value.minor, value.currency, locale);
}

export function PersonName(props: { id: Id }) {
  const t = useT("tickets");
  const { people, loading } = useDirectory();
  const person = people.find((p) => p.id === props.id);
  if (!person) return <span className="q-muted">{loading ? "…" : t("unknown_person")}</span>;
  return (
    <span className="q-face">
      <Avatar name={calledAs(person)} id={person.id} url={person.avatar_url} size={20} />
      {calledAs(person)}
    </span>
  );
}

function CustomerName(props: { id: Id }) {
  const t = useT("tickets");
  const customer = useGet<Customer>(`/customers/${props.id}`, undefined, { staleTime: 60_000 });
  if (!customer.data) return <span className="q-muted">{customer.isPending ? "…" : "—"}</span>;
  return <Link to={`/customers/${props.id}` as string}>{customerName(customer.data, t)}</Link>;
}

function TableValue(props: { spec: FieldSpec; rows: unknown[] }) {
  const words = useWords();
  const t = useT("tickets");
  const locale = useLocale();
  const columns = props.spec.columns ?? [];
  const cell = (column: Column, value: unknown) => {
    if (isEmpty(value)) return "";
    if (column.kind === "money") return amount(value, locale);
    if (column.kind === "yes_no") return t(value === true ? "fieldform.yes" : "fieldform.no");
    if (column.kind === "date") return dateOnly(`${String(value)}T00:00:00`, locale);
    return String(value);
  };
  return (
    <div className="q-tablefield__scroll">
      <table className="q-tablevalue">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col">
                {words(column.label, column.key)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {(props.rows as Record<string, unknown>[]).map((row, index) => (
            <tr key={index}>
              {columns.map((column) => (
                <td
                  key={column.key}
                  className={column.kind === "number" || column.kind === "money" ? "q-num" : undefined}
                >
                  {cell(column, row[column.key])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
