/** Where a text belongs, who reads it, when and for whom it holds, who looks after it, and its other language. */
import { useNavigate } from "@tanstack/react-router";
import { Button, DatePicker, Radio, Select } from "antd";
import dayjs from "dayjs";
import { Languages } from "lucide-react";
import type { DirectoryEntry } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { Field, Section, useRows } from "../../settings/kit";
import { StatusTag } from "../bits";
import { options } from "../tree";
import { AUDIENCES, type Category, type Space } from "../types";
import type { EntryFields, EntryState } from "./useEntry";

const CHANNELS = [
  "webchat",
  "email",
  "phone",
  "walkin",
  "wechat",
  "wechat_mini",
  "wecom",
  "dingtalk",
  "feishu",
  "telegram",
  "whatsapp",
  "messenger",
  "instagram",
  "line",
  "slack",
  "sms",
  "incoming",
  "api",
] as const;
const LEVELS = ["standard", "silver", "gold", "vip"] as const;
const name = (locale: string) => (locale === "en" ? "English" : "中文");

export function EntryAside({ state }: { state: EntryState }) {
  const t = useT("knowledge");
  const screen = useLocale();
  const value: EntryFields = state.draft.value;
  const set: (change: Partial<EntryFields>) => void = state.draft.set;
  const { problem } = state.draft;
  const categories = useRows<Category>("/knowledge/categories").rows ?? [];
  const spaces = useRows<Space>("/knowledge/spaces").rows ?? [];
  const people = useRows<DirectoryEntry>("/directory").rows ?? [];
  const departments = useRows<{ id: string; name: string }>(
    "/departments",
    undefined,
    value.audience === "departments",
  );
  const space = spaces.find((one) => (value.space_id ? one.id === value.space_id : one.is_default));
  const narrower = AUDIENCES.slice(space ? AUDIENCES.indexOf(space.audience) : 0);
  const audience = narrower.includes(value.audience) ? value.audience : (space?.audience ?? value.audience);
  const when = (key: "valid_from" | "valid_until" | "review_by", id: string, hint: string) => (
    <DatePicker
      id={id}
      style={{ width: "100%" }}
      showTime={{ format: "HH:mm" }}
      format="YYYY-MM-DD HH:mm"
      value={value[key] ? dayjs(value[key]) : null}
      placeholder={hint}
      onChange={(at) => set({ [key]: at ? at.toISOString() : null })}
    />
  );
  const conditions = (key: "channels" | "levels", known: readonly string[]) => (
    <Select
      id={`entry-${key}`}
      mode="multiple"
      placeholder={t("conditions.any")}
      value={value.conditions[key]}
      onChange={(chosen: string[]) => set({ conditions: { ...value.conditions, [key]: chosen } })}
      options={[...new Set([...known, ...value.conditions[key]])].map((one) => ({
        value: one,
        label: known.includes(one) ? t(`conditions.${key}Of.${one}`) : one,
      }))}
    />
  );
  return (
    <aside>
      <Section>
        <Field label={t("entry.space")} htmlFor="entry-space" problem={problem("space_id")}>
          <Select
            id="entry-space"
            value={space?.id ?? null}
            placeholder={t("entry.space")}
            onChange={(id: string) => set({ space_id: id, category_id: null })}
            options={spaces.map((one) => ({ value: one.id, label: one.name }))}
          />
        </Field>
        <Field label={t("faq.category")} htmlFor="entry-category" problem={problem("category_id")}>
          <Select
            id="entry-category"
            allowClear
            showSearch={{ optionFilterProp: "label" }}
            placeholder={t("entry.noCategory")}
            value={value.category_id}
            onChange={(id: string | undefined) => set({ category_id: id ?? null })}
            options={options(
              categories.filter((category) => !space || category.space_id === space.id),
              screen,
            )}
          />
        </Field>
        <Field
          label={t("faq.audience")}
          problem={problem("audience")}
          {...(space && space.audience !== "public"
            ? { help: t("entry.spaceBinds", { audience: t(`audience.${space.audience}`) }) }
            : {})}
        >
          <Radio.Group
            className="qs-radios"
            value={audience}
            onChange={(event) => set({ audience: event.target.value, department_ids: [] })}
            options={narrower.map((one) => ({
              value: one,
              label: (
                <span>
                  {t(`audience.${one}`)}
                  <small>{t(`audience.${one}Text`)}</small>
                </span>
              ),
            }))}
          />
        </Field>
        {value.audience === "departments" && (
          <Field
            label={t("entry.departments")}
            htmlFor="entry-departments"
            required
            problem={problem("department_ids")}
          >
            <Select
              id="entry-departments"
              mode="multiple"
              optionFilterProp="label"
              value={value.department_ids}
              onChange={(ids: string[]) => set({ department_ids: ids })}
              options={(departments.rows ?? []).map((one) => ({ value: one.id, label: one.name }))}
            />
          </Field>
        )}
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
      </Section>
      <Section title={t("conditions.title")}>
        <Field label={t("entry.validFrom")} htmlFor="entry-from" problem={problem("valid_from")}>
          {when("valid_from", "entry-from", t("entry.now"))}
        </Field>
        <Field
          label={t("entry.validUntil")}
          htmlFor="entry-until"
          help={t("entry.untilHelp")}
          problem={problem("valid_until")}
        >
          {when("valid_until", "entry-until", t("entry.forever"))}
        </Field>
        <Field label={t("conditions.channels")} htmlFor="entry-channels">
          {conditions("channels", CHANNELS)}
        </Field>
        <Field label={t("conditions.regions")} htmlFor="entry-regions">
          <Select
            id="entry-regions"
            mode="tags"
            open={false}
            suffixIcon={null}
            tokenSeparators={[",", "，", " ", "、"]}
            placeholder={t("conditions.any")}
            value={value.conditions.regions}
            onChange={(regions: string[]) => set({ conditions: { ...value.conditions, regions } })}
          />
        </Field>
        <Field label={t("conditions.levels")} htmlFor="entry-levels">
          {conditions("levels", LEVELS)}
        </Field>
      </Section>
      <Section title={t("entry.care")}>
        <Field label={t("entry.owner")} htmlFor="entry-owner" problem={problem("owner_id")}>
          <Select
            id="entry-owner"
            allowClear
            showSearch={{ optionFilterProp: "label" }}
            placeholder={t("entry.noOwner")}
            value={value.owner_id}
            onChange={(id: string | undefined) => set({ owner_id: id ?? null })}
            options={people.map((person) => ({
              value: person.id,
              label: person.display_name ?? person.name,
            }))}
          />
        </Field>
        <Field label={t("entry.reviewBy")} htmlFor="entry-review" help={t("entry.reviewByHelp")}>
          {when("review_by", "entry-review", t("entry.never"))}
        </Field>
      </Section>
      <Section>
        <Language state={state} value={value} set={set} problem={problem} />
      </Section>
    </aside>
  );
}

function Language(props: {
  state: EntryState;
  value: EntryFields;
  set: (change: Partial<EntryFields>) => void;
  problem: (field: string) => string | undefined;
}) {
  const t = useT("knowledge");
  const go = useGo();
  const navigate = useNavigate();
  const { state, value } = props;
  const entry = state.entry.data;
  const other = value.locale === "en" ? "zh-CN" : "en";
  const translation = entry?.translations.find((item: { locale: string }) => item.locale === other);
  const editPath = (id: string) =>
    state.kind === "faqs" ? `/knowledge/faqs/${id}` : `/knowledge/articles/${id}/edit`;
  if (state.isNew)
    return (
      <Field label={t("faq.locale")} htmlFor="entry-locale" problem={props.problem("locale")}>
        <Select
          id="entry-locale"
          value={value.locale}
          onChange={(locale) => props.set({ locale })}
          options={[
            { value: "zh-CN", label: "中文" },
            { value: "en", label: "English" },
          ]}
        />
      </Field>
    );
  return (
    <Field label={t("entry.languages")}>
      <div className="qs-stack">
        <div>{t("entry.thisIs", { language: name(value.locale) })}</div>
        {translation ? (
          <div className="qs-row">
            <Button size="small" icon={<Languages size={14} />} onClick={() => go(editPath(translation.id))}>
              {t("entry.openOther", { language: name(other) })}
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
                  search: { group: entry?.group_id, locale: other, space: entry?.space_id } as never,
                })
              }
            >
              {t("entry.addOther", { language: name(other) })}
            </Button>
          </div>
        )}
      </div>
    </Field>
  );
}
