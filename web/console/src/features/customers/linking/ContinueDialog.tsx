import { Alert, Button, Checkbox, Input, Modal } from "antd";
import { useState } from "react";
import { api, newKey } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import type { Id } from "@/api/types";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import type { DialogProps } from "@/features/inbox/actions/Dialogs";
import { ChannelIcon } from "@/features/inbox/list/Row";
import { useConversationPath } from "@/features/inbox/paths";
import { toast } from "@/ui/feedback";
import { EmptyState, Fetched } from "@/ui/states";
import { ConsentDialog } from "./IdentityLine";
import type { Way } from "./types";
import "./linking.css";

/** Goes on with the customer on another of their channels, where they let us. */
export function ContinueDialog({ conversation, close }: DialogProps) {
  const t = useT("customers/linking");
  const go = useGo();
  const path = useConversationPath();
  const query = useGet<Way[]>(`/conversations/${conversation.id}/reachable`);
  const [picked, setPicked] = useState<string | null>(null);
  const [text, setText] = useState("");
  const [resolve, setResolve] = useState(false);
  const [asking, setAsking] = useState<Way | null>(null);
  const [token] = useState(newKey);
  const key = (way: Way) => `${way.inbox_id} ${way.identity_id}`;
  const way = query.data?.find((one) => key(one) === picked) ?? query.data?.find((one) => one.open);
  const act = useAct(
    (to: Way) =>
      api.post<{ conversation_id: Id }>(`/conversations/${conversation.id}/continue`, {
        inbox_id: to.inbox_id,
        identity_id: to.identity_id,
        client_id: token,
        body: text.trim(),
        resolve,
      }),
    {
      invalidates: ["/conversations"],
      onSuccess: (started, to) => {
        toast.success(t("continue.done", { inbox: to.inbox }));
        close();
        go(path(started.conversation_id));
      },
    },
  );
  return (
    <Modal
      open
      width={520}
      title={t("continue.title")}
      okText={t("continue.action")}
      confirmLoading={act.isPending}
      okButtonProps={{ disabled: !way?.open || !text.trim() }}
      onOk={() => way && act.mutate(way)}
      onCancel={close}
    >
      <Fetched query={query}>
        {(ways) =>
          ways.length === 0 ? (
            <EmptyState title={t("continue.none")} hint={t("continue.none_hint")} compact />
          ) : (
            <div className="q-merge">
              <div className="q-ways" role="radiogroup" aria-label={t("continue.where")}>
                {ways.map((one) => (
                  <div key={key(one)} className={`q-way ${one.open ? "" : "q-way--shut"}`}>
                    <button
                      type="button"
                      role="radio"
                      aria-checked={way === one}
                      disabled={!one.open}
                      onClick={() => setPicked(key(one))}
                    >
                      <ChannelIcon channel={one.channel} />
                      <strong>{one.inbox}</strong>
                      <span className="q-ellipsis q-muted">{one.address}</span>
                    </button>
                    {one.why_not ? <div className="q-way__why">{one.why_not}</div> : null}
                    {one.needs === "consent" ? (
                      <Button size="small" type="link" onClick={() => setAsking(one)}>
                        {t("continue.agreed")}
                      </Button>
                    ) : null}
                  </div>
                ))}
              </div>
              {way?.open ? (
                <>
                  <Input.TextArea
                    value={text}
                    autoFocus
                    maxLength={10_000}
                    autoSize={{ minRows: 3, maxRows: 8 }}
                    aria-label={t("continue.text")}
                    placeholder={t("continue.text")}
                    onChange={(event) => setText(event.target.value)}
                  />
                  <Checkbox checked={resolve} onChange={(event) => setResolve(event.target.checked)}>
                    {t("continue.resolve")}
                  </Checkbox>
                </>
              ) : (
                <Alert type="info" showIcon title={t("continue.shut")} />
              )}
            </div>
          )
        }
      </Fetched>
      {asking ? (
        <ConsentDialog
          customerId={conversation.customer.id}
          identityId={asking.identity_id}
          address={asking.address}
          state="in"
          close={() => {
            setAsking(null);
            void query.refetch();
          }}
        />
      ) : null}
    </Modal>
  );
}
