import { Dropdown, Input, Modal, Select, Tag } from "antd";
import { useState } from "react";
import { api } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import type { Id } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { known } from "@/features/inbox/text";
import { absoluteTime } from "@/lib/format";
import { Fetched } from "@/ui/states";
import type { Consent } from "./types";
import "./linking.css";

interface Identity {
  id?: Id;
  kind: string;
  value: string;
  verified: boolean;
  consent?: "in" | "out" | null;
}

/** What anybody may say of themselves: a browser, and what stands in a letter as its sender. */
const CLAIMED = new Set(["visitor", "mail"]);

/** An address of a customer: how it is known, and whether we may write to it. */
export function IdentityLine(props: { customerId: Id; identity: Identity }) {
  const t = useT("customers/linking");
  const inbox = useT("inbox");
  const mayEdit = useCan("customers.edit");
  const [asking, setAsking] = useState<"in" | "out" | null>(null);
  const [looking, setLooking] = useState(false);
  const { identity } = props;
  const state = identity.consent ?? "none";
  const mark = (
    <Tag color={state === "in" ? "success" : state === "out" ? "error" : undefined}>
      {t(`consent.${state}`)}
    </Tag>
  );
  return (
    <div className="q-identity">
      <span className="q-muted">{known(inbox, `identity.${identity.kind}`, identity.kind)}</span>
      <span className="q-ellipsis" title={identity.value}>
        {identity.value}
      </span>
      <span className="q-identity__marks">
        {identity.verified && !CLAIMED.has(identity.kind) ? (
          <Tag color="success">{inbox("verified")}</Tag>
        ) : null}
        {identity.kind === "visitor" || !identity.id ? null : (
          <Dropdown
            trigger={["click"]}
            menu={{
              items: [
                ...(mayEdit
                  ? [
                      { key: "in", label: t("consent.note_in"), onClick: () => setAsking("in") },
                      { key: "out", label: t("consent.note_out"), onClick: () => setAsking("out") },
                    ]
                  : []),
                { key: "history", label: t("consent.history"), onClick: () => setLooking(true) },
              ],
            }}
          >
            <button
              type="button"
              className="q-consent"
              aria-label={t("consent.of", { address: identity.value })}
            >
              {mark}
            </button>
          </Dropdown>
        )}
      </span>
      {asking && identity.id ? (
        <ConsentDialog
          customerId={props.customerId}
          identityId={identity.id}
          address={identity.value}
          state={asking}
          close={() => setAsking(null)}
        />
      ) : null}
      {looking && identity.id ? (
        <History customerId={props.customerId} identityId={identity.id} close={() => setLooking(false)} />
      ) : null}
    </div>
  );
}

const SOURCES = ["agent", "form", "contract", "import"];

export function ConsentDialog(props: {
  customerId: Id;
  identityId: Id;
  /** What the consent is for, as it may be shown. */
  address: string;
  state: "in" | "out";
  close: () => void;
}) {
  const t = useT("customers/linking");
  const [source, setSource] = useState("agent");
  const [proof, setProof] = useState("");
  const path = `/customers/${props.customerId}/identities/${props.identityId}/consents`;
  const act = useAct(() => api.post<Consent>(path, { state: props.state, source, proof }), {
    invalidates: [`/customers/${props.customerId}`, path, "/conversations"],
    onSuccess: props.close,
  });
  return (
    <Modal
      open
      width={440}
      title={t(`consent.note_${props.state}`)}
      okText={t("consent.save")}
      confirmLoading={act.isPending}
      onOk={() => act.mutate(undefined)}
      onCancel={props.close}
    >
      <div className="q-merge">
        <strong className="q-num">{props.address}</strong>
        <Select
          value={source}
          onChange={setSource}
          aria-label={t("consent.source")}
          options={SOURCES.map((one) => ({ value: one, label: t(`source.${one}`) }))}
        />
        <Input.TextArea
          value={proof}
          maxLength={1000}
          autoSize={{ minRows: 2, maxRows: 6 }}
          aria-label={t("consent.proof")}
          placeholder={t("consent.proof")}
          onChange={(event) => setProof(event.target.value)}
        />
      </div>
    </Modal>
  );
}

function History(props: { customerId: Id; identityId: Id; close: () => void }) {
  const t = useT("customers/linking");
  const locale = useLocale();
  const query = useGet<Consent[]>(`/customers/${props.customerId}/identities/${props.identityId}/consents`);
  return (
    <Modal open width={440} title={t("consent.history")} footer={null} onCancel={props.close}>
      <Fetched query={query} compact>
        {(list) =>
          list.length === 0 ? (
            <p className="q-muted">{t("consent.nothing")}</p>
          ) : (
            <ul className="q-likely">
              {list.map((one) => (
                <li key={one.id}>
                  <div className="q-likely__who">
                    <Tag color={one.state === "in" ? "success" : "error"}>{t(`consent.${one.state}`)}</Tag>
                    <span>{known(t, `source.${one.source}`, one.source)}</span>
                    <span className="q-muted q-num">{absoluteTime(one.at, locale)}</span>
                  </div>
                  <div className="q-muted">{[one.by_name, one.proof].filter(Boolean).join(" · ")}</div>
                </li>
              ))}
            </ul>
          )
        }
      </Fetched>
    </Modal>
  );
}
