import { Button, Input, InputNumber, Select } from "antd";
import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import { useEffect } from "react";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
import {
  Field,
  FormProblem,
  Page,
  SaveBar,
  Section,
  State,
  useDraft,
  useOne,
  useSubmit,
  useUnsavedGuard,
} from "../kit";
import { checkList, finishList, type Labelled, move, type RoutingSettings, readLabelled } from "./lists";

function ListEditor(props: {
  id: string;
  value: Labelled[];
  onChange: (value: Labelled[]) => void;
  addText: string;
  withState?: boolean;
}) {
  const t = useT("settings");
  const { value, onChange } = props;
  const faults = checkList(value);
  const row = props.withState ? "qs-listrow qs-listrow-state" : "qs-listrow";
  const setLabel = (index: number, locale: "zh-CN" | "en", text: string) =>
    onChange(
      value.map((item, i) => (i === index ? { ...item, label: { ...item.label, [locale]: text } } : item)),
    );
  return (
    <div className="qs-stack">
      {value.length > 0 && (
        <div className={row} aria-hidden>
          <span className="qk-muted">中文</span>
          <span className="qk-muted">English</span>
          {props.withState && <span className="qk-muted">{t("lists.state")}</span>}
          <span />
        </div>
      )}
      {value.map((item, index) => {
        const fault = faults.find((found) => found.index === index);
        return (
          <div key={item.key || `new-${index}`}>
            <div className={row}>
              <Input
                id={`${props.id}-${index}`}
                lang="zh-CN"
                maxLength={60}
                value={item.label["zh-CN"]}
                aria-label={t("lists.zhOf", { n: index + 1 })}
                {...(fault ? { status: "error" as const } : {})}
                onChange={(event) => setLabel(index, "zh-CN", event.target.value)}
              />
              <Input
                lang="en"
                maxLength={60}
                value={item.label.en}
                aria-label={t("lists.enOf", { n: index + 1 })}
                onChange={(event) => setLabel(index, "en", event.target.value)}
              />
              {props.withState && (
                <Select
                  value={item.state ?? "away"}
                  aria-label={t("lists.stateOf", { n: index + 1 })}
                  onChange={(state) =>
                    onChange(value.map((old, i) => (i === index ? { ...old, state } : old)))
                  }
                  options={(["away", "busy"] as const).map((state) => ({
                    value: state,
                    label: t(`lists.states.${state}`),
                  }))}
                />
              )}
              <span>
                <Button
                  type="text"
                  icon={<ArrowUp size={14} />}
                  aria-label={t("kit.up")}
                  disabled={index === 0}
                  onClick={() => onChange(move(value, index, index - 1))}
                />
                <Button
                  type="text"
                  icon={<ArrowDown size={14} />}
                  aria-label={t("kit.down")}
                  disabled={index === value.length - 1}
                  onClick={() => onChange(move(value, index, index + 1))}
                />
                <Button
                  type="text"
                  icon={<X size={14} />}
                  aria-label={t("kit.deleteNamed", {
                    name: item.label["zh-CN"] || item.label.en || index + 1,
                  })}
                  onClick={() => onChange(value.filter((_, i) => i !== index))}
                />
              </span>
            </div>
            {fault && (
              <div role="alert" className="qs-fault">
                {t(`lists.fault.${fault.fault}`)}
              </div>
            )}
          </div>
        );
      })}
      <div>
        <Button
          icon={<Plus size={14} />}
          onClick={() => {
            onChange([
              ...value,
              {
                key: "",
                label: { "zh-CN": "", en: "" },
                ...(props.withState ? { state: "away" as const } : {}),
              },
            ]);
            setTimeout(() => document.getElementById(`${props.id}-${value.length}`)?.focus(), 0);
          }}
        >
          {props.addText}
        </Button>
      </div>
    </div>
  );
}

interface ListsDraft {
  reasons: Labelled[];
  dispositions: Labelled[];
  weights: Record<string, number>;
  missed: number;
  keep: number;
}

function draftOf(settings: RoutingSettings): ListsDraft {
  return {
    reasons: (settings.presence_reasons ?? []).map(readLabelled),
    dispositions: (settings.dispositions ?? []).map(readLabelled),
    weights: Object.fromEntries(
      Object.entries(settings.channel_weights ?? {}).map(([channel, weight]) => [channel, Number(weight)]),
    ),
    missed: settings.missed_offers_to_away ?? 2,
    keep: settings.log_retention_days ?? 180,
  };
}

export default function Lists() {
  const t = useT("settings");
  const settings = useOne<RoutingSettings>("/routing/settings");
  const draft = useDraft<ListsDraft>({ reasons: [], dispositions: [], weights: {}, missed: 2, keep: 180 });
  const { value, set, accept, dirty } = draft;
  useEffect(() => {
    if (settings.data && !dirty) accept(draftOf(settings.data));
  }, [settings.data, dirty, accept]);
  useUnsavedGuard(dirty);
  const save = useSubmit(
    () =>
      api.put<RoutingSettings>("/routing/settings", {
        missed_offers_to_away: value.missed,
        log_retention_days: value.keep,
        presence_reasons: finishList(value.reasons),
        dispositions: finishList(value.dispositions),
        channel_weights: value.weights,
      }),
    {
      stale: ["/routing/settings"],
      draft,
      done: t("kit.saved"),
      onDone: (saved) => accept(draftOf(saved)),
    },
  );
  const channels = [...new Set(["webchat", "api", ...Object.keys(value.weights)])];
  return (
    <Page title={t("nav.lists")} description={t("lists.description")}>
      <State loading={settings.isPending} error={settings.error} onRetry={() => void settings.refetch()}>
        <FormProblem problems={draft.problems} />
        <Section title={t("lists.dispositions")} description={t("lists.dispositionsText")}>
          <ListEditor
            id="disposition"
            value={value.dispositions}
            onChange={(dispositions) => set({ dispositions })}
            addText={t("lists.addDisposition")}
          />
        </Section>
        <Section title={t("lists.reasons")} description={t("lists.reasonsText")}>
          <ListEditor
            withState
            id="reason"
            value={value.reasons}
            onChange={(reasons) => set({ reasons })}
            addText={t("lists.addReason")}
          />
        </Section>
        <Section title={t("lists.weights")} description={t("lists.weightsText")}>
          <div className="qk-grid qk-grid-3">
            {channels.map((channel) => (
              <Field key={channel} label={t(`inboxes.channels.${channel}`)} htmlFor={`weight-${channel}`}>
                <InputNumber
                  id={`weight-${channel}`}
                  min={0.1}
                  max={10}
                  step={0.1}
                  style={{ width: "100%" }}
                  value={value.weights[channel] ?? 1}
                  onChange={(weight) => set({ weights: { ...value.weights, [channel]: weight ?? 1 } })}
                />
              </Field>
            ))}
          </div>
        </Section>
        <Section title={t("lists.missed")} description={t("lists.missedText")}>
          <InputNumber
            min={0}
            max={20}
            aria-label={t("lists.missed")}
            style={{ width: 160 }}
            suffix={t("lists.times")}
            value={value.missed}
            onChange={(missed) => set({ missed: missed ?? 0 })}
          />
        </Section>
        <Section title={t("lists.keep")} description={t("lists.keepText")}>
          <InputNumber
            min={7}
            max={3650}
            aria-label={t("lists.keep")}
            style={{ width: 160 }}
            suffix={t("lists.days")}
            value={value.keep}
            onChange={(keep) => set({ keep: keep ?? 180 })}
          />
        </Section>
        <SaveBar
          dirty={dirty}
          saving={save.busy}
          onReset={draft.reset}
          onSave={() => {
            const wrong = checkList(value.reasons).length + checkList(value.dispositions).length > 0;
            if (wrong) draft.refuse([{ field: "lists", message: t("lists.fault.any") }]);
            else void save.run();
          }}
        />
      </State>
    </Page>
  );
}
