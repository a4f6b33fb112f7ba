import { useParams } from "@tanstack/react-router";
import { Alert, Button, ColorPicker, Input, Segmented, Select, Switch, Tabs, Typography } from "antd";
import { ExternalLink, Eye, EyeOff, Plus, RefreshCw, X } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useMe } from "@/app/session";
import { Invitations } from "../invitations/Invitations";
import {
  Code,
  CopyButton,
  Field,
  FormProblem,
  Grid,
  leaveSaved,
  Page,
  SaveBar,
  Section,
  State,
  Toggle,
  useConfirm,
  useDraft,
  useOne,
  useSubmit,
  useUnsavedGuard,
} from "../kit";
import type { Inbox } from "../types";
import { Basics } from "./Basics";
import { finishWebchat, readWebchat, type Language as Tongue, type WebchatSettings } from "./model";
import {
  apiReceiveSample,
  apiSendSample,
  embedSnippet,
  identifiedSnippet,
  identitySample,
  LANGUAGES,
  type Language,
  readOrigins,
} from "./snippets";
import { WidgetPreview } from "./WidgetPreview";

interface InboxDraft {
  name: string;
  queue_id: string | null;
  calendar_id: string | null;
  bot_enabled: boolean;
  active: boolean;
  web: WebchatSettings;
  origins: string;
  callback_url: string;
}

const LANGUAGE_NAMES: Record<Language, string> = {
  node: "Node.js",
  python: "Python",
  php: "PHP",
  java: "Java",
};

function draftOf(inbox: Inbox): InboxDraft {
  const web = readWebchat(inbox.settings ?? {});
  return {
    name: inbox.name,
    queue_id: inbox.queue_id,
    calendar_id: inbox.calendar_id,
    bot_enabled: inbox.bot_enabled,
    active: inbox.active,
    web,
    origins: web.allowed_origins.join("\n"),
    callback_url: typeof inbox.settings?.callback_url === "string" ? inbox.settings.callback_url : "",
  };
}

/** A key or secret: hidden until asked for, copied without being shown. */
function Secret(props: { value: string; label: string }) {
  const t = useT("settings");
  const [shown, setShown] = useState(false);
  return (
    <div className="qs-row">
      <Typography.Text code translate="no" className="qs-key">
        {shown ? props.value : "•".repeat(24)}
      </Typography.Text>
      <Button
        type="text"
        icon={shown ? <EyeOff size={15} /> : <Eye size={15} />}
        aria-label={t(shown ? "inboxes.hide" : "inboxes.show", { name: props.label })}
        onClick={() => setShown(!shown)}
      />
      <CopyButton text={props.value} />
    </div>
  );
}

function Suggestions(props: { value: string[]; onChange: (value: string[]) => void }) {
  const t = useT("settings");
  const { value, onChange } = props;
  return (
    <div className="qs-stack">
      {value.map((text, index) => (
        <div className="qs-row qs-nowrap" key={index}>
          <Input
            value={text}
            maxLength={80}
            aria-label={t("inboxes.suggestionN", { n: index + 1 })}
            onChange={(event) => onChange(value.map((old, i) => (i === index ? event.target.value : old)))}
          />
          <Button
            type="text"
            icon={<X size={15} />}
            aria-label={t("kit.remove")}
            onClick={() => onChange(value.filter((_, i) => i !== index))}
          />
        </div>
      ))}
      <div>
        <Button
          icon={<Plus size={14} />}
          disabled={value.length >= 8}
          onClick={() => onChange([...value, ""])}
        >
          {t("inboxes.addSuggestion")}
        </Button>
      </div>
    </div>
  );
}

export default function InboxEditor() {
  const t = useT("settings");
  const invitations = useT("settings/invitations");
  const me = useMe();
  const go = useGo();
  const confirm = useConfirm();
  const { inboxId } = useParams({ strict: false }) as { inboxId: string };
  const isNew = inboxId.startsWith("new-");
  const inbox = useOne<Inbox>(isNew ? null : `/inboxes/${inboxId}`);
  const channel: Inbox["channel"] = isNew
    ? inboxId === "new-api"
      ? "api"
      : "webchat"
    : (inbox.data?.channel ?? "webchat");
  const [language, setLanguage] = useState<Language>("node");
  const [tab, setTab] = useState("basics");
  const [tongue, setTongue] = useState<Tongue>(useLocale());
  const draft = useDraft<InboxDraft>({
    name: "",
    queue_id: null,
    calendar_id: null,
    bot_enabled: true,
    active: true,
    web: readWebchat({}),
    origins: "",
    callback_url: "",
  });
  const { value, set, accept, dirty, problem } = draft;
  const setWeb = (change: Partial<WebchatSettings>) => set({ web: { ...value.web, ...change } });
  useEffect(() => {
    if (inbox.data && !dirty) accept(draftOf(inbox.data));
  }, [inbox.data, dirty, accept]);
  useUnsavedGuard(dirty);

  const save = useSubmit(
    () => {
      const { name, queue_id, calendar_id, bot_enabled, active, web } = value;
      const settings =
        channel === "webchat"
          ? finishWebchat(web, readOrigins(value.origins).origins)
          : { callback_url: value.callback_url.trim() || null };
      const body = { name: name.trim(), queue_id, calendar_id, bot_enabled, settings };
      return isNew
        ? api.post<Inbox>("/inboxes", { ...body, channel })
        : api.patch<Inbox>(`/inboxes/${inboxId}`, { ...body, active });
    },
    {
      stale: ["/inboxes"],
      draft,
      done: t(isNew ? "inboxes.created" : "kit.saved"),
      onDone: (saved) => {
        accept(draftOf(saved));
        if (isNew)
          leaveSaved(() => {
            setTab("install");
            go(`/settings/inboxes/${saved.id}`, { replace: true });
          });
      },
    },
  );
  const rotate = useSubmit(() => api.post(`/inboxes/${inboxId}/rotate-secret`), {
    stale: ["/inboxes"],
    done: t("inboxes.rotated"),
  });
  const submit = () => {
    const faults = [];
    if (!value.name.trim()) faults.push({ field: "name", message: t("kit.required") });
    const { wrong } = readOrigins(value.origins);
    if (wrong.length)
      faults.push({
        field: "allowed_origins",
        message: t("inboxes.originsWrong", { list: wrong.join(t("roles.comma")) }),
      });
    if (value.callback_url.trim() && !/^https?:\/\/\S+$/.test(value.callback_url.trim()))
      faults.push({ field: "callback_url", message: t("inboxes.callbackWrong") });
    if (faults.length) {
      draft.refuse(faults);
      setTab(
        faults.some((fault) => fault.field === "allowed_origins") &&
          !faults.some((fault) => fault.field === "name")
          ? "security"
          : "basics",
      );
    } else void save.run();
  };
  const origin = location.origin;
  const key = inbox.data?.key ?? "";

  const basics = (
    <>
      <Section title={t("inboxes.basics")}>
        <Basics
          value={value}
          onChange={set}
          problem={problem}
          isNew={isNew}
          example={t(`inboxes.nameExample.${channel}`)}
          calendarHelp={t("inboxes.calendarHelp")}
        />
        {channel === "api" && (
          <Field
            label={t("inboxes.callback")}
            htmlFor="inbox-callback"
            help={t("inboxes.callbackHelp")}
            problem={problem("callback_url")}
          >
            <Input
              id="inbox-callback"
              type="url"
              placeholder="https://example.com/qiao/messages"
              value={value.callback_url}
              onChange={(event) => set({ callback_url: event.target.value })}
            />
          </Field>
        )}
      </Section>
      {channel === "webchat" && (
        <Section
          title={t("inboxes.appearance")}
          description={t("inboxes.appearanceText")}
          extra={
            <Segmented<Tongue>
              value={tongue}
              onChange={setTongue}
              aria-label={t("inboxes.tongue")}
              options={[
                { value: "zh-CN", label: "中文" },
                { value: "en", label: "English" },
              ]}
            />
          }
        >
          <Grid>
            <Field
              label={t("inboxes.title")}
              htmlFor="inbox-title"
              help={t("inboxes.titleHelp")}
              problem={problem("title")}
            >
              <Input
                id="inbox-title"
                maxLength={60}
                lang={tongue}
                placeholder={me.workspace.name}
                value={value.web.title[tongue]}
                onChange={(event) => setWeb({ title: { ...value.web.title, [tongue]: event.target.value } })}
              />
            </Field>
            <Field
              label={t("inboxes.botName")}
              htmlFor="inbox-bot-name"
              help={t("inboxes.botNameHelp")}
              problem={problem("bot_name")}
            >
              <Input
                id="inbox-bot-name"
                maxLength={40}
                lang={tongue}
                value={value.web.bot_name[tongue]}
                onChange={(event) =>
                  setWeb({ bot_name: { ...value.web.bot_name, [tongue]: event.target.value } })
                }
              />
            </Field>
          </Grid>
          <Field
            label={t("inboxes.greeting")}
            htmlFor="inbox-greeting"
            help={t("inboxes.greetingHelp")}
            problem={problem("greeting")}
          >
            <Input.TextArea
              id="inbox-greeting"
              autoSize={{ minRows: 2, maxRows: 8 }}
              maxLength={500}
              lang={tongue}
              value={value.web.greeting[tongue]}
              placeholder={t("inboxes.preview.greeting")}
              onChange={(event) =>
                setWeb({ greeting: { ...value.web.greeting, [tongue]: event.target.value } })
              }
            />
          </Field>
          <Field
            label={t("inboxes.suggestions")}
            help={t("inboxes.suggestionsHelp")}
            problem={problem("suggestions")}
          >
            <Suggestions
              value={value.web.suggestions[tongue]}
              onChange={(items) => setWeb({ suggestions: { ...value.web.suggestions, [tongue]: items } })}
            />
          </Field>
          <Grid columns={3}>
            <Field label={t("inboxes.accent")} problem={problem("accent")}>
              <ColorPicker
                showText
                disabledAlpha
                value={value.web.accent}
                onChange={(color) => setWeb({ accent: color.toHexString().slice(0, 7) })}
                presets={[
                  {
                    label: t("inboxes.accents"),
                    colors: ["#3557d6", "#0a7f5a", "#c2410c", "#b4236a", "#6d3fc4", "#1f2937"],
                  },
                ]}
              />
            </Field>
            <Field label={t("inboxes.position")} problem={problem("position")}>
              <Segmented<"left" | "right">
                aria-label={t("inboxes.position")}
                value={value.web.position}
                onChange={(position) => setWeb({ position })}
                options={[
                  { value: "left", label: t("inboxes.left") },
                  { value: "right", label: t("inboxes.right") },
                ]}
              />
            </Field>
            <Field label={t("inboxes.theme")} problem={problem("theme")}>
              <Select
                aria-label={t("inboxes.theme")}
                value={value.web.theme}
                onChange={(theme) => setWeb({ theme })}
                options={(["auto", "light", "dark"] as const).map((theme) => ({
                  value: theme,
                  label: t(`inboxes.themes.${theme}`),
                }))}
              />
            </Field>
          </Grid>
          <Field label={t("inboxes.typing")} help={t("inboxes.typingHelp")}>
            <Switch
              checked={value.web.show_typing_preview}
              aria-label={t("inboxes.typing")}
              onChange={(show_typing_preview) => setWeb({ show_typing_preview })}
            />
          </Field>
        </Section>
      )}
    </>
  );

  const install =
    channel === "webchat" ? (
      <Section title={t("inboxes.install")} description={t("inboxes.installText")}>
        {isNew ? (
          <Alert type="info" showIcon title={t("inboxes.afterCreate")} />
        ) : (
          <>
            <Code label={t("inboxes.install")} text={embedSnippet(origin, key)} />
            <p className="qs-after">
              <a
                href={`/widget/frame?key=${encodeURIComponent(key)}`}
                target="_blank"
                rel="noreferrer"
                className="qs-inline"
              >
                <ExternalLink size={14} aria-hidden />
                {t("inboxes.tryWidget")}
              </a>
            </p>
          </>
        )}
      </Section>
    ) : (
      <Section title={t("inboxes.apiUse")} description={t("inboxes.apiUseText")}>
        {isNew ? (
          <Alert type="info" showIcon title={t("inboxes.afterCreate")} />
        ) : (
          <div className="qs-stack">
            <h3>{t("inboxes.apiSend")}</h3>
            <Code label={t("inboxes.apiSend")} text={apiSendSample(origin, key)} />
            <h3>{t("inboxes.apiReceive")}</h3>
            <p className="qk-muted">{t("inboxes.apiReceiveText")}</p>
            <Code label={t("inboxes.apiReceive")} text={apiReceiveSample(origin, key)} />
          </div>
        )}
      </Section>
    );

  const security = (
    <>
      {channel === "webchat" && (
        <Section title={t("inboxes.origins")} description={t("inboxes.originsText")}>
          <Field
            label={t("inboxes.originsLabel")}
            htmlFor="inbox-origins"
            help={t("inboxes.originsHelp")}
            problem={problem("allowed_origins")}
          >
            <Input.TextArea
              id="inbox-origins"
              autoSize={{ minRows: 3, maxRows: 10 }}
              placeholder={"https://shop.example.com\nhttps://www.example.com"}
              value={value.origins}
              onChange={(event) => set({ origins: event.target.value })}
            />
          </Field>
        </Section>
      )}
      <Section
        title={t(channel === "webchat" ? "inboxes.identity" : "inboxes.signature")}
        description={t(channel === "webchat" ? "inboxes.identityText" : "inboxes.signatureText")}
        extra={
          !isNew && (
            <Button
              icon={<RefreshCw size={14} />}
              loading={rotate.busy}
              onClick={() =>
                confirm({
                  title: t("inboxes.rotateTitle"),
                  text: t("inboxes.rotateText"),
                  ok: t("inboxes.rotate"),
                  run: () => rotate.run(),
                })
              }
            >
              {t("inboxes.rotate")}
            </Button>
          )
        }
      >
        {isNew || !inbox.data?.secret ? (
          <Alert type="info" showIcon title={t("inboxes.afterCreate")} />
        ) : (
          <div className="qs-stack">
            <Secret value={inbox.data.secret} label={t("inboxes.secret")} />
            {channel === "webchat" && (
              <>
                <p className="qk-muted">{t("inboxes.identityStep1")}</p>
                <Tabs
                  size="small"
                  activeKey={language}
                  onChange={(active) => setLanguage(active as Language)}
                  items={LANGUAGES.map((item) => ({
                    key: item,
                    label: LANGUAGE_NAMES[item],
                    children: <Code label={LANGUAGE_NAMES[item]} text={identitySample(item)} />,
                  }))}
                />
                <p className="qk-muted">{t("inboxes.identityStep2")}</p>
                <Code label={t("inboxes.install")} text={identifiedSnippet(origin, key)} />
              </>
            )}
          </div>
        )}
      </Section>
    </>
  );

  return (
    <Page
      wide
      title={isNew ? t(`inboxes.newTitle.${channel}`) : (inbox.data?.name ?? t("nav.inboxes"))}
      description={!isNew && t(`inboxes.channels.${channel}`)}
      onBack={() => go("/settings/inboxes")}
      actions={
        !isNew && (
          <Toggle checked={value.active} onChange={(active) => set({ active })}>
            {t(value.active ? "inboxes.active" : "inboxes.inactive")}
          </Toggle>
        )
      }
    >
      <State loading={!isNew && inbox.isPending} error={inbox.error} onRetry={() => void inbox.refetch()}>
        <div className={channel === "webchat" ? "qs-split qs-split-preview" : ""}>
          <div>
            <FormProblem
              problems={draft.problems}
              shown={[
                "name",
                "queue",
                "calendar",
                "greeting",
                "suggestions",
                "accent",
                "position",
                "theme",
                "allowed_origins",
                "callback",
              ]}
            />
            <Tabs
              activeKey={tab}
              onChange={setTab}
              items={[
                { key: "basics", label: t("inboxes.tab.basics"), children: basics },
                {
                  key: "install",
                  label: t(channel === "webchat" ? "inboxes.tab.install" : "inboxes.tab.api"),
                  children: install,
                },
                { key: "security", label: t("inboxes.tab.security"), children: security },
                ...(channel === "webchat" && !isNew
                  ? [
                      {
                        key: "invitations",
                        label: invitations("tab"),
                        children: <Invitations inboxId={inboxId} accent={value.web.accent} />,
                      },
                    ]
                  : []),
              ]}
            />
          </div>
          {channel === "webchat" && (
            <aside className="qs-preview">
              <h2>{t("inboxes.previewTitle")}</h2>
              <WidgetPreview
                settings={value.web}
                company={me.workspace.name}
                botEnabled={value.bot_enabled}
                language={tongue}
              />
            </aside>
          )}
        </div>
        <SaveBar
          dirty={dirty}
          saving={save.busy}
          onSave={submit}
          onReset={draft.reset}
          {...(isNew ? { saveText: t("kit.create") } : {})}
        />
      </State>
    </Page>
  );
}
