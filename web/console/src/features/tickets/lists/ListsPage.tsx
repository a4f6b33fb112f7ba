import { useSearch } from "@tanstack/react-router";
import { Button, Dropdown, Input, Segmented, Select, Tag, Tooltip } from "antd";
import {
  CalendarDays,
  Columns3,
  Download,
  Filter,
  Kanban,
  Plus,
  RotateCw,
  Save,
  Search,
  Table2,
  X,
} from "lucide-react";
import { useCallback, useDeferredValue, useEffect, useMemo, useState } from "react";
import { api } from "@/api/client";
import { useAct, useInvalidate } from "@/api/hooks";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { useShortcuts } from "@/app/shortcuts";
import { confirmLoss, toast } from "@/ui/feedback";
import { PageFrame } from "@/ui/Page";
import { ErrorState, SkeletonRows } from "@/ui/states";
import { type Condition, sentence } from "../../settings/kit/conditions";
import { useTypes } from "../api";
import { useWords } from "../bits";
import { startTicket } from "../create/state";
import { useDepartments, useDirectory } from "../fields/pickers";
import { useCount, useFactInfos, useNews, useRefresh, useViewCounts, useViews } from "./api";
import { Board } from "./Board";
import { BulkBar, BulkProgress } from "./BulkBar";
import { Calendar } from "./Calendar";
import { ColumnsDrawer, ExportDialog, FilterDrawer, SaveDialog } from "./dialogs";
import { chipsOf, EMPTY, factsOf, GROUPS, same, spoken, viewName, withoutChip } from "./model";
import { GroupedView, TableView } from "./TableView";
import type { Asked, Bulk, Display, GroupView, Row, View, ViewBody } from "./types";
import { countWords, ViewRail } from "./ViewRail";
import "./lists.css";

const COLUMNS = [
  "number", "title", "type", "status", "state", "priority", "tier", "customer", "requester", "assignee", "department",
  "tags", "source", "channel", "waiting_on", "due_at", "next_due_at", "breached", "rating", "reopened", "created_at",
  "updated_at", "customer_wrote_at", "first_response_at", "solved_at", "closed_at",
]; // biome-ignore format: a list of words
const ICONS = { table: Table2, kanban: Kanban, calendar: CalendarDays };
const REMEMBERED = "qiao.tickets.view";

/** Views on the left, the tickets of one in the middle: as a table, in lanes, or on a calendar. */
export default function ListsPage() {
  const t = useT("tickets/lists");
  const locale = useLocale();
  const go = useGo();
  const words = useWords();
  const search = useSearch({ strict: false }) as { view?: string; q?: string | number };
  const views = useViews();
  const counts = useViewCounts();
  const infos = useFactInfos();
  const types = useTypes();
  const directory = useDirectory();
  const departments = useDepartments();
  const handles = useCan("tickets.handle");
  const invalidate = useInvalidate();
  const refresh = useRefresh();

  const wanted = search.view ?? localStorage.getItem(REMEMBERED);
  const active =
    views.data?.find((view) => view.id === wanted || (wanted && view.shipped === wanted)) ??
    views.data?.find((view) => view.shipped === "mine") ??
    views.data?.[0] ??
    null;
  const [changed, setChanged] = useState<{ of: string; body: ViewBody } | null>(null);
  const body = changed && changed.of === active?.id ? changed.body : (active?.body ?? EMPTY);
  const set = useCallback(
    (patch: Partial<ViewBody>) => active && setChanged({ of: active.id, body: { ...body, ...patch } }),
    [active, body],
  );
  const dirty = active !== null && !same(body, active.body);

  const [text, setText] = useState(search.q === undefined ? "" : String(search.q));
  const q = useDeferredValue(text.trim());
  const [settled, setSettled] = useState(q);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(q), 220);
    return () => clearTimeout(timer);
  }, [q]);

  const asked = useMemo<Asked>(
    () => ({ filter: body.filter, ...(settled ? { q: settled } : {}) }),
    [body.filter, settled],
  );
  const total = useCount(asked, active !== null);
  const news = useNews([asked, body.sort, active?.id]);
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => setSelection(new Set()), [asked, active?.id, body.display]);
  const [bulks, setBulks] = useState<Bulk[]>([]);
  const [panel, setPanel] = useState<"filter" | "columns" | "export" | null>(null);
  const [saving, setSaving] = useState<"new" | View | null>(null);

  const facts = useMemo(
    () =>
      factsOf(
        infos.data ?? [],
        {
          people: directory.people.map((one) => ({ id: one.id, name: one.name })),
          departments: departments.departments,
          types: types.data ?? [],
        },
        t,
        words,
      ),
    [infos.data, directory.people, departments.departments, types.data, t, words],
  );
  const titleOf = useCallback(
    (column: string) => {
      const info = column.startsWith("fields.") ? infos.data?.find((one) => one.path === column) : undefined;
      return info ? words(info.label, column) : t(`column.${column}`);
    },
    [infos.data, words, t],
  );
  const columnChoices = useMemo(
    () => [
      ...COLUMNS.map((value) => ({ value, label: t(`column.${value}`) })),
      ...(infos.data ?? [])
        .filter((info) => info.column && info.path.startsWith("fields."))
        .map((info) => ({ value: info.path, label: words(info.label, info.path) })),
    ],
    [infos.data, t, words],
  );
  const columns = useMemo(
    () => body.columns.filter((column) => columnChoices.some((one) => one.value === column)),
    [body.columns, columnChoices],
  );
  const groupChoices = [
    ...GROUPS.map((value) => ({ value, label: t(`column.${value === "tag" ? "tags" : value}`) })),
    ...(infos.data ?? [])
      .filter((info) => info.group && info.path.startsWith("fields."))
      .map((info) => ({ value: info.path, label: words(info.label, info.path) })),
  ];
  const groupName = useCallback(
    (group: GroupView) => {
      if (group.value === null || group.value === "") return t("no_value");
      if (group.label) return words(group.label, String(group.value));
      if (body.group === "status") return t(`tickets:status.${String(group.value)}`);
      if (body.group === "priority") return t(`tickets:priority.${String(group.value)}`);
      if (body.group === "tier") return t(`tickets:tier.${String(group.value)}`);
      if (body.group === "source") return t(`tickets:source.${String(group.value)}`);
      if (body.group === "channel")
        return t(`tickets:channel.${String(group.value)}`, { defaultValue: String(group.value) });
      if (group.value === "true" || group.value === "false")
        return t(group.value === "true" ? "tickets:fieldform.yes" : "tickets:fieldform.no");
      return String(group.value);
    },
    [body.group, t, words],
  );

  const openView = (view: View) => {
    localStorage.setItem(REMEMBERED, view.id);
    setChanged(null);
    go(`/tickets?view=${view.id}`);
  };
  const saveBody = useAct(
    (view: View) => api.patch<View>(`/ticket-lists/views/${view.id}`, { body, revision: view.revision }),
    {
      invalidates: ["/ticket-lists/views", "ticket-view-counts"],
      onSuccess: () => {
        setChanged(null);
        toast.success(t("saved"));
      },
    },
  );
  const remove = async (view: View) => {
    const sure = await confirmLoss({ title: t("remove_sure", { name: view.name }), okText: t("remove") });
    if (!sure) return;
    await api.delete(`/ticket-lists/views/${view.id}`);
    await invalidate("/ticket-lists/views");
  };
  const reorder = async (view: View, by: -1 | 1) => {
    const list = (views.data ?? []).filter((one) => one.scope === view.scope).map((one) => one.id);
    const at = list.indexOf(view.id);
    list.splice(at, 1);
    list.splice(at + by, 0, view.id);
    await api.put("/ticket-lists/views/order", { ids: list });
    await invalidate("/ticket-lists/views");
  };
  const show = () => {
    news.clear();
    refresh();
  };
  useShortcuts([
    { keys: "f", group: "list", label: t("filter"), run: () => setPanel("filter") },
    { keys: "r", group: "list", label: t("refresh"), run: show },
    { keys: "c", group: "list", label: t("new"), enabled: handles, run: () => startTicket({}) },
    {
      keys: "Escape",
      group: "list",
      label: t("clear"),
      run: () => setSelection(new Set()),
      enabled: selection.size > 0,
    },
  ]);

  const chips = chipsOf(body.filter);
  const shared = {
    asked,
    sort: body.sort,
    columns: columns.length ? columns : EMPTY.columns,
    infos: infos.data ?? [],
    titleOf,
    onSort: (sort: ViewBody["sort"]) => set({ sort }),
    selection,
    onSelect: (next: Set<string>, _rows: readonly Row[]) => setSelection(next),
    narrowed: chips.length > 0 || settled.length > 0,
    onWiden: () => {
      setText("");
      set({ filter: { match: "all", conditions: [] } });
    },
  };
  const totalWords = countWords(total.data, locale);

  return (
    <div className="ql">
      <ViewRail
        views={views.data}
        error={views.error}
        retry={() => void views.refetch()}
        counts={counts.data}
        active={active?.id ?? null}
        onOpen={openView}
        onEdit={setSaving}
        onRemove={(view) => void remove(view)}
        onMove={(view, by) => void reorder(view, by)}
      />
      <PageFrame
        width="full"
        title={
          <>
            {active ? viewName(active, t) : t("title")} <span className="ql-total q-num">{totalWords}</span>
          </>
        }
        extra={
          <>
            {news.changed > 0 ? (
              <button type="button" className="ql-news" onClick={show} aria-live="polite">
                <RotateCw size={13} aria-hidden />{" "}
                {t("news", { n: news.changed > 99 ? "99+" : news.changed })}
              </button>
            ) : null}
            <Segmented<Display>
              value={body.display}
              aria-label={t("display")}
              onChange={(display) => set({ display })}
              options={(["table", "kanban", "calendar"] as const).map((value) => {
                const Icon = ICONS[value];
                return {
                  value,
                  label: (
                    <Tooltip title={t(`displays.${value}`)}>
                      <span className="ql-display">
                        <Icon size={15} aria-hidden />
                        <span className="q-sr">{t(`displays.${value}`)}</span>
                      </span>
                    </Tooltip>
                  ),
                };
              })}
            />
            {handles ? (
              <Button type="primary" icon={<Plus size={15} aria-hidden />} onClick={() => startTicket({})}>
                {t("new")}
              </Button>
            ) : null}
          </>
        }
        toolbar={
          <>
            <Input
              allowClear
              value={text}
              onChange={(event) => setText(event.target.value)}
              prefix={<Search size={15} aria-hidden />}
              placeholder={t("search")}
              aria-label={t("search")}
              style={{ width: 240 }}
            />
            <Button icon={<Filter size={14} aria-hidden />} onClick={() => setPanel("filter")}>
              {t("filter")}
            </Button>
            {body.display === "table" ? (
              <>
                <Select
                  allowClear
                  showSearch
                  optionFilterProp="label"
                  value={body.group}
                  placeholder={t("group")}
                  aria-label={t("group")}
                  popupMatchSelectWidth={false}
                  onChange={(group) => set({ group: group ?? null })}
                  options={groupChoices}
                  style={{ minWidth: 120 }}
                />
                <Button icon={<Columns3 size={14} aria-hidden />} onClick={() => setPanel("columns")}>
                  {t("columns")}
                </Button>
              </>
            ) : null}
            <Button icon={<Download size={14} aria-hidden />} onClick={() => setPanel("export")}>
              {t("export")}
            </Button>
            {dirty && active ? (
              <Dropdown.Button
                onClick={() => (active.may_edit ? saveBody.mutate(active) : setSaving("new"))}
                menu={{
                  items: [
                    { key: "new", label: t("save_as"), onClick: () => setSaving("new") },
                    { key: "back", label: t("discard"), onClick: () => setChanged(null) },
                  ],
                }}
              >
                <Save size={14} aria-hidden /> {t(active.may_edit ? "save" : "save_as")}
              </Dropdown.Button>
            ) : (
              <Button type="text" onClick={() => setSaving("new")}>
                {t("save_as")}
              </Button>
            )}
            {chips.length && !infos.isPending ? (
              <div className="ql-chips">
                {chips.map((chip: Condition, index) => (
                  <Tag
                    key={JSON.stringify(chip)}
                    closable
                    closeIcon={<X size={12} role="img" aria-label={t("remove_condition")} />}
                    onClose={(event) => {
                      event.preventDefault();
                      set({ filter: withoutChip(body.filter, index) });
                    }}
                  >
                    {sentence(spoken(chip, t), facts, (key, params) => t(`settings/kit:${key}`, params))}
                  </Tag>
                ))}
              </div>
            ) : null}
          </>
        }
      >
        <div className="ql-body">
          {views.isPending || infos.isPending ? (
            <SkeletonRows rows={10} avatar={false} />
          ) : views.error && !views.data ? (
            <ErrorState error={views.error} retry={() => void views.refetch()} />
          ) : body.display === "kanban" ? (
            <Board
              asked={asked}
              sort={body.sort}
              by={body.board}
              types={types.data ?? []}
              onBy={(board) => set({ board })}
            />
          ) : body.display === "calendar" ? (
            <Calendar asked={asked} />
          ) : body.group ? (
            <GroupedView {...shared} by={body.group} groupName={groupName} />
          ) : (
            <TableView {...shared} />
          )}
        </div>
        {bulks.map((bulk) => (
          <BulkProgress
            key={bulk.id}
            bulk={bulk}
            onClose={() => setBulks((now) => now.filter((one) => one.id !== bulk.id))}
          />
        ))}
        {selection.size > 0 && handles ? (
          <BulkBar
            ids={[...selection]}
            asked={asked}
            total={total.data}
            onClear={() => setSelection(new Set())}
            onStarted={(bulk) => setBulks((now) => [bulk, ...now].slice(0, 3))}
          />
        ) : null}
      </PageFrame>
      <FilterDrawer
        open={panel === "filter"}
        filter={body.filter}
        facts={facts}
        onClose={() => setPanel(null)}
        onUse={(filter) => {
          set({ filter });
          setPanel(null);
        }}
      />
      <ColumnsDrawer
        open={panel === "columns"}
        columns={columns}
        all={columnChoices}
        onClose={() => setPanel(null)}
        onUse={(next) => set({ columns: next })}
      />
      <ExportDialog
        open={panel === "export"}
        asked={asked}
        sort={body.sort}
        columns={columns}
        total={totalWords}
        onClose={() => setPanel(null)}
      />
      <SaveDialog
        open={saving}
        body={body}
        suggestion={active ? t("copy_of", { name: viewName(active, t) }) : ""}
        onClose={() => setSaving(null)}
        onSaved={(view) => {
          setSaving(null);
          openView(view);
        }}
      />
    </div>
  );
}
