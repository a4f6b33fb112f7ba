import { Link } from "@tanstack/react-router";
import { Button, Select } from "antd";
import { MessagesSquare, Pencil, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useGet } from "@/api/hooks";
import type { Order, Page } from "@/api/types";
import { useT } from "@/app/i18n";
import { listOf } from "@/app/profile/Sessions";
import { useCan } from "@/app/session";
import { LevelTag } from "@/features/inbox/context/CustomerTab";
import { Orders } from "@/features/inbox/context/Orders";
import { customerName } from "@/features/inbox/text";
import { Avatar } from "@/ui/Avatar";
import { useTicketsOf, useType } from "../api";
import { CustomerPicker } from "../fields/pickers";
import type { TicketView } from "../types";
import { Block } from "./Block";
import { Checklist } from "./Checklist";
import { FieldRow } from "./FieldRow";
import { Related, TicketLine } from "./Related";
import { type PartName, Slot } from "./slots";
import { useTicketPage } from "./state";
import { TimeSpent } from "./TimeSpent";
import { useTicketVerbs } from "./verbs";
import "@/features/inbox/context/context.css";

function Properties({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const verbs = useTicketVerbs(ticket.id);
  const type = useType(ticket.type.key);
  const setDialog = useTicketPage((s) => s.setDialog);
  const may = ticket.may ?? {};
  const definition = type.data?.definition;
  const access = ticket.field_access ?? {};
  const specs = (definition?.fields ?? []).filter((spec) => spec.key in access);
  const writes = may.edit && specs.some((spec) => access[spec.key] === "write");
  const missing = (ticket.required ?? []).filter((key) => isMissing(ticket.fields[key])).length;
  return (
    <Block
      id="fields"
      title={
        <>
          {t("side.fields")}
          {missing > 0 ? (
            <span className="q-block__warn" title={t("move.why.fields")}>
              <TriangleAlert size={12} aria-label={t("move.why.fields")} /> {missing}
            </span>
          ) : null}
        </>
      }
      extra={
        writes ? (
          <Button
            size="small"
            type="text"
            icon={<Pencil size={13} aria-hidden />}
            aria-label={t("side.edit", { name: t("side.fields") })}
            onClick={() => setDialog({ kind: "fields" })}
          />
        ) : null
      }
    >
      <dl className="q-tk__fields">
        {specs.map((spec) => (
          <FieldRow
            key={spec.key}
            ticket={ticket}
            definition={definition!}
            spec={spec}
            editable={!!may.edit && access[spec.key] === "write"}
          />
        ))}
        <div className="q-tk__field">
          <dt>{t("name.tags")}</dt>
          <dd>
            {may.tag ? (
              <Select
                mode="tags"
                variant="borderless"
                open={false}
                suffix={null}
                aria-label={t("name.tags")}
                placeholder={t("side.add_value")}
                value={ticket.tags}
                maxCount={30}
                tokenSeparators={[",", "，", "、"]}
                style={{ width: "100%", marginInlineStart: -7 }}
                onChange={(tags: string[]) =>
                  void verbs.run("post", "/tags", {
                    add: tags.filter((tag) => !ticket.tags.includes(tag)),
                    remove: ticket.tags.filter((tag) => !tags.includes(tag)),
                  })
                }
              />
            ) : (
              ticket.tags.join(t("list_separator")) || "—"
            )}
          </dd>
        </div>
      </dl>
    </Block>
  );
}

const isMissing = (value: unknown) =>
  value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);

function CustomerBlock({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const views = useCan("customers.view");
  const verbs = useTicketVerbs(ticket.id);
  const customer = ticket.customer;
  const others = useTicketsOf(customer?.id);
  const [all, setAll] = useState(false);
  const orders = useGet<Page<Order> | Order[]>(`/customers/${customer?.id}/orders`, undefined, {
    enabled: views && !!customer,
    staleTime: 30_000,
  });
  const list = (others.data ?? []).filter((one) => one.id !== ticket.id);
  const bought = orders.data ? listOf(orders.data) : [];
  return (
    <Block id="customer" title={t("side.customer")}>
      {customer ? (
        <>
          <div className="q-tk__customer">
            <Avatar name={customerName(customer, t)} id={customer.id} size={36} />
            <div>
              <div className="q-tk__name">
                {views ? (
                  <Link to={`/customers/${customer.id}` as string}>{customerName(customer, t)}</Link>
                ) : (
                  customerName(customer, t)
                )}
                <LevelTag level={customer.level} />
              </div>
              <div className="q-muted q-num">#{customer.number}</div>
            </div>
          </div>
          {ticket.conversation ? (
            <Link to={`/inbox/all/${ticket.conversation.id}` as string} className="q-tk__link">
              <MessagesSquare size={14} aria-hidden />
              {t("side.open_conversation", { number: ticket.conversation.number })}
            </Link>
          ) : null}
          {ticket.rating ? (
            <div className="q-tk__rating">
              <span className="q-muted">{t("side.rating")}</span>
              <span role="img" aria-label={t("side.stars", { n: ticket.rating })}>
                <span aria-hidden="true">
                  {"★".repeat(ticket.rating)}
                  {"☆".repeat(5 - ticket.rating)}
                </span>
              </span>
              {ticket.rating_comment ? <p className="q-wrap">{ticket.rating_comment}</p> : null}
            </div>
          ) : null}
          {list.length > 0 ? (
            <>
              <h3 className="q-tk__sub">{t("side.others")}</h3>
              {(all ? list : list.slice(0, 4)).map((one) => (
                <TicketLine key={one.id} ticket={{ ...one, state: one.state.label }} />
              ))}
              {list.length > 4 && !all ? (
                <button type="button" className="q-link" onClick={() => setAll(true)}>
                  {t("side.all_others", { n: list.length })}
                </button>
              ) : null}
            </>
          ) : null}
          {bought.length > 0 ? (
            <>
              <h3 className="q-tk__sub">{t("side.orders")}</h3>
              <Orders orders={bought.slice(0, 5)} />
            </>
          ) : null}
        </>
      ) : ticket.may?.edit && views ? (
        <CustomerPicker
          value={null}
          label={t("side.pick_customer")}
          placeholder={t("side.pick_customer")}
          onChange={(customer_id) => customer_id && void verbs.set({ customer_id }, ticket.version)}
        />
      ) : (
        <span className="q-muted">{t("side.no_customer")}</span>
      )}
    </Block>
  );
}

function SlotBlock(props: { part: Exclude<PartName, "macros">; ticket: TicketView }) {
  const t = useT("tickets");
  return (
    <Block id={props.part} title={t(`side.${props.part}`)}>
      <Slot part={props.part} ticket={props.ticket} />
    </Block>
  );
}

/** Everything about the ticket that is not said in it. */
export function Side({ ticket }: { ticket: TicketView }) {
  return (
    <>
      <SlotBlock part="clocks" ticket={ticket} />
      <SlotBlock part="procedure" ticket={ticket} />
      <Properties ticket={ticket} />
      <SlotBlock part="tasks" ticket={ticket} />
      <SlotBlock part="approvals" ticket={ticket} />
      <CustomerBlock ticket={ticket} />
      <Checklist ticket={ticket} />
      <Related ticket={ticket} />
      <TimeSpent ticket={ticket} />
    </>
  );
}
