import { App, Button, Modal } from "antd";
import { Eye, RotateCcw, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";

import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { absoluteTime, fileSize } from "@/lib/format";
import { type Column, DataTable, useConfirm, usePages, useSubmit } from "../kit";
import { useHealth } from "./HealthCard";
import type { Letter, Replayed } from "./types";

/** What the tab is called, with how many lie there. */
export function LettersLabel(props: { inboxId: string }) {
  const t = useT("settings/channels");
  const dead = useHealth().rows?.find((one) => one.inbox_id === props.inboxId)?.dead ?? 0;
  return (
    <>
      {t("letters")}
      {dead > 0 && <span className="qk-muted qk-num"> {dead}</span>}
    </>
  );
}

/** What arrived and could not be taken in: read it, have it tried again, put it away. */
export function Letters(props: { inboxId: string }) {
  const t = useT("settings/channels");
  const locale = useLocale();
  const confirm = useConfirm();
  const { message } = App.useApp();
  const [trying, setTrying] = useState<string | null>(null);
  const [open, setOpen] = useState<Letter | null>(null);
  const letters = usePages<Letter>("/channels/letters", { inbox_id: props.inboxId });
  // What is set aside while one looks, or comes back from being replayed, is there without asking for it.
  const dead = useHealth().rows?.find((one) => one.inbox_id === props.inboxId)?.dead;
  const { refetch } = letters;
  useEffect(() => {
    if (dead !== undefined) void refetch();
  }, [dead, refetch]);
  const stale = ["/channels/letters", "/channels/health"];
  const read = useSubmit((letter: Letter) => api.get<Letter>(`/channels/letters/${letter.id}`), {
    onDone: setOpen,
  });
  const replay = useSubmit(
    (letter: Letter) => {
      setTrying(letter.id);
      return api.post<Replayed>(`/channels/letters/${letter.id}/replay`).finally(() => setTrying(null));
    },
    {
      stale,
      onDone: ({ state, reason }) => {
        if (state === "taken") void message.success(t("outcome.taken"));
        else if (state === "dead") void message.error(t("outcome.dead", { reason }));
        else void message.info(reason ? t("outcome.waiting", { reason }) : t("replayed"));
      },
    },
  );
  const dismiss = useSubmit((letter: Letter) => api.delete(`/channels/letters/${letter.id}`), { stale });
  const columns: Column<Letter>[] = [
    {
      key: "at",
      title: t("received"),
      fixedIn: true,
      render: (_, letter) => absoluteTime(letter.received_at, locale),
    },
    { key: "why", title: t("why"), render: (_, letter) => <Why letter={letter} /> },
    {
      key: "size",
      title: t("size"),
      align: "right",
      render: (_, letter) => fileSize(letter.size),
    },
    {
      key: "act",
      title: "",
      fixedIn: true,
      align: "right",
      width: 140,
      render: (_, letter) => (
        <span className="qs-row qs-nowrap">
          <Button
            type="text"
            icon={<Eye size={15} />}
            aria-label={t("readLetter")}
            title={t("readLetter")}
            onClick={() => void read.run(letter)}
          />
          <Button
            type="text"
            icon={<RotateCcw size={15} />}
            aria-label={t("replay")}
            title={t("replay")}
            loading={trying === letter.id}
            onClick={() => void replay.run(letter)}
          />
          <Button
            type="text"
            danger
            icon={<Trash2 size={15} />}
            aria-label={t("dismiss")}
            title={t("dismiss")}
            onClick={() =>
              confirm({
                title: t("dismissTitle"),
                text: t("dismissText"),
                ok: t("dismiss"),
                run: () => dismiss.run(letter),
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
        id="channel-letters"
        label={t("letters")}
        rows={letters.rows}
        rowKey="id"
        columns={columns}
        loading={letters.loading}
        error={letters.error}
        onRetry={() => void letters.refetch()}
        more={letters.more}
        emptyTitle={t("noLetters")}
        emptyText={t("noLettersText")}
      />
      <Modal
        open={open !== null}
        title={t("readLetter")}
        footer={null}
        onCancel={() => setOpen(null)}
        width={720}
      >
        {open && (
          <>
            <Why letter={open} />
            <pre className="qch-preview" translate="no">
              {open.preview}
            </pre>
          </>
        )}
      </Modal>
    </>
  );
}

/** Why it could not be taken in this time, and how often and when it was last tried in vain. */
function Why({ letter }: { letter: Letter }) {
  const t = useT("settings/channels");
  const locale = useLocale();
  return (
    <>
      <div>{letter.reason}</div>
      {letter.replays > 0 && letter.failed_at && (
        <div className="qk-muted">
          {t("inVain", { count: letter.replays, at: absoluteTime(letter.failed_at, locale) })}
        </div>
      )}
    </>
  );
}
