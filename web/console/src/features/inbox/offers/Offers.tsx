import { useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useEffect, useRef, useState } from "react";
import { api } from "@/api/client";
import { sentenceOf } from "@/api/problem";
import type { Offer } from "@/api/types";
import { useT } from "@/app/i18n";
import { announce } from "@/app/notify";
import { useGo } from "@/app/router";
import { useCan, useMe } from "@/app/session";
import { useShortcuts } from "@/app/shortcuts";
import { keys, useEvent, useOffers } from "@/realtime/live";
import { Avatar } from "@/ui/Avatar";
import { toast } from "@/ui/feedback";
import { useNow } from "@/ui/Time";
import { ChannelIcon, WaitClock } from "../list/Row";
import { customerName, previewText } from "../text";
import { standing } from "./standing";
import "./offers.css";

const RADIUS = 15;
const LENGTH = 2 * Math.PI * RADIUS;

function Ring({ offer }: { offer: Offer }) {
  const now = useNow();
  const start = offer.offered_at ? Date.parse(offer.offered_at) : null;
  const end = offer.expires_at ? Date.parse(offer.expires_at) : null;
  if (!end) return null;
  const left = Math.max(0, Math.ceil((end - now) / 1000));
  const whole = Math.max(1, start ? (end - start) / 1000 : 30);
  return (
    <span className={`q-ring ${left <= 5 ? "q-ring--late" : ""}`}>
      <svg width="36" height="36" viewBox="0 0 36 36" aria-hidden="true">
        <circle cx="18" cy="18" r={RADIUS} className="q-ring__track" />
        <circle
          cx="18"
          cy="18"
          r={RADIUS}
          className="q-ring__left"
          strokeDasharray={LENGTH}
          strokeDashoffset={LENGTH * (1 - Math.min(1, left / whole))}
        />
      </svg>
      <span className="q-num">{left}</span>
    </span>
  );
}

function OfferCard(props: { offer: Offer; first: boolean; onDone: (id: string) => void }) {
  const { offer } = props;
  const t = useT("inbox");
  const go = useGo();
  const [busy, setBusy] = useState<"accept" | "decline" | null>(null);
  const c = offer.conversation;
  const answer = async (verb: "accept" | "decline") => {
    if (busy) return;
    setBusy(verb);
    try {
      await api.post(`/offers/${offer.id}/${verb}`);
      props.onDone(offer.id);
      if (verb === "accept")
        go(`/inbox/mine/${c?.id ?? (offer as { conversation_id?: string }).conversation_id}`);
    } catch (error) {
      toast.error(sentenceOf(error));
      props.onDone(offer.id);
    } finally {
      setBusy(null);
    }
  };
  useShortcuts(
    props.first
      ? [
          {
            keys: "Enter",
            group: "conversation",
            label: t("offer.accept"),
            run: () => void answer("accept"),
          },
          {
            keys: "shift+Escape",
            group: "conversation",
            label: t("offer.decline"),
            inFields: true,
            run: () => void answer("decline"),
          },
        ]
      : [],
  );
  return (
    <div className="q-offer" role="alertdialog" aria-label={t("offer.title")}>
      <div className="q-offer__head">
        <span>{t("offer.title")}</span>
        <Ring offer={offer} />
      </div>
      {c ? (
        <div className="q-offer__who">
          <Avatar name={customerName(c.customer, t)} id={c.customer.id} size={36} />
          <div className="q-offer__text">
            <div className="q-offer__name">
              <span className="q-ellipsis">{customerName(c.customer, t)}</span>
              {c.waiting_since ? <WaitClock since={c.waiting_since} /> : null}
            </div>
            <div className="q-muted q-offer__sub">
              <ChannelIcon channel={c.inbox.channel} /> {c.inbox.name}
              {offer.queue ? ` · ${offer.queue.name}` : ""}
            </div>
          </div>
        </div>
      ) : null}
      {c?.last_message ? (
        <div className="q-offer__preview">{previewText(c.last_message.preview, t)}</div>
      ) : null}
      <div className="q-offer__actions">
        <Button onClick={() => void answer("decline")} loading={busy === "decline"}>
          {t("offer.decline")}
        </Button>
        <Button type="primary" onClick={() => void answer("accept")} loading={busy === "accept"}>
          {t("offer.accept")}
          {props.first ? <kbd className="q-offer__key">↵</kbd> : null}
        </Button>
      </div>
    </div>
  );
}

/** On every page: conversations offered to me, and the announcements that go with new work. */
export default function Offers() {
  const t = useT("inbox");
  const app = useT();
  const go = useGo();
  const me = useMe().user.id;
  const client = useQueryClient();
  const handles = useCan("conversations.handle");
  const offers = useOffers(handles).data ?? [];
  const now = useNow();
  const mine = useRef(new Set<string>());
  const open = offers.filter((o) => !o.expires_at || Date.parse(o.expires_at) > now);

  const seen = useRef(new Set<string>());
  useEffect(() => {
    for (const offer of open) {
      if (seen.current.has(offer.id)) continue;
      seen.current.add(offer.id);
      announce({
        kind: "offer",
        title: app("notify.offer"),
        body: offer.conversation?.customer.name,
        tag: offer.id,
      });
    }
  }, [open, app]);

  useEvent("conversation.changed", ({ conversation: c }) => {
    const is = c.status === "assigned" && c.assignee?.id === me;
    const was = mine.current.has(c.id);
    if (is) mine.current.add(c.id);
    else mine.current.delete(c.id);
    // Fresh in my hands: assigned within the last moments, not a replay of the past.
    if (is && !was && c.assigned_at && Math.abs(Date.parse(c.assigned_at) - Date.now()) < 15_000)
      announce({
        kind: "offer",
        title: app("notify.assigned"),
        body: customerName(c.customer, t),
        tag: c.id,
        onClick: () => go(`/inbox/mine/${c.id}`),
      });
  });
  useEvent("message.created", ({ message: m }) => {
    if (m.author.kind !== "customer" || !mine.current.has(m.conversation_id)) return;
    if (document.visibilityState === "visible" && location.pathname.endsWith(m.conversation_id)) return;
    announce({
      kind: "message",
      title: app("notify.message", { name: m.author.name ?? "" }),
      body: m.body.slice(0, 120),
      tag: m.conversation_id,
      onClick: () => go(`/inbox/mine/${m.conversation_id}`),
    });
  });
  useEvent("mention.created", ({ conversation_id }) =>
    announce({
      kind: "message",
      title: app("notify.mention"),
      tag: conversation_id,
      onClick: () => go(`/inbox/mentions/${conversation_id}`),
    }),
  );

  const done = (id: string) =>
    client.setQueryData<Offer[]>(keys.offers, (list) => (list ?? []).filter((o) => o.id !== id));
  // One at a time: several would stand over the whole list. Whoever wants to choose opens the others.
  const [spread, setSpread] = useState(false);
  const { shown, others } = standing(open, spread);
  if (spread && others < 1) setSpread(false);
  // The list may be scrolled out from under what stands over its foot.
  useEffect(() => {
    document.documentElement.toggleAttribute("data-offered", shown.length > 0);
    return () => document.documentElement.removeAttribute("data-offered");
  }, [shown.length]);
  return (
    <section className="q-offers" aria-live="assertive" aria-label={t("offer.region")}>
      {shown.map((offer, index) => (
        <OfferCard key={offer.id} offer={offer} first={index === 0} onDone={done} />
      ))}
      {others > 0 ? (
        <button
          type="button"
          className="q-offers__more"
          aria-expanded={spread}
          onClick={() => setSpread((was) => !was)}
        >
          {spread ? t("offer.fewer") : t("offer.more", { count: others })}
        </button>
      ) : null}
    </section>
  );
}
