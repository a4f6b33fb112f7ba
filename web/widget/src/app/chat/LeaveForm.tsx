import { useRef, useState } from "preact/hooks";
import { ApiError } from "../../core/ports.ts";
import type { Key } from "../../i18n/index.ts";
import { sentence, useApp } from "../context.ts";
import { Overlay } from "./Overlay.tsx";

type Field = "name" | "phone" | "email" | "body";

/** A message with a way to answer it, for when nobody can answer now. What was typed survives a mistaken close. */
export function LeaveForm({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const { engine, config, t, toast, vault } = useApp();
  const [values, setValues] = useState<Record<Field, string>>(() => ({
    name: engine.customer?.identified ? (engine.customer.name ?? "") : "",
    phone: "",
    email: "",
    body: "",
    ...(JSON.parse(vault.get("leaving") ?? "{}") as object),
  }));
  const [errors, setErrors] = useState<Partial<Record<Field, string>>>({});
  const [busy, setBusy] = useState(false);
  // One id for all tries of this form: a lost answer must not make two conversations.
  const clientId = useRef(`leave-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`);
  const set = (field: Field, value: string) => {
    const next = { ...values, [field]: value };
    setValues(next);
    vault.set("leaving", JSON.stringify(next));
    if (errors[field]) setErrors({ ...errors, [field]: undefined });
  };
  const submit = async () => {
    const found = validate(values, t);
    setErrors(found);
    const first = (Object.keys(found) as Field[])[0];
    if (first) {
      document.getElementById(`leave-${first}`)?.focus();
      return;
    }
    setBusy(true);
    try {
      const { name, phone, email, body } = values;
      await engine.leaveMessage(
        { name: name.trim(), phone: phone.trim(), email: email.trim(), body: body.trim() },
        clientId.current,
      );
      vault.set("leaving", null);
      onDone();
    } catch (error) {
      if (error instanceof ApiError && Object.keys(error.fields).length) setErrors(error.fields);
      else toast(sentence(error, t));
    }
    setBusy(false);
  };
  const field = (name: Field, type: "text" | "tel" | "email", complete: string, focus = false) => (
    <label class="field" htmlFor={`leave-${name}`}>
      <span>{t(`leave.${name}` as Key)}</span>
      {name === "body" ? (
        <textarea
          id="leave-body"
          rows={4}
          maxLength={4000}
          value={values.body}
          placeholder={t("leave.body_hint")}
          aria-invalid={errors.body !== undefined}
          aria-describedby="leave-body-error"
          data-autofocus={focus || undefined}
          onInput={(event) => set("body", event.currentTarget.value)}
        />
      ) : (
        <input
          list={undefined}
          id={`leave-${name}`}
          type={type}
          maxLength={120}
          value={values[name]}
          autocomplete={complete}
          aria-invalid={errors[name] !== undefined}
          aria-describedby={`leave-${name}-error`}
          onInput={(event) => set(name, event.currentTarget.value)}
        />
      )}
      <em id={`leave-${name}-error`} role="alert">
        {errors[name]}
      </em>
    </label>
  );
  return (
    <Overlay title={t(config.features.callback ? "leave.only" : "leave.title")} onClose={onClose}>
      <form
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {field("body", "text", "off", true)}
        {field("name", "text", "name")}
        <div class="pair">
          {field("phone", "tel", "tel")}
          {field("email", "email", "email")}
        </div>
        <p class="hint">{t("leave.contact_hint")}</p>
        <div class="row-buttons">
          <button type="button" class="plain" onClick={onClose}>
            {t("leave.cancel")}
          </button>
          <button type="submit" class="primary" disabled={busy}>
            {t(busy ? "leave.sending" : "leave.submit")}
          </button>
        </div>
      </form>
    </Overlay>
  );
}

function validate(v: Record<Field, string>, t: (key: Key) => string): Partial<Record<Field, string>> {
  const found: Partial<Record<Field, string>> = {};
  if (!v.body.trim()) found.body = t("leave.need_body");
  if (!v.phone.trim() && !v.email.trim()) found.phone = t("leave.need_contact");
  if (v.phone.trim() && !/^\+?[\d\s()-]{6,20}$/.test(v.phone.trim())) found.phone = t("leave.bad_phone");
  if (v.email.trim() && !/^[^@\s]+@[^@\s.]+\.[^@\s]+$/.test(v.email.trim()))
    found.email = t("leave.bad_email");
  return found;
}
