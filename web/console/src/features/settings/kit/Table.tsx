import { Button, Checkbox, Input, Popover, Table, type TableProps, Tooltip } from "antd";
import type { ColumnType } from "antd/es/table";
import { Columns3, RotateCw } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";

import { State } from "./Bits";
import { useT } from "./i18n";

export type Column<T> = ColumnType<T> & {
  key: string;
  title: ReactNode;
  /** Cannot be hidden. */
  fixedIn?: boolean;
  /** Hidden until somebody asks for it. */
  extra?: boolean;
};

function recall(id: string): string[] | null {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(`qiao.columns.${id}`) ?? "null");
    return Array.isArray(stored) ? stored.map(String) : null;
  } catch {
    return null;
  }
}

interface Props<T> {
  id: string;
  rows: T[] | undefined;
  columns: Column<T>[];
  rowKey: keyof T & string;
  loading: boolean;
  error?: unknown;
  onRetry?: () => void;
  search?: { value: string; onChange: (value: string) => void; placeholder: string } | undefined;
  filters?: ReactNode;
  actions?: ReactNode;
  emptyTitle?: string;
  emptyText?: ReactNode;
  emptyAction?: ReactNode;
  /** Narrowed by search or filter: an empty list then says so instead of inviting to create. */
  narrowed?: boolean;
  more?: { has: boolean; loading: boolean; load: () => void } | undefined;
  onOpen?: (row: T) => void;
  table?: TableProps<T>;
  label: string;
}

/** A list: search, filters, sorting, a choice of columns that is remembered, and honest empty, loading and error states. */
export function DataTable<T extends object>(props: Props<T>) {
  const t = useT();
  const [chosen, setChosen] = useState<string[]>(
    () => recall(props.id) ?? props.columns.filter((column) => !column.extra).map((column) => column.key),
  );
  const choose = (keys: string[]) => {
    setChosen(keys);
    localStorage.setItem(`qiao.columns.${props.id}`, JSON.stringify(keys));
  };
  const columns = useMemo(
    () => props.columns.filter((column) => column.fixedIn || chosen.includes(column.key)),
    [props.columns, chosen],
  );
  const optional = props.columns.filter((column) => !column.fixedIn && column.title);
  const rows = props.rows ?? [];
  return (
    <div>
      <div className="qk-toolbar">
        {props.search && (
          <Input.Search
            allowClear
            style={{ width: 280 }}
            value={props.search.value}
            onChange={(event) => props.search?.onChange(event.target.value)}
            placeholder={props.search.placeholder}
            aria-label={props.search.placeholder}
          />
        )}
        {props.filters}
        <span className="qk-toolbar-space" />
        {props.actions}
        {props.onRetry && (
          <Tooltip title={t("kit.refresh")}>
            <Button
              type="text"
              icon={<RotateCw size={15} aria-hidden />}
              aria-label={t("kit.refresh")}
              onClick={props.onRetry}
            />
          </Tooltip>
        )}
        {optional.length > 1 && (
          <Popover
            trigger="click"
            placement="bottomRight"
            title={t("kit.columns")}
            content={
              <Checkbox.Group
                className="qk-columns"
                value={chosen}
                onChange={(keys) => choose(keys as string[])}
                options={optional.map((column) => ({ value: column.key, label: column.title as string }))}
              />
            }
          >
            <Tooltip title={t("kit.columns")}>
              <Button type="text" icon={<Columns3 size={15} aria-hidden />} aria-label={t("kit.columns")} />
            </Tooltip>
          </Popover>
        )}
      </div>
      <State
        loading={props.loading && props.rows === undefined}
        error={props.rows === undefined ? props.error : undefined}
        {...(props.onRetry ? { onRetry: props.onRetry } : {})}
        empty={!props.loading && rows.length === 0}
        emptyTitle={props.narrowed ? t("kit.noMatch") : props.emptyTitle}
        emptyText={props.narrowed ? t("kit.noMatchHint") : props.emptyText}
        emptyAction={props.narrowed ? undefined : props.emptyAction}
      >
        <Table<T>
          size="middle"
          rowKey={props.rowKey}
          dataSource={rows}
          columns={columns}
          pagination={false}
          loading={props.loading}
          scroll={{ x: "max-content" }}
          aria-label={props.label}
          {...(props.onOpen
            ? {
                onRow: (row: T) => ({
                  className: "qk-row",
                  onClick: (event) => {
                    if (
                      !(event.target as HTMLElement).closest(
                        "button,a,input,label,.ant-dropdown,.ant-popover,.ant-modal,.ant-switch",
                      )
                    )
                      props.onOpen?.(row);
                  },
                }),
              }
            : {})}
          {...props.table}
        />
        {props.more?.has && (
          <div className="qk-more">
            <Button onClick={props.more.load} loading={props.more.loading}>
              {t("kit.more")}
            </Button>
          </div>
        )}
      </State>
    </div>
  );
}
