import { Button, Dropdown, Input, Modal, Radio, Segmented, Select } from "antd";
import { MoreHorizontal, Plus } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import {
  type Column,
  DataTable,
  Dot,
  EditDrawer,
  Field,
  FormProblem,
  Page,
  Section,
  useConfirm,
  useDraft,
  usePages,
  useSubmit,
} from "../kit";

const PATH = "/bot/sensitive-words";
const DIRECTIONS = ["both", "in", "out"] as const;
const ACTIONS = ["block", "mask", "handoff", "flag"] as const;
const TONES = { pass: "ok", block: "breach", mask: "wait", handoff: "accent", flag: "idle" } as const;

type Direction = (typeof DIRECTIONS)[number];
type Action = (typeof ACTIONS)[number];

interface SensitiveWord {
  id: string;
  word: string;
  direction: Direction;
  action: Action;
  note: string;
}

interface Imported {
  added: number;
  known: number;
  refused: string[];
  refused_count: number;
}

interface Checked {
  words: SensitiveWord[];
  outcome: keyof typeof TONES;
  text: string;
}

function Choices(props: {
  value: { direction: Direction; action: Action };
  onChange: (value: Partial<{ direction: Direction; action: Action }>) => void;
}) {
  const t = useT("settings");
  return (
    <>
      <Field label={t("words.direction")}>
        <Radio.Group
          aria-label={t("words.direction")}
          value={props.value.direction}
          onChange={(event) => props.onChange({ direction: event.target.value as Direction })}
          options={DIRECTIONS.map((value) => ({ value, label: t(`words.${value}`) }))}
        />
      </Field>
      <Field label={t("words.action")} help={t(`words.${props.value.action}Help`)}>
        <Radio.Group
          aria-label={t("words.action")}
          value={props.value.action}
          onChange={(event) => props.onChange({ action: event.target.value as Action })}
          options={ACTIONS.map((value) => ({ value, label: t(`words.${value}`) }))}
        />
      </Field>
    </>
  );
}

function WordEditor(props: { word: SensitiveWord | null; onClose: () => void }) {
  const t = useT("settings");
  const draft = useDraft({
    word: props.word?.word ?? "",
    direction: props.word?.direction ?? ("both" as Direction),
    action: props.word?.action ?? ("block" as Action),
    note: props.word?.note ?? "",
  });
  const { value, set, problem } = draft;
  const save = useSubmit(
    () => {
      const body = { ...value, word: value.word.trim(), note: value.note.trim() };
      return props.word ? api.patch(`${PATH}/${props.word.id}`, body) : api.post(PATH, body);
    },
    { stale: [PATH], draft, done: t("kit.saved"), onDone: props.onClose },
  );
  return (
    <EditDrawer
      open
      title={t(props.word ? "words.edit" : "words.new")}
      dirty={draft.dirty}
      busy={save.busy}
      onClose={props.onClose}
      onSave={() =>
        value.word.trim() ? void save.run() : draft.refuse([{ field: "word", message: t("kit.required") }])
      }
    >
      <FormProblem problems={draft.problems} shown={["word", "note"]} />
      <Field
        label={t("words.word")}
        htmlFor="word-word"
        required
        help={t("words.wordHelp")}
        problem={problem("word")}
      >
        <Input
          id="word-word"
          autoFocus
          maxLength={80}
          value={value.word}
          onChange={(event) => set({ word: event.target.value })}
        />
      </Field>
      <Choices value={value} onChange={set} />
      <Field label={t("words.note")} htmlFor="word-note" problem={problem("note")}>
        <Input
          id="word-note"
          maxLength={200}
          value={value.note}
          onChange={(event) => set({ note: event.target.value })}
        />
      </Field>
    </EditDrawer>
  );
}

function Paste(props: { onClose: () => void }) {
  const t = useT("settings");
  const draft = useDraft({ text: "", direction: "both" as Direction, action: "block" as Action });
  const [report, setReport] = useState<Imported | null>(null);
  const send = useSubmit(() => api.post<Imported>(`${PATH}/import`, draft.value), {
    stale: [PATH],
    draft,
    onDone: setReport,
  });
  return (
    <Modal
      open
      title={t("words.import")}
      okText={t("words.import")}
      okButtonProps={{ disabled: !draft.value.text.trim(), loading: send.busy }}
      onOk={() => void send.run()}
      onCancel={props.onClose}
    >
      <p>{t("words.importText")}</p>
      <FormProblem problems={draft.problems} shown={[]} />
      <Field label={t("words.importLabel")} htmlFor="words-text">
        <Input.TextArea
          id="words-text"
          autoFocus
          autoSize={{ minRows: 6, maxRows: 16 }}
          value={draft.value.text}
          onChange={(event) => {
            setReport(null);
            draft.set({ text: event.target.value });
          }}
        />
      </Field>
      <Choices value={draft.value} onChange={draft.set} />
      <div role="status">
        {report && (
          <>
            <p>
              {t("words.imported", {
                added: report.added,
                known: report.known,
                refused: report.refused_count,
              })}
            </p>
            {report.refused.length > 0 && (
              <p>{t("words.refusedLines", { lines: report.refused.join(" · ") })}</p>
            )}
          </>
        )}
      </div>
    </Modal>
  );
}

function Check() {
  const t = useT("settings");
  const [text, setText] = useState("");
  const [direction, setDirection] = useState<"in" | "out">("out");
  const [result, setResult] = useState<Checked | null>(null);
  const check = useSubmit(() => api.post<Checked>(`${PATH}/check`, { text, direction }), {
    onDone: setResult,
  });
  return (
    <Section title={t("words.try")} description={t("words.tryText")}>
      <form
        className="qs-row qs-nowrap"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim()) void check.run();
        }}
      >
        <Input
          value={text}
          maxLength={4000}
          placeholder={t("words.tryLabel")}
          aria-label={t("words.tryLabel")}
          onChange={(event) => {
            setText(event.target.value);
            setResult(null);
          }}
        />
        <Segmented
          aria-label={t("words.direction")}
          value={direction}
          onChange={(value) => {
            setDirection(value);
            setResult(null);
          }}
          options={[
            { value: "out" as const, label: t("words.outShort") },
            { value: "in" as const, label: t("words.inShort") },
          ]}
        />
        <Button htmlType="submit" loading={check.busy} disabled={!text.trim()}>
          {t("words.tryRun")}
        </Button>
      </form>
      <div role="status">
        {result && (
          <>
            <p>
              <Dot tone={TONES[result.outcome]}>{t(`words.outcome.${result.outcome}`)}</Dot>
            </p>
            {result.words.length > 0 && (
              <p>{t("words.found", { words: result.words.map((one) => one.word).join(" · ") })}</p>
            )}
            {result.text !== text && <p>{result.text}</p>}
          </>
        )}
      </div>
    </Section>
  );
}

/** The company's list of sensitive words: what happens to messages that hold one, in either direction. */
export default function Words() {
  const t = useT("settings");
  const confirm = useConfirm();
  const mayEdit = useCan("settings.manage");
  const [editing, setEditing] = useState<SensitiveWord | "new" | null>(null);
  const [pasting, setPasting] = useState(false);
  const [query, setQuery] = useState("");
  const [direction, setDirection] = useState<Direction | undefined>();
  const words = usePages<SensitiveWord>(PATH, { q: query.trim() || undefined, direction });
  const remove = useSubmit((word: SensitiveWord) => api.delete(`${PATH}/${word.id}`), {
    stale: [PATH],
    done: t("words.deleted"),
  });
  const columns: Column<SensitiveWord>[] = [
    { key: "word", title: t("words.word"), fixedIn: true, dataIndex: "word" },
    {
      key: "direction",
      title: t("words.direction"),
      render: (_, word) => t(`words.${word.direction}Short`),
    },
    { key: "action", title: t("words.action"), render: (_, word) => t(`words.${word.action}`) },
    { key: "note", title: t("words.note"), dataIndex: "note" },
    {
      key: "act",
      title: "",
      fixedIn: true,
      width: 56,
      align: "right",
      render: (_, word) =>
        mayEdit && (
          <Dropdown
            trigger={["click"]}
            menu={{
              items: [
                { key: "edit", label: t("kit.edit"), onClick: () => setEditing(word) },
                {
                  key: "delete",
                  danger: true,
                  label: t("kit.delete"),
                  onClick: () =>
                    confirm({
                      title: t("words.deleteTitle", { name: word.word }),
                      text: t("words.deleteText"),
                      ok: t("kit.delete"),
                      run: () => remove.run(word),
                    }),
                },
              ],
            }}
          >
            <Button
              type="text"
              icon={<MoreHorizontal size={16} />}
              aria-label={t("kit.actionsFor", { name: word.word })}
            />
          </Dropdown>
        ),
    },
  ];
  return (
    <Page
      wide
      title={t("nav.words")}
      description={t("words.description")}
      actions={
        mayEdit && (
          <>
            <Button onClick={() => setPasting(true)}>{t("words.import")}</Button>
            <Button type="primary" icon={<Plus size={15} />} onClick={() => setEditing("new")}>
              {t("words.new")}
            </Button>
          </>
        )
      }
    >
      <DataTable
        id="words"
        label={t("nav.words")}
        rows={words.rows}
        rowKey="id"
        columns={columns}
        loading={words.loading}
        error={words.error}
        onRetry={() => void words.refetch()}
        more={words.more}
        search={{ value: query, onChange: setQuery, placeholder: t("words.search") }}
        narrowed={Boolean(query.trim() || direction)}
        {...(mayEdit ? { onOpen: (word: SensitiveWord) => setEditing(word) } : {})}
        filters={
          <Select
            allowClear
            style={{ minWidth: 140 }}
            placeholder={t("words.any")}
            aria-label={t("words.direction")}
            value={direction}
            onChange={setDirection}
            options={DIRECTIONS.map((value) => ({ value, label: t(`words.${value}Short`) }))}
          />
        }
        emptyTitle={t("words.empty")}
        emptyText={t("words.emptyText")}
        emptyAction={mayEdit && <Button onClick={() => setPasting(true)}>{t("words.import")}</Button>}
      />
      <Check />
      {editing && (
        <WordEditor
          key={editing === "new" ? "new" : editing.id}
          word={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
      {pasting && <Paste onClose={() => setPasting(false)} />}
    </Page>
  );
}
