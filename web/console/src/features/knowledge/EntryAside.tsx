import { useNavigate } from "@tanstack/react-router";
import { Button, DatePicker, Radio, Select } from "antd";
import dayjs from "dayjs";
import { Languages } from "lucide-react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { toast } from "@/ui/feedback";
import { Field, Section, useConfirm, useSubmit } from "../settings/kit";
import { StatusTag } from "./bits";
import { options } from "./tree";
import type { Audience, Category, Status } from "./types";

export interface EntryFields {
  category_id: string | null;
  audience: Audience;
  tags: string[];
  valid_from: string | null;
  valid_until: string | null;
  locale: string;
}

interface Translated {
  id: string;
  group_id: string;
  locale: string;
  translations: { id: string; locale: string; status: Status }[];
}

export function useEntryActions(kind: "faqs" | "articles", id: string, stale: string[]) {
  const t = useT("knowledge");
  const confirm = useConfirm();
  const mayPublish = useCan("knowledge.publish");
  const act = useSubmit(
    (verb: "publish" | "archive") => api.post(`/knowledge/${kind}/${id}/${verb}`).then(() => verb),
    { stale },
  );
  return {
    busy: act.busy,
    archive: (name: string) =>
      confirm({
        title: t("entry.archiveTitle", { name }),
        text: t("bulk.archiveText"),
        ok: t("action.archive"),
        run: async () => {
          const done = await act.run("archive");
          if (done && mayPublish) toast.undo(t("entry.archived"), () => void act.run("publish"));
          else if (done) toast.success(t("entry.archived"));
        },
      }),
  };
}

/** What FAQs and articles have in common: where they belong, who reads them, how long they hold, the other language. */
export function EntryAside(props: {
  kind: "faqs" | "articles";
  entry: Translated | null;
  value: EntryFields;
  set: (change: Partial<EntryFields>) => void;
  problem: (field: string) => string | undefined;
  categories: Category[];
  isNew: boolean;
}) {
  const t = useT("knowledge");
  const screen = useLocale();
  const go = useGo();
  const navigate = useNavigate();
  const { value, set, problem, entry } = props;
  const other = value.locale === "en" ? "zh-CN" : "en";
  const translation = entry?.translations.find((item) => item.locale === other && item.id !== entry.id);
  const date = (iso: string | null) => (iso ? dayjs(iso) : null);
  const editPath = (id: string) =>
    props.kind === "faqs" ? `/knowledge/faqs/${id}` : `/knowledge/articles/${id}/edit`;
  return (
    <aside>
      <Section>
        <Field label={t("faq.category")} htmlFor="entry-category" problem={problem("category_id")}>
          <Select
            id="entry-category"
            allowClear
            showSearch={{ optionFilterProp: "label" }}
            placeholder={t("entry.noCategory")}
            value={value.category_id}
            onChange={(id: string | undefined) => set({ category_id: id ?? null })}
            options={options(props.categories, screen)}
          />
        </Field>
        <Field label={t("faq.audience")} problem={problem("audience")}>
          <Radio.Group
            className="qs-radios"
            value={value.audience}
            onChange={(event) => set({ audience: event.target.value })}
            options={(["public", "internal"] as const).map((audience) => ({
              value: audience,
              label: (
                <span>
                  {t(`audience.${audience}`)}
                  <small>{t(`audience.${audience}Text`)}</small>
                </span>
              ),
            }))}
          />
        </Field>
        <Field label={t("entry.tags")} htmlFor="entry-tags" problem={problem("tags")}>
          <Select
            id="entry-tags"
            mode="tags"
            open={false}
            suffixIcon={null}
            tokenSeparators={[",", "，", " "]}
            placeholder={t("entry.tagsHint")}
            value={value.tags}
            onChange={(tags) => set({ tags })}
          />
        </Field>
        <Field label={t("entry.validFrom")} htmlFor="entry-from" problem={problem("valid_from")}>
          <DatePicker
            id="entry-from"
            style={{ width: "100%" }}
            showTime={{ format: "HH:mm" }}
            format="YYYY-MM-DD HH:mm"
            value={date(value.valid_from)}
            placeholder={t("entry.now")}
            onChange={(at) => set({ valid_from: at ? at.toISOString() : null })}
          />
        </Field>
        <Field label={t("entry.validUntil")} htmlFor="entry-until" problem={problem("valid_until")}>
          <DatePicker
            id="entry-until"
            style={{ width: "100%" }}
            showTime={{ format: "HH:mm" }}
            format="YYYY-MM-DD HH:mm"
            value={date(value.valid_until)}
            placeholder={t("entry.forever")}
            onChange={(at) => set({ valid_until: at ? at.toISOString() : null })}
          />
        </Field>
        {props.isNew ? (
          <Field label={t("faq.locale")} htmlFor="entry-locale" problem={problem("locale")}>
            <Select
              id="entry-locale"
              value={value.locale}
              onChange={(locale) => set({ locale })}
              options={[
                { value: "zh-CN", label: "中文" },
                { value: "en", label: "English" },
              ]}
            />
          </Field>
        ) : (
          entry && (
            <Field label={t("entry.languages")}>
              <div className="qs-stack">
                <div>{t("entry.thisIs", { language: value.locale === "en" ? "English" : "中文" })}</div>
                {translation ? (
                  <div className="qs-row">
                    <Button
                      size="small"
                      icon={<Languages size={14} />}
                      onClick={() => go(editPath(translation.id))}
                    >
                      {t("entry.openOther", { language: other === "en" ? "English" : "中文" })}
                    </Button>
                    <StatusTag status={translation.status} />
                  </div>
                ) : (
                  <div>
                    <Button
                      size="small"
                      icon={<Languages size={14} />}
                      onClick={() =>
                        void navigate({
                          to: editPath("new") as string,
                          search: { group: entry.group_id, locale: other } as never,
                        })
                      }
                    >
                      {t("entry.addOther", { language: other === "en" ? "English" : "中文" })}
                    </Button>
                  </div>
                )}
              </div>
            </Field>
          )
        )}
      </Section>
    </aside>
  );
}
