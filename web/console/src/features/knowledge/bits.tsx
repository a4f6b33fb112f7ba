import { Tag, Tooltip } from "antd";
import { Building2, Globe, Lock, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import { useLocale, useT } from "@/app/i18n";
import { absoluteTime, percent } from "@/lib/format";
import { flatten, growTree, helpfulShare, shelves } from "./tree";
import type { Audience, Category, Space, Status } from "./types";

const COLOURS = {
  draft: "default",
  review: "processing",
  scheduled: "cyan",
  published: "success",
  archived: "warning",
} as const;

/** `live`: the state of changes beside a text that is live. */
export function StatusTag(props: { status: Status; live?: boolean }) {
  const t = useT("knowledge");
  return (
    <Tag color={COLOURS[props.status]}>
      {t(props.live ? `working.${props.status}` : `status.${props.status}`)}
    </Tag>
  );
}

const READERS: Record<Audience, ReactNode> = {
  public: <Globe size={13} aria-hidden />,
  customers: <UserRound size={13} aria-hidden />,
  internal: <Lock size={13} aria-hidden />,
  departments: <Building2 size={13} aria-hidden />,
};

export function ReaderIcon({ audience }: { audience: Audience }) {
  const t = useT("knowledge");
  return (
    <Tooltip title={t(`audience.${audience}`)}>
      <span role="img" aria-label={t(`audience.${audience}`)} className="kn-readers">
        {READERS[audience]}
      </span>
    </Tooltip>
  );
}

/** Who reads it in the end; nothing to say of what everybody reads. */
export function AudienceTag({ level }: { level: Audience }) {
  const t = useT("knowledge");
  if (level === "public") return null;
  return (
    <Tag>
      <span className="kn-with-icon">
        {READERS[level]}
        {t(`audience.${level}`)}
      </span>
    </Tag>
  );
}

export function AbsoluteTime({ at }: { at: string }) {
  const locale = useLocale();
  return <time dateTime={at}>{absoluteTime(at, locale)}</time>;
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

export interface Place {
  space: string | null;
  category: string | null;
}

/** Spaces and their categories; what holds nothing of this kind is left out. */
export function SpaceTree(props: {
  spaces: Space[];
  categories: Category[];
  value: Place;
  onChange: (place: Place) => void;
  count: "faqs" | "articles";
}) {
  const t = useT("knowledge");
  const locale = useLocale();
  const { value, count } = props;
  const chosen = (place: Place) => value.space === place.space && value.category === place.category;
  const shown = shelves(props.categories, count, value.category);
  const spaces = props.spaces.filter((space) => space[count] > 0 || space.id === value.space);
  return (
    <nav className="kn-tree" aria-label={t("nav.categories")}>
      <button
        type="button"
        aria-pressed={value.space === null && value.category === null}
        onClick={() => props.onChange({ space: null, category: null })}
      >
        <span>{t("category.all")}</span>
      </button>
      {spaces.map((space) => (
        <div key={space.id} className="kn-tree-space">
          <button
            type="button"
            className="kn-tree-name"
            aria-pressed={chosen({ space: space.id, category: null })}
            onClick={() => props.onChange({ space: space.id, category: null })}
          >
            <span className="kn-with-icon" title={space.name}>
              <ReaderIcon audience={space.audience} />
              <span>{space.name}</span>
            </span>
            <small>{space[count]}</small>
          </button>
          {flatten(
            growTree(
              shown.filter((category) => category.space_id === space.id),
              locale,
            ),
          ).map(({ category, depth }) => (
            <button
              key={category.id}
              type="button"
              aria-pressed={chosen({ space: space.id, category: category.id })}
              style={{ paddingInlineStart: 24 + depth * 14 }}
              onClick={() => props.onChange({ space: space.id, category: category.id })}
            >
              <span title={category.name}>{category.name}</span>
              <small>{category[count]}</small>
            </button>
          ))}
        </div>
      ))}
    </nav>
  );
}
