import { Button, Cascader, DatePicker, Input, InputNumber, Radio, Select } from "antd";
import dayjs from "dayjs";
import { Plus, RotateCcw, Trash2, Upload, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { newKey, upload } from "@/api/client";
import { sentenceOf } from "@/api/problem";
import type { FileView, Id } from "@/api/types";
import { useT } from "@/app/i18n";
import { centsOf, fileSize, placesOf } from "@/lib/format";
import { useWords } from "../bits";
import type { Column, FieldSpec } from "../types";
import { isMoney } from "./model";
import { CustomerPicker, OrderPicker, PersonPicker } from "./pickers";

export interface InputProps {
  spec: FieldSpec;
  value: unknown;
  onChange: (value: unknown) => void;
  id?: string;
  label: string;
  disabled?: boolean;
  invalid?: boolean;
  describedBy?: string;
  autoFocus?: boolean;
  /** Whose orders may be chosen. */
  customerId?: Id | null;
  onBlur?: () => void;
}

const SYMBOLS: Record<string, string> = { CNY: "¥", USD: "$", EUR: "€", GBP: "£", JPY: "¥", HKD: "HK$" };

/** What is in the field, in the way its kind is written. */
export function FieldInput(props: InputProps) {
  const { spec, value, onChange } = props;
  const t = useT("tickets");
  const words = useWords();
  const status = props.invalid ? ("error" as const) : undefined;
  const shared = {
    id: props.id,
    disabled: props.disabled,
    autoFocus: props.autoFocus,
    status,
    onBlur: props.onBlur,
    "aria-label": props.id ? undefined : props.label,
    "aria-describedby": props.describedBy,
    "aria-invalid": props.invalid || undefined,
  };
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  const picker = {
    id: props.id,
    label: props.label,
    disabled: props.disabled,
    autoFocus: props.autoFocus,
    status,
    describedBy: props.describedBy,
    onBlur: props.onBlur,
  };
  switch (spec.kind) {
    case "text":
      return <Input {...shared} value={text} maxLength={500} onChange={(e) => onChange(e.target.value)} />;
    case "phone":
      return (
        <Input
          {...shared}
          type="tel"
          value={text}
          maxLength={60}
          onChange={(e) => onChange(e.target.value)}
        />
      );
    case "email":
      return (
        <Input
          {...shared}
          type="email"
          value={text}
          maxLength={200}
          onChange={(e) => onChange(e.target.value)}
        />
      );
    case "long_text":
      return (
        <Input.TextArea
          {...shared}
          value={text}
          autoSize={{ minRows: 2, maxRows: 10 }}
          maxLength={20_000}
          onChange={(e) => onChange(e.target.value)}
        />
      );
    case "number":
      return (
        <InputNumber<number>
          {...shared}
          value={typeof value === "number" ? value : null}
          min={spec.minimum ?? undefined}
          max={spec.maximum ?? undefined}
          changeOnWheel={false}
          style={{ width: "100%" }}
          onChange={(next) => onChange(next)}
        />
      );
    case "money":
      return <MoneyInput {...shared} currency={spec.currency ?? "CNY"} value={value} onChange={onChange} />;
    case "date":
    case "moment": {
      const at = text ? dayjs(text) : null;
      return (
        <DatePicker
          {...shared}
          showTime={spec.kind === "moment" ? { format: "HH:mm" } : false}
          value={at?.isValid() ? at : null}
          style={{ width: "100%" }}
          onChange={(next) =>
            onChange(next ? (spec.kind === "date" ? next.format("YYYY-MM-DD") : next.toISOString()) : null)
          }
        />
      );
    }
    case "yes_no":
      return (
        <Radio.Group
          id={props.id}
          aria-label={props.label}
          disabled={props.disabled}
          value={typeof value === "boolean" ? value : null}
          onChange={(e) => onChange(e.target.value)}
          options={[
            { value: true, label: t("fieldform.yes") },
            { value: false, label: t("fieldform.no") },
          ]}
        />
      );
    case "choice":
      return (
        <Select<string>
          {...shared}
          value={text || null}
          allowClear
          placeholder={t("fieldform.choose")}
          notFoundContent={t("pick.nothing")}
          showSearch={{ optionFilterProp: "label" }}
          options={(spec.options ?? []).map((o) => ({ value: o.key, label: words(o.label, o.key) }))}
          style={{ width: "100%" }}
          onChange={(next) => onChange(next ?? null)}
        />
      );
    case "choices":
      return (
        <Select<string[]>
          {...shared}
          mode="multiple"
          value={Array.isArray(value) ? (value as string[]) : []}
          allowClear
          placeholder={t("fieldform.choose")}
          notFoundContent={t("pick.nothing")}
          showSearch={{ optionFilterProp: "label" }}
          options={(spec.options ?? []).map((o) => ({ value: o.key, label: words(o.label, o.key) }))}
          style={{ width: "100%" }}
          onChange={(next) => onChange(next)}
        />
      );
    case "cascade": {
      interface Node {
        value: string;
        label: string;
        children?: Node[];
      }
      const nodes = (list: FieldSpec["options"]): Node[] =>
        (list ?? []).map((o) => ({
          value: o.key,
          label: words(o.label, o.key),
          ...(o.children?.length ? { children: nodes(o.children) } : {}),
        }));
      return (
        <Cascader
          {...shared}
          value={Array.isArray(value) ? (value as string[]) : []}
          options={nodes(spec.options)}
          allowClear
          showSearch
          placeholder={t("fieldform.choose")}
          style={{ width: "100%" }}
          onChange={(next) => onChange((next as string[] | undefined) ?? null)}
        />
      );
    }
    case "person":
      return <PersonPicker {...picker} value={text || null} onChange={onChange} />;
    case "customer":
      return <CustomerPicker {...picker} value={text || null} onChange={onChange} />;
    case "order":
      return <OrderPicker {...picker} customerId={props.customerId} value={text} onChange={onChange} />;
    case "file":
      return <FilesInput {...props} />;
    case "table":
      return <TableInput {...props} />;
  }
}

function MoneyInput(props: {
  currency: string;
  value: unknown;
  onChange: (value: unknown) => void;
  status?: "error";
  id?: string;
  disabled?: boolean;
  autoFocus?: boolean;
  onBlur?: () => void;
  "aria-label"?: string;
  "aria-describedby"?: string;
}) {
  const { currency, value, onChange, ...rest } = props;
  const cents = centsOf(currency);
  return (
    <InputNumber<number>
      {...rest}
      prefix={SYMBOLS[currency] ?? currency}
      value={isMoney(value) ? value.minor / cents : null}
      precision={placesOf(currency)}
      controls={false}
      changeOnWheel={false}
      style={{ width: "100%" }}
      onChange={(next) => onChange(next === null ? null : { minor: Math.round(next * cents), currency })}
    />
  );
}

export interface FileValue {
  file_id: Id;
  name?: string;
  size?: number;
  mime?: string;
  url?: string;
  thumb_url?: string | null;
}

interface Pending {
  key: string;
  source: File;
  progress: number;
  error: string | null;
}

export const filesOf = (value: unknown): FileValue[] =>
  Array.isArray(value)
    ? value.map((one) => (typeof one === "string" ? { file_id: one } : (one as FileValue)))
    : [];

function FilesInput(props: InputProps) {
  const t = useT("tickets");
  const picker = useRef<HTMLInputElement>(null);
  const [pending, setPending] = useState<Pending[]>([]);
  const latest = useRef(props);
  latest.current = props;
  const aborts = useRef(new Map<string, AbortController>());
  useEffect(() => {
    const running = aborts.current;
    return () => {
      for (const abort of running.values()) abort.abort();
    };
  }, []);
  const files = filesOf(props.value);

  const send = (one: Pending) => {
    const abort = new AbortController();
    aborts.current.set(one.key, abort);
    const patch = (change: Partial<Pending>) =>
      setPending((list) => list.map((p) => (p.key === one.key ? { ...p, ...change } : p)));
    patch({ error: null });
    upload<FileView>("/files", one.source, {
      signal: abort.signal,
      onProgress: (progress) => patch({ progress }),
    }).then(
      (file) => {
        setPending((list) => list.filter((p) => p.key !== one.key));
        const { value, onChange } = latest.current;
        onChange([
          ...filesOf(value),
          { file_id: file.id, name: file.name, size: file.size, mime: file.mime, url: file.url },
        ]);
      },
      (error) => {
        if (!abort.signal.aborted) patch({ error: sentenceOf(error) });
      },
    );
  };
  const add = (list: FileList) => {
    for (const source of list) {
      const one: Pending = { key: newKey(), source, progress: 0, error: null };
      setPending((all) => [...all, one]);
      send(one);
    }
  };
  return (
    <div
      className="q-filefield"
      role="group"
      aria-label={props.label}
      onDragOver={(event) => {
        if (event.dataTransfer.types.includes("Files")) event.preventDefault();
      }}
      onDrop={(event) => {
        if (props.disabled || !event.dataTransfer.files.length) return;
        event.preventDefault();
        event.stopPropagation();
        add(event.dataTransfer.files);
      }}
    >
      {files.map((file) => (
        <div key={file.file_id} className="q-filefield__item">
          <span className="q-ellipsis">{file.name ?? file.file_id}</span>
          {file.size ? <small className="q-muted q-num">{fileSize(file.size)}</small> : null}
          {props.disabled ? null : (
            <button
              type="button"
              className="q-icon-btn"
              aria-label={t("fieldform.remove_file", { name: file.name ?? "" })}
              onClick={() => props.onChange(files.filter((f) => f.file_id !== file.file_id))}
            >
              <X size={14} aria-hidden />
            </button>
          )}
        </div>
      ))}
      {pending.map((one) => (
        <div key={one.key} className="q-filefield__item">
          <span className="q-ellipsis">{one.source.name}</span>
          <small className={one.error ? "q-error" : "q-muted q-num"}>
            {one.error ?? `${Math.round(one.progress * 100)}%`}
          </small>
          {one.error ? (
            <button type="button" className="q-icon-btn" aria-label={t("retry")} onClick={() => send(one)}>
              <RotateCcw size={14} aria-hidden />
            </button>
          ) : null}
          <button
            type="button"
            className="q-icon-btn"
            aria-label={t("fieldform.remove_file", { name: one.source.name })}
            onClick={() => {
              aborts.current.get(one.key)?.abort();
              setPending((list) => list.filter((p) => p.key !== one.key));
            }}
          >
            <X size={14} aria-hidden />
          </button>
        </div>
      ))}
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          if (event.target.files) add(event.target.files);
          event.target.value = "";
        }}
      />
      <Button
        id={props.id}
        size="small"
        disabled={props.disabled}
        icon={<Upload size={14} aria-hidden />}
        aria-label={props.id ? undefined : `${props.label} · ${t("fieldform.upload")}`}
        onClick={() => picker.current?.click()}
      >
        {t("fieldform.upload")}
      </Button>
    </div>
  );
}

type Row = Record<string, unknown>;

function Cell(props: {
  column: Column;
  currency: string;
  value: unknown;
  onChange: (value: unknown) => void;
  label: string;
  disabled?: boolean;
}) {
  const { column, value, onChange } = props;
  const shared = { "aria-label": props.label, disabled: props.disabled, size: "small" as const };
  if (column.kind === "yes_no")
    return (
      <input
        type="checkbox"
        aria-label={props.label}
        disabled={props.disabled}
        checked={value === true}
        onChange={(event) => onChange(event.target.checked)}
      />
    );
  if (column.kind === "number")
    return (
      <InputNumber<number>
        {...shared}
        value={typeof value === "number" ? value : null}
        controls={false}
        changeOnWheel={false}
        style={{ width: "100%" }}
        onChange={(next) => onChange(next)}
      />
    );
  if (column.kind === "money")
    return (
      <MoneyInput
        aria-label={props.label}
        disabled={props.disabled}
        currency={props.currency}
        value={value}
        onChange={onChange}
      />
    );
  if (column.kind === "date")
    return (
      <DatePicker
        {...shared}
        value={typeof value === "string" && value ? dayjs(value) : null}
        style={{ width: "100%" }}
        onChange={(next) => onChange(next ? next.format("YYYY-MM-DD") : null)}
      />
    );
  return (
    <Input
      {...shared}
      value={typeof value === "string" ? value : ""}
      maxLength={500}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

function TableInput(props: InputProps) {
  const { spec } = props;
  const t = useT("tickets");
  const words = useWords();
  const rows = (Array.isArray(props.value) ? props.value : []) as Row[];
  const columns = spec.columns ?? [];
  const put = (index: number, key: string, value: unknown) =>
    props.onChange(rows.map((row, at) => (at === index ? { ...row, [key]: value } : row)));
  return (
    <div className="q-tablefield">
      {rows.length > 0 ? (
        <div className="q-tablefield__scroll">
          <table>
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column.key} scope="col">
                    {words(column.label, column.key)}
                  </th>
                ))}
                <th>
                  <span className="q-sr">{t("remove")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row, index) => (
                <tr key={index}>
                  {columns.map((column) => (
                    <td key={column.key}>
                      <Cell
                        column={column}
                        currency={spec.currency ?? "CNY"}
                        value={row[column.key]}
                        label={`${words(column.label, column.key)} ${index + 1}`}
                        disabled={props.disabled}
                        onChange={(value) => put(index, column.key, value)}
                      />
                    </td>
                  ))}
                  <td className="q-tablefield__remove">
                    {props.disabled ? null : (
                      <button
                        type="button"
                        className="q-icon-btn"
                        aria-label={t("fieldform.remove_row", { n: index + 1 })}
                        onClick={() => props.onChange(rows.filter((_, at) => at !== index))}
                      >
                        <Trash2 size={14} aria-hidden />
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      <Button
        id={props.id}
        size="small"
        disabled={props.disabled || rows.length >= 200}
        icon={<Plus size={14} aria-hidden />}
        onClick={() => props.onChange([...rows, {}])}
      >
        {t("fieldform.add_row")}
      </Button>
    </div>
  );
}
