/** The company's own words: groups that mean the same, and terms that stay whole. */
import { Alert, Button, Input, Modal, Select, Tag } from "antd";
import { ClipboardPaste, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { RelativeTime } from "@/ui/Time";
import {
  type Column,
  DataTable,
  EditDrawer,
  Field,
  FormProblem,
  Page,
  useConfirm,
  useDraft,
  usePages,
  useSettled,
  useSubmit,
} from "../settings/kit";
import type { Synonyms } from "./types";

const STALE = ["/knowledge/synonyms"];
const LANGUAGES = [
  { value: "zh-CN", label: "中文" },
  { value: "en", label: "English" },
];

function GroupEditor(props: { group: Synonyms | null; onClose: () => void }) {
  const t = useT("knowledge");
  const screen = useLocale();
  const { group } = props;
  const draft = useDraft({
    locale: (group?.locale ?? screen) as string,
    words: group?.words ?? [],
    note: group?.note ?? "",
  });
  const { value, set, problem } = draft;
  const save = useSubmit(
    () =>
      group ? api.put(`/knowledge/synonyms/${group.id}`, value) : api.post("/knowledge/synonyms", value),
    { stale: STALE, draft, done: t("synonym.saved"), onDone: props.onClose },
  );
  return (
    <EditDrawer
      open
      title={t(group ? "synonym.edit" : "synonym.new")}
      dirty={draft.dirty}
      busy={save.busy}
      onClose={props.onClose}
      onSave={() =>
        value.words.length ? void save.run() : draft.refuse([{ field: "words", message: t("required") }])
      }
    >
      <FormProblem problems={draft.problems} shown={["words", "locale", "note"]} />
      <Field
        label={t("synonym.words")}
        htmlFor="syn-words"
        required
        help={t("synonym.wordsHelp")}
        problem={problem("words")}
      >
        <Select
          id="syn-words"
          mode="tags"
          autoFocus
          open={false}
          suffixIcon={null}
          tokenSeparators={[",", "，", "、", "\t"]}
          value={value.words}
          onChange={(words: string[]) => set({ words })}
        />
      </Field>
      <Field label={t("faq.locale")} htmlFor="syn-locale">
        <Select
          id="syn-locale"
          value={value.locale}
          onChange={(locale) => set({ locale })}
          options={LANGUAGES}
        />
      </Field>
      <Field label={t("synonym.note")} htmlFor="syn-note">
        <Input
          id="syn-note"
          maxLength={200}
          value={value.note}
          onChange={(event) => set({ note: event.target.value })}
        />
      </Field>
    </EditDrawer>
  );
}

interface Imported {
  added: number;
  joined: number;
  skipped: number;
  errors: { line: number; message: string }[];
}

function PasteDialog(props: { open: boolean; onClose: () => void }) {
  const t = useT("knowledge");
  const screen = useLocale();
  const [text, setText] = useState("");
  const [locale, setLocale] = useState<string>(screen);
  const [result, setResult] = useState<Imported | null>(null);
  const add = useSubmit(() => api.post<Imported>("/knowledge/synonyms/import", { text, locale }), {
    stale: STALE,
    onDone: (found) => {
      setResult(found);
      if (found.errors.length === 0) setText("");
    },
  });
  const close = () => {
    setResult(null);
    props.onClose();
  };
  return (
    <Modal
      open={props.open}
      mask={{ closable: false }}
      title={t("synonym.paste")}
      okText={t("synonym.add")}
      okButtonProps={{ disabled: !text.trim() }}
      confirmLoading={add.busy}
      onOk={() => void add.run()}
      onCancel={close}
      width={640}
    >
      <Field label={t("faq.locale")} htmlFor="paste-locale">
        <Select id="paste-locale" value={locale} onChange={setLocale} options={LANGUAGES} />
      </Field>
      <Field label={t("synonym.lines")} htmlFor="paste-lines" help={t("synonym.linesHelp")}>
        <Input.TextArea
          id="paste-lines"
          rows={10}
          value={text}
          placeholder={t("synonym.example")}
          onChange={(event) => setText(event.target.value)}
        />
      </Field>
      {result && (
        <Alert
          type={result.errors.length ? "warning" : "success"}
          showIcon
          title={t("synonym.result", { added: result.added, joined: result.joined, skipped: result.skipped })}
          description={
            result.errors.length > 0 && (
              <ul className="kn-errors">
                {result.errors.map((error) => (
                  <li key={error.line}>{t("synonym.line", { n: error.line, message: error.message })}</li>
                ))}
              </ul>
            )
          }
        />
      )}
    </Modal>
  );
}

export default function SynonymsPage() {
  const t = useT("knowledge");
  const confirm = useConfirm();
  const mayManage = useCan("knowledge.manage");
  const [query, setQuery] = useState("");
  const [language, setLanguage] = useState<string>();
  const [editing, setEditing] = useState<Synonyms | "new" | null>(null);
  const [pasting, setPasting] = useState(false);
  const q = useSettled(query.trim());
  const groups = usePages<Synonyms>("/knowledge/synonyms", { q, language });
  const remove = useSubmit((group: Synonyms) => api.delete(`/knowledge/synonyms/${group.id}`), {
    stale: STALE,
    done: t("synonym.deleted"),
  });
  const columns: Column<Synonyms>[] = [
    {
      key: "words",
      title: t("synonym.words"),
      fixedIn: true,
      render: (_, group) => (
        <span className="kn-words">
          {group.words.map((word) => (
            <Tag key={word}>{word}</Tag>
          ))}
          {group.words.length === 1 && <span className="qk-muted">{t("synonym.term")}</span>}
        </span>
      ),
    },
    { key: "note", title: t("synonym.note"), render: (_, group) => group.note },
    {
      key: "locale",
      title: t("faq.locale"),
      render: (_, group) => (group.locale === "en" ? "English" : "中文"),
    },
    { key: "updated", title: t("faq.updated"), render: (_, group) => <RelativeTime at={group.updated_at} /> },
    {
      key: "act",
      title: "",
      fixedIn: true,
      align: "right",
      render: (_, group) =>
        mayManage && (
          <Button
            type="text"
            danger
            icon={<Trash2 size={15} />}
            aria-label={t("category.delete", { name: group.words[0] })}
            onClick={() =>
              confirm({
                title: t("synonym.deleteTitle", { words: group.words.join(" / ") }),
                text: t("synonym.deleteText"),
                ok: t("action.delete"),
                run: () => remove.run(group),
              })
            }
          />
        ),
    },
  ];
  return (
    <Page
      wide
      title={t("nav.synonyms")}
      description={t("synonym.description")}
      actions={
        mayManage && (
          <>
            <Button icon={<ClipboardPaste size={15} />} onClick={() => setPasting(true)}>
              {t("synonym.paste")}
            </Button>
            <Button type="primary" icon={<Plus size={15} />} onClick={() => setEditing("new")}>
              {t("synonym.new")}
            </Button>
          </>
        )
      }
    >
      <DataTable
        id="synonyms"
        label={t("nav.synonyms")}
        rows={groups.rows}
        rowKey="id"
        columns={columns}
        loading={groups.loading}
        error={groups.error}
        onRetry={() => void groups.refetch()}
        more={groups.more}
        search={{ value: query, onChange: setQuery, placeholder: t("synonym.search") }}
        narrowed={Boolean(q || language)}
        {...(mayManage ? { onOpen: setEditing } : {})}
        filters={
          <Select
            allowClear
            style={{ minWidth: 120 }}
            placeholder={t("faq.anyLocale")}
            aria-label={t("faq.locale")}
            value={language}
            onChange={setLanguage}
            options={LANGUAGES}
          />
        }
        emptyTitle={t("synonym.empty")}
        emptyText={t("synonym.emptyText")}
      />
      {editing && (
        <GroupEditor
          key={editing === "new" ? "new" : editing.id}
          group={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
      <PasteDialog open={pasting} onClose={() => setPasting(false)} />
    </Page>
  );
}
