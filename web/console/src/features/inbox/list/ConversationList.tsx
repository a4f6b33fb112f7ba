import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Spin } from "antd";
import { ArrowUp, CheckCheck } from "lucide-react";
import {
  forwardRef,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { api, type Query } from "@/api/client";
import type { ConversationView, Page } from "@/api/types";
import { useT } from "@/app/i18n";
import { usePrefs } from "@/app/prefs";
import { useMe } from "@/app/session";
import { keys } from "@/realtime/live";
import { frameLog } from "@/realtime/log";
import { type ListFilter, type Pages, reduceList } from "@/realtime/reducers";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { useInbox } from "../state";
import { ListHeader } from "./ListHeader";
import { OfflineStrip } from "./OfflineStrip";
import { Row } from "./Row";
import { stableOrder } from "./stableOrder";
import "./list.css";

export interface ListHandle {
  move: (by: 1 | -1) => void;
  current: () => string | null;
}

/** Live, paged conversations of a view; each page is brought up to date by what happened while it travelled. */
export function useConversations(filter: ListFilter, me: string) {
  return useInfiniteQuery({
    queryKey: keys.list(filter),
    queryFn: async ({ pageParam, signal }) => {
      const mark = frameLog.position();
      const page = await api.get<Page<ConversationView>>(
        "/conversations",
        { ...(filter as unknown as Query), cursor: pageParam ?? undefined, limit: 40 },
        signal,
      );
      const reduced = frameLog
        .since(mark)
        .reduce<Pages>((data, frame) => reduceList(data, frame, filter, me), {
          pages: [page],
          pageParams: [null],
        });
      return reduced.pages[0]!;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last: Page<ConversationView>) => last.next_cursor,
    staleTime: 30_000,
  });
}

export const ConversationList = forwardRef<
  ListHandle,
  {
    viewParam: string;
    filter: ListFilter;
    selected: string | null;
    onOpen: (id: string) => void;
  }
>(function ConversationList(props, ref) {
  const { filter, selected, onOpen } = props;
  const t = useT("inbox");
  const me = useMe().user.id;
  const density = usePrefs((p) => p.density);
  const query = useConversations(filter, me);
  const scroller = useRef<HTMLDivElement>(null);
  const shown = useRef<string[]>([]);
  const [atTop, setAtTop] = useState(true);
  const [hovered, setHovered] = useState(false);
  const filterKey = JSON.stringify(filter);
  const lastKey = useRef(filterKey);
  if (lastKey.current !== filterKey) {
    lastKey.current = filterKey;
    shown.current = [];
  }

  const items = useMemo(() => {
    const seen = new Set<string>();
    return (query.data?.pages ?? []).flatMap((p) => p.items).filter((c) => !seen.has(c.id) && seen.add(c.id));
  }, [query.data]);
  const { rows, fresh } = stableOrder(shown.current, items, !atTop || hovered);
  shown.current = rows.map((c) => c.id);

  const height = density === "compact" ? 62 : 76;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 8,
  });
  // Only the height of a row changed.
  useEffect(() => virtual.measure(), [height]);

  // The place in each list survives going elsewhere.
  // Once per list.
  useEffect(() => {
    const top = useInbox.getState().scrolls[filterKey] ?? 0;
    scroller.current?.scrollTo({ top });
    setAtTop(top < 8);
  }, [filterKey]);

  const virtualItems = virtual.getVirtualItems();
  const lastIndex = virtualItems.at(-1)?.index ?? 0;
  useEffect(() => {
    if (query.hasNextPage && !query.isFetchingNextPage && lastIndex >= rows.length - 6)
      void query.fetchNextPage();
  }, [lastIndex, rows.length, query.hasNextPage, query.isFetchingNextPage, query.fetchNextPage]);

  const index = rows.findIndex((c) => c.id === selected);
  // Where the keys have led already: the page follows a moment later, and the next press counts from there.
  const ahead = useRef(selected);
  useLayoutEffect(() => {
    ahead.current = selected;
  }, [selected]);
  useImperativeHandle(
    ref,
    () => ({
      move: (by) => {
        const from = rows.findIndex((c) => c.id === ahead.current);
        const next = rows[from < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, from + by))];
        if (!next) return;
        ahead.current = next.id;
        onOpen(next.id);
        virtual.scrollToIndex(rows.indexOf(next), { align: "auto" });
      },
      current: () => rows[index]?.id ?? rows[0]?.id ?? null,
    }),
    [rows, index, onOpen, virtual],
  );

  const reveal = () => {
    shown.current = [];
    setHovered(false);
    scroller.current?.scrollTo({ top: 0, behavior: "smooth" });
    setAtTop(true);
  };

  const tags = useMemo(() => [...new Set(items.flatMap((c) => c.tags))].sort(), [items]);
  const inboxes = useMemo(() => [...new Map(items.map((c) => [c.inbox.id, c.inbox])).values()], [items]);

  return (
    <section className="q-list" aria-label={t("list_label")}>
      <ListHeader viewParam={props.viewParam} tags={tags} inboxes={inboxes} />
      <OfflineStrip />
      <div className="q-list__body">
        {fresh > 0 ? (
          <button type="button" className="q-pill" onClick={reveal}>
            <ArrowUp size={14} aria-hidden /> {t("fresh", { n: fresh })}
          </button>
        ) : null}
        {query.isPending ? (
          <SkeletonRows rows={7} />
        ) : query.error && !query.data ? (
          <ErrorState error={query.error} retry={() => void query.refetch()} />
        ) : rows.length === 0 ? (
          <EmptyState
            icon={CheckCheck}
            title={t(`empty.${filter.view}`)}
            hint={t(`empty.${filter.view}_hint`)}
          />
        ) : (
          <div
            ref={scroller}
            className="q-list__scroll"
            onScroll={(event) => {
              const top = event.currentTarget.scrollTop;
              useInbox.getState().scrolls[filterKey] = top;
              setAtTop(top < 8);
            }}
            onPointerEnter={(event) => event.pointerType === "mouse" && setHovered(true)}
            onPointerLeave={() => setHovered(false)}
          >
            <div
              role="listbox"
              tabIndex={0}
              aria-label={t("list_label")}
              aria-activedescendant={selected ? `row-${selected}` : undefined}
              style={{ height: virtual.getTotalSize(), position: "relative" }}
              className="q-list__inner"
            >
              {virtualItems.map((item) => {
                const conversation = rows[item.index]!;
                return (
                  <div
                    key={item.key}
                    id={`row-${conversation.id}`}
                    className="q-list__slot"
                    style={{ height: item.size, transform: `translateY(${item.start}px)` }}
                  >
                    <Row
                      conversation={conversation}
                      selected={conversation.id === selected}
                      me={me}
                      mention={filter.view === "mentions"}
                      onOpen={onOpen}
                    />
                  </div>
                );
              })}
            </div>
            {query.isFetchingNextPage ? (
              <div className="q-list__more">
                <Spin size="small" />
              </div>
            ) : null}
          </div>
        )}
      </div>
    </section>
  );
});
