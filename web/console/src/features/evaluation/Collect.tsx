import { Alert, Button, Drawer, InputNumber, Modal, Segmented, Table, Tag, Upload } from "antd";
import { Upload as UploadIcon } from "lucide-react";
import { useState } from "react";
import { api, upload } from "@/api/client";
import type { Iso } from "@/api/types";
import { useT } from "@/app/i18n";
import { RelativeTime } from "@/ui/Time";
import { Field, State, usePages, useSubmit } from "../settings/kit";
import { TextNames } from "./bits";
import type { TextRef } from "./types";

interface Vote {
  message_id: string;
  conversation_id: string;
  at: Iso;
  helpful: boolean;
  question: string;
  answer: string;
  expected: TextRef[];
  in_set: boolean;
}

interface Props {
  setId: string;
  onClose: () => void;
}

/** Answers customers judged: the helpful ones become cases as they are. */
export function VotesDrawer({ setId, onClose }: Props) {
  const t = useT("evaluation");
  const path = `/evaluation/sets/${setId}`;
  const [helpful, setHelpful] = useState(true);
  const [chosen, setChosen] = useState<string[]>([]);
  const votes = usePages<Vote>(`${path}/votes`, { helpful });
  const add = useSubmit(() => api.post<{ added: number }>(`${path}/votes`, { message_ids: chosen }), {
    stale: [path, "/evaluation/sets"],
    done: (result) => t("collect.added", { count: result.added }),
    onDone: () => setChosen([]),
  });
  const rows = votes.rows ?? [];
  return (
    <Drawer
      open
      size={760}
      title={t("collect.votes")}
      onClose={onClose}
      footer={
        <div className="qk-drawer-foot">
          <Button onClick={onClose}>{t("close")}</Button>
          <Button
            type="primary"
            disabled={!helpful || chosen.length === 0}
            loading={add.busy}
            onClick={() => void add.run()}
          >
            {t("collect.add", { count: chosen.length })}
          </Button>
        </div>
      }
    >
      <p className="qk-muted">{t(helpful ? "collect.votesText" : "collect.unhelpfulText")}</p>
      <Segmented
        className="qk-gap"
        value={helpful}
        onChange={(value) => {
          setHelpful(value);
          setChosen([]);
        }}
        options={[
          { value: true, label: t("collect.helpful") },
          { value: false, label: t("collect.unhelpful") },
        ]}
      />
      <State
        loading={votes.loading}
        error={votes.error}
        onRetry={() => void votes.refetch()}
        empty={rows.length === 0}
        emptyTitle={t("collect.noVotes")}
      >
        <Table<Vote>
          size="small"
          rowKey="message_id"
          dataSource={rows}
          pagination={false}
          aria-label={t("collect.votes")}
          {...(helpful
            ? {
                rowSelection: {
                  selectedRowKeys: chosen,
                  onChange: (keys) => setChosen(keys.map(String)),
                  getCheckboxProps: (vote: Vote) => ({ disabled: vote.in_set, "aria-label": vote.question }),
                },
              }
            : {})}
          columns={[
            {
              key: "question",
              title: t("case.question"),
              render: (_, vote) => (
                <>
                  <strong>{vote.question}</strong> {vote.in_set && <Tag>{t("collect.inSet")}</Tag>}
                  <div className="qk-muted qk-clip">{vote.answer}</div>
                </>
              ),
            },
            {
              key: "text",
              title: t("case.expected"),
              render: (_, vote) => <TextNames texts={vote.expected} />,
            },
            { key: "at", title: t("collect.when"), render: (_, vote) => <RelativeTime at={vote.at} /> },
          ]}
        />
        {votes.more.has && (
          <div className="qk-more">
            <Button onClick={votes.more.load} loading={votes.more.loading}>
              {t("moreRows")}
            </Button>
          </div>
        )}
      </State>
    </Drawer>
  );
}

/** Phrasings of FAQs, taken away from them when the set is run. */
export function HoldOutDialog({ setId, onClose }: Props) {
  const t = useT("evaluation");
  const path = `/evaluation/sets/${setId}`;
  const [perFaq, setPerFaq] = useState(1);
  const [most, setMost] = useState(200);
  const add = useSubmit(
    () => api.post<{ added: number; known: number }>(`${path}/hold-out`, { per_faq: perFaq, most }),
    {
      stale: [path, "/evaluation/sets"],
      done: (result) => t("collect.added", { count: result.added }),
      onDone: onClose,
    },
  );
  return (
    <Modal
      open
      mask={{ closable: false }}
      title={t("collect.phrasings")}
      okText={t("collect.take")}
      confirmLoading={add.busy}
      onOk={() => void add.run()}
      onCancel={onClose}
    >
      <p className="qk-muted">{t("collect.phrasingsText")}</p>
      <div className="ev-pair">
        <Field label={t("collect.perFaq")} htmlFor="per-faq">
          <InputNumber id="per-faq" min={1} max={5} value={perFaq} onChange={(n) => setPerFaq(n ?? 1)} />
        </Field>
        <Field label={t("collect.most")} htmlFor="most-cases">
          <InputNumber id="most-cases" min={1} max={2000} value={most} onChange={(n) => setMost(n ?? 200)} />
        </Field>
      </div>
    </Modal>
  );
}

interface Uploaded {
  added: number;
  known: number;
  errors: { row: number; field: string; message: string }[];
}

export function UploadDialog({ setId, onClose }: Props) {
  const t = useT("evaluation");
  const path = `/evaluation/sets/${setId}`;
  const [result, setResult] = useState<Uploaded | null>(null);
  const send = useSubmit((file: File) => upload<Uploaded>(`${path}/upload`, file), {
    stale: [path, "/evaluation/sets"],
    onDone: setResult,
  });
  return (
    <Modal
      open
      title={t("collect.file")}
      footer={<Button onClick={onClose}>{t("close")}</Button>}
      onCancel={onClose}
    >
      <p className="qk-muted">{t("collect.fileText")}</p>
      <Upload.Dragger
        accept=".csv,.tsv,.jsonl,.ndjson"
        showUploadList={false}
        disabled={send.busy}
        beforeUpload={(file) => {
          void send.run(file);
          return false;
        }}
      >
        <p>
          <UploadIcon size={26} aria-hidden />
        </p>
        <p>{t(send.busy ? "collect.reading" : "collect.drop")}</p>
      </Upload.Dragger>
      {result && (
        <div className="qk-gap ev-uploaded" aria-live="polite">
          <Alert
            type={result.errors.length > 0 ? "warning" : "success"}
            showIcon
            title={t("collect.uploaded", {
              added: result.added,
              known: result.known,
              errors: result.errors.length,
            })}
          />
          <ul>
            {result.errors.map((error) => (
              <li key={`${error.row}:${error.field}`}>
                {t("collect.row", { row: error.row, field: error.field })} {error.message}
              </li>
            ))}
          </ul>
        </div>
      )}
    </Modal>
  );
}
