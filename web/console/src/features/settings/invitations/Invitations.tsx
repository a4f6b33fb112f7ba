import { Button, Input, InputNumber, Modal, Select, Switch, Tag } from "antd";
import { ArrowDown, ArrowUp, MessageCircleQuestion, Pencil, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import { Problem } from "@/api/problem";
import { useLocale, useT } from "@/app/i18n";
import { integer, percent } from "@/lib/format";
import { toast } from "@/ui/feedback";
import { EmptyState, Fetched } from "@/ui/states";
import { Field, Grid, useConfirm } from "../kit";
import "./invitations.css";

interface Conditions {
  pages: string[];
  not_pages: string[];
  seconds: number;
  visits: number;
  scroll: number;
  leaving: boolean;
  idle_cart: number;
  who: "anybody" | "known" | "unknown";
  only_open: boolean;
}

interface Draft {
  name: string;
  active: boolean;
  conditions: Conditions;
  text_zh: string;
  text_en: string;
  caps: { per_day: number; total: number; rest_days: number };
}

interface Invitation extends Draft {
  id: string;
  figures: { shown: number; accepted: number; dismissed: number; conversations: number };
}

const FRESH: Draft = {
  name: "",
  active: true,
  conditions: {
    pages: [],
    not_pages: [],
    seconds: 15,
    visits: 0,
    scroll: 0,
    leaving: false,
    idle_cart: 0,
    who: "anybody",
    only_open: true,
  },
  text_zh: "",
  text_en: "",
  caps: { per_day: 1, total: 5, rest_days: 7 },
};

const NUMBERS = [
  ["seconds", 3600],
  ["visits", 100],
  ["scroll", 100],
  ["idle_cart", 3600],
] as const;
const CAPS = [
  ["per_day", 1, 10],
  ["total", 1, 100],
  ["rest_days", 0, 365],
] as const;

/** The invitations of a website: the first rule that fits speaks. `accent`: the colour of the site's button. */
export function Invitations({ inboxId, accent }: { inboxId: string; accent: string }) {
  const t = useT("settings/invitations");
  const locale = useLocale();
  const confirm = useConfirm();
  const list = useGet<Invitation[]>("/invitations", { inbox_id: inboxId });
  const [editing, setEditing] = useState<(Draft & { id?: string }) | null>(null);
  const stale = { invalidates: ["/invitations"] };
  const order = useAct((ids: string[]) => api.put(`/invitations/order?inbox_id=${inboxId}`, { ids }), stale);
  const save = useAct(
    (draft: Draft & { id?: string }) => {
      const { id, name, active, conditions, text_zh, text_en, caps } = draft;
      const body = { name, active, conditions, text_zh, text_en, caps };
      return id ? api.put(`/invitations/${id}`, body) : api.post(`/invitations?inbox_id=${inboxId}`, body);
    },
    {
      ...stale,
      quiet: true,
      onSuccess: () => {
        setEditing(null);
        toast.success(t("saved"));
      },
    },
  );
  const remove = useAct((id: string) => api.delete(`/invitations/${id}`), stale);
  const move = (rows: Invitation[], from: number, by: number) => {
    const ids = rows.map((row) => row.id);
    const [one] = ids.splice(from, 1);
    if (one) ids.splice(from + by, 0, one);
    order.mutate(ids);
  };
  const add = (
    <Button type="primary" icon={<Plus size={14} />} onClick={() => setEditing(FRESH)}>
      {t("add")}
    </Button>
  );
  return (
    <div className="qv">
      <p className="q-muted">{t("hint")}</p>
      <Fetched
        query={list}
        isEmpty={(rows) => rows.length === 0}
        empty={
          <EmptyState icon={MessageCircleQuestion} title={t("none")} hint={t("none_hint")} action={add} />
        }
      >
        {(rows) => (
          <>
            <ul className="qv__list">
              {rows.map((row, index) => (
                <li key={row.id} className="qv__row">
                  <div className="qv__main">
                    <b>{row.name}</b> {row.active ? null : <Tag>{t("off")}</Tag>}
                    <div className="q-muted">
                      {locale === "en" ? row.text_en || row.text_zh : row.text_zh || row.text_en}
                    </div>
                  </div>
                  <dl className="qv__figures" aria-label={t("figures")}>
                    {(["shown", "accepted", "dismissed", "conversations"] as const).map((name) => (
                      <div key={name}>
                        <dt>{t(`figure.${name}`)}</dt>
                        <dd className="q-num">
                          {integer(row.figures[name], locale)}
                          {name !== "shown" && row.figures.shown ? (
                            <small className="q-muted">
                              {" "}
                              {percent(row.figures[name] / row.figures.shown, locale)}
                            </small>
                          ) : null}
                        </dd>
                      </div>
                    ))}
                  </dl>
                  <div className="qv__acts">
                    <Button
                      type="text"
                      icon={<ArrowUp size={15} />}
                      aria-label={t("up", { name: row.name })}
                      disabled={index === 0}
                      onClick={() => move(rows, index, -1)}
                    />
                    <Button
                      type="text"
                      icon={<ArrowDown size={15} />}
                      aria-label={t("down", { name: row.name })}
                      disabled={index === rows.length - 1}
                      onClick={() => move(rows, index, 1)}
                    />
                    <Button
                      type="text"
                      icon={<Pencil size={15} />}
                      aria-label={t("edit", { name: row.name })}
                      onClick={() => setEditing(row)}
                    />
                    <Button
                      type="text"
                      danger
                      icon={<Trash2 size={15} />}
                      aria-label={t("delete", { name: row.name })}
                      onClick={() =>
                        confirm({
                          title: t("delete", { name: row.name }),
                          text: t("delete_text"),
                          ok: t("delete_it"),
                          run: () => remove.mutateAsync(row.id),
                        })
                      }
                    />
                  </div>
                </li>
              ))}
            </ul>
            {add}
          </>
        )}
      </Fetched>
      {editing ? (
        <Editor
          draft={editing}
          accent={accent}
          set={setEditing}
          busy={save.isPending}
          error={save.error}
          onSave={() => save.mutate(editing)}
          onClose={() => {
            save.reset();
            setEditing(null);
          }}
        />
      ) : null}
    </div>
  );
}

function Editor(props: {
  draft: Draft & { id?: string };
  accent: string;
  set: (draft: Draft & { id?: string }) => void;
  busy: boolean;
  error: Error | null;
  onSave: () => void;
  onClose: () => void;
}) {
  const t = useT("settings/invitations");
  const locale = useLocale();
  const { draft, set } = props;
  const when = (change: Partial<Conditions>) =>
    set({ ...draft, conditions: { ...draft.conditions, ...change } });
  const wrong = (field: string) =>
    props.error instanceof Problem
      ? props.error.fields.find((one) => one.field.startsWith(field))?.message
      : undefined;
  const lines = (text: string) =>
    text
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
  return (
    <Modal
      open
      width={720}
      mask={{ closable: false }}
      title={t(draft.id ? "editing" : "add")}
      okText={t("save")}
      cancelText={t("back")}
      confirmLoading={props.busy}
      onOk={props.onSave}
      onCancel={props.onClose}
    >
      {props.error && !(props.error instanceof Problem && props.error.fields.length) ? (
        <p className="qm__fault" role="alert">
          {props.error.message}
        </p>
      ) : null}
      <Field label={t("name")} htmlFor="invitation-name" required problem={wrong("name")}>
        <Input
          id="invitation-name"
          autoFocus
          maxLength={80}
          value={draft.name}
          onChange={(event) => set({ ...draft, name: event.target.value })}
        />
      </Field>
      <Grid>
        <Field label={t("text_zh")} htmlFor="invitation-zh" problem={wrong("text_zh")}>
          <Input.TextArea
            id="invitation-zh"
            rows={2}
            maxLength={300}
            value={draft.text_zh}
            onChange={(event) => set({ ...draft, text_zh: event.target.value })}
          />
        </Field>
        <Field label={t("text_en")} htmlFor="invitation-en" problem={wrong("text_en")}>
          <Input.TextArea
            id="invitation-en"
            rows={2}
            maxLength={300}
            value={draft.text_en}
            onChange={(event) => set({ ...draft, text_en: event.target.value })}
          />
        </Field>
      </Grid>
      <div className="qv__preview" role="img" aria-label={t("preview")}>
        <div className="qv__bubble">
          <span>
            {(locale === "en" ? draft.text_en || draft.text_zh : draft.text_zh || draft.text_en) || "…"}
          </span>
          <span aria-hidden="true">×</span>
        </div>
        <div className="qv__launcher" style={{ background: props.accent }} />
      </div>
      <Grid>
        <Field
          label={t("pages")}
          htmlFor="invitation-pages"
          help={t("pages_help")}
          problem={wrong("conditions.pages")}
        >
          <Lines
            id="invitation-pages"
            value={draft.conditions.pages}
            onChange={(pages) => when({ pages })}
            read={lines}
          />
        </Field>
        <Field label={t("not_pages")} htmlFor="invitation-not" problem={wrong("conditions.not_pages")}>
          <Lines
            id="invitation-not"
            value={draft.conditions.not_pages}
            onChange={(not_pages) => when({ not_pages })}
            read={lines}
          />
        </Field>
        {NUMBERS.map(([name, most]) => (
          <Field
            key={name}
            label={t(name)}
            htmlFor={`invitation-${name}`}
            help={t(`${name}_help`)}
            problem={wrong(`conditions.${name}`)}
          >
            <InputNumber
              id={`invitation-${name}`}
              min={0}
              max={most}
              value={draft.conditions[name]}
              onChange={(value) => when({ [name]: value ?? 0 })}
            />
          </Field>
        ))}
        <Field label={t("who")} htmlFor="invitation-who">
          <Select
            id="invitation-who"
            value={draft.conditions.who}
            onChange={(who) => when({ who })}
            options={(["anybody", "known", "unknown"] as const).map((value) => ({
              value,
              label: t(`who_${value}`),
            }))}
          />
        </Field>
        <div className="qv__switches">
          {(["leaving", "only_open"] as const).map((name) => (
            <label key={name} htmlFor={`invitation-${name}`}>
              <Switch
                id={`invitation-${name}`}
                size="small"
                checked={draft.conditions[name]}
                onChange={(value) => when({ [name]: value })}
              />
              {t(name)}
            </label>
          ))}
          <label htmlFor="invitation-active">
            <Switch
              id="invitation-active"
              size="small"
              checked={draft.active}
              onChange={(active) => set({ ...draft, active })}
            />
            {t("active")}
          </label>
        </div>
      </Grid>
      <Grid columns={3}>
        {CAPS.map(([name, least, most]) => (
          <Field key={name} label={t(name)} htmlFor={`invitation-${name}`} problem={wrong(`caps.${name}`)}>
            <InputNumber
              id={`invitation-${name}`}
              min={least}
              max={most}
              value={draft.caps[name]}
              onChange={(value) => set({ ...draft, caps: { ...draft.caps, [name]: value ?? least } })}
            />
          </Field>
        ))}
      </Grid>
    </Modal>
  );
}

function Lines(props: {
  id: string;
  value: string[];
  onChange: (value: string[]) => void;
  read: (text: string) => string[];
}) {
  const [text, setText] = useState(props.value.join("\n"));
  return (
    <Input.TextArea
      id={props.id}
      rows={2}
      spellCheck={false}
      placeholder="/products/*"
      value={text}
      onChange={(event) => {
        setText(event.target.value);
        props.onChange(props.read(event.target.value));
      }}
    />
  );
}
