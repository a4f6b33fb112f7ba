import { Link, useLocation } from "@tanstack/react-router";
import { Button } from "antd";
import { Merge as MergeIcon, Undo2, UserCheck, UserX } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import type { Customer, Id } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { Section } from "@/features/inbox/context/parts";
import { customerName, known } from "@/features/inbox/text";
import { CustomerPicker } from "@/features/tickets/fields/pickers";
import { dateOnly } from "@/lib/format";
import { confirmLoss, toast } from "@/ui/feedback";
import { MergeDialog } from "./MergeDialog";
import type { Merge, Suggestion } from "./types";
import "./linking.css";

const grade = (score: number) => (score >= 90 ? "sure" : score >= 70 ? "likely" : "maybe");

/** Who may be the same person, with what speaks for it. Nothing becomes one by itself. */
export function Likely({ customerId }: { customerId: Id }) {
  const t = useT("customers/linking");
  const mayMerge = useCan("customers.merge");
  const mayEdit = useCan("customers.edit");
  const go = useGo();
  const onOwnPage = useLocation({ select: (at) => at.pathname.endsWith(`/customers/${customerId}`) });
  const [other, setOther] = useState<Id | null>(null);
  const [picking, setPicking] = useState(false);
  const query = useGet<Suggestion[]>(`/customers/${customerId}/suggestions`, undefined, {
    staleTime: 30_000,
  });
  const dismiss = useAct(
    (id: Id) => api.post(`/customers/${customerId}/suggestions/dismiss`, { other_id: id }),
    { invalidates: [`/customers/${customerId}/suggestions`], onSuccess: () => toast.success(t("dismissed")) },
  );
  const found = query.data ?? [];
  return (
    <>
      {found.length ? (
        <Section title={t("title")}>
          <ul className="q-likely">
            {found.map((one) => (
              <li key={one.customer.id}>
                <div className="q-likely__who">
                  <Link to={`/customers/${one.customer.id}` as string}>{customerName(one.customer, t)}</Link>
                  <span className="q-muted q-num">#{one.customer.number}</span>
                  <span className={`q-likely__grade q-likely__grade--${grade(one.score)}`}>
                    {t(`grade.${grade(one.score)}`)}
                  </span>
                </div>
                <div className="q-likely__why">
                  {one.evidence.map((code) => (
                    <span key={code}>{known(t, `evidence.${code}`, code)}</span>
                  ))}
                </div>
                <div className="q-likely__do">
                  {mayMerge ? (
                    <Button
                      size="small"
                      icon={<UserCheck size={14} aria-hidden />}
                      onClick={() => setOther(one.customer.id)}
                    >
                      {t("same")}
                    </Button>
                  ) : null}
                  {mayEdit ? (
                    <Button
                      size="small"
                      type="text"
                      icon={<UserX size={14} aria-hidden />}
                      loading={dismiss.isPending && dismiss.variables === one.customer.id}
                      onClick={() => dismiss.mutate(one.customer.id)}
                    >
                      {t("not_same")}
                    </Button>
                  ) : null}
                </div>
              </li>
            ))}
          </ul>
        </Section>
      ) : null}
      {mayMerge && onOwnPage ? (
        <div className="q-likely__other">
          {picking ? (
            <CustomerPicker
              value={other}
              without={customerId}
              label={t("other")}
              placeholder={t("other_hint")}
              autoFocus
              onChange={setOther}
              onBlur={() => setPicking(false)}
            />
          ) : (
            <Button
              size="small"
              type="text"
              icon={<MergeIcon size={14} aria-hidden />}
              onClick={() => setPicking(true)}
            >
              {t("other")}
            </Button>
          )}
        </div>
      ) : null}
      <Refused customerId={customerId} />
      <Merges customerId={customerId} />
      {other ? (
        <MergeDialog
          customerId={customerId}
          otherId={other}
          close={() => setOther(null)}
          merged={(survivor) => {
            setOther(null);
            // This record is part of the other one now; its page would go on showing an empty shell.
            if (onOwnPage && survivor !== customerId) go(`/customers/${survivor}`, { replace: true });
          }}
        />
      ) : null}
    </>
  );
}

/** Whom somebody has said to be another person, each of which can be taken back. */
function Refused({ customerId }: { customerId: Id }) {
  const t = useT("customers/linking");
  const locale = useLocale();
  const mayEdit = useCan("customers.edit");
  const [open, setOpen] = useState(false);
  const path = `/customers/${customerId}/suggestions`;
  const query = useGet<Suggestion[]>(path, { refused: true }, { staleTime: 30_000 });
  const reconsider = useAct((id: Id) => api.post(`${path}/reconsider`, { other_id: id }), {
    invalidates: [path],
    onSuccess: () => toast.success(t("reconsidered")),
  });
  const found = query.data ?? [];
  if (!found.length) return null;
  return (
    <div className="q-likely__refused">
      <Button size="small" type="text" aria-expanded={open} onClick={() => setOpen(!open)}>
        {t("refused", { n: found.length })}
      </Button>
      {open ? (
        <ul className="q-likely">
          {found.map((one) => (
            <li key={one.customer.id}>
              <div className="q-likely__who">
                <Link to={`/customers/${one.customer.id}` as string}>{customerName(one.customer, t)}</Link>
                <span className="q-muted q-num">#{one.customer.number}</span>
              </div>
              {one.decided_at ? (
                <div className="q-muted">
                  {t("refused_by", { name: one.decided_by_name, at: dateOnly(one.decided_at, locale) })}
                </div>
              ) : null}
              {mayEdit ? (
                <div className="q-likely__do">
                  <Button
                    size="small"
                    icon={<Undo2 size={14} aria-hidden />}
                    loading={reconsider.isPending && reconsider.variables === one.customer.id}
                    onClick={() => reconsider.mutate(one.customer.id)}
                  >
                    {t("reconsider")}
                  </Button>
                </div>
              ) : null}
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

/** The merges that made this record, each of which can be taken back for some time. */
function Merges({ customerId }: { customerId: Id }) {
  const t = useT("customers/linking");
  const locale = useLocale();
  const mayMerge = useCan("customers.merge");
  const customer = useGet<Customer & { formerly?: { id: Id }[] }>(`/customers/${customerId}`);
  const query = useGet<Merge[]>(`/customers/${customerId}/merges`, undefined, {
    enabled: Boolean(customer.data?.formerly?.length),
  });
  const undo = useAct((id: Id) => api.post<Merge>(`/customers/merges/${id}/undo`, {}), {
    invalidates: [
      "/customers",
      "/conversations",
      ...["", "/suggestions", "/merges", "/orders", "/story"].map(
        (part) => `/customers/${customerId}${part}`,
      ),
    ],
    onSuccess: () => toast.success(t("undo.done")),
  });
  const standing = (query.data ?? []).filter((one) => !one.undone_at);
  if (!customer.data?.formerly?.length || !standing.length) return null;
  return (
    <Section title={t("formerly")}>
      <ul className="q-likely">
        {standing.map((one) => (
          <li key={one.id}>
            <div className="q-likely__who">
              <span>{customerName({ name: one.merged_name, number: one.merged_number }, t)}</span>
              <span className="q-muted q-num">#{one.merged_number}</span>
            </div>
            <div className="q-muted">
              {t("merged_by", { name: one.by_name, at: dateOnly(one.at, locale) })}
              {one.reason ? ` · ${one.reason}` : ""}
            </div>
            {mayMerge && one.undoable ? (
              <div className="q-likely__do">
                <Button
                  size="small"
                  icon={<Undo2 size={14} aria-hidden />}
                  loading={undo.isPending && undo.variables === one.id}
                  onClick={() =>
                    void confirmLoss({
                      title: t("undo.title"),
                      content: t("undo.text"),
                      okText: t("undo.action"),
                    }).then((yes) => yes && undo.mutate(one.id))
                  }
                >
                  {t("undo.until", { at: dateOnly(one.undo_until, locale) })}
                </Button>
              </div>
            ) : null}
          </li>
        ))}
      </ul>
    </Section>
  );
}
