import { Button, Modal, Radio } from "antd";
import { useState } from "react";
import { useLocale, useT } from "@/app/i18n";
import { relativeTime } from "@/lib/format";
import { isEmpty } from "../fields/conditions";
import { FieldValue } from "../fields/FieldValue";
import type { TicketView } from "../types";
import { labelOf, shownAs, specOf, type Words } from "./diff";
import { useEntryWords } from "./Entry";
import { type Clash, useTicketPage } from "./state";
import { type Patch, useTicketVerbs } from "./verbs";

/** The wanted value of `fields.amount` stands in `mine.fields.amount`, all others under their own name. */
function mineOf(mine: Patch, key: string): unknown {
  if (!key.startsWith("fields.")) return mine[key === "type" ? "type_key" : key];
  return (mine.fields as Patch | undefined)?.[key.slice("fields.".length)];
}

/** What of `mine` is still wanted once `dropped` has been given up. */
export function kept(mine: Patch, dropped: ReadonlySet<string>): Patch {
  const found: Patch = {};
  for (const [key, value] of Object.entries(mine)) {
    if (key === "fields") {
      const fields = Object.fromEntries(
        Object.entries(value as Patch).filter(([name]) => !dropped.has(`fields.${name}`)),
      );
      if (Object.keys(fields).length > 0) found.fields = fields;
    } else if (!dropped.has(key === "type_key" ? "type" : key)) found[key] = value;
  }
  return found;
}

/** Kinds one cannot choose between by a line of text. */
const WHOLE = new Set(["table", "file"]);

function Version({ name, value, words }: { name: string; value: unknown; words: Words }) {
  const spec = specOf(name, words);
  if (spec && WHOLE.has(spec.kind) && !isEmpty(value)) return <FieldValue spec={spec} value={value} />;
  return <span className="q-wrap q-pre">{shownAs(name, value, words) ?? words.t("empty_value")}</span>;
}

/** Two people changed the same: the second sees both and chooses. */
export function ClashDialog({ ticket, clash }: { ticket: TicketView; clash: Clash }) {
  const t = useT("tickets");
  const locale = useLocale();
  const words = useEntryWords(ticket, clash.names);
  const verbs = useTicketVerbs(ticket.id);
  const setClash = useTicketPage((s) => s.setClash);
  const keys = Object.keys(clash.changed);
  const [mine, setMine] = useState<Set<string>>(new Set());
  const [busy, setBusy] = useState(false);
  const close = () => setClash(null);
  const submit = async () => {
    const patch = kept(clash.mine, new Set(keys.filter((key) => !mine.has(key))));
    if (Object.keys(patch).length === 0) return close();
    setBusy(true);
    // A third change meanwhile opens this dialog anew.
    setClash(null);
    await verbs.set(patch, clash.version);
    setBusy(false);
  };
  return (
    <Modal
      open
      title={t("conflict.title")}
      onCancel={close}
      width={560}
      footer={[
        <Button key="drop" onClick={close}>
          {t("conflict.discard")}
        </Button>,
        <Button key="keep" type="primary" loading={busy} onClick={() => void submit()}>
          {t("conflict.keep")}
        </Button>,
      ]}
    >
      <div className="q-tk__dialog">
        <p className="q-muted">{t("conflict.hint")}</p>
        {keys.map((key) => {
          const theirs = clash.changed[key]!;
          const name = labelOf(key, words);
          const at = theirs.at ? relativeTime(theirs.at, locale) : "";
          return (
            <fieldset key={key} className="q-tk__clash">
              <legend>{name}</legend>
              <Radio.Group
                aria-label={name}
                value={mine.has(key) ? "mine" : "theirs"}
                onChange={(event) => {
                  const next = new Set(mine);
                  if (event.target.value === "mine") next.add(key);
                  else next.delete(key);
                  setMine(next);
                }}
                options={[
                  {
                    value: "theirs",
                    label: (
                      <span className="q-tk__version">
                        <small className="q-muted">
                          {t("conflict.theirs")} {[theirs.by, at].filter(Boolean).join(" · ")}
                        </small>
                        <Version name={key} value={theirs.now} words={words} />
                      </span>
                    ),
                  },
                  {
                    value: "mine",
                    label: (
                      <span className="q-tk__version">
                        <small className="q-muted">{t("conflict.mine")}</small>
                        <Version name={key} value={mineOf(clash.mine, key)} words={words} />
                      </span>
                    ),
                  },
                ]}
              />
            </fieldset>
          );
        })}
      </div>
    </Modal>
  );
}
