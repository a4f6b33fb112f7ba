import { Button, ColorPicker, Input, Segmented, Select, Upload } from "antd";
import { ExternalLink, ImageUp, Plus, Trash2, X } from "lucide-react";
import { useEffect } from "react";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import {
  Code,
  Field,
  FormProblem,
  Grid,
  Page,
  SaveBar,
  Section,
  State,
  Toggle,
  useDraft,
  useOne,
  useSubmit,
  useUnsavedGuard,
} from "../kit";
import { PortalNotice } from "../tickettypes/PortalNotice";
import { EMPTY, type FooterLink, finished, type HelpSettings, type HelpSettingsView } from "./model";
import { Preview } from "./Preview";

const LANGUAGES = ["zh-CN", "en"] as const;

function signInForm(address: string, key: string): string {
  return [
    `<form method="post" action="${address}/zh-CN/sign-in">`,
    `  <input type="hidden" name="key" value="${key}">`,
    '  <input type="hidden" name="token" value="IDENTITY_TOKEN">',
    "  <button>帮助中心 · Help</button>",
    "</form>",
  ].join("\n");
}

function Links(props: {
  value: FooterLink[];
  disabled: boolean;
  problem: (field: string) => string | undefined;
  onChange: (links: FooterLink[]) => void;
}) {
  const t = useT("settings");
  const { value, disabled, onChange } = props;
  const change = (index: number, link: FooterLink) =>
    onChange(value.map((old, i) => (i === index ? link : old)));
  return (
    <div>
      {value.map((link, index) => (
        <div className="qh-link" key={index}>
          {LANGUAGES.map((language) => {
            const label = t(language === "en" ? "helpcenter.labelEn" : "helpcenter.labelZh");
            return (
              <Input
                key={language}
                aria-label={`${label} ${index + 1}`}
                placeholder={label}
                maxLength={120}
                lang={language}
                disabled={disabled}
                value={link.label[language]}
                onChange={(event) =>
                  change(index, { ...link, label: { ...link.label, [language]: event.target.value } })
                }
              />
            );
          })}
          <Input
            aria-label={`${t("helpcenter.url")} ${index + 1}`}
            placeholder="https://"
            maxLength={500}
            disabled={disabled}
            {...(props.problem(`footer_links.${index}.url`) ? { status: "error" as const } : {})}
            value={link.url}
            onChange={(event) => change(index, { ...link, url: event.target.value })}
          />
          <Button
            type="text"
            disabled={disabled}
            icon={<X size={15} />}
            aria-label={t("helpcenter.removeLink", { n: index + 1 })}
            onClick={() => onChange(value.filter((_, i) => i !== index))}
          />
        </div>
      ))}
      <Button
        icon={<Plus size={14} />}
        disabled={disabled || value.length >= 8}
        onClick={() => onChange([...value, { label: { "zh-CN": "", en: "" }, url: "" }])}
      >
        {t("helpcenter.addLink")}
      </Button>
    </div>
  );
}

function Logo(props: { url: string | null; disabled: boolean }) {
  const t = useT("settings");
  const options = { stale: ["/helpcenter/settings"], done: t("helpcenter.logoSaved") };
  const put = useSubmit((file: File) => api.put<HelpSettingsView>("/helpcenter/logo", file), options);
  const remove = useSubmit(() => api.delete<HelpSettingsView>("/helpcenter/logo"), options);
  return (
    <div className="qh-logo">
      {props.url && <img src={props.url} alt={t("helpcenter.logo")} />}
      <Upload
        accept="image/png,image/jpeg,image/gif,image/webp"
        showUploadList={false}
        disabled={props.disabled}
        beforeUpload={(file) => {
          void put.run(file);
          return false;
        }}
      >
        <Button icon={<ImageUp size={15} />} loading={put.busy} disabled={props.disabled}>
          {t(props.url ? "helpcenter.logoReplace" : "helpcenter.logoUpload")}
        </Button>
      </Upload>
      {props.url && (
        <Button
          type="text"
          icon={<Trash2 size={15} />}
          aria-label={t("helpcenter.logoRemove")}
          loading={remove.busy}
          disabled={props.disabled}
          onClick={() => void remove.run()}
        />
      )}
    </div>
  );
}

export default function HelpCentre() {
  const t = useT("settings");
  const mayEdit = useCan("settings.manage");
  const stored = useOne<HelpSettingsView>("/helpcenter/settings");
  const draft = useDraft<HelpSettings>(EMPTY);
  const { value, set, accept, dirty, problem } = draft;
  useEffect(() => {
    if (stored.data && !dirty) accept(stored.data.settings);
  }, [stored.data, dirty, accept]);
  useUnsavedGuard(dirty);
  const save = useSubmit(() => api.put<HelpSettingsView>("/helpcenter/settings", finished(value)), {
    stale: ["/helpcenter/settings"],
    draft,
    done: t("kit.saved"),
    onDone: (saved) => accept(saved.settings),
  });
  const words = (field: "title" | "welcome", language: (typeof LANGUAGES)[number]) => (
    <Field
      key={`${field}-${language}`}
      label={`${t(`helpcenter.${field}`)}${t(language === "en" ? "helpcenter.inEn" : "helpcenter.inZh")}`}
      htmlFor={`help-${field}-${language}`}
      help={language === "zh-CN" ? t(`helpcenter.${field}Help`) : undefined}
      problem={problem(`${field}.${language}`)}
    >
      <Input
        id={`help-${field}-${language}`}
        maxLength={field === "title" ? 120 : 500}
        lang={language}
        disabled={!mayEdit}
        value={value[field][language]}
        onChange={(event) => set({ [field]: { ...value[field], [language]: event.target.value } })}
      />
    </Field>
  );
  const address = stored.data?.address ?? "";
  return (
    <Page
      wide
      title={t("nav.helpcenter")}
      description={t("helpcenter.description")}
      actions={
        <Button href="/help" target="_blank" icon={<ExternalLink size={15} />}>
          {t("helpcenter.open")}
        </Button>
      }
    >
      <PortalNotice />
      <State loading={stored.isPending} error={stored.error} onRetry={() => void stored.refetch()}>
        <div className="qh-columns">
          <div>
            <FormProblem problems={draft.problems} shown={["title", "welcome", "accent", "home_url"]} />
            <Section>
              <Field label={t("helpcenter.enabled")} help={t("helpcenter.enabledText")}>
                <Toggle checked={value.enabled} onChange={(enabled) => mayEdit && set({ enabled })}>
                  {address}
                </Toggle>
              </Field>
              <Field label={t("helpcenter.indexed")} help={t("helpcenter.indexedText")}>
                <Toggle
                  checked={value.indexed}
                  aria-label={t("helpcenter.indexed")}
                  onChange={(indexed) => mayEdit && set({ indexed })}
                >
                  {t(value.indexed ? "kit.on" : "kit.off")}
                </Toggle>
              </Field>
            </Section>
            <Section title={t("helpcenter.look")}>
              <Grid>{LANGUAGES.map((language) => words("title", language))}</Grid>
              <Grid>{LANGUAGES.map((language) => words("welcome", language))}</Grid>
              <Field label={t("helpcenter.logo")} help={t("helpcenter.logoHelp")}>
                <Logo url={stored.data?.logo_url ?? null} disabled={!mayEdit} />
              </Field>
              <Grid>
                <Field
                  label={t("helpcenter.accent")}
                  help={t("helpcenter.accentHelp")}
                  problem={problem("accent")}
                >
                  <ColorPicker
                    showText
                    disabledAlpha
                    disabled={!mayEdit}
                    value={value.accent}
                    onChangeComplete={(colour) => set({ accent: colour.toHexString().slice(0, 7) })}
                  />
                </Field>
                <Field label={t("helpcenter.theme")}>
                  <Segmented
                    disabled={!mayEdit}
                    value={value.theme}
                    onChange={(theme) => set({ theme })}
                    options={(["auto", "light", "dark"] as const).map((theme) => ({
                      value: theme,
                      label: t(`helpcenter.themes.${theme}`),
                    }))}
                  />
                </Field>
              </Grid>
            </Section>
            <Section title={t("helpcenter.links")}>
              <Field
                label={t("helpcenter.homeUrl")}
                htmlFor="help-home"
                help={t("helpcenter.homeUrlHelp")}
                problem={problem("home_url")}
              >
                <Input
                  id="help-home"
                  placeholder="https://"
                  maxLength={500}
                  disabled={!mayEdit}
                  value={value.home_url ?? ""}
                  onChange={(event) => set({ home_url: event.target.value || null })}
                />
              </Field>
              <Field label={t("helpcenter.footer")} help={t("helpcenter.footerHelp")}>
                <Links
                  value={value.footer_links}
                  disabled={!mayEdit}
                  problem={problem}
                  onChange={(footer_links) => set({ footer_links })}
                />
              </Field>
            </Section>
            <Section title={t("helpcenter.chat")} description={t("helpcenter.chatText")}>
              <Field label={t("helpcenter.chatOn")}>
                <Toggle
                  checked={value.chat}
                  aria-label={t("helpcenter.chatOn")}
                  onChange={(chat) => mayEdit && set({ chat })}
                >
                  {t(value.chat ? "kit.on" : "kit.off")}
                </Toggle>
              </Field>
              {value.chat && (
                <Field label={t("helpcenter.inbox")} htmlFor="help-inbox" problem={problem("inbox_id")}>
                  <Select
                    id="help-inbox"
                    allowClear
                    disabled={!mayEdit}
                    placeholder={t("helpcenter.inboxFirst")}
                    value={value.inbox_id}
                    onChange={(id: string | undefined) => set({ inbox_id: id ?? null })}
                    options={(stored.data?.inboxes ?? []).map((inbox) => ({
                      value: inbox.id,
                      label: inbox.name,
                    }))}
                  />
                </Field>
              )}
            </Section>
            <Section title={t("helpcenter.customers")} description={t("helpcenter.customersText")}>
              <Code text={signInForm(address, "SITE_KEY")} label={t("helpcenter.customers")} />
            </Section>
            {mayEdit && (
              <SaveBar
                dirty={dirty}
                saving={save.busy}
                onReset={draft.reset}
                onSave={() => void save.run()}
              />
            )}
          </div>
          <Preview settings={value} logo={stored.data?.logo_url ?? null} />
        </div>
      </State>
    </Page>
  );
}
