import { Button, Input, Modal, Select, Tag } from "antd";
import { Ban } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import type { Id, Iso } from "@/api/types";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { toast } from "@/ui/feedback";
import type { Block } from "./types";
import "./linking.css";

const DAYS = [1, 7, 30, 0];

/** Until when, as the server wants it; null: for good. */
export const untilOf = (days: number): string | null =>
  days ? new Date(Date.now() + days * 86_400_000).toISOString() : null;

/** Whether a customer may write, and changing that with a reason and for a time. */
export function BlockControl(props: { customerId: Id; blockedAt: Iso | null }) {
  const t = useT("customers/linking");
  const inbox = useT("inbox");
  const mayEdit = useCan("customers.edit");
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const [days, setDays] = useState(0);
  const path = `/customers/${props.customerId}`;
  const done = [path, "/customers", "/blocks"];
  const block = useAct(
    () =>
      api.post<Block>("/blocks", {
        kind: "customer",
        customer_id: props.customerId,
        reason: reason.trim(),
        expires_at: untilOf(days),
      }),
    {
      invalidates: done,
      onSuccess: () => {
        toast.success(t("blocks.made"));
        setOpen(false);
      },
    },
  );
  const unblock = useAct(() => api.post(`${path}/unblock`, {}), {
    invalidates: done,
    onSuccess: () => toast.success(t("blocks.lifted")),
  });
  if (props.blockedAt)
    return (
      <div className="q-blocking">
        <Tag color="error">{inbox("blocked")}</Tag>
        {mayEdit ? (
          <Button
            size="small"
            type="link"
            loading={unblock.isPending}
            onClick={() => unblock.mutate(undefined)}
          >
            {t("blocks.unblock")}
          </Button>
        ) : null}
      </div>
    );
  if (!mayEdit) return null;
  return (
    <div className="q-blocking">
      <Button size="small" type="text" icon={<Ban size={13} aria-hidden />} onClick={() => setOpen(true)}>
        {t("blocks.block")}
      </Button>
      {open ? (
        <Modal
          open
          width={420}
          title={t("blocks.block_title")}
          okText={t("blocks.block_title")}
          okButtonProps={{ danger: true }}
          confirmLoading={block.isPending}
          onOk={() => block.mutate(undefined)}
          onCancel={() => setOpen(false)}
        >
          <div className="q-merge">
            <Input
              autoFocus
              value={reason}
              maxLength={500}
              aria-label={t("blocks.reason")}
              placeholder={t("blocks.reason")}
              onChange={(event) => setReason(event.target.value)}
            />
            <Select
              value={days}
              onChange={setDays}
              aria-label={t("blocks.until")}
              options={DAYS.map((one) => ({ value: one, label: t(`blocks.expires.${one}`) }))}
            />
          </div>
        </Modal>
      ) : null}
    </div>
  );
}
