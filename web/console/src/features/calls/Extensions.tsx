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
  const save = useAct(
    () =>
      api.put(path, {
        items: (rows ?? [])
          .filter((row) => row.extension.trim() && row.user_id)
          .map((row) => ({ extension: row.extension.trim(), user_id: row.user_id })),
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
                aria-label={t("extensions.number", { n: index + 1 })}
                placeholder="801"
                onChange={(event) => change(index, { extension: event.target.value })}
              />
              <Select
                showSearch={{ optionFilterProp: "label" }}
                value={row.user_id}
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
          <div className="q-call__buttons">
            <Button
              icon={<Plus size={14} />}
              onClick={() => setRows([...(rows ?? []), { extension: "", user_id: null }])}
            >
              {t("extensions.add")}
            </Button>
            <Button type="primary" loading={save.isPending} onClick={() => save.mutate(undefined)}>
              {t("extensions.save")}
            </Button>
          </div>
        </div>
      )}
    </Fetched>
  );
}
