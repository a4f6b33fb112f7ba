import { Button, Modal } from "antd";
import { useState } from "react";
import { api } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import type { Id } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { absoluteTime } from "@/lib/format";
import { toast } from "@/ui/feedback";
import { Fetched } from "@/ui/states";
import type { Held } from "./types";
import "./linking.css";

/** What a customer wrote too fast stands beside the conversation until somebody puts it there. */
export function Folded({ conversationId }: { conversationId: Id }) {
  const t = useT("customers/linking");
  const may = useCan("conversations.handle");
  const [open, setOpen] = useState(false);
  if (!may) return null;
  return (
    <>
      {" "}
      <button type="button" className="q-link" onClick={() => setOpen(true)}>
        {t("folded.show")}
      </button>
      {open ? <FoldedDialog conversationId={conversationId} close={() => setOpen(false)} /> : null}
    </>
  );
}

function FoldedDialog(props: { conversationId: Id; close: () => void }) {
  const t = useT("customers/linking");
  const locale = useLocale();
  const path = `/conversations/${props.conversationId}/held`;
  const query = useGet<Held[]>(path);
  const release = useAct((ids: Id[]) => api.post(`${path}/release`, { ids }), {
    invalidates: [path],
    onSuccess: () => {
      toast.success(t("folded.done"));
      props.close();
    },
  });
  const items = query.data ?? [];
  return (
    <Modal
      open
      title={t("folded.title")}
      onCancel={props.close}
      footer={
        items.length ? (
          <Button
            type="primary"
            loading={release.isPending}
            onClick={() => release.mutate(items.map((one) => one.id))}
          >
            {t("folded.release")}
          </Button>
        ) : null
      }
    >
      <Fetched query={query} compact>
        {(list) =>
          list.length === 0 ? (
            <p className="q-muted">{t("folded.none")}</p>
          ) : (
            <ul className="q-likely">
              {list.map((one) => (
                <li key={one.id}>
                  <div>{one.body}</div>
                  <small className="q-muted q-num">{absoluteTime(one.at, locale)}</small>
                </li>
              ))}
            </ul>
          )
        }
      </Fetched>
    </Modal>
  );
}
