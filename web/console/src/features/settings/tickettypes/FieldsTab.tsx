import { Dropdown } from "antd";
import { useEffect, useState } from "react";
import { useT } from "@/app/i18n";
import { EmptyState } from "@/ui/states";
import { Section, useConfirm } from "../kit";
import { useEditor } from "./context";
import { FieldPanel } from "./FieldPanel";
import { KIND_GROUPS, KindIcon } from "./kinds";
import { addField, copyField, moved, removeField, usesOfField, wordsIn } from "./model";
import { Preview } from "./Preview";
import { AddButton } from "./parts";
import { SortableList } from "./SortableList";
import type { Kind } from "./types";

export function FieldsTab(props: { focus: number | null }) {
  const t = useT("settings/tickettypes");
  const { definition, change, lang, fault } = useEditor();
  const confirm = useConfirm();
  const [selected, setSelected] = useState<number | null>(definition.fields.length ? 0 : null);
  useEffect(() => {
    if (props.focus !== null) setSelected(props.focus);
  }, [props.focus]);
  const chosen = selected === null ? undefined : definition.fields[selected];

  const add = (kind: Kind) => {
    const [next, index] = addField(definition, kind, { [lang]: t(`kind.${kind}`) });
    change(next);
    setSelected(index);
  };
  const remove = (key: string) => {
    const drop = () => {
      change((old) => removeField(old, key));
      setSelected(null);
      return undefined;
    };
    const uses = usesOfField(definition, key);
    if (uses.length === 0) {
      drop();
      return;
    }
    const name = (use: (typeof uses)[number]) => {
      if (use.where === "approval") return t("tab.approval");
      const found =
        use.where === "field"
          ? definition.fields.find((one) => one.key === use.key)
          : definition.workflow.transitions.find((one) => one.key === use.key);
      return t(`field.use.${use.where}`, { name: wordsIn(found?.label, lang) || use.key });
    };
    confirm({
      title: t("field.removeTitle"),
      text: (
        <>
          <p>{t("field.removeText")}</p>
          <ul>
            {uses.map((use) => (
              <li key={`${use.where}${"key" in use ? use.key : ""}`}>{name(use)}</li>
            ))}
          </ul>
        </>
      ),
      ok: t("remove"),
      run: drop,
    });
  };

  return (
    <div className="tt-columns">
      <Section
        title={t("tab.fields")}
        extra={
          <Dropdown
            trigger={["click"]}
            menu={{
              className: "tt-kinds",
              items: KIND_GROUPS.map((group) => ({
                key: group.key,
                type: "group" as const,
                label: t(`kindGroup.${group.key}`),
                children: group.kinds.map((kind) => ({
                  key: kind,
                  icon: <KindIcon kind={kind} />,
                  label: t(`kind.${kind}`),
                  onClick: () => add(kind),
                })),
              })),
            }}
          >
            <span>
              <AddButton onClick={() => undefined} disabled={definition.fields.length >= 200}>
                {t("field.add")}
              </AddButton>
            </span>
          </Dropdown>
        }
      >
        {definition.fields.length === 0 ? (
          <EmptyState title={t("field.none")} hint={t("field.noneText")} />
        ) : (
          <SortableList
            label={t("tab.fields")}
            selected={selected}
            onSelect={setSelected}
            onOrder={(from, to) => {
              change((old) => ({ ...old, fields: moved(old.fields, from, to) }));
              if (selected === from) setSelected(to);
            }}
            items={definition.fields.map((field, i) => ({
              key: field.key,
              name: wordsIn(field.label, lang) || field.key,
              icon: <KindIcon kind={field.kind} />,
              fault: fault(`fields.${i}`),
              body: (
                <>
                  <span className="tt-ellipsis">
                    {wordsIn(field.label, lang) || field.key}
                    {field.required && <b title={t("field.required")}> *</b>}
                  </span>
                  <small>
                    {[
                      t(`kind.${field.kind}`),
                      field.sides.includes("customer") ? t("field.customerToo") : "",
                      field.shown_when ? t("field.conditional") : "",
                    ]
                      .filter(Boolean)
                      .join(" · ")}
                  </small>
                </>
              ),
            }))}
          />
        )}
      </Section>
      <div>
        {chosen && selected !== null ? (
          <FieldPanel
            key={selected}
            index={selected}
            field={chosen}
            onRemove={() => remove(chosen.key)}
            onCopy={() => {
              const [next, index] = copyField(definition, selected);
              change(next);
              setSelected(index);
            }}
          />
        ) : (
          <Section title={t("field.settings")}>
            <p className="qk-muted">{t("field.choose")}</p>
          </Section>
        )}
      </div>
      <Preview />
    </div>
  );
}
