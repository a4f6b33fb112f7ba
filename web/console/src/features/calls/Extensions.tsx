import { Button, Input, Select } from "antd";
import { Plus, X } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import { useT } from "@/app/i18n";
import { toast } from "@/ui/feedback";
import { Fetched } from "@/ui/states";
import "./calls.css";

interface Row {
  extension: string;
  user_id: string | null;
}

/** Whose telephones they are: part of a phone inbox's settings. */
export function Extensions({ inboxId }: { inboxId: string }) {
  const t = useT("calls");
  const path = `/calls/extensions/${inboxId}`;
  const saved = useGet<{ extension: string; user: { id: string; name: string } }[]>(path);
  const people = useGet<{ items: { id: string; name: string }[] }>("/users", { limit: 200 });
  const [rows, setRows] = useState<Row[] | null>(null);
  useEffect(() => {
    if (saved.data) setRows(saved.data.map((one) => ({ extension: one.extension, user_id: one.user.id })));
  }, [saved.data]);
  const [tried, setTried] = useState(false);
  const numberOf = (row: Row) => row.extension.trim();
  const filled = (rows ?? []).filter((row) => numberOf(row) || row.user_id);
  const twice = (row: Row) => filled.filter((one) => numberOf(one) === numberOf(row)).length > 1;
  /** What is wrong with a line; an empty one is as good as none. */
  const faultOf = (row: Row): "half" | "twice" | null =>
    !filled.includes(row) ? null : !numberOf(row) || !row.user_id ? "half" : twice(row) ? "twice" : null;
  const faults = new Set((rows ?? []).map(faultOf).filter((one) => one !== null));
  const save = useAct(
    () =>
      api.put(path, {
        items: filled.map((row) => ({ extension: numberOf(row), user_id: row.user_id })),
      }),
    {
      invalidates: [path, "/calls/lines"],
      onSuccess: () => void toast.success(t("extensions.saved")),
    },
  );
  const change = (index: number, next: Partial<Row>) =>
    setRows((all) => (all ?? []).map((row, i) => (i === index ? { ...row, ...next } : row)));
  return (
    <Fetched query={saved}>
      {() => (
        <div className="q-call__form">
          <p className="q-muted">{t("extensions.hint")}</p>
          {(rows ?? []).map((row, index) => (
            <div className="q-call__pair" key={index}>
              <Input
                value={row.extension}
                maxLength={32}
                status={tried && (twice(row) || (row.user_id && !numberOf(row))) ? "error" : ""}
                aria-label={t("extensions.number", { n: index + 1 })}
                placeholder="801"
                onChange={(event) => change(index, { extension: event.target.value })}
              />
              <Select
                showSearch={{ optionFilterProp: "label" }}
                value={row.user_id}
                status={tried && numberOf(row) && !row.user_id ? "error" : ""}
                aria-label={t("extensions.person", { n: index + 1 })}
                placeholder={t("extensions.who")}
                options={(people.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }))}
                onChange={(user_id) => change(index, { user_id })}
              />
              <Button
                type="text"
                icon={<X size={15} />}
                aria-label={t("extensions.remove", { n: index + 1 })}
                onClick={() => setRows((all) => (all ?? []).filter((_, i) => i !== index))}
              />
            </div>
          ))}
          {tried && faults.size > 0 ? (
            <span className="q-call__fault" role="alert">
              {[...faults].map((one) => t(`extensions.${one}`)).join(" ")}
            </span>
          ) : null}
          <div className="q-call__buttons">
            <Button
              icon={<Plus size={14} />}
              onClick={() => setRows([...(rows ?? []), { extension: "", user_id: null }])}
            >
              {t("extensions.add")}
            </Button>
            <Button
              type="primary"
              loading={save.isPending}
              onClick={() => {
                setTried(true);
                if (faults.size === 0) save.mutate(undefined);
              }}
            >
              {t("extensions.save")}
            </Button>
          </div>
        </div>
      )}
    </Fetched>
  );
}
