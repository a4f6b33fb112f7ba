import { useQuery } from "@tanstack/react-query";
import { AutoComplete, Button, Dropdown, Input, Radio, Segmented, Select, Space, Tag } from "antd";
import type { TextAreaRef } from "antd/es/input/TextArea";
import { MoreHorizontal, Plus } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { api } from "@/api/client";
import type { CannedReply } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useCan, useMe } from "@/app/session";
import { toast } from "@/ui/feedback";
import {
  type Column,
  DataTable,
  EditDrawer,
  Field,
  FormProblem,
  Grid,
  Page,
  useConfirm,
  useDraft,
  useRows,
  useSubmit,
} from "../kit";
import { cleanShortcut, insertAt, renderPreview, unknownVariables } from "./model";

interface CannedDraft {
  shortcut: string;
  title: string;
  body: string;
  folder: string;
  locale: string;
  shared: boolean;
}

function CannedEditor(props: { reply: CannedReply | null; folders: string[]; onClose: () => void }) {
  const t = useT("settings");
  const screen = useLocale();
  const me = useMe();
  const mayShare = useCan("canned.edit");
  const area = useRef<TextAreaRef>(null);
  const draft = useDraft<CannedDraft>({
    shortcut: props.reply?.shortcut ?? "",
    title: props.reply?.title ?? "",
    body: props.reply?.body ?? "",
    folder: props.reply?.folder ?? "",
    locale: props.reply?.locale ?? screen,
    shared: props.reply ? props.reply.owner_user_id === null : mayShare,
  });
  const { value, set, problem } = draft;
  const save = useSubmit(
    () => {
      const { shared, ...rest } = value;
      const body = {
        ...rest,
        shortcut: cleanShortcut(rest.shortcut),
        title: rest.title.trim(),
        folder: rest.folder.trim() || null,
      };
      return props.reply
        ? api.patch(`/canned/${props.reply.id}`, body)
        : api.post("/canned", { ...body, shared });
    },
    { stale: ["/canned"], draft, done: t("kit.saved"), onDone: props.onClose },
  );
  // The server knows what it can fill; its labels come in the language of the screen.
  const offered = useQuery({
    queryKey: ["/canned/variables", screen],
    queryFn: ({ signal }) =>
      api.get<{ name: string; label: string }[]>("/canned/variables", undefined, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const variables = offered.data ?? [];
  const examples: Record<string, string> = Object.fromEntries(
    variables.map(({ name, label }) => [name, t(`canned.example.${name}`, { defaultValue: label })]),
  );
  examples["agent.name"] = me.user.display_name ?? me.user.name;
  examples["company.name"] = me.workspace.name;
  const unknown = offered.data
    ? unknownVariables(
        value.body,
        variables.map(({ name }) => name),
      )
    : [];
  const insert = (name: string) => {
    const element = area.current?.resizableTextArea?.textArea;
    const start = element?.selectionStart ?? value.body.length;
    const { text, caret } = insertAt(value.body, start, element?.selectionEnd ?? start, `{{${name}}}`);
    set({ body: text });
    requestAnimationFrame(() => {
      element?.focus();
      element?.setSelectionRange(caret, caret);
    });
  };
  const submit = () => {
    const faults = [];
    if (!value.title.trim()) faults.push({ field: "title", message: t("kit.required") });
    if (!cleanShortcut(value.shortcut)) faults.push({ field: "shortcut", message: t("kit.required") });
    if (!value.body.trim()) faults.push({ field: "body", message: t("kit.required") });
    if (faults.length) draft.refuse(faults);
    else void save.run();
  };
  return (
    <EditDrawer
      open
      width={640}
      title={t(props.reply ? "canned.edit" : "canned.new")}
      dirty={draft.dirty}
      busy={save.busy}
      onClose={props.onClose}
      onSave={submit}
    >
      <FormProblem problems={draft.problems} shown={["title", "shortcut", "body", "folder", "locale"]} />
      <Field label={t("canned.titleLabel")} htmlFor="canned-title" required problem={problem("title")}>
        <Input
          id="canned-title"
          autoFocus
          maxLength={120}
          value={value.title}
          onChange={(event) => set({ title: event.target.value })}
        />
      </Field>
      <Grid>
        <Field
          label={t("canned.shortcut")}
          htmlFor="canned-shortcut"
          required
          help={t("canned.shortcutHelp")}
          problem={problem("shortcut")}
        >
          <Input
            id="canned-shortcut"
            prefix="/"
            maxLength={40}
            value={value.shortcut}
            onChange={(event) => set({ shortcut: event.target.value })}
            onBlur={() => set({ shortcut: cleanShortcut(value.shortcut) })}
          />
        </Field>
        <Field label={t("canned.folder")} htmlFor="canned-folder" problem={problem("folder")}>
          <AutoComplete
            id="canned-folder"
            value={value.folder}
            onChange={(folder) => set({ folder })}
            options={props.folders.map((folder) => ({ value: folder }))}
            placeholder={t("canned.folderNone")}
          />
        </Field>
      </Grid>
      <Field
        label={t("canned.body")}
        htmlFor="canned-body"
        required
        problem={
          problem("body") ??
          (unknown.length
            ? t("canned.unknown", { list: unknown.map((name) => `{{${name}}}`).join(" ") })
            : undefined)
        }
      >
        <Input.TextArea
          id="canned-body"
          ref={area}
          autoSize={{ minRows: 5, maxRows: 16 }}
          maxLength={10_000}
          value={value.body}
          onChange={(event) => set({ body: event.target.value })}
        />
      </Field>
      <div className="qk-gap" role="group" aria-label={t("canned.variables")}>
        <span className="qk-muted">{t("canned.insert")} </span>
        <Space size={4} wrap>
          {variables.map(({ name, label }) => (
            <Button key={name} size="small" onClick={() => insert(name)}>
              {label}
            </Button>
          ))}
        </Space>
      </div>
      {value.body.trim() && (
        <Field label={t("kit.preview")}>
          <div className="qs-bubble">{renderPreview(value.body, examples)}</div>
        </Field>
      )}
      <Grid>
        <Field label={t("canned.locale")} htmlFor="canned-locale" problem={problem("locale")}>
          <Select
            id="canned-locale"
            value={value.locale}
            onChange={(locale) => set({ locale })}
            options={[
              { value: "zh-CN", label: "简体中文" },
              { value: "en", label: "English" },
            ]}
          />
        </Field>
        {!props.reply && (
          <Field label={t("canned.who")} help={mayShare ? undefined : t("canned.ownOnly")}>
            <Radio.Group
              value={value.shared}
              disabled={!mayShare}
              onChange={(event) => set({ shared: event.target.value })}
              options={[
                { value: true, label: t("canned.shared") },
                { value: false, label: t("canned.own") },
              ]}
            />
          </Field>
        )}
      </Grid>
    </EditDrawer>
  );
}

export default function Canned() {
  const t = useT("settings");
  const locale = useLocale();
  const me = useMe();
  const confirm = useConfirm();
  const mayShare = useCan("canned.edit");
  const [query, setQuery] = useState("");
  const [folder, setFolder] = useState<string>();
  const [owner, setOwner] = useState<"all" | "shared" | "own">("all");
  const [editing, setEditing] = useState<CannedReply | "new" | null>(null);
  const replies = useRows<CannedReply>("/canned");
  const remove = useSubmit((reply: CannedReply) => api.delete(`/canned/${reply.id}`), { stale: ["/canned"] });
  const restore = useSubmit(
    ({ shortcut, title, body, folder: into, locale: language, owner_user_id }: CannedReply) =>
      api.post("/canned", {
        shortcut,
        title,
        body,
        folder: into,
        locale: language,
        shared: owner_user_id === null,
      }),
    { stale: ["/canned"] },
  );
  const folders = useMemo(
    () =>
      [...new Set((replies.rows ?? []).map((reply) => reply.folder ?? "").filter(Boolean))].sort((a, b) =>
        a.localeCompare(b, locale),
      ),
    [replies.rows, locale],
  );
  const mayEdit = (reply: CannedReply) =>
    reply.owner_user_id === null ? mayShare : reply.owner_user_id === me.user.id;
  const needle = query.trim().toLowerCase().replace(/^\//, "");
  const rows = replies.rows?.filter(
    (reply) =>
      (!folder || reply.folder === folder) &&
      (owner === "all" || (owner === "shared") === (reply.owner_user_id === null)) &&
      (!needle ||
        [reply.shortcut, reply.title, reply.body].some((text) => text.toLowerCase().includes(needle))),
  );
  const columns: Column<CannedReply>[] = [
    {
      key: "title",
      title: t("canned.titleLabel"),
      fixedIn: true,
      sorter: (a, b) => a.title.localeCompare(b.title, locale),
      render: (_, reply) => (
        <div className="qs-wide">
          <button
            type="button"
            className="qk-linkish"
            disabled={!mayEdit(reply)}
            onClick={() => setEditing(reply)}
          >
            <strong>{reply.title}</strong>
          </button>
          <div className="qk-muted qk-clip">{reply.body}</div>
        </div>
      ),
    },
    {
      key: "shortcut",
      title: t("canned.shortcut"),
      sorter: (a, b) => a.shortcut.localeCompare(b.shortcut, locale),
      render: (_, reply) => <code translate="no">/{reply.shortcut}</code>,
    },
    {
      key: "folder",
      title: t("canned.folder"),
      render: (_, reply) => reply.folder || <span className="qk-muted">–</span>,
    },
    {
      key: "owner",
      title: t("canned.who"),
      render: (_, reply) => <Tag>{t(reply.owner_user_id === null ? "canned.shared" : "canned.own")}</Tag>,
    },
    {
      key: "locale",
      title: t("canned.locale"),
      render: (_, reply) => (reply.locale === "en" ? "English" : "简体中文"),
    },
    {
      key: "used",
      title: t("canned.used"),
      align: "right",
      className: "qk-num",
      sorter: (a, b) => a.usage_count - b.usage_count,
      render: (_, reply) => reply.usage_count,
    },
    {
      key: "act",
      title: "",
      fixedIn: true,
      width: 56,
      align: "right",
      render: (_, reply) =>
        mayEdit(reply) && (
          <Dropdown
            trigger={["click"]}
            menu={{
              items: [
                { key: "edit", label: t("kit.edit"), onClick: () => setEditing(reply) },
                {
                  key: "delete",
                  danger: true,
                  label: t("kit.delete"),
                  onClick: () =>
                    confirm({
                      title: t("canned.deleteTitle", { name: reply.title }),
                      text: t(reply.owner_user_id === null ? "canned.deleteShared" : "canned.deleteOwn"),
                      ok: t("kit.delete"),
                      run: async () => {
                        const before = replies.rows?.length;
                        await remove.run(reply);
                        if (before !== undefined)
                          toast.undo(t("canned.deleted"), () => void restore.run(reply));
                      },
                    }),
                },
              ],
            }}
          >
            <Button
              type="text"
              icon={<MoreHorizontal size={16} />}
              aria-label={t("kit.actionsFor", { name: reply.title })}
            />
          </Dropdown>
        ),
    },
  ];
  return (
    <Page
      wide
      title={t("nav.canned")}
      description={t("canned.description")}
      actions={
        <Button type="primary" icon={<Plus size={15} />} onClick={() => setEditing("new")}>
          {t("canned.new")}
        </Button>
      }
    >
      <DataTable
        id="canned"
        label={t("nav.canned")}
        rows={rows}
        rowKey="id"
        columns={columns}
        loading={replies.isFetching}
        error={replies.error}
        onRetry={() => void replies.refetch()}
        search={{ value: query, onChange: setQuery, placeholder: t("canned.search") }}
        narrowed={Boolean(needle || folder || owner !== "all")}
        onOpen={(reply) => mayEdit(reply) && setEditing(reply)}
        filters={
          <>
            <Select
              allowClear
              style={{ minWidth: 140 }}
              placeholder={t("canned.anyFolder")}
              aria-label={t("canned.folder")}
              value={folder}
              onChange={setFolder}
              options={folders.map((name) => ({ value: name, label: name }))}
            />
            <Segmented
              aria-label={t("canned.owner")}
              value={owner}
              onChange={setOwner}
              options={[
                { value: "all", label: t("kit.all") },
                { value: "shared", label: t("canned.shared") },
                { value: "own", label: t("canned.own") },
              ]}
            />
          </>
        }
        emptyTitle={t("canned.empty")}
        emptyText={t("canned.emptyText")}
        emptyAction={<Button onClick={() => setEditing("new")}>{t("canned.new")}</Button>}
      />
      {editing && (
        <CannedEditor
          key={editing === "new" ? "new" : editing.id}
          reply={editing === "new" ? null : editing}
          folders={folders}
          onClose={() => setEditing(null)}
        />
      )}
    </Page>
  );
}
