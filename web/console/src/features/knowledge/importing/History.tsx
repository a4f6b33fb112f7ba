import { Button, Flex, Tag } from "antd";
import { Trash2, Undo2 } from "lucide-react";
import { api } from "@/api/client";
import type { Id, Iso } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useCan, useMe } from "@/app/session";
import { integer } from "@/lib/format";
import { RelativeTime } from "@/ui/Time";
import { type Column, DataTable, useConfirm, usePages, useSubmit } from "../../settings/kit";
import type { Preview } from "./Reading";

export interface Undone {
  removed: number;
  restored: number;
  kept: number;
  kept_items?: { id: Id; type: string; title: string }[];
}

/** What an undo left as it is, by name. */
export function Kept({ undone }: { undone: Undone }) {
  const t = useT("knowledge");
  const items = undone.kept_items ?? [];
  if (items.length === 0) return null;
  return (
    <div>
      <p>{t("import.keptText", { count: undone.kept })}</p>
      <ul>
        {items.map((one) => (
          <li key={one.id}>
            <a href={`/console/knowledge/${one.type === "article" ? "articles" : "faqs"}/${one.id}`}>
              {one.title}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface Import {
  id: Id;
  filename: string;
  state: "preview" | "running" | "done" | "failed" | "undone";
  stage: "reading" | "refused" | null;
  problem: string | null;
  summary: { total: number };
  options: { publish?: boolean };
  result: Partial<Undone & { created: number; updated: number; skipped: number }>;
  created_by: { id: Id; name: string } | null;
  created_at: Iso;
}

const COLOURS = {
  preview: "default",
  running: "processing",
  done: "success",
  failed: "error",
  undone: "default",
};

/** Every import there was, newest first; each can be taken back. */
export function History(props: { onOpen: (reading: Preview) => void }) {
  const t = useT("knowledge");
  const locale = useLocale();
  const confirm = useConfirm();
  const mayPublish = useCan("knowledge.publish");
  const seesAll = useCan("knowledge.view_all");
  const me = useMe();
  const imports = usePages<Import>("/knowledge/imports", { limit: 20 });
  const figures = (counts: object, keys: readonly string[]) =>
    Object.fromEntries(
      keys.map((key) => [key, integer(Number((counts as Record<string, unknown>)[key] ?? 0), locale)]),
    );
  const undo = useSubmit((one: Import) => api.post<Undone>(`/knowledge/imports/${one.id}/undo`), {
    stale: ["/knowledge"],
    done: (answer) =>
      `${t("import.undone")}: ${t("import.undoneText", figures({ ...answer }, ["removed", "restored", "kept"]))}`,
  });
  const discard = useSubmit((one: Import) => api.delete(`/knowledge/imports/${one.id}`), {
    stale: ["/knowledge/imports", "/knowledge/sources"],
    done: () => t("import.discarded"),
  });
  const open = useSubmit((one: Import) => api.get<Preview>(`/knowledge/imports/${one.id}`), {
    onDone: props.onOpen,
  });
  const columns: Column<Import>[] = [
    { key: "file", title: t("import.history.file"), fixedIn: true, render: (_, one) => one.filename },
    {
      key: "state",
      title: t("import.history.state"),
      render: (_, one) => (
        <Tag color={COLOURS[one.state]}>{t(`import.history.states.${one.stage ?? one.state}`)}</Tag>
      ),
    },
    {
      key: "result",
      title: t("import.history.result"),
      render: (_, one) =>
        one.state === "undone"
          ? t("import.undoneText", figures(one.result, ["removed", "restored", "kept"]))
          : one.result.created === undefined
            ? (one.problem ?? t("import.history.rows", { total: integer(one.summary.total, locale) }))
            : t("import.result", figures(one.result, ["created", "updated", "skipped"])),
    },
    { key: "by", title: t("import.history.by"), render: (_, one) => one.created_by?.name ?? "–" },
    { key: "at", title: t("import.history.at"), render: (_, one) => <RelativeTime at={one.created_at} /> },
    {
      key: "act",
      title: "",
      fixedIn: true,
      align: "right",
      render: (_, one) =>
        one.state === "preview"
          ? (seesAll || one.created_by?.id === me.user.id) && (
              <Flex gap={4} justify="end">
                {one.stage !== "refused" && (
                  <Button size="small" onClick={() => void open.run(one)}>
                    {t("import.history.open")}
                  </Button>
                )}
                <Button
                  size="small"
                  type="text"
                  icon={<Trash2 size={14} />}
                  aria-label={t("import.history.discard", { name: one.filename })}
                  title={t("import.discard")}
                  onClick={() => {
                    // Nothing is lost where nothing could be read.
                    if (one.stage === "refused") void discard.run(one);
                    else
                      confirm({
                        title: t("import.discardTitle", { name: one.filename }),
                        text: t("import.discardText"),
                        ok: t("import.discard"),
                        run: () => discard.run(one),
                      });
                  }}
                />
              </Flex>
            )
          : (one.state === "done" || one.state === "failed") &&
            (mayPublish || !one.options.publish) && (
              <Button
                size="small"
                icon={<Undo2 size={14} />}
                aria-label={t("import.history.undo", { name: one.filename })}
                onClick={() =>
                  confirm({
                    title: t("import.undoTitle"),
                    text: t("import.undoText"),
                    ok: t("import.undo"),
                    run: () => undo.run(one),
                  })
                }
              >
                {t("import.undo")}
              </Button>
            ),
    },
  ];
  if (imports.rows?.length === 0) return null;
  return (
    <section style={{ marginTop: 24 }}>
      <h2 className="qk-gap">{t("import.history.title")}</h2>
      <DataTable
        id="imports"
        label={t("import.history.title")}
        rows={imports.rows}
        rowKey="id"
        columns={columns}
        loading={imports.loading}
        error={imports.error}
        onRetry={() => void imports.refetch()}
        more={imports.more}
        emptyTitle={t("import.history.empty")}
      />
    </section>
  );
}
