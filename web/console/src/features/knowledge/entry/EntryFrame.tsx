/** The page around a text that is edited: its state, what may be done with it, its place and readers, its history. */
import { Alert, Button, Dropdown, Tag } from "antd";
import { CalendarClock, Columns2, History as HistoryIcon, MoreHorizontal } from "lucide-react";
import { type ReactNode, useState } from "react";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { toast } from "@/ui/feedback";
import { RelativeTime } from "@/ui/Time";
import { FormProblem, Page, SaveBar, State, useConfirm } from "../../settings/kit";
import { AbsoluteTime, AudienceTag, Helpful, StatusTag } from "../bits";
import { EntryAside } from "./EntryAside";
import { History } from "./History";
import { OtherLanguage } from "./OtherLanguage";
import { ApproveDialog, ScheduleDialog, SendBackDialog, SubmitDialog } from "./steps";
import { type EntryState, workOf } from "./useEntry";

type Dialog = "submit" | "approve" | "sendBack" | "schedule" | null;

export function EntryFrame(props: {
  state: EntryState;
  title: string;
  newTitle: string;
  back: string;
  shown: string[];
  children: ReactNode;
}) {
  const t = useT("knowledge");
  const go = useGo();
  const confirm = useConfirm();
  const mayPublish = useCan("knowledge.publish");
  const { state } = props;
  const { entry, isNew, draft, save, step, kind, id } = state;
  const data = entry.data;
  const work = data ? workOf(data) : null;
  const [dialog, setDialog] = useState<Dialog>(null);
  const [history, setHistory] = useState(false);
  const [beside, setBeside] = useState(false);
  const other = data?.translations[0];
  const busy = save.busy || step.busy;
  const publish = () =>
    state.submit(async (_, at) => {
      await api.post(`${at}/publish`);
    });
  const archive = () =>
    confirm({
      title: t("entry.archiveTitle", { name: props.title }),
      text: t("bulk.archiveText"),
      ok: t("action.archive"),
      run: async () => {
        const done = await step.run("archive");
        if (done) toast.undo(t("entry.archived"), () => void step.run("publish"));
      },
    });
  const working = isNew || !state.live || Boolean(data?.draft) || draft.dirty;
  const inReview = work?.status === "review";
  const more = [
    ...(mayPublish && working && !isNew && !inReview
      ? [{ key: "schedule", label: t("step.schedule"), onClick: () => setDialog("schedule") }]
      : []),
    ...(mayPublish && work?.status === "scheduled"
      ? [
          {
            key: "unschedule",
            label: t("step.unschedule"),
            onClick: () => void step.run("schedule", { version: data?.version, publish_at: null }),
          },
        ]
      : []),
    ...(data?.status === "published" && !data.draft
      ? [
          {
            key: "confirm",
            label: t("step.confirm"),
            onClick: () =>
              void step
                .run("confirm", { review_by: null })
                .then((ok) => ok && toast.success(t("step.confirmed"))),
          },
        ]
      : []),
    ...(data?.draft
      ? [
          {
            key: "discard",
            label: t("step.discard"),
            danger: true,
            onClick: () =>
              confirm({
                title: t("step.discardTitle"),
                text: t("step.discardText"),
                ok: t("step.discard"),
                run: () => state.discard.run(),
              }),
          },
        ]
      : []),
    ...(mayPublish && data && data.status !== "archived"
      ? [{ key: "archive", label: t("action.archive"), danger: true, onClick: archive }]
      : []),
  ];
  return (
    <Page
      wide
      title={isNew ? props.newTitle : props.title}
      onBack={() => go(props.back)}
      description={
        data && (
          <span className="qs-row">
            <StatusTag status={data.status} />
            {data.draft && <StatusTag status={data.draft.status} live />}
            <AudienceTag level={data.level} />
            <Tag>{t("entry.version", { n: data.version })}</Tag>
            <RelativeTime at={data.updated_at} />
            {data.helpful + data.unhelpful > 0 && (
              <Helpful helpful={data.helpful} unhelpful={data.unhelpful} />
            )}
          </span>
        )
      }
      actions={
        <>
          {other && (
            <Button
              icon={<Columns2 size={15} />}
              aria-pressed={beside}
              type={beside ? "primary" : "default"}
              ghost={beside}
              onClick={() => setBeside(!beside)}
            >
              {t("entry.beside")}
            </Button>
          )}
          {data && (
            <Button icon={<HistoryIcon size={15} />} onClick={() => setHistory(true)}>
              {t("history.title")}
            </Button>
          )}
          {inReview && mayPublish && (
            <>
              <Button onClick={() => setDialog("sendBack")} disabled={busy}>
                {t("step.sendBack")}
              </Button>
              <Button type="primary" onClick={() => setDialog("approve")} disabled={busy || draft.dirty}>
                {t("step.approve")}
              </Button>
            </>
          )}
          {inReview && !mayPublish && (
            <Button loading={step.busy} onClick={() => void step.run("withdraw", { version: data?.version })}>
              {t("step.withdraw")}
            </Button>
          )}
          {working && !inReview && mayPublish && (
            <Button type="primary" loading={busy} onClick={() => publish()}>
              {t(isNew || draft.dirty ? "action.savePublish" : "action.publish")}
            </Button>
          )}
          {working && !inReview && !mayPublish && (
            <Button type="primary" loading={busy} onClick={() => setDialog("submit")}>
              {t("step.submit")}
            </Button>
          )}
          {more.length > 0 && (
            <Dropdown trigger={["click"]} menu={{ items: more }}>
              <Button
                icon={<MoreHorizontal size={16} />}
                aria-label={t("action.more", { name: props.title })}
              />
            </Dropdown>
          )}
        </>
      }
    >
      <State loading={state.loading} error={entry.error} onRetry={() => void entry.refetch()}>
        {data && work && <Standing state={state} onHistory={() => setHistory(true)} />}
        <div className={beside && other ? "kn-edit kn-edit-beside" : "kn-edit"}>
          <div>
            <FormProblem
              problems={draft.problems}
              shown={[
                ...props.shown,
                "space_id",
                "category_id",
                "audience",
                "department_ids",
                "valid_from",
                "valid_until",
                "tags",
                "locale",
                "owner_id",
                "review_by",
              ]}
            />
            {props.children}
          </div>
          {beside && other && data ? (
            <OtherLanguage kind={kind} entry={data} other={other} />
          ) : (
            <EntryAside state={state} />
          )}
        </div>
        <SaveBar
          dirty={draft.dirty}
          saving={save.busy}
          onSave={() => state.submit()}
          onReset={draft.reset}
          saveText={t("action.saveDraft")}
          {...(state.live ? { note: t("entry.liveNote") } : {})}
        />
      </State>
      {data && (
        <History
          kind={kind}
          id={id}
          entry={data}
          open={history}
          onClose={() => setHistory(false)}
          stale={state.stale}
        />
      )}
      <SubmitDialog open={dialog === "submit"} onClose={() => setDialog(null)} state={state} />
      <ApproveDialog open={dialog === "approve"} onClose={() => setDialog(null)} state={state} />
      <SendBackDialog open={dialog === "sendBack"} onClose={() => setDialog(null)} state={state} />
      <ScheduleDialog open={dialog === "schedule"} onClose={() => setDialog(null)} state={state} />
    </Page>
  );
}

/** Said before the text itself: what waits, what was remarked, what the original has meanwhile. */
function Standing({ state, onHistory }: { state: EntryState; onHistory: () => void }) {
  const t = useT("knowledge");
  const data = state.entry.data;
  const work = workOf(data);
  const remark = work.remark?.startsWith("knowledge.")
    ? t(`entry.${work.remark.replace(".", "_")}`)
    : work.remark;
  return (
    <div className="kn-standing">
      {state.overtaken && (
        <Alert
          type="warning"
          showIcon
          title={t("standing.overtaken", { who: state.overtaken.who, n: state.overtaken.version })}
          description={
            state.overtaken.both.length
              ? t("standing.overtakenBoth", {
                  fields: state.overtaken.both.map((field) => t(`fields.${field}`)).join(t("standing.and")),
                })
              : t("standing.overtakenJoined")
          }
          action={
            <Button size="small" onClick={onHistory}>
              {t("standing.theirs")}
            </Button>
          }
        />
      )}
      {work.status === "review" && (
        <Alert type="info" showIcon title={t("standing.review")} description={remark || undefined} />
      )}
      {work.status === "scheduled" && work.publish_at && (
        <Alert
          type="info"
          showIcon
          icon={<CalendarClock size={16} />}
          title={
            <>
              {t("standing.scheduled")} <AbsoluteTime at={work.publish_at} />
            </>
          }
        />
      )}
      {work.status === "draft" && remark && (
        <Alert type="warning" showIcon title={t("standing.returned")} description={remark} />
      )}
      {data.draft && work.status === "draft" && !remark && (
        <Alert type="info" showIcon title={t("standing.unpublished")} />
      )}
      {data.behind && <Alert type="warning" showIcon title={t("standing.behind")} />}
    </div>
  );
}
