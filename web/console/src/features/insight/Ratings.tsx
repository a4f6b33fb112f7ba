import { Rate, Select } from "antd";
import { useState } from "react";
import type { DirectoryEntry } from "@/api/types";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { RelativeTime } from "@/ui/Time";
import { type Column, DataTable, Page, Toggle, usePages, useRows } from "../settings/kit";
import type { Rating } from "./types";

export default function Ratings() {
  const t = useT("insight");
  const go = useGo();
  const [score, setScore] = useState<number>();
  const [agent, setAgent] = useState<string>();
  const [commented, setCommented] = useState(false);
  const people = useRows<DirectoryEntry>("/directory");
  const ratings = usePages<Rating>("/ratings", { score, agent_id: agent });
  const rows = commented ? ratings.rows?.filter((rating) => rating.comment) : ratings.rows;
  const columns: Column<Rating & { id: string }>[] = [
    {
      key: "score",
      title: t("rating.score"),
      fixedIn: true,
      width: 170,
      sorter: (a, b) => a.score - b.score,
      render: (_, rating) => (
        <>
          <span className="q-sr">{t("rating.of5", { score: rating.score })}</span>
          <span inert>
            <Rate disabled value={rating.score} style={{ fontSize: 15 }} />
          </span>
        </>
      ),
    },
    {
      key: "comment",
      title: t("rating.comment"),
      fixedIn: true,
      render: (_, rating) =>
        rating.comment ? (
          <div className="qi-comment">{rating.comment}</div>
        ) : (
          <span className="qk-muted">{t("rating.noComment")}</span>
        ),
    },
    {
      key: "agent",
      title: t("conversation.agent"),
      render: (_, rating) => rating.agent?.name ?? <span className="qk-muted">{t("rating.bot")}</span>,
    },
    {
      key: "customer",
      title: t("conversation.customer"),
      extra: true,
      render: (_, rating) => rating.customer?.name ?? "–",
    },
    {
      key: "at",
      title: t("rating.at"),
      sorter: (a, b) => a.created_at.localeCompare(b.created_at),
      render: (_, rating) => <RelativeTime at={rating.created_at} />,
    },
  ];
  return (
    <Page wide title={t("nav.ratings")} description={t("rating.description")}>
      <DataTable
        id="ratings"
        label={t("nav.ratings")}
        rows={rows?.map((rating) => ({ ...rating, id: rating.conversation.id }))}
        rowKey="id"
        columns={columns}
        loading={ratings.loading}
        error={ratings.error}
        onRetry={() => void ratings.refetch()}
        more={ratings.more}
        narrowed={Boolean(score || agent || commented)}
        onOpen={(rating) => go(`/inbox/all/${rating.conversation.id}`)}
        emptyTitle={t("rating.empty")}
        emptyText={t("rating.emptyText")}
        filters={
          <>
            <Select
              allowClear
              style={{ minWidth: 120 }}
              placeholder={t("rating.anyScore")}
              aria-label={t("rating.score")}
              value={score}
              onChange={setScore}
              options={[5, 4, 3, 2, 1].map((value) => ({
                value,
                label: t("rating.stars", { count: value }),
              }))}
            />
            <Select
              allowClear
              showSearch={{ optionFilterProp: "label" }}
              style={{ minWidth: 160 }}
              placeholder={t("rating.anyAgent")}
              aria-label={t("conversation.agent")}
              value={agent}
              onChange={setAgent}
              options={(people.rows ?? []).map((person) => ({ value: person.id, label: person.name }))}
            />
            <Toggle size="small" checked={commented} onChange={setCommented}>
              {t("rating.withComment")}
            </Toggle>
          </>
        }
      />
    </Page>
  );
}
