import { useVirtualizer } from "@tanstack/react-virtual";
import { Checkbox } from "antd";
import { ArrowDown, ArrowUp, ChevronDown, ChevronRight } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useShortcuts } from "@/app/shortcuts";
import { integer } from "@/lib/format";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { ticketPath } from "../api";
import { useGroups, useRows } from "./api";
import { Cell, widthOf } from "./cells";
import { nextSort, SORT_OF, selected } from "./model";
import type { Asked, FactInfo, GroupView, Row, Sort } from "./types";

interface Shared {
  asked: Asked;
  sort: Sort;
  columns: string[];
  infos: FactInfo[];
  titleOf: (column: string) => string;
  onSort: (sort: Sort) => void;
  selection: ReadonlySet<string>;
  onSelect: (selection: Set<string>, rows: readonly Row[]) => void;
  narrowed: boolean;
  onWiden: () => void;
}

/** A list of any length: only what is seen is drawn, the rest is asked for on the way. */
export function TableView(props: Shared) {
  const t = useT("tickets/lists");
  const list = useRows(props.asked, props.sort, props.columns);
  if (list.isPending) return <SkeletonRows rows={10} avatar={false} />;
  if (list.error && !list.data) return <ErrorState error={list.error} retry={() => void list.refetch()} />;
  if (list.rows.length === 0)
    return (
      <EmptyState
        title={t(props.narrowed ? "nothing" : "none")}
        hint={t(props.narrowed ? "nothing_hint" : "none_hint")}
        action={
          props.narrowed ? (
            <button type="button" className="q-link" onClick={props.onWiden}>
              {t("clear_filter")}
            </button>
          ) : undefined
        }
      />
    );
  return (
    <Grid
      {...props}
      rows={list.rows}
      names={list.names}
      stale={list.isPlaceholderData}
      more={list.hasNextPage}
      loading={list.isFetchingNextPage}
      onMore={() => void list.fetchNextPage()}
    />
  );
}

/** The same in groups: headers with counts at once, rows when a group is opened. */
export function GroupedView(props: Shared & { by: string; groupName: (group: GroupView) => string }) {
  const t = useT("tickets/lists");
  const locale = useLocale();
  const groups = useGroups(props.asked, props.by);
  const [open, setOpen] = useState<ReadonlySet<string> | null>(null);
  if (groups.isPending) return <SkeletonRows rows={10} avatar={false} />;
  if (groups.error && !groups.data)
    return <ErrorState error={groups.error} retry={() => void groups.refetch()} />;
  const items = groups.data?.items ?? [];
  if (!items.length) return <EmptyState title={t("nothing")} hint={t("nothing_hint")} />;
  // Without a choice of one's own the first groups are open.
  const shown = open ?? new Set(items.slice(0, 3).map((group) => JSON.stringify(group.value)));
  return (
    <div className="ql-groups">
      {items.map((group) => {
        const key = JSON.stringify(group.value);
        const on = shown.has(key);
        return (
          <section key={key} className="ql-group">
            <button
              type="button"
              className="ql-group__head"
              aria-expanded={on}
              onClick={() => {
                const next = new Set(shown);
                if (!next.delete(key)) next.add(key);
                setOpen(next);
              }}
            >
              {on ? <ChevronDown size={15} aria-hidden /> : <ChevronRight size={15} aria-hidden />}
              <span>{props.groupName(group)}</span>
              <span className="ql-group__n q-num">{integer(group.count, locale)}</span>
            </button>
            {on ? <GroupRows {...props} group={group} /> : null}
          </section>
        );
      })}
      {groups.data?.more ? <p className="q-muted">{t("more_groups")}</p> : null}
    </div>
  );
}

function GroupRows(props: Shared & { by: string; group: GroupView }) {
  const asked = useMemo(
    () => ({ ...props.asked, group: { by: props.by, value: props.group.value } }),
    [props.asked, props.by, props.group.value],
  );
  const list = useRows(asked, props.sort, props.columns, { limit: 50 });
  const t = useT("tickets/lists");
  if (list.isPending) return <SkeletonRows rows={2} avatar={false} />;
  if (list.error && !list.data)
    return <ErrorState error={list.error} retry={() => void list.refetch()} compact />;
  return (
    <>
      <Grid
        {...props}
        rows={list.rows}
        names={list.names}
        flat
        stale={false}
        more={false}
        loading={false}
        onMore={() => {}}
      />
      {list.hasNextPage ? (
        <button
          type="button"
          className="q-link ql-group__more"
          disabled={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {t("load_more")}
        </button>
      ) : null}
    </>
  );
}

const ROW = 40;
const TALL = 54;

function Grid(
  props: Shared & {
    rows: Row[];
    names: Record<string, string>;
    flat?: boolean;
    stale: boolean;
    more: boolean;
    loading: boolean;
    onMore: () => void;
  },
) {
  const { rows, columns, selection } = props;
  const t = useT("tickets/lists");
  const go = useGo();
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  const from = useRef<number | null>(null);
  const height = props.asked.q ? TALL : ROW;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    overscan: 12,
    enabled: !props.flat,
  });
  const seen = props.flat
    ? rows.map((_, index) => ({ index, start: index * height }))
    : virtual.getVirtualItems().map(({ index, start }) => ({ index, start }));
  const last = seen.at(-1)?.index ?? 0;
  const { more, loading, onMore } = props;
  useEffect(() => {
    if (more && !loading && last >= rows.length - 20) onMore();
  }, [more, loading, onMore, last, rows.length]);

  const move = (by: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, (at ?? -1) + by));
    setAt(next);
    if (!props.flat) virtual.scrollToIndex(next);
  };
  const press = (index: number, range: boolean) => {
    props.onSelect(selected(selection, rows, index, from.current, range), rows);
    from.current = index;
  };
  const current = at === null ? undefined : rows[at];
  useShortcuts([
    { keys: "j", group: "list", label: t("key.next"), run: () => move(1), enabled: !props.flat },
    { keys: "k", group: "list", label: t("key.previous"), run: () => move(-1), enabled: !props.flat },
    {
      keys: "x",
      group: "list",
      label: t("key.select"),
      run: () => at !== null && press(at, false),
      enabled: !props.flat,
    },
    {
      keys: "shift+x",
      group: "list",
      label: t("key.select_range"),
      run: () => at !== null && press(at, true),
      enabled: !props.flat,
    },
    {
      keys: "Enter",
      group: "list",
      label: t("key.open"),
      run: () => current && go(ticketPath(current)),
      enabled: !props.flat && current !== undefined,
    },
  ]);

  const infos = useMemo(() => new Map(props.infos.map((info) => [info.path, info])), [props.infos]);
  const template = `36px ${columns.map((column) => (column === "title" ? `minmax(${widthOf(column)}px, 1fr)` : `${widthOf(column)}px`)).join(" ")}`;
  // With the gaps and the edges of `.ql-row`.
  const width = 36 + columns.reduce((sum, column) => sum + widthOf(column) + 12, 24);
  const all = rows.length > 0 && rows.every((row) => selection.has(row.id));
  const some = rows.some((row) => selection.has(row.id));
  return (
    <div
      ref={box}
      className={`ql-grid ${props.flat ? "ql-grid--flat" : ""} ${props.stale ? "ql-grid--stale" : ""}`}
      role="grid"
      aria-rowcount={props.more ? -1 : rows.length + 1}
      aria-multiselectable
      aria-label={t("table")}
    >
      <div style={{ minWidth: width }}>
        <div
          className="ql-row ql-row--head"
          role="row"
          tabIndex={-1}
          style={{ gridTemplateColumns: template }}
        >
          <span role="columnheader" tabIndex={-1}>
            <Checkbox
              checked={all}
              indeterminate={some && !all}
              aria-label={t("select_all")}
              onChange={() => {
                const next = new Set(selection);
                for (const row of rows) {
                  if (all) next.delete(row.id);
                  else next.add(row.id);
                }
                props.onSelect(next, rows);
              }}
            />
          </span>
          {columns.map((column) => {
            const by = SORT_OF[column];
            const on = by !== undefined && props.sort.by === by;
            return (
              <span
                key={column}
                role="columnheader"
                tabIndex={-1}
                aria-sort={on ? (props.sort.descending ? "descending" : "ascending") : undefined}
              >
                {by ? (
                  <button
                    type="button"
                    className="ql-sort"
                    onClick={() => props.onSort(nextSort(props.sort, by))}
                  >
                    {props.titleOf(column)}
                    {on ? (
                      props.sort.descending ? (
                        <ArrowDown size={13} aria-hidden />
                      ) : (
                        <ArrowUp size={13} aria-hidden />
                      )
                    ) : null}
                  </button>
                ) : (
                  <span className="q-ellipsis">{props.titleOf(column)}</span>
                )}
              </span>
            );
          })}
        </div>
        <div style={{ height: rows.length * height, position: "relative" }}>
          {seen.map(({ index, start }) => {
            const row = rows[index];
            if (!row) return null;
            const chosen = selection.has(row.id);
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: j, k, x and Enter are the keys of the whole list.
              <div
                key={row.id}
                role="row"
                tabIndex={-1}
                aria-rowindex={index + 2}
                aria-selected={chosen}
                className={`ql-row ${chosen ? "ql-row--chosen" : ""} ${index === at ? "ql-row--at" : ""}`}
                style={{ gridTemplateColumns: template, height, transform: `translateY(${start}px)` }}
                onClick={(event) => {
                  setAt(index);
                  if (event.metaKey || event.ctrlKey) window.open(`/console${ticketPath(row)}`, "_blank");
                  else go(ticketPath(row));
                }}
              >
                {/* biome-ignore lint/a11y/useKeyWithClickEvents: the box inside has the keyboard; this only keeps the row shut. */}
                <span role="gridcell" tabIndex={-1} onClick={(event) => event.stopPropagation()}>
                  <Checkbox
                    checked={chosen}
                    aria-label={t("select", { ref: row.ref })}
                    onChange={(event) => press(index, (event.nativeEvent as MouseEvent).shiftKey)}
                  />
                </span>
                {columns.map((column) => (
                  <span key={column} role="gridcell" tabIndex={-1} className="ql-cell">
                    {column === "title" ? (
                      <a
                        className="ql-link"
                        href={`/console${ticketPath(row)}`}
                        onClick={(event) => {
                          if (!event.metaKey && !event.ctrlKey) event.preventDefault();
                        }}
                      >
                        <Cell column={column} row={row} names={props.names} />
                      </a>
                    ) : (
                      <Cell column={column} row={row} info={infos.get(column)} names={props.names} />
                    )}
                  </span>
                ))}
              </div>
            );
          })}
        </div>
        {props.loading ? <SkeletonRows rows={2} avatar={false} /> : null}
      </div>
    </div>
  );
}
