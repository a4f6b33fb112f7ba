import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Checkbox, DatePicker, Drawer, Input, Select } from "antd";
import dayjs from "dayjs";
import { ChevronDown, Sparkles } from "lucide-react";
import { type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";
import { api, newKey } from "@/api/client";
import { Problem, sentenceOf } from "@/api/problem";
import { queryClient } from "@/api/queryClient";
import type { Id } from "@/api/types";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useMe } from "@/app/session";
import { MOD } from "@/app/shortcuts";
import { confirmLoss, toast } from "@/ui/feedback";
import { LoadingState } from "@/ui/states";
import { prefillFrom, ticketListsChanged, ticketPath, useType, useTypes } from "../api";
import { PriorityBars } from "../bits";
import { isEmpty } from "../fields/conditions";
import { FieldInput } from "../fields/FieldInput";
import { FieldsForm, Found } from "../fields/FieldsForm";
import {
  complaintsOf,
  defaultsOf,
  type Flaw,
  factsOf,
  flawsOf,
  seenBy,
  shapeOf,
  type Values,
  writtenBy,
} from "../fields/model";
import { CustomerPicker, DepartmentPicker, PersonPicker } from "../fields/pickers";
import { TicketLine } from "../page/Related";
import type { TicketView } from "../types";
import { type Beginning, useCreating } from "./state";
import { TypePicker } from "./TypePicker";
import "../page/page.css";

function Row(props: {
  id: string;
  label: ReactNode;
  required?: boolean;
  wrong?: string;
  found?: string;
  children: ReactNode;
}) {
  const t = useT("tickets");
  return (
    <div className={`q-form__item ${props.found !== undefined ? "q-form__item--found" : ""}`}>
      <div className="q-form__label">
        <label htmlFor={props.id}>{props.label}</label>
        {props.required ? (
          <span className="q-form__required">
            *<span className="q-sr">{t("fieldform.required")}</span>
          </span>
        ) : null}
        {props.found !== undefined ? <Found from={props.found} /> : null}
      </div>
      {props.children}
      {props.wrong ? (
        <div className="q-form__wrong" role="alert">
          {props.wrong}
        </div>
      ) : null}
    </div>
  );
}

interface Draft {
  typeKey: string | null;
  title: string;
  description: string;
  priority: number | null;
  customerId: Id | null;
  assigneeId: Id | null;
  departmentId: Id | null;
  dueAt: string | null;
  tags: string[];
  fields: Values;
  files: unknown;
  card: boolean;
}

/** A new ticket: from a conversation with what was said in it, for a customer, below another, or from nothing. */
export default function CreateDrawer({ beginning }: { beginning: Beginning }) {
  const t = useT("tickets");
  const go = useGo();
  const me = useMe().user;
  const ids = { type: useId(), title: useId(), words: useId(), customer: useId() };
  const set = useCreating((s) => s.set);
  const types = useTypes();
  const [chosenType, setChosenType] = useState<string | null>(beginning.typeKey ?? null);
  const prefill = useQuery({
    queryKey: ["ticket-prefill", beginning.conversationId, chosenType],
    queryFn: ({ signal }) => prefillFrom(beginning.conversationId!, chosenType ?? undefined, signal),
    enabled: !!beginning.conversationId,
    staleTime: 0,
    gcTime: 0,
    placeholderData: (previous) => previous,
  });
  const read = prefill.data;
  // What was typed wins over what was read, for each part of its own.
  const [typed, setTyped] = useState<Partial<Draft>>({});
  const [touched, setTouched] = useState<Values>({});
  const [flaws, setFlaws] = useState<Record<string, Flaw>>({});
  const [complaints, setComplaints] = useState<Record<string, string>>({});
  const [more, setMore] = useState(false);
  const [busy, setBusy] = useState(false);
  // Trying again after a lost answer must not make two.
  const key = useRef(newKey());

  const typeKey =
    chosenType ??
    (beginning.conversationId
      ? (read?.type_key ?? null)
      : (types.data?.find((one) => one.active)?.key ?? null));
  const type = useType(typeKey);
  const definition = type.data?.key === typeKey ? type.data?.definition : undefined;
  const ready = !beginning.conversationId || read !== undefined || prefill.isError;

  const values: Values = useMemo(
    () => ({ ...(definition ? defaultsOf(definition) : {}), ...(read?.fields ?? {}), ...touched }),
    [definition, read, touched],
  );
  const draft: Draft = {
    typeKey,
    title: typed.title ?? read?.title ?? "",
    description: typed.description ?? read?.description ?? "",
    priority: typed.priority ?? read?.priority ?? definition?.priority ?? 1,
    customerId:
      typed.customerId !== undefined
        ? typed.customerId
        : (read?.customer?.id ?? beginning.customerId ?? null),
    assigneeId: typed.assigneeId ?? null,
    departmentId: typed.departmentId ?? null,
    dueAt: typed.dueAt ?? null,
    tags: typed.tags ?? read?.tags ?? [],
    fields: values,
    files: typed.files ?? [],
    card: typed.card ?? true,
  };
  const put = (patch: Partial<Draft>) => {
    setTyped({ ...typed, ...patch });
    setComplaints(({ title: _, ...rest }) => rest);
  };
  const facts = factsOf({
    type: { id: "", key: typeKey ?? "", name: {}, icon: "", prefix: "", revision: 0 },
    priority: draft.priority ?? 1,
    title: draft.title,
    tags: draft.tags,
    source: beginning.conversationId ? "conversation" : "console",
    customer: read?.customer ?? null,
  });
  const access = type.data?.access;
  const whole = definition ? seenBy(shapeOf(definition, values, facts), access) : null;
  // What they may only read is still empty: there is nothing to show.
  const shape = whole && {
    ...whole,
    visible: whole.visible.filter((spec) => access?.[spec.key] !== "read"),
  };
  // Everything that was filled in by itself says so, until somebody writes it anew.
  const found = (name: "title" | "description" | "customer" | "priority"): string | undefined => {
    const own = name === "customer" ? "customerId" : name;
    if (!read || typed[own] !== undefined) return undefined;
    if (read.found[name] !== undefined) return read.found[name];
    return name !== "priority" && !isEmpty(read[name]) ? "conversation" : undefined;
  };
  const foundFields = Object.fromEntries(
    Object.keys(read?.fields ?? {})
      .filter((name) => !(name in touched))
      .map((name) => [name, read?.found[name] ?? read?.found[`fields.${name}`] ?? "conversation"]),
  );

  const dirty = Object.keys(typed).length > 0 || Object.keys(touched).length > 0;
  const close = () => set(null);
  const leave = async () => {
    if (
      !dirty ||
      (await confirmLoss({
        title: t("create.lost"),
        content: t("create.lost_hint"),
        okText: t("create.discard"),
      }))
    )
      close();
  };

  const form = useRef<HTMLFormElement>(null);
  const showWrong = () =>
    requestAnimationFrame(() =>
      form.current?.querySelector(".q-form__wrong")?.scrollIntoView({ block: "center" }),
    );
  const submit = async () => {
    if (!shape || !typeKey || busy) return;
    const wrong = flawsOf(shape);
    setFlaws(wrong);
    setComplaints(draft.title.trim() ? {} : { title: t("fieldform.required_error") });
    if (Object.keys(wrong).length > 0 || !draft.title.trim()) return showWrong();
    setBusy(true);
    try {
      const fields = Object.fromEntries(
        Object.entries(writtenBy(shape.values, access)).filter(([, value]) => !isEmpty(value)),
      );
      const made = await api.post<TicketView>("/tickets", {
        type_key: typeKey,
        title: draft.title.trim(),
        description: draft.description.trim(),
        fields,
        priority: draft.priority,
        tags: draft.tags,
        customer_id: draft.customerId,
        ...(beginning.conversationId
          ? { conversation_id: beginning.conversationId, source: "conversation", card: draft.card }
          : {}),
        ...(draft.assigneeId ? { assignee_id: draft.assigneeId } : {}),
        ...(draft.departmentId ? { department_id: draft.departmentId } : {}),
        ...(draft.dueAt ? { due_at: draft.dueAt } : {}),
        ...(beginning.parent ? { parent_id: beginning.parent.id } : {}),
        files: (Array.isArray(draft.files) ? draft.files : []).map((one: { file_id: Id }) => one.file_id),
        key: `console:${key.current}`,
      });
      ticketListsChanged(queryClient);
      void queryClient.invalidateQueries({ queryKey: ["ticket"] });
      close();
      if (beginning.onCreated) beginning.onCreated(made);
      else if (beginning.conversationId) toast.success(t("create.created", { ref: made.ref }));
      else go(ticketPath(made));
    } catch (error) {
      const said = error instanceof Problem ? complaintsOf(error) : {};
      if (Object.keys(said).length > 0) {
        setComplaints(said);
        showWrong();
      } else toast.error(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };

  const first = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!ready) return;
    const timer = setTimeout(() => first.current?.querySelector("input")?.focus(), 50);
    return () => clearTimeout(timer);
  }, [ready]);

  const known = read?.customer ? { id: read.customer.id, name: read.customer.name } : null;
  const others = Object.entries(complaints).filter(
    ([name]) => name !== "title" && !shape?.visible.some((spec) => spec.key === name),
  );
  return (
    <Drawer
      open
      size={560}
      placement="right"
      title={
        beginning.parent
          ? t("create.child_of", { ref: beginning.parent.ref })
          : t(beginning.conversationId ? "create.from_conversation" : "create.title")
      }
      onClose={() => void leave()}
      footer={
        <div className="q-tk__foot">
          <span className="q-muted">
            <kbd>{MOD}</kbd> <kbd>↵</kbd>
          </span>
          <Button onClick={() => void leave()}>{t("cancel")}</Button>
          <Button type="primary" loading={busy} disabled={!shape} onClick={() => void submit()}>
            {t("create.submit")}
          </Button>
        </div>
      }
    >
      {!ready ? (
        <LoadingState />
      ) : (
        <form
          ref={form}
          className="q-form"
          onSubmit={(event) => event.preventDefault()}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) void submit();
          }}
        >
          {prefill.isError ? <Alert type="warning" title={t("create.load_failed")} showIcon /> : null}
          {read ? (
            <p className="q-tk__hint">
              <Sparkles size={13} aria-hidden /> {t("create.prefilled")}
            </p>
          ) : null}
          {read && read.open_tickets.length > 0 ? (
            <div className="q-tk__same">
              <p>{t("create.open_tickets")}</p>
              {read.open_tickets.map((one) => (
                <TicketLine key={one.id} ticket={one} />
              ))}
            </div>
          ) : null}
          <Row
            id={ids.type}
            label={t("create.type")}
            required
            found={
              read && chosenType === null && read.why_type.length > 0
                ? read.why_type.join(t("list_separator"))
                : undefined
            }
          >
            <TypePicker
              id={ids.type}
              value={typeKey}
              first={read?.type_keys}
              onChange={(next) => {
                setChosenType(next);
                setFlaws({});
              }}
            />
          </Row>
          <Row
            id={ids.title}
            label={t("create.subject")}
            required
            wrong={complaints.title}
            found={found("title")}
          >
            <div ref={first}>
              <Input
                id={ids.title}
                value={draft.title}
                maxLength={200}
                status={complaints.title ? "error" : undefined}
                placeholder={t("create.subject_placeholder")}
                onChange={(event) => put({ title: event.target.value })}
              />
            </div>
          </Row>
          <Row id={ids.words} label={t("create.description")} found={found("description")}>
            <Input.TextArea
              id={ids.words}
              value={draft.description}
              maxLength={20_000}
              autoSize={{ minRows: 3, maxRows: 12 }}
              placeholder={t("create.description_placeholder")}
              onChange={(event) => put({ description: event.target.value })}
            />
          </Row>
          <div className="q-tk__two">
            <Row id={ids.customer} label={t("create.customer")} found={found("customer")}>
              <CustomerPicker
                id={ids.customer}
                value={draft.customerId}
                known={known}
                disabled={!!beginning.conversationId}
                onChange={(customerId) => put({ customerId })}
              />
            </Row>
            <Row id={`${ids.type}-p`} label={t("create.priority")} found={found("priority")}>
              <Select<number>
                id={`${ids.type}-p`}
                value={draft.priority ?? 1}
                style={{ width: "100%" }}
                options={[3, 2, 1, 0].map((value) => ({
                  value,
                  label: <PriorityBars priority={value} words />,
                }))}
                onChange={(priority) => put({ priority })}
              />
            </Row>
          </div>
          {shape ? (
            <FieldsForm
              shape={shape}
              values={values}
              flaws={flaws}
              complaints={complaints}
              found={foundFields}
              customerId={draft.customerId}
              onChange={(name, value) => {
                setTouched({ ...touched, [name]: value });
                setFlaws(({ [name]: _, ...rest }) => rest);
                setComplaints(({ [name]: _, ...rest }) => rest);
              }}
            />
          ) : type.isError ? (
            <Alert type="error" title={sentenceOf(type.error)} showIcon />
          ) : types.data?.length === 0 ? (
            <Alert
              type="info"
              title={t("create.no_types")}
              description={t("create.no_types_hint")}
              showIcon
            />
          ) : (
            <LoadingState />
          )}
          <button type="button" className="q-tk__more" aria-expanded={more} onClick={() => setMore(!more)}>
            <ChevronDown size={14} className={more ? "" : "q-block__shut"} aria-hidden />
            {t("create.more")}
          </button>
          {more ? (
            <>
              <div className="q-tk__two">
                <Row id={`${ids.type}-d`} label={t("create.department")}>
                  <DepartmentPicker
                    id={`${ids.type}-d`}
                    value={draft.departmentId}
                    placeholder={t("create.by_rules")}
                    onChange={(departmentId) => put({ departmentId })}
                  />
                </Row>
                <Row id={`${ids.type}-a`} label={t("create.assign")}>
                  <PersonPicker
                    id={`${ids.type}-a`}
                    me={me.id}
                    value={draft.assigneeId}
                    placeholder={t("create.by_rules")}
                    onChange={(assigneeId) => put({ assigneeId })}
                  />
                </Row>
              </div>
              <div className="q-tk__two">
                <Row id={`${ids.type}-u`} label={t("create.due")}>
                  <DatePicker
                    id={`${ids.type}-u`}
                    showTime={{ format: "HH:mm" }}
                    format="YYYY-MM-DD HH:mm"
                    value={draft.dueAt ? dayjs(draft.dueAt) : null}
                    style={{ width: "100%" }}
                    onChange={(at) => put({ dueAt: at ? at.toISOString() : null })}
                  />
                </Row>
                <Row id={`${ids.type}-t`} label={t("create.tags")}>
                  <Select<string[]>
                    id={`${ids.type}-t`}
                    mode="tags"
                    open={false}
                    suffix={null}
                    value={draft.tags}
                    maxCount={30}
                    tokenSeparators={[",", "，", "、"]}
                    style={{ width: "100%" }}
                    onChange={(tags) => put({ tags })}
                  />
                </Row>
              </div>
              <Row id={`${ids.type}-f`} label={t("create.attach")}>
                <FieldInput
                  spec={{ key: "files", kind: "file", label: {} }}
                  id={`${ids.type}-f`}
                  label={t("create.attach")}
                  value={draft.files}
                  onChange={(files) => put({ files })}
                />
              </Row>
            </>
          ) : null}
          {beginning.conversationId ? (
            <Checkbox checked={draft.card} onChange={(event) => put({ card: event.target.checked })}>
              {t("create.card")}
            </Checkbox>
          ) : null}
          {others.map(([name, sentence]) => (
            <div key={name} className="q-form__wrong" role="alert">
              {sentence}
            </div>
          ))}
        </form>
      )}
    </Drawer>
  );
}
