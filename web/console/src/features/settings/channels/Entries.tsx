import { App, Button, Image, Input, InputNumber, Select } from "antd";
import { Plus, QrCode, Trash2 } from "lucide-react";
import { useState } from "react";

import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { absoluteTime } from "@/lib/format";
import {
  type Column,
  DataTable,
  EditDrawer,
  Field,
  FormProblem,
  Grid,
  useConfirm,
  useDraft,
  usePages,
  useRows,
  useSubmit,
} from "../kit";
import type { Queue } from "../types";

interface Entry {
  id: string;
  scene: string;
  title: string;
  queue_id: string | null;
  welcome: string;
  url: string;
  page: string;
  expires_at: string | null;
  scans: number;
  scanned_at: string | null;
  image: string;
}

interface Draft {
  title: string;
  scene: string;
  queue_id: string | null;
  welcome: string;
  days: number | null;
  page: string;
}

const EMPTY: Draft = { title: "", scene: "", queue_id: null, welcome: "", days: null, page: "" };

/** QR codes that lead into an account, and where whoever scans one comes out. */
export function Entries(props: { inboxId: string; mini: boolean }) {
  const t = useT("settings/channels");
  const s = useT("settings");
  const locale = useLocale();
  const confirm = useConfirm();
  const { message } = App.useApp();
  const path = `/wechat/${props.inboxId}/entries`;
  const entries = usePages<Entry>(path, {});
  const queues = useRows<Queue>("/queues");
  const draft = useDraft<Draft>(EMPTY);
  const [open, setOpen] = useState(false);
  const [shown, setShown] = useState<Entry | null>(null);
  const { value, set, problem } = draft;
  const create = useSubmit(
    () => {
      const { page, ...rest } = value;
      return api.post<Entry>(path, { ...rest, ...(props.mini && page.trim() ? { page: page.trim() } : {}) });
    },
    {
      stale: [path],
      draft,
      onDone: (made) => {
        draft.accept(EMPTY);
        setOpen(false);
        setShown(made);
      },
    },
  );
  const remove = useSubmit((entry: Entry) => api.delete(`/wechat/entries/${entry.id}`), { stale: [path] });
  const queueName = (id: string | null) => queues.rows?.find((queue) => queue.id === id)?.name;
  const columns: Column<Entry>[] = [
    {
      key: "title",
      title: t("entry.title"),
      fixedIn: true,
      render: (_, entry) => <strong>{entry.title}</strong>,
    },
    {
      key: "queue",
      title: s("inboxes.queue"),
      render: (_, entry) => queueName(entry.queue_id) ?? t("entry.asInbox"),
    },
    { key: "scans", title: t("entry.scans"), align: "right", render: (_, entry) => entry.scans },
    {
      key: "until",
      title: t("entry.until"),
      render: (_, entry) => (entry.expires_at ? absoluteTime(entry.expires_at, locale) : t("entry.forever")),
    },
    {
      key: "act",
      title: "",
      fixedIn: true,
      align: "right",
      width: 110,
      render: (_, entry) => (
        <span className="qs-row qs-nowrap">
          <Button
            type="text"
            icon={<QrCode size={15} />}
            aria-label={t("entry.show", { name: entry.title })}
            onClick={() => setShown(entry)}
          />
          <Button
            type="text"
            danger
            icon={<Trash2 size={15} />}
            aria-label={s("kit.delete")}
            onClick={() =>
              confirm({
                title: t("entry.deleteTitle", { name: entry.title }),
                text: t("entry.deleteText"),
                ok: s("kit.delete"),
                run: () => remove.run(entry),
              })
            }
          />
        </span>
      ),
    },
  ];
  return (
    <>
      <DataTable
        id="channel-entries"
        label={t("entries")}
        rows={entries.rows}
        rowKey="id"
        columns={columns}
        loading={entries.loading}
        error={entries.error}
        onRetry={() => void entries.refetch()}
        more={entries.more}
        actions={
          <Button icon={<Plus size={15} />} onClick={() => setOpen(true)}>
            {t("entry.new")}
          </Button>
        }
        emptyTitle={t("entry.empty")}
        emptyText={t("entry.emptyText")}
      />
      <EditDrawer
        open={open}
        title={t("entry.new")}
        dirty={draft.dirty}
        busy={create.busy}
        saveText={s("kit.create")}
        onClose={() => {
          draft.reset();
          setOpen(false);
        }}
        onSave={() => void create.run()}
      >
        <FormProblem
          problems={draft.problems}
          shown={["title", "scene", "queue_id", "welcome", "days", "page"]}
        />
        <Field label={t("entry.title")} htmlFor="entry-title" required problem={problem("title")}>
          <Input
            id="entry-title"
            autoFocus
            maxLength={80}
            value={value.title}
            onChange={(event) => set({ title: event.target.value })}
          />
        </Field>
        <Field
          label={t("entry.scene")}
          htmlFor="entry-scene"
          required
          help={t("entry.sceneHelp")}
          problem={problem("scene")}
        >
          <Input
            id="entry-scene"
            maxLength={props.mini ? 32 : 64}
            placeholder="store-12"
            value={value.scene}
            onChange={(event) => set({ scene: event.target.value })}
          />
        </Field>
        <Grid>
          <Field label={s("inboxes.queue")} htmlFor="entry-queue" problem={problem("queue_id")}>
            <Select
              id="entry-queue"
              allowClear
              placeholder={t("entry.asInbox")}
              value={value.queue_id}
              onChange={(id: string | undefined) => set({ queue_id: id ?? null })}
              options={(queues.rows ?? []).map((queue) => ({ value: queue.id, label: queue.name }))}
            />
          </Field>
          {props.mini ? (
            <Field label={t("entry.page")} htmlFor="entry-page" problem={problem("page")}>
              <Input
                id="entry-page"
                placeholder="pages/index/index"
                value={value.page}
                onChange={(event) => set({ page: event.target.value })}
              />
            </Field>
          ) : (
            <Field
              label={t("entry.days")}
              htmlFor="entry-days"
              help={t("entry.daysHelp")}
              problem={problem("days")}
            >
              <InputNumber
                id="entry-days"
                min={1}
                max={30}
                value={value.days}
                onChange={(days) => set({ days })}
              />
            </Field>
          )}
        </Grid>
        <Field label={t("entry.welcome")} htmlFor="entry-welcome" problem={problem("welcome")}>
          <Input.TextArea
            id="entry-welcome"
            autoSize={{ minRows: 2, maxRows: 6 }}
            maxLength={600}
            value={value.welcome}
            onChange={(event) => set({ welcome: event.target.value })}
          />
        </Field>
      </EditDrawer>
      <Image
        className="qc-hidden"
        alt={shown?.title ?? ""}
        src={shown?.image ?? ""}
        preview={{
          open: shown !== null,
          src: shown?.image ?? "",
          onOpenChange: (visible) => {
            if (!visible) setShown(null);
          },
        }}
        onError={() => shown && void message.error(t("entry.noPicture"))}
      />
    </>
  );
}
