import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, type CallbackOffer } from "../../core/ports.ts";
import { clock, upcoming } from "../../i18n/format.ts";
import { sentence, useApp } from "../context.ts";
import { Icon } from "../icons.tsx";
import { Overlay } from "./Overlay.tsx";

/** Asking to be called: as soon as possible, or in an hour one chooses. What was promised is shown instead. */
export function CallbackForm({ onClose }: { onClose: () => void }) {
  const { engine, locale, t, toast, vault } = useApp();
  const [offer, setOffer] = useState<CallbackOffer | null>(null);
  const [phone, setPhone] = useState(vault.get("callphone") ?? "");
  const [topic, setTopic] = useState("");
  const [slot, setSlot] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const clientId = useRef(`call-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`);
  const load = () =>
    engine.callbackOffer().then(setOffer, (problem) => {
      toast(sentence(problem, t));
      onClose();
    });
  useEffect(() => void load(), []);
  const submit = async () => {
    if (!/^\+?[\d\s()-]{6,20}$/.test(phone.trim())) {
      setError(t("leave.bad_phone"));
      document.getElementById("call-phone")?.focus();
      return;
    }
    setBusy(true);
    try {
      const wish = { client_id: clientId.current, phone: phone.trim(), name: "", topic: topic.trim() };
      await engine.askCallback({ ...wish, slot: slot || null });
      vault.set("callphone", phone.trim());
      await load();
    } catch (problem) {
      if (problem instanceof ApiError && problem.fields.phone) setError(problem.fields.phone);
      else toast(sentence(problem, t));
      if (problem instanceof ApiError && problem.fields.slot) await load();
    }
    setBusy(false);
  };
  const cancel = async () => {
    setBusy(true);
    try {
      await engine.cancelCallback();
      await load();
    } catch (problem) {
      toast(sentence(problem, t));
    }
    setBusy(false);
  };
  const now = new Date();
  const hour = (start: string, end: string) =>
    `${upcoming(locale, new Date(start), now)} – ${clock(locale, new Date(end))}`;
  /** As soon as possible has a last moment only; an hour somebody chose begins, too. */
  const promised = (start: string, end: string) =>
    new Date(start) <= now ? t("call.by", { time: upcoming(locale, new Date(end), now) }) : hour(start, end);
  return (
    <Overlay title={t("call.title")} onClose={onClose}>
      {!offer ? (
        <div class="splash" aria-busy="true">
          <span class="spinner" />
        </div>
      ) : offer.current ? (
        <div class="form" role="status">
          <p>
            <Icon name="check" size={18} /> {t("call.promised", { number: offer.current.number })}
          </p>
          <p>
            <b>{promised(offer.current.promised_from, offer.current.promised_until)}</b>
          </p>
          {offer.current.place !== null && (
            <p>
              {offer.current.place <= 1 ? t("queue.next") : t("queue.place", { n: offer.current.place - 1 })}
            </p>
          )}
          {offer.current.attempts > 0 && <p class="hint">{t("call.tried", { n: offer.current.attempts })}</p>}
          <div class="row-buttons">
            <button type="button" class="plain" disabled={busy} onClick={() => void cancel()}>
              {t("call.cancel")}
            </button>
            <button type="button" class="primary" onClick={onClose}>
              {t("call.fine")}
            </button>
          </div>
        </div>
      ) : !offer.available ? (
        <p class="form">{t("call.unavailable")}</p>
      ) : (
        <form
          class="form"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <label class="field" htmlFor="call-phone">
            <span>{t("leave.phone")}</span>
            <input
              id="call-phone"
              type="tel"
              autocomplete="tel"
              maxLength={30}
              value={phone}
              data-autofocus
              aria-invalid={error !== null}
              aria-describedby="call-phone-error"
              onInput={(event) => {
                setPhone(event.currentTarget.value);
                setError(null);
              }}
            />
            <em id="call-phone-error" role="alert">
              {error}
            </em>
          </label>
          <label class="field" htmlFor="call-when">
            <span>{t("call.when")}</span>
            <select id="call-when" value={slot} onChange={(event) => setSlot(event.currentTarget.value)}>
              <option value="">
                {t("call.soon", {
                  time: offer.soonest ? upcoming(locale, new Date(offer.soonest.end), now) : "",
                })}
              </option>
              {offer.slots.map((one) => (
                <option key={one.start} value={one.start}>
                  {hour(one.start, one.end)}
                </option>
              ))}
            </select>
          </label>
          <label class="field" htmlFor="call-topic">
            <span>{t("call.topic")}</span>
            <textarea
              id="call-topic"
              rows={2}
              maxLength={500}
              value={topic}
              onInput={(event) => setTopic(event.currentTarget.value)}
            />
          </label>
          <p class="hint">{t("call.place")}</p>
          <div class="row-buttons">
            <button type="button" class="plain" onClick={onClose}>
              {t("leave.cancel")}
            </button>
            <button type="submit" class="primary" disabled={busy}>
              {t("call.submit")}
            </button>
          </div>
        </form>
      )}
    </Overlay>
  );
}
