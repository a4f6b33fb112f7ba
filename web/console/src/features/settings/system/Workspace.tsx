import { useQueryClient } from "@tanstack/react-query";
import { Input, InputNumber, Select, Switch } from "antd";
import { useEffect } from "react";
import { api } from "@/api/client";
import type { Workspace as WorkspaceBody } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { meQuery } from "@/app/session";
import { zoneOptions } from "../hours/zones";
import {
  Field,
  FormProblem,
  Grid,
  Page,
  SaveBar,
  Section,
  State,
  useDraft,
  useOne,
  useSubmit,
  useUnsavedGuard,
} from "../kit";
import { regionOptions } from "./regions";

interface WorkspaceDraft {
  name: string;
  locale: string;
  timezone: string;
  reopen_hours: number;
  wrap_up_required: boolean;
  upload_max_mb: number;
  service_level_s: number;
  phone_region: string;
  tags: string[];
}

const MB = 1024 * 1024;

function draftOf(workspace: WorkspaceBody): WorkspaceDraft {
  const settings = workspace.settings as {
    reopen_hours?: number;
    wrap_up_required?: boolean;
    upload_max_bytes?: number;
    service_level_s?: number;
    phone_region?: string;
    tags?: string[];
  };
  return {
    name: workspace.name,
    locale: workspace.locale,
    timezone: workspace.timezone,
    reopen_hours: settings.reopen_hours ?? 48,
    wrap_up_required: settings.wrap_up_required ?? false,
    upload_max_mb: Math.max(1, Math.round((settings.upload_max_bytes ?? 20 * MB) / MB)),
    service_level_s: settings.service_level_s ?? 30,
    phone_region: settings.phone_region ?? "CN",
    tags: settings.tags ?? [],
  };
}

export default function Workspace() {
  const t = useT("settings");
  const locale = useLocale();
  const client = useQueryClient();
  const workspace = useOne<WorkspaceBody>("/workspace");
  const draft = useDraft<WorkspaceDraft>({
    name: "",
    locale: "zh-CN",
    timezone: "Asia/Shanghai",
    reopen_hours: 48,
    wrap_up_required: false,
    upload_max_mb: 20,
    service_level_s: 30,
    phone_region: "CN",
    tags: [],
  });
  const { value, set, accept, dirty, problem } = draft;
  useEffect(() => {
    if (workspace.data && !dirty) accept(draftOf(workspace.data));
  }, [workspace.data, dirty, accept]);
  useUnsavedGuard(dirty);
  const save = useSubmit(
    () => {
      const {
        name,
        locale: language,
        timezone,
        reopen_hours,
        wrap_up_required,
        upload_max_mb,
        service_level_s,
        phone_region,
        tags,
      } = value;
      return api.patch<WorkspaceBody>("/workspace", {
        name: name.trim(),
        locale: language,
        timezone,
        settings: {
          reopen_hours,
          wrap_up_required,
          upload_max_bytes: upload_max_mb * MB,
          service_level_s,
          phone_region,
          tags,
        },
      });
    },
    {
      stale: ["/workspace"],
      draft,
      done: t("kit.saved"),
      onDone: (saved) => {
        accept(draftOf(saved));
        void client.invalidateQueries({ queryKey: meQuery.queryKey });
      },
    },
  );
  return (
    <Page title={t("nav.workspace")} description={t("workspace.description")}>
      <State loading={workspace.isPending} error={workspace.error} onRetry={() => void workspace.refetch()}>
        <FormProblem
          problems={draft.problems}
          shown={[
            "name",
            "locale",
            "timezone",
            "phone_region",
            "reopen",
            "wrap_up",
            "upload",
            "service_level",
            "tags",
          ]}
        />
        <Section title={t("workspace.company")}>
          <Field
            label={t("workspace.name")}
            htmlFor="workspace-name"
            required
            help={t("workspace.nameHelp")}
            problem={problem("name")}
          >
            <Input
              id="workspace-name"
              maxLength={120}
              value={value.name}
              onChange={(event) => set({ name: event.target.value })}
            />
          </Field>
          <Grid>
            <Field
              label={t("workspace.locale")}
              htmlFor="workspace-locale"
              help={t("workspace.localeHelp")}
              problem={problem("locale")}
            >
              <Select
                id="workspace-locale"
                value={value.locale}
                onChange={(language) => set({ locale: language })}
                options={[
                  { value: "zh-CN", label: "简体中文" },
                  { value: "en", label: "English" },
                ]}
              />
            </Field>
            <Field
              label={t("hours.timezone")}
              htmlFor="workspace-zone"
              help={t("workspace.zoneHelp")}
              problem={problem("timezone")}
            >
              <Select
                id="workspace-zone"
                showSearch={{ optionFilterProp: "label" }}
                value={value.timezone}
                onChange={(timezone) => set({ timezone })}
                options={zoneOptions(locale, value.timezone)}
              />
            </Field>
            <Field
              label={t("workspace.region")}
              htmlFor="workspace-region"
              help={t("workspace.regionHelp")}
              problem={problem("phone_region")}
            >
              <Select
                id="workspace-region"
                showSearch={{ optionFilterProp: "label" }}
                value={value.phone_region}
                onChange={(phone_region) => set({ phone_region })}
                options={regionOptions(locale, value.phone_region)}
              />
            </Field>
          </Grid>
        </Section>
        <Section title={t("workspace.rules")}>
          <Field
            label={t("workspace.reopen")}
            htmlFor="workspace-reopen"
            help={t("workspace.reopenHelp")}
            problem={problem("reopen_hours")}
          >
            <InputNumber
              id="workspace-reopen"
              min={0}
              max={720}
              style={{ width: 160 }}
              suffix={t("workspace.hours")}
              value={value.reopen_hours}
              onChange={(hours) => set({ reopen_hours: hours ?? 0 })}
            />
          </Field>
          <Field
            label={t("workspace.level")}
            htmlFor="workspace-level"
            help={t("workspace.levelHelp")}
            problem={problem("service_level_s")}
          >
            <InputNumber
              id="workspace-level"
              min={1}
              max={3600}
              style={{ width: 160 }}
              suffix={t("kit.seconds")}
              value={value.service_level_s}
              onChange={(seconds) => set({ service_level_s: seconds ?? 30 })}
            />
          </Field>
          <Field
            label={t("workspace.tags")}
            htmlFor="workspace-tags"
            help={t("workspace.tagsHelp")}
            problem={problem("tags")}
          >
            <Select
              id="workspace-tags"
              mode="tags"
              open={false}
              suffixIcon={null}
              tokenSeparators={[",", "，"]}
              placeholder={t("workspace.tagsHint")}
              value={value.tags}
              onChange={(tags) => set({ tags: tags.map((tag) => tag.trim()).filter(Boolean) })}
            />
          </Field>
          <Field
            label={t("workspace.wrapUp")}
            help={t("workspace.wrapUpHelp")}
            problem={problem("wrap_up_required")}
          >
            <Switch
              checked={value.wrap_up_required}
              aria-label={t("workspace.wrapUp")}
              onChange={(wrap_up_required) => set({ wrap_up_required })}
            />
          </Field>
          <Field
            label={t("workspace.upload")}
            htmlFor="workspace-upload"
            help={t("workspace.uploadHelp")}
            problem={problem("upload_max_bytes")}
          >
            <InputNumber
              id="workspace-upload"
              min={1}
              max={200}
              style={{ width: 160 }}
              suffix="MB"
              value={value.upload_max_mb}
              onChange={(size) => set({ upload_max_mb: size ?? 20 })}
            />
          </Field>
        </Section>
        <SaveBar
          dirty={dirty}
          saving={save.busy}
          onReset={draft.reset}
          onSave={() =>
            value.name.trim()
              ? void save.run()
              : draft.refuse([{ field: "name", message: t("kit.required") }])
          }
        />
      </State>
    </Page>
  );
}
