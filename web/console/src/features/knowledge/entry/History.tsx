/** The versions of a text: who did what, two of them side by side, and back to one. */
import { Button, Drawer, Empty, Segmented } from "antd";
import { RotateCcw } from "lucide-react";
import { useMemo, useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { RelativeTime } from "@/ui/Time";
import { State, useConfirm, useOne, usePages, useRows, useSubmit } from "../../settings/kit";
import type { Category, Diff, Entry, Kind, Space, VersionEntry } from "../types";
import { earlier } from "./earlier";
import { fold } from "./fold";
import { moment } from "./moment";

export function History(props: {
  kind: Kind;
  id: string;
  entry: Entry;
  open: boolean;
  onClose: () => void;
  stale: string[];
}) {
  const t = useT("knowledge");
  const { kind, id, entry, open } = props;
  const path = `/knowledge/${kind}/${id}`;
  return (
    <Drawer
      open={open}
      onClose={props.onClose}
      size="min(1080px, 96vw)"
      title={t("history.title")}
      destroyOnHidden
    >
      {open && <Versions path={path} entry={entry} stale={props.stale} />}
    </Drawer>
  );
}

function Versions({ path, entry, stale }: { path: string; entry: Entry; stale: string[] }) {
  const t = useT("knowledge");
  const confirm = useConfirm();
  const mayEdit = useCan("knowledge.edit");
  const versions = usePages<VersionEntry>(`${path}/versions`, { limit: 50, seen: undefined });
  const rows = versions.rows ?? [];
  const [chosen, setChosen] = useState<number | null>(null);
  const [against, setAgainst] = useState<"before" | "live">("before");
  const worded = rows.filter((row) => row.words);
  const current = chosen ?? worded[0]?.number ?? null;
  const before = earlier(worded, current);
  const sides =
    current === null ? null : against === "live" ? [current, 0] : before ? [before, current] : null;
  const diff = useOne<Diff>(sides ? `${path}/diff?left=${sides[0]}&right=${sides[1]}` : null);
  const restore = useSubmit(
    (number: number) => api.post(`${path}/versions/${number}/restore`, { version: entry.version }),
    { stale, done: t("history.restored") },
  );
  return (
    <State
      loading={versions.loading}
      error={versions.error}
      onRetry={() => void versions.refetch()}
      empty={rows.length === 0}
      emptyTitle={t("history.empty")}
    >
      <div className="kn-history">
        <ol className="kn-versions" aria-label={t("history.title")}>
          {rows.map((row) => (
            <li key={row.number}>
              <button
                type="button"
                aria-pressed={row.number === current}
                disabled={!row.words}
                onClick={() => setChosen(row.number)}
              >
                <strong>
                  {row.number}. {t(`history.steps.${row.step}`)}
                </strong>
                <span>
                  {row.actor_name === "system" ? t("history.system") : row.actor_name} ·{" "}
                  <RelativeTime at={row.at} />
                </span>
                {row.note && <em>{row.note}</em>}
              </button>
            </li>
          ))}
          {versions.more.has && (
            <li>
              <Button block loading={versions.more.loading} onClick={versions.more.load}>
                {t("history.more")}
              </Button>
            </li>
          )}
        </ol>
        <div>
          <div className="kn-diff-bar">
            <Segmented
              value={against}
              onChange={setAgainst}
              aria-label={t("history.against")}
              options={[
                { value: "before", label: t("history.before") },
                { value: "live", label: t("history.live") },
              ]}
            />
            {mayEdit && current !== null && (
              <Button
                icon={<RotateCcw size={14} />}
                loading={restore.busy}
                onClick={() =>
                  confirm({
                    title: t("history.restoreTitle", { n: current }),
                    text: t("history.restoreText"),
                    ok: t("history.restore"),
                    run: () => restore.run(current),
                  })
                }
              >
                {t("history.restore")}
              </Button>
            )}
          </div>
          {sides === null ? (
            <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("history.first")} />
          ) : (
            <State loading={diff.isPending} error={diff.error} onRetry={() => void diff.refetch()}>
              {diff.data && <DiffTable diff={diff.data} />}
            </State>
          )}
        </div>
      </div>
    </State>
  );
}

function DiffTable({ diff }: { diff: Diff }) {
  const t = useT("knowledge");
  const name = (number: number) => (number ? t("entry.version", { n: number }) : t("history.liveNow"));
  const places = useNames();
  if (diff.fields.length === 0)
    return <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("history.same")} />;
  return (
    <div className="kn-diff">
      {diff.fields.map((field) => (
        <section key={field.field}>
          <h3>{t(`fields.${field.field}`)}</h3>
          <table>
            <thead>
              <tr>
                <th scope="col">{name(diff.left)}</th>
                <th scope="col">{name(diff.right)}</th>
              </tr>
            </thead>
            <tbody>
              {fold(field.lines).map((line, index) =>
                typeof line === "number" ? (
                  <tr key={index} className="kn-diff-fold">
                    <td colSpan={2}>{t("history.folded", { count: line })}</td>
                  </tr>
                ) : (
                  <tr key={index}>
                    <Side parts={line.left} names={places} />
                    <Side parts={line.right} names={places} />
                  </tr>
                ),
              )}
            </tbody>
          </table>
        </section>
      ))}
    </div>
  );
}

/** What ids in a version stand for. */
function useNames(): Map<string, string> {
  const spaces = useRows<Space>("/knowledge/spaces");
  const categories = useRows<Category>("/knowledge/categories");
  const departments = useRows<{ id: string; name: string }>("/departments");
  const people = useRows<{ id: string; name: string }>("/directory");
  return useMemo(
    () =>
      new Map(
        [spaces, categories, departments, people].flatMap((list) =>
          (list.rows ?? []).map((item): [string, string] => [item.id, item.name]),
        ),
      ),
    [spaces.rows, categories.rows, departments.rows, people.rows, spaces, categories, departments, people],
  );
}

function Side({ parts, names }: { parts: [string, string][] | null; names: Map<string, string> }) {
  const locale = useLocale();
  if (parts === null) return <td className="kn-diff-none" />;
  const said = parts.map(([, text]) => text).join("");
  const whole = names.get(said) ?? moment(said, locale);
  return (
    <td>
      {whole ??
        parts.map(([kind, text], index) =>
          kind === "gone" ? (
            <del key={index}>{text}</del>
          ) : kind === "new" ? (
            <ins key={index}>{text}</ins>
          ) : (
            <span key={index}>{text}</span>
          ),
        )}
    </td>
  );
}
