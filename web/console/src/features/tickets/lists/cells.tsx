import { Tag } from "antd";
import type { ReactNode } from "react";
import { useLocale, useT } from "@/app/i18n";
import { absoluteTime, dateOnly, integer, money } from "@/lib/format";
import { Avatar } from "@/ui/Avatar";
import { Highlight } from "@/ui/Highlight";
import { RelativeTime } from "@/ui/Time";
import { PriorityBars, StateTag, TypeIcon, useWords } from "../bits";
import { DueClock } from "../sla/DueClock";
import type { Option } from "../types";
import type { FactInfo, Row } from "./types";

const NOTHING = <span className="q-muted">—</span>;

export const WIDTHS: Partial<Record<string, number>> = {
  number: 80,
  title: 208,
  type: 130,
  status: 120,
  state: 124,
  priority: 76,
  customer: 104,
  assignee: 104,
  tier: 64,
  tags: 170,
  next_due_at: 96,
  updated_at: 100,
  rating: 72,
  reopened: 72,
};
export const widthOf = (column: string) => WIDTHS[column] ?? 130;

/** One cell of a list, whatever the column. */
export function Cell(props: {
  column: string;
  row: Row;
  info?: FactInfo;
  names: Record<string, string>;
}): ReactNode {
  const { column, row } = props;
  const t = useT("tickets");
  const words = useWords();
  const locale = useLocale();
  switch (column) {
    case "number":
      return <span className="q-num q-muted">{row.ref}</span>;
    case "title":
      return (
        <span className="ql-title">
          <span className="q-ellipsis" title={row.title}>
            {row.hits?.[0]?.place === "title" ? (
              <Highlight text={row.hits[0].snippet} spans={row.hits[0].spans} />
            ) : (
              row.title
            )}
          </span>
          {row.hits?.find((hit) => hit.place !== "title") ? (
            <small className="q-ellipsis q-muted">
              <Highlight
                text={row.hits.find((hit) => hit.place !== "title")?.snippet ?? ""}
                spans={row.hits.find((hit) => hit.place !== "title")?.spans ?? []}
              />
            </small>
          ) : null}
        </span>
      );
    case "type":
      return (
        <span className="ql-type">
          <TypeIcon icon={row.type.icon} />{" "}
          <span className="q-ellipsis">{words(row.type.name, row.type.key)}</span>
        </span>
      );
    case "status":
      return <StateTag status={row.status} />;
    case "state":
      return <StateTag status={row.status} state={row.state} />;
    case "priority":
      return <PriorityBars priority={row.priority} words />;
    case "tier":
      return t(`tier.${row.tier}`);
    case "source":
      return t(`source.${row.source}`);
    case "channel":
      return row.channel ? t(`channel.${row.channel}`, { defaultValue: row.channel }) : NOTHING;
    case "customer":
      return row.customer ? (
        <span className="q-ellipsis">{row.customer.name || `#${row.customer.number}`}</span>
      ) : (
        NOTHING
      );
    case "assignee":
    case "requester": {
      const person = row[column];
      return person ? (
        <span className="ql-person">
          <Avatar name={person.name} id={person.id} url={person.avatar_url} size={20} />
          <span className="q-ellipsis">{person.name}</span>
        </span>
      ) : (
        NOTHING
      );
    }
    case "department":
      return row.department ? <span className="q-ellipsis">{row.department.name}</span> : NOTHING;
    case "tags":
      return row.tags.length ? (
        <span className="ql-tags" title={row.tags.join(", ")}>
          {row.tags.slice(0, 2).map((tag) => (
            <Tag key={tag}>{tag}</Tag>
          ))}
          {row.tags.length > 2 ? <small className="q-muted">+{row.tags.length - 2}</small> : null}
        </span>
      ) : (
        NOTHING
      );
    case "waiting_on":
      return words(row.waiting_on?.label, row.waiting_on?.name) || NOTHING;
    case "next_due_at":
      return row.next_due_at || row.breached ? (
        <DueClock dueAt={row.next_due_at} kind={row.next_due_kind} breached={row.breached} compact />
      ) : (
        NOTHING
      );
    case "due_at":
      return row.due_at ? (
        <time title={absoluteTime(row.due_at, locale)}>{dateOnly(row.due_at, locale)}</time>
      ) : (
        NOTHING
      );
    case "breached":
      return t(row.breached ? "fieldform.yes" : "fieldform.no");
    case "rating":
      return row.rating ? <span className="q-num">{row.rating} / 5</span> : NOTHING;
    case "reopened":
      return <span className="q-num">{row.reopened}</span>;
    case "created_at":
    case "updated_at":
    case "customer_wrote_at":
    case "first_response_at":
    case "solved_at":
    case "closed_at": {
      const at = row[column];
      return at ? <RelativeTime at={at} className="q-muted" /> : NOTHING;
    }
    default:
      return (
        <OwnField info={props.info} value={row.fields[column.replace(/^fields\./, "")]} names={props.names} />
      );
  }
}

function labelled(options: Option[], key: string): Option | undefined {
  for (const option of options) {
    if (option.key === key) return option;
    const below = labelled(option.children ?? [], key);
    if (below) return below;
  }
  return undefined;
}

function OwnField(props: { info?: FactInfo; value: unknown; names: Record<string, string> }): ReactNode {
  const { info, value } = props;
  const t = useT("tickets");
  const words = useWords();
  const locale = useLocale();
  if (value === undefined || value === null || value === "") return NOTHING;
  const named = (key: unknown) => words(labelled(info?.options ?? [], String(key))?.label, String(key));
  let text: string;
  switch (info?.field) {
    case "money": {
      const amount = value as { minor: number; currency: string };
      text = money(amount.minor, amount.currency, locale);
      break;
    }
    case "number":
      text = integer(Number(value), locale);
      if (!Number.isInteger(Number(value))) text = new Intl.NumberFormat(locale).format(Number(value));
      break;
    case "yes_no":
      text = t(value === true ? "fieldform.yes" : "fieldform.no");
      break;
    case "choice":
      text = named(value);
      break;
    case "choices":
      text = (value as unknown[]).map(named).join(", ");
      break;
    case "cascade":
      text = (value as unknown[]).map(named).join(" / ");
      break;
    case "person":
    case "customer":
      text = props.names[String(value)] ?? String(value);
      break;
    case "date":
      text = dateOnly(`${String(value)}T00:00:00`, locale);
      break;
    case "moment":
      text = absoluteTime(String(value), locale);
      break;
    case "file":
      text = (value as { name?: string }[]).map((file) => file.name ?? "").join(", ");
      break;
    case "table":
      text = integer((value as unknown[]).length, locale);
      break;
    default:
      text = String(value);
  }
  return (
    <span className="q-ellipsis" title={text}>
      {text}
    </span>
  );
}
