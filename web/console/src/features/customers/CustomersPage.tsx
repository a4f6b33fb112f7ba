import { Button, Input, Select, Table, type TableColumnsType, Tag } from "antd";
import { Ban, Search as SearchIcon, Users } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { usePages } from "@/api/hooks";
import type { Customer } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { LevelTag } from "@/features/inbox/context/CustomerTab";
import { integer } from "@/lib/format";
import { Avatar } from "@/ui/Avatar";
import { PageFrame } from "@/ui/Page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { RelativeTime } from "@/ui/Time";
import "./customers.css";
import { customerName } from "@/features/inbox/text";

const LEVELS = ["standard", "silver", "gold", "vip"];

export default function CustomersPage() {
  const t = useT("customers");
  const locale = useLocale();
  const go = useGo();
  const [text, setText] = useState("");
  const [q, setQ] = useState("");
  const [level, setLevel] = useState<string | undefined>();
  const [tag, setTag] = useState<string | undefined>();
  useEffect(() => {
    const timer = setTimeout(() => setQ(text.trim()), 250);
    return () => clearTimeout(timer);
  }, [text]);
  const pages = usePages<Customer>("/customers", { q: q || undefined, level, tag, limit: 50 });
  const tags = useMemo(() => [...new Set(pages.items.flatMap((c) => c.tags ?? []))].sort(), [pages.items]);

  const columns: TableColumnsType<Customer> = [
    {
      title: t("column.name"),
      key: "name",
      render: (_, c) => (
        <span className="q-customer-cell">
          <Avatar name={customerName(c, t)} id={c.id} size={30} />
          <span>
            <span className="q-customer-cell__name">
              {customerName(c, t)} <LevelTag level={c.level} />
            </span>
            <small className="q-muted q-num">#{c.number}</small>
          </span>
        </span>
      ),
    },
    { title: t("column.phone"), dataIndex: "phone", width: 150, className: "q-num", render: (v) => v || "—" },
    { title: t("column.email"), dataIndex: "email", width: 220, ellipsis: true, render: (v) => v || "—" },
    { title: t("column.city"), dataIndex: "city", width: 110, render: (v) => v || "—" },
    {
      title: t("column.tags"),
      dataIndex: "tags",
      width: 220,
      render: (list: string[]) => (
        <span className="q-tags">
          {(list ?? []).slice(0, 3).map((one) => (
            <Tag key={one}>{one}</Tag>
          ))}
        </span>
      ),
    },
    {
      title: t("column.seen"),
      dataIndex: "last_seen_at",
      width: 130,
      render: (at: string | null) => (at ? <RelativeTime at={at} className="q-muted" /> : "—"),
    },
  ];

  return (
    <PageFrame
      title={t("title")}
      subtitle={pages.total !== null ? t("count", { n: integer(pages.total, locale) }) : undefined}
      extra={
        <Button icon={<Ban size={15} aria-hidden />} onClick={() => go("/customers/blocked")}>
          {t("blocked_senders")}
        </Button>
      }
      toolbar={
        <>
          <Input
            allowClear
            value={text}
            onChange={(event) => setText(event.target.value)}
            prefix={<SearchIcon size={15} aria-hidden />}
            placeholder={t("search")}
            aria-label={t("search")}
            style={{ width: 300 }}
          />
          <Select
            allowClear
            value={level}
            onChange={setLevel}
            placeholder={t("column.level")}
            aria-label={t("column.level")}
            style={{ width: 130 }}
            options={LEVELS.map((value) => ({ value, label: t(`level.${value}`) }))}
          />
          <Select
            allowClear
            showSearch
            value={tag}
            onChange={setTag}
            placeholder={t("column.tags")}
            aria-label={t("column.tags")}
            style={{ width: 160 }}
            options={tags.map((value) => ({ value, label: value }))}
          />
        </>
      }
    >
      {pages.isPending ? (
        <SkeletonRows rows={8} />
      ) : pages.error && !pages.data ? (
        <ErrorState error={pages.error} retry={() => void pages.refetch()} />
      ) : pages.items.length === 0 ? (
        <EmptyState
          icon={Users}
          title={q || level || tag ? t("nothing") : t("none")}
          hint={q || level || tag ? t("nothing_hint") : t("none_hint")}
        />
      ) : (
        <Table<Customer>
          className="q-customers"
          rowKey="id"
          columns={columns}
          dataSource={pages.items}
          pagination={false}
          size="middle"
          virtual={pages.items.length > 100}
          scroll={{ x: 960, ...(pages.items.length > 100 ? { y: 640 } : {}) }}
          onRow={(c) => ({
            onClick: () => go(`/customers/${c.id}`),
            onKeyDown: (event) => event.key === "Enter" && go(`/customers/${c.id}`),
            tabIndex: 0,
          })}
          footer={
            pages.hasNextPage
              ? () => (
                  <button
                    type="button"
                    className="q-link"
                    disabled={pages.isFetchingNextPage}
                    onClick={() => void pages.fetchNextPage()}
                  >
                    {pages.isFetchingNextPage ? t("loading") : t("load_more")}
                  </button>
                )
              : undefined
          }
        />
      )}
    </PageFrame>
  );
}
