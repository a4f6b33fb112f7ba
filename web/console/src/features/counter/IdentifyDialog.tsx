import { Button, Input, Modal, Segmented } from "antd";
import { useEffect, useState } from "react";
import { useGet } from "@/api/hooks";
import type { Customer, Page } from "@/api/types";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { LevelTag } from "@/features/inbox/context/CustomerTab";
import { customerName } from "@/features/inbox/text";
import { Avatar } from "@/ui/Avatar";
import { EmptyState, Fetched } from "@/ui/states";
import { useVisitVerb } from "./api";
import type { Visit } from "./types";

/** Who it is, as seen on their card or phone: a known customer, or whoever has this number. */
export function IdentifyDialog({ visit, close }: { visit: Visit; close: () => void }) {
  const t = useT("counter");
  const edits = useCan("customers.edit");
  const [by, setBy] = useState<"known" | "phone">("known");
  const [text, setText] = useState("");
  const [q, setQ] = useState("");
  const [phone, setPhone] = useState("");
  const [name, setName] = useState("");
  const verb = useVisitVerb();
  useEffect(() => {
    const timer = setTimeout(() => setQ(text.trim()), 250);
    return () => clearTimeout(timer);
  }, [text]);
  const found = useGet<Page<Customer>>("/customers", { q, limit: 8 }, { enabled: q.length > 0 });
  const done = (body: unknown) => verb.mutate({ id: visit.id, verb: "customer", body }, { onSuccess: close });
  return (
    <Modal open title={t("identify.title", { code: visit.code })} footer={null} onCancel={close} width={480}>
      <p className="q-muted">{t("identify.hint")}</p>
      {edits ? (
        <Segmented
          className="qc-services"
          value={by}
          onChange={setBy}
          options={[
            { value: "known", label: t("identify.known") },
            { value: "phone", label: t("identify.by_phone") },
          ]}
        />
      ) : null}
      {by === "known" ? (
        <>
          <Input
            autoFocus
            allowClear
            value={text}
            onChange={(event) => setText(event.target.value)}
            placeholder={t("identify.search")}
            aria-label={t("identify.search")}
          />
          {q ? (
            <Fetched
              query={found}
              compact
              isEmpty={(page) => page.items.length === 0}
              empty={<EmptyState compact title={t("identify.nobody")} />}
            >
              {(page) => (
                <ul className="qc-rows" aria-label={t("identify.known")}>
                  {page.items.map((one) => (
                    <li className="qc-row" key={one.id}>
                      <Avatar name={customerName(one, t)} id={one.id} size={28} />
                      <span className="qc-row__main">
                        <span>
                          {customerName(one, t)} <LevelTag level={one.level} />
                        </span>
                        <span className="q-muted q-num">
                          #{one.number} {one.phone ?? ""}
                        </span>
                      </span>
                      <Button
                        size="small"
                        loading={verb.isPending}
                        onClick={() => done({ customer_id: one.id })}
                      >
                        {t("identify.it_is")}
                      </Button>
                    </li>
                  ))}
                </ul>
              )}
            </Fetched>
          ) : null}
        </>
      ) : (
        <div className="qc-form">
          <Input
            autoFocus
            value={phone}
            onChange={(event) => setPhone(event.target.value)}
            placeholder={visit.phone ? t("identify.left", { phone: visit.phone }) : t("identify.phone")}
            aria-label={t("identify.phone")}
            maxLength={40}
          />
          <Input
            value={name}
            onChange={(event) => setName(event.target.value)}
            placeholder={`${t("identify.name")} · ${t("optional")}`}
            aria-label={t("identify.name")}
            maxLength={80}
          />
          <Button
            type="primary"
            disabled={!phone.trim() && !visit.phone}
            loading={verb.isPending}
            onClick={() => done({ phone: phone.trim() || null, name: name.trim() || null })}
          >
            {t("identify.verified")}
          </Button>
        </div>
      )}
    </Modal>
  );
}
