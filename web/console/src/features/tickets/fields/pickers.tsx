import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { AutoComplete, Select } from "antd";
import { useEffect, useMemo, useState } from "react";
import { api } from "@/api/client";
import { useGet } from "@/api/hooks";
import type { Customer, DirectoryEntry, Id, Order, Page } from "@/api/types";
import { useT } from "@/app/i18n";
import { listOf } from "@/app/profile/Sessions";
import { customerName } from "@/features/inbox/text";
import { calledAs, matcherOf, nameMatches } from "@/lib/names";
import { Avatar } from "@/ui/Avatar";
import { useTicketSearch } from "../api";
import { StateTag } from "../bits";
import type { FoundTicket } from "../types";
import "./fields.css";

export interface Department {
  id: Id;
  name: string;
  parent_id: Id | null;
}

interface PickerProps<V> {
  value: V;
  onChange: (value: V) => void;
  id?: string;
  label?: string;
  placeholder?: string;
  disabled?: boolean;
  autoFocus?: boolean;
  open?: boolean;
  size?: "small" | "middle";
  variant?: "outlined" | "borderless";
  status?: "error";
  describedBy?: string;
  allowClear?: boolean;
  onBlur?: () => void;
}

export function useSettled<V>(value: V, ms = 200): V {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

export function useDirectory() {
  const query = useGet<DirectoryEntry[] | { items: DirectoryEntry[] }>("/directory", undefined, {
    staleTime: 60_000,
  });
  return { people: query.data ? listOf(query.data) : [], loading: query.isPending };
}

export function useDepartments() {
  const query = useGet<Department[] | { items: Department[] }>("/departments", undefined, {
    staleTime: 5 * 60_000,
  });
  return { departments: query.data ? listOf(query.data) : [], loading: query.isPending };
}

function Face(props: { id: Id; name: string; url?: string | null }) {
  return (
    <span className="q-face">
      <Avatar name={props.name} id={props.id} url={props.url} size={20} />
      <span className="q-ellipsis">{props.name}</span>
    </span>
  );
}

const usual = <V,>(props: PickerProps<V>) => ({
  id: props.id,
  "aria-label": props.label,
  "aria-describedby": props.describedBy,
  disabled: props.disabled,
  autoFocus: props.autoFocus,
  defaultOpen: props.open,
  size: props.size,
  variant: props.variant,
  status: props.status,
  allowClear: props.allowClear ?? true,
  onBlur: props.onBlur,
  style: { width: "100%" },
});

/** A colleague, found by name or its initials. */
export function PersonPicker(
  props: PickerProps<Id | null> & { me?: Id; known?: { id: Id; name: string } | null },
) {
  const t = useT("tickets");
  const { people, loading } = useDirectory();
  const matches = useMemo(() => matcherOf(people, (p) => [p.display_name, p.name]), [people]);
  const known = people.some((p) => p.id === props.value);
  const called = props.known?.id === props.value ? props.known?.name : null;
  // The directory names everybody who works here: who has work and is not in it will not do it.
  const gone = !loading && people.length > 0 && !known;
  const list = [...people].sort((a, b) => Number(b.id === props.me) - Number(a.id === props.me));
  return (
    <Select<Id | null>
      {...usual(props)}
      value={props.value || null}
      loading={loading}
      placeholder={props.placeholder ?? t("pick.person")}
      notFoundContent={t("pick.nothing")}
      showSearch={{
        filterOption: (text, option) => matches(text, option?.value),
      }}
      options={[
        // Never the bare id: who it is, where the page knows, until the directory is there.
        ...(props.value && !known
          ? [
              {
                value: props.value,
                label: called
                  ? gone
                    ? t("pick.left", { name: called })
                    : called
                  : loading
                    ? "…"
                    : t("unknown_person"),
              },
            ]
          : []),
        ...list.map((p) => ({
          value: p.id,
          label: <Face id={p.id} name={calledAs(p)} url={p.avatar_url} />,
        })),
      ]}
      onChange={(value) => props.onChange(value ?? null)}
    />
  );
}

/** Several colleagues. */
export function PeoplePicker(props: PickerProps<Id[]> & { without?: readonly Id[] }) {
  const t = useT("tickets");
  const { people, loading } = useDirectory();
  const matches = useMemo(() => matcherOf(people, (p) => [p.display_name, p.name]), [people]);
  return (
    <Select<Id[]>
      {...usual(props)}
      mode="multiple"
      value={props.value}
      loading={loading}
      placeholder={props.placeholder ?? t("pick.person")}
      notFoundContent={t("pick.nothing")}
      showSearch={{
        filterOption: (text, option) => matches(text, option?.value),
      }}
      options={people
        .filter((p) => !props.without?.includes(p.id))
        .map((p) => ({ value: p.id, label: calledAs(p) }))}
      onChange={props.onChange}
    />
  );
}

export function DepartmentPicker(
  props: PickerProps<Id | null> & { known?: { id: Id; name: string } | null },
) {
  const t = useT("tickets");
  const { departments, loading } = useDepartments();
  return (
    <Select<Id | null>
      {...usual(props)}
      value={props.value || null}
      loading={loading}
      placeholder={props.placeholder ?? t("pick.department")}
      notFoundContent={t("pick.nothing")}
      showSearch={{
        filterOption: (text, option) =>
          nameMatches(text, departments.find((d) => d.id === option?.value)?.name),
      }}
      options={[
        ...(props.value && !departments.some((d) => d.id === props.value)
          ? [{ value: props.value, label: (props.known?.id === props.value && props.known.name) || "…" }]
          : []),
        ...departments.map((d) => ({ value: d.id, label: d.name })),
      ]}
      onChange={(value) => props.onChange(value ?? null)}
    />
  );
}

/** A customer, found by what the search of customers finds. */
export function CustomerPicker(
  props: PickerProps<Id | null> & { known?: { id: Id; name: string } | null; without?: Id },
) {
  const t = useT("tickets");
  const [text, setText] = useState("");
  const q = useSettled(text.trim());
  const found = useQuery({
    queryKey: ["/customers", "pick", q],
    queryFn: async ({ signal }) =>
      listOf(
        await api.get<Customer[] | Page<Customer>>("/customers", { q: q || undefined, limit: 8 }, signal),
      ),
    placeholderData: keepPreviousData,
  });
  const list = (found.data ?? []).filter((c) => c.id !== props.without);
  const inList = list.some((c) => c.id === props.value);
  const known = useGet<Customer>(`/customers/${props.value}`, undefined, {
    enabled: !!props.value && !inList && props.known?.id !== props.value,
    staleTime: 60_000,
  });
  const name =
    props.known && props.known.id === props.value
      ? props.known.name
      : known.data
        ? customerName(known.data, t)
        : "…";
  return (
    <Select<Id | null>
      {...usual(props)}
      value={props.value || null}
      loading={found.isFetching}
      placeholder={props.placeholder ?? t("pick.customer")}
      notFoundContent={found.isFetching ? null : t("pick.nothing")}
      showSearch={{ filterOption: false, onSearch: setText }}
      options={[
        ...(props.value && !inList ? [{ value: props.value, label: name }] : []),
        ...list.map((c) => ({ value: c.id, label: customerName(c, t) })),
      ]}
      optionRender={(option) => {
        const c = list.find((one) => one.id === option.value);
        return c ? (
          <span className="q-face">
            <Avatar name={customerName(c, t)} id={c.id} size={20} />
            <span className="q-ellipsis">{customerName(c, t)}</span>
            <span className="q-muted q-num">#{c.number}</span>
            {c.phone ? <span className="q-muted q-num">{c.phone}</span> : null}
          </span>
        ) : (
          option.label
        );
      }}
      onChange={(value) => props.onChange(value ?? null)}
    />
  );
}

/** An order of the customer's, or any number. */
export function OrderPicker(props: PickerProps<string> & { customerId?: Id | null }) {
  const t = useT("tickets");
  const orders = useGet<Page<Order> | Order[]>(`/customers/${props.customerId}/orders`, undefined, {
    enabled: !!props.customerId,
    staleTime: 30_000,
  });
  return (
    <AutoComplete
      {...usual(props)}
      value={props.value}
      placeholder={props.placeholder ?? t("pick.order")}
      showSearch={{
        filterOption: (text, option) => String(option?.value).toLowerCase().includes(text.toLowerCase()),
      }}
      options={(orders.data ? listOf(orders.data) : []).map((order) => ({
        value: order.number,
        label: (
          <span className="q-face">
            <span className="q-num">{order.number}</span>
            <span className="q-muted q-ellipsis">{order.items.map((item) => item.name).join(" · ")}</span>
          </span>
        ),
      }))}
      onChange={(value) => props.onChange(value ?? "")}
    />
  );
}

/** Another ticket, found by number, title or what is said in it. */
export function TicketPicker(props: {
  onPick: (ticket: FoundTicket) => void;
  without?: readonly Id[];
  autoFocus?: boolean;
  label: string;
  id?: string;
}) {
  const t = useT("tickets");
  const [text, setText] = useState("");
  const q = useSettled(text.trim());
  const found = useTicketSearch(q);
  const list = q ? (found.data ?? []).filter((ticket) => !props.without?.includes(ticket.id)) : [];
  return (
    <Select<Id | null>
      id={props.id}
      aria-label={props.label}
      autoFocus={props.autoFocus}
      value={null}
      placeholder={t("pick.ticket")}
      loading={found.isFetching}
      notFoundContent={found.isFetching ? null : q ? t("pick.no_ticket") : t("pick.type_to_search")}
      showSearch={{ filterOption: false, searchValue: text, onSearch: setText }}
      style={{ width: "100%" }}
      options={list.map((ticket) => ({
        value: ticket.id,
        label: (
          <span className="q-face">
            <span className="q-muted q-num">{ticket.ref}</span>
            <span className="q-ellipsis">{ticket.title}</span>
            <StateTag status={ticket.status} state={ticket.state} />
          </span>
        ),
      }))}
      onChange={(id) => {
        const ticket = list.find((one) => one.id === id);
        setText("");
        if (ticket) props.onPick(ticket);
      }}
    />
  );
}
