import { Tag } from "antd";
import { useLocale, useT } from "@/app/i18n";
import { percent } from "@/lib/format";
import { flatten, growTree, helpfulShare } from "./tree";
import type { Category, Status } from "./types";

const COLOURS = { draft: "default", published: "success", archived: "warning" } as const;

export function StatusTag(props: { status: Status }) {
  const t = useT("knowledge");
  return <Tag color={COLOURS[props.status]}>{t(`status.${props.status}`)}</Tag>;
}

export function Helpful(props: { helpful: number; unhelpful: number }) {
  const t = useT("knowledge");
  const locale = useLocale();
  const share = helpfulShare(props);
  if (share === null) return <span className="qk-muted">–</span>;
  return (
    <span
      className="kn-helpful qk-num"
      title={t("faq.votes", { yes: props.helpful, no: props.unhelpful })}
      style={{ "--share": `${share * 100}%` } as React.CSSProperties}
    >
      <i aria-hidden />
      {percent(share, locale)}
    </span>
  );
}

export function CategoryTree(props: {
  categories: Category[];
  value: string | null;
  onChange: (id: string | null) => void;
  count: "faqs" | "articles";
}) {
  const t = useT("knowledge");
  const locale = useLocale();
  return (
    <nav className="kn-tree" aria-label={t("nav.categories")}>
      <button type="button" aria-pressed={props.value === null} onClick={() => props.onChange(null)}>
        <span>{t("category.all")}</span>
      </button>
      {flatten(growTree(props.categories, locale)).map(({ category, depth }) => (
        <button
          key={category.id}
          type="button"
          aria-pressed={props.value === category.id}
          style={{ paddingInlineStart: 10 + depth * 14 }}
          onClick={() => props.onChange(category.id)}
        >
          <span title={category.name}>{category.name}</span>
          <small>{category[props.count]}</small>
        </button>
      ))}
    </nav>
  );
}
