/** The editor itself, loaded when somebody writes: rich text on the screen, Markdown in and out. */
import type { Editor, JSONContent } from "@tiptap/core";
import { Slice } from "@tiptap/pm/model";
import { EditorContent, useEditor, useEditorState } from "@tiptap/react";
import { App, Button, Dropdown, Input, Popover, Tooltip } from "antd";
import {
  Bold,
  Code,
  Heading,
  ImagePlus,
  Info,
  Italic,
  Link as LinkIcon,
  List,
  ListOrdered,
  Minus,
  Paperclip,
  Redo2,
  SquareCode,
  Strikethrough,
  Table as TableIcon,
  TextQuote,
  Undo2,
} from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { api, upload } from "@/api/client";
import { sentenceOf } from "@/api/problem";
import { useT } from "@/app/i18n";
import { fileSize } from "@/lib/format";
import { CALLOUTS, type CalloutKind } from "./callout";
import { extensions } from "./extensions";
import { target } from "./links";
import { fileOf, isMarkdown, onlyPictures, tidied } from "./paste";

async function store(file: File): Promise<string> {
  const { id } = await upload<{ id: string }>("/files", file);
  return (await api.post<{ url: string }>("/knowledge/images", { file_id: id })).url;
}

/** A file beside the words: a link with its name and how large it is. */
async function attachment(file: File): Promise<JSONContent[]> {
  const { id } = await upload<{ id: string }>("/files", file);
  const kept = await api.post<{ url: string; name: string; size: number }>("/knowledge/files", {
    file_id: id,
  });
  const link = { type: "link", attrs: { href: kept.url } };
  return [
    { type: "text", text: `${kept.name} (${fileSize(kept.size)})`, marks: [link] },
    { type: "text", text: " " },
  ];
}

async function picture(file: File): Promise<JSONContent[]> {
  return [{ type: "image", attrs: { src: await store(file), alt: file.name.replace(/\.[^.]+$/, "") } }];
}

export default function RichEditor(props: {
  id: string;
  value: string;
  onChange: (markdown: string) => void;
  invalid?: boolean;
  label: string;
}) {
  const t = useT("knowledge");
  const { message } = App.useApp();
  const said = useRef(props.value);
  const latest = useRef(props.onChange);
  latest.current = props.onChange;
  const place = useRef<(files: File[], at?: number) => boolean>(() => false);
  const markdown = useRef<(text: string) => Slice | null>(() => null);
  const keep = useRef(() => {});
  const editor = useEditor({
    extensions: extensions(t("editor.placeholder")),
    content: props.value,
    contentType: "markdown",
    injectCSS: false,
    editorProps: {
      attributes: {
        id: props.id,
        class: "qk-md kn-prose",
        role: "textbox",
        "aria-multiline": "true",
        "aria-label": props.label,
      },
      handlePaste: (view, event) => {
        const board = event.clipboardData;
        if (!board) return false;
        if (onlyPictures(board.getData("text/html")) && place.current([...board.files])) return true;
        // Editors of code give colours beside the words; the words are what is meant.
        const words =
          board.types.includes("vscode-editor-data") && markdown.current(board.getData("text/plain"));
        if (words) view.dispatch(view.state.tr.replaceSelection(words).scrollIntoView());
        else setTimeout(() => keep.current());
        return Boolean(words);
      },
      transformPastedHTML: (html) => tidied(html, (n) => message.warning(t("editor.picturesLost", { n }), 8)),
      clipboardTextParser: (text, _around, plain) =>
        (plain ? null : markdown.current(text)) as unknown as Slice,
      handleDrop: (view, event, _slice, moved) =>
        !moved &&
        place.current(
          [...(event.dataTransfer?.files ?? [])],
          view.posAtCoords({ left: event.clientX, top: event.clientY })?.pos,
        ),
    },
    onUpdate: ({ editor: changed }) => {
      said.current = changed.getMarkdown();
      latest.current(said.current);
    },
  });
  place.current = (files, at) => {
    if (!editor || files.length === 0) return false;
    void (async () => {
      for (const file of files) {
        const hide = message.loading(t("editor.uploading", { name: file.name }), 0);
        try {
          const what = await (file.type.startsWith("image/") ? picture(file) : attachment(file));
          const chain = editor.chain().focus();
          (at === undefined ? chain.insertContent(what) : chain.insertContentAt(at, what)).run();
        } catch (reason) {
          message.error(sentenceOf(reason));
        } finally {
          hide();
        }
      }
    })();
    return true;
  };
  markdown.current = (text) => {
    if (!editor?.markdown || editor.isActive("codeBlock") || !isMarkdown(text)) return null;
    const { content } = editor.schema.nodeFromJSON(editor.markdown.parse(text));
    const open = (node: typeof content.firstChild) => (node?.type.name === "paragraph" ? 1 : 0);
    return new Slice(content, open(content.firstChild), open(content.lastChild));
  };
  keep.current = () => {
    if (!editor) return;
    const written = new Set<string>();
    editor.state.doc.descendants((node) => {
      if (node.type.name === "image" && String(node.attrs.src).startsWith("data:"))
        written.add(node.attrs.src);
    });
    const put = (data: string, src: string | null) => {
      const { tr, doc } = editor.state;
      doc.descendants((node, at) => {
        if (node.type.name !== "image" || node.attrs.src !== data) return;
        if (src) tr.setNodeAttribute(tr.mapping.map(at), "src", src);
        else tr.delete(tr.mapping.map(at), tr.mapping.map(at + node.nodeSize));
      });
      editor.view.dispatch(tr);
    };
    void (async () => {
      for (const data of written) {
        const hide = message.loading(t("editor.uploading", { name: "" }), 0);
        try {
          put(data, await store(await fileOf(data)));
        } catch (reason) {
          put(data, null);
          message.error(sentenceOf(reason));
        } finally {
          hide();
        }
      }
    })();
  };
  useEffect(() => {
    // Somebody else's word (a reload, a restored version): taken over without calling it an edit.
    if (editor && props.value !== said.current) {
      said.current = props.value;
      editor.commands.setContent(props.value, { contentType: "markdown", emitUpdate: false });
    }
  }, [editor, props.value]);
  return (
    <div className={`kn-rich${props.invalid ? " kn-rich-bad" : ""}`}>
      {editor && <Toolbar editor={editor} pick={(files) => place.current(files)} />}
      <EditorContent editor={editor} />
    </div>
  );
}

function Tool(props: {
  label: string;
  on?: boolean | undefined;
  off?: boolean | undefined;
  run: () => void;
  children: ReactNode;
}) {
  return (
    <Tooltip title={props.label}>
      <button
        type="button"
        className="kn-tool"
        aria-label={props.label}
        aria-pressed={props.on}
        disabled={props.off}
        onMouseDown={(event) => event.preventDefault()}
        onClick={props.run}
      >
        {props.children}
      </button>
    </Tooltip>
  );
}

function Toolbar({ editor, pick }: { editor: Editor; pick: (files: File[]) => void }) {
  const t = useT("knowledge");
  const file = useRef<HTMLInputElement>(null);
  const any = useRef<HTMLInputElement>(null);
  const on = useEditorState({
    editor,
    selector: ({ editor: now }) => ({
      bold: now.isActive("bold"),
      italic: now.isActive("italic"),
      strike: now.isActive("strike"),
      code: now.isActive("code"),
      link: now.isActive("link"),
      bullets: now.isActive("bulletList"),
      numbers: now.isActive("orderedList"),
      quote: now.isActive("blockquote", { kind: null }),
      block: now.isActive("codeBlock"),
      table: now.isActive("table"),
      level: [1, 2, 3, 4].find((level) => now.isActive("heading", { level })) ?? 0,
      kind: CALLOUTS.find((kind) => now.isActive("blockquote", { kind })) ?? null,
      undo: now.can().undo(),
      redo: now.can().redo(),
    }),
  });
  const go = () => editor.chain().focus();
  const callout = (kind: CalloutKind) => {
    if (on.kind === kind) go().lift("blockquote").run();
    else if (editor.isActive("blockquote")) go().updateAttributes("blockquote", { kind }).run();
    else go().wrapIn("blockquote", { kind }).run();
  };
  return (
    <div className="kn-tools" role="toolbar" aria-label={t("editor.tools")}>
      <Dropdown
        trigger={["click"]}
        menu={{
          selectedKeys: [String(on.level)],
          items: [0, 1, 2, 3, 4].map((level) => ({
            key: String(level),
            label: level ? t("editor.heading", { n: level }) : t("editor.paragraph"),
            onClick: () =>
              level
                ? go()
                    .setHeading({ level: level as 1 | 2 | 3 | 4 })
                    .run()
                : go().setParagraph().run(),
          })),
        }}
      >
        <button type="button" className="kn-tool" aria-label={t("editor.style")} title={t("editor.style")}>
          <Heading size={15} />
        </button>
      </Dropdown>
      <Tool label={t("editor.bold")} on={on.bold} run={() => go().toggleBold().run()}>
        <Bold size={15} />
      </Tool>
      <Tool label={t("editor.italic")} on={on.italic} run={() => go().toggleItalic().run()}>
        <Italic size={15} />
      </Tool>
      <Tool label={t("editor.strike")} on={on.strike} run={() => go().toggleStrike().run()}>
        <Strikethrough size={15} />
      </Tool>
      <Tool label={t("editor.code")} on={on.code} run={() => go().toggleCode().run()}>
        <Code size={15} />
      </Tool>
      <LinkTool editor={editor} on={on.link} />
      <i className="kn-tools-gap" />
      <Tool label={t("editor.bullets")} on={on.bullets} run={() => go().toggleBulletList().run()}>
        <List size={15} />
      </Tool>
      <Tool label={t("editor.numbers")} on={on.numbers} run={() => go().toggleOrderedList().run()}>
        <ListOrdered size={15} />
      </Tool>
      <Tool label={t("editor.quote")} on={on.quote} run={() => go().toggleBlockquote().run()}>
        <TextQuote size={15} />
      </Tool>
      <Dropdown
        trigger={["click"]}
        menu={{
          selectedKeys: on.kind ? [on.kind] : [],
          items: CALLOUTS.map((kind) => ({
            key: kind,
            label: t(`editor.callouts.${kind}`),
            onClick: () => callout(kind),
          })),
        }}
      >
        <button
          type="button"
          className="kn-tool"
          aria-pressed={on.kind !== null}
          aria-label={t("editor.callout")}
          title={t("editor.callout")}
        >
          <Info size={15} />
        </button>
      </Dropdown>
      <Tool label={t("editor.block")} on={on.block} run={() => go().toggleCodeBlock().run()}>
        <SquareCode size={15} />
      </Tool>
      <Tool label={t("editor.rule")} run={() => go().setHorizontalRule().run()}>
        <Minus size={15} />
      </Tool>
      <i className="kn-tools-gap" />
      <Tool label={t("editor.image")} run={() => file.current?.click()}>
        <ImagePlus size={15} />
      </Tool>
      <input
        ref={file}
        type="file"
        accept="image/*"
        multiple
        hidden
        onChange={(event) => {
          pick([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
      <Tool label={t("editor.file")} run={() => any.current?.click()}>
        <Paperclip size={15} />
      </Tool>
      <input
        ref={any}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          pick([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
      <Dropdown
        trigger={["click"]}
        menu={{
          items: on.table
            ? (
                [
                  ["rowAfter", () => go().addRowAfter().run()],
                  ["columnAfter", () => go().addColumnAfter().run()],
                  ["rowDelete", () => go().deleteRow().run()],
                  ["columnDelete", () => go().deleteColumn().run()],
                  ["tableDelete", () => go().deleteTable().run()],
                ] as const
              ).map(([key, run]) => ({ key, label: t(`editor.${key}`), onClick: () => void run() }))
            : [
                {
                  key: "insert",
                  label: t("editor.tableInsert"),
                  onClick: () => void go().insertTable({ rows: 3, cols: 3, withHeaderRow: true }).run(),
                },
              ],
        }}
      >
        <button
          type="button"
          className="kn-tool"
          aria-pressed={on.table}
          aria-label={t("editor.table")}
          title={t("editor.table")}
        >
          <TableIcon size={15} />
        </button>
      </Dropdown>
      <i className="kn-tools-gap" />
      <Tool label={t("editor.undo")} off={!on.undo} run={() => go().undo().run()}>
        <Undo2 size={15} />
      </Tool>
      <Tool label={t("editor.redo")} off={!on.redo} run={() => go().redo().run()}>
        <Redo2 size={15} />
      </Tool>
    </div>
  );
}

function LinkTool({ editor, on }: { editor: Editor; on: boolean }) {
  const t = useT("knowledge");
  const [open, setOpen] = useState(false);
  const [href, setHref] = useState("");
  const close = () => setOpen(false);
  const wrong = href.trim() !== "" && target(href) === null;
  const set = () => {
    if (wrong) return;
    const link = target(href);
    const chain = editor.chain().focus().extendMarkRange("link");
    if (!link) chain.unsetLink().run();
    else if (editor.state.selection.empty && !on)
      chain
        .insertContent({ type: "text", text: href.trim(), marks: [{ type: "link", attrs: { href: link } }] })
        .run();
    else chain.setLink({ href: link }).run();
    close();
  };
  return (
    <Popover
      trigger="click"
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        if (next) setHref(String(editor.getAttributes("link").href ?? ""));
      }}
      content={
        <>
          <div className="qs-row qs-nowrap">
            <Input
              autoFocus
              style={{ width: 260 }}
              value={href}
              placeholder="https://"
              aria-label={t("editor.link")}
              aria-invalid={wrong}
              {...(wrong ? { status: "error" as const } : {})}
              onChange={(event) => setHref(event.target.value)}
              onPressEnter={(event) => {
                event.preventDefault();
                set();
              }}
            />
            <Button type="primary" disabled={wrong} onClick={set}>
              {t(href.trim() ? "editor.linkSet" : "editor.linkRemove")}
            </Button>
          </div>
          {wrong && (
            <div className="kn-link-wrong" role="alert">
              {t("editor.linkWrong")}
            </div>
          )}
        </>
      }
    >
      <button
        type="button"
        className="kn-tool"
        aria-pressed={on}
        aria-label={t("editor.link")}
        title={t("editor.link")}
      >
        <LinkIcon size={15} />
      </button>
    </Popover>
  );
}
