import { App, Button, Image, Input, InputNumber, Select } from "antd";
import { Pencil, Plus, QrCode, Trash2 } from "lucide-react";
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
  user_id: string | null;
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
  /** `queue:` or `user:` and an id; null: where those of the inbox go. */
  goal: string | null;
  welcome: string;
  days: number | null;
  page: string;
}

const EMPTY: Draft = { title: "", scene: "", goal: null, welcome: "", days: null, page: "" };

const goalOf = (entry: Entry): string | null =>
  entry.queue_id ? `queue:${entry.queue_id}` : entry.user_id ? `user:${entry.user_id}` : null;

function led(goal: string | null) {
  const [kind, id] = goal?.split(":") ?? [];
  return { queue_id: kind === "queue" ? id : null, user_id: kind === "user" ? id : null };
}

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
  const people = useRows<{ id: string; name: string }>("/users");
  const [open, setOpen] = useState<"new" | Entry | null>(null);
  const [shown, setShown] = useState<Entry | null>(null);
  const { value, set, problem } = draft;
  const begin = (entry: Entry | null) => {
    draft.accept(
      entry
        ? { ...EMPTY, title: entry.title, scene: entry.scene, goal: goalOf(entry), welcome: entry.welcome }
        : EMPTY,
    );
    setOpen(entry ?? "new");
  };
  const old = open === "new" ? null : open;
  const save = useSubmit(
    () => {
      const { title, scene, goal, welcome, days, page } = value;
      const both = { title, ...led(goal), welcome };
      if (old) return api.patch<Entry>(`/wechat/entries/${old.id}`, both);
      return api.post<Entry>(path, { ...both, scene, ...(props.mini ? { page: page.trim() } : { days }) });
    },
    {
      stale: [path],
      draft,
      onDone: (made) => {
        draft.accept(EMPTY);
        setOpen(null);
        if (!old) setShown(made);
      },
    },
  );
  const remove = useSubmit((entry: Entry) => api.delete(`/wechat/entries/${entry.id}`), { stale: [path] });
  const goals = [
    ...(queues.rows ?? []).map((queue) => ({ value: `queue:${queue.id}`, label: queue.name })),
    ...(people.rows ?? []).map((user) => ({ value: `user:${user.id}`, label: user.name })),
  ];
  const columns: Column<Entry>[] = [
    {
      key: "title",
      title: t("entry.title"),
      fixedIn: true,
      render: (_, entry) => <strong>{entry.title}</strong>,
    },
    {
      key: "goal",
      title: t("entry.goal"),
      render: (_, entry) => {
        const goal = goalOf(entry);
        return goal ? goals.find((one) => one.value === goal)?.label : t("entry.asInbox");
      },
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
      width: 140,
      render: (_, entry) => (
        <span className="qs-row qs-nowrap">
          <Button
            type="text"
            icon={<Pencil size={15} />}
            aria-label={t("entry.edit", { name: entry.title })}
            onClick={() => begin(entry)}
          />
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
            aria-label={s("kit.deleteNamed", { name: entry.title })}
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
          <Button icon={<Plus size={15} />} onClick={() => begin(null)}>
            {t("entry.new")}
          </Button>
        }
        emptyTitle={t("entry.empty")}
        emptyText={t("entry.emptyText")}
      />
      <EditDrawer
        open={open !== null}
        title={old ? t("entry.edit", { name: old.title }) : t("entry.new")}
        dirty={draft.dirty}
        busy={save.busy}
        saveText={s(old ? "kit.save" : "kit.create")}
        onClose={() => {
          draft.reset();
          setOpen(null);
        }}
        onSave={() => void save.run()}
      >
        <FormProblem
          problems={draft.problems}
          shown={["title", "scene", "queue_id", "user_id", "welcome", "days", "page"]}
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
            disabled={old !== null}
            placeholder="store-12"
            value={value.scene}
            onChange={(event) => set({ scene: event.target.value })}
          />
        </Field>
        <Grid>
          <Field
            label={t("entry.goal")}
            htmlFor="entry-goal"
            problem={problem("queue_id") ?? problem("user_id")}
          >
            <Select
              id="entry-goal"
              allowClear
              showSearch={{ optionFilterProp: "label" }}
              placeholder={t("entry.asInbox")}
              value={queues.rows && people.rows ? value.goal : undefined}
              onChange={(goal: string | undefined) => set({ goal: goal ?? null })}
              options={goals}
            />
          </Field>
          {old ? null : props.mini ? (
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
      {shown && (
        <Image
          className="qch-hidden"
          alt={shown.title}
          src={shown.image}
          preview={{
            open: true,
            src: shown.image,
            onOpenChange: (visible) => {
              if (!visible) setShown(null);
            },
          }}
          onError={() => {
            setShown(null);
            void message.error(t("entry.noPicture"));
          }}
        />
      )}
    </>
  );
}
