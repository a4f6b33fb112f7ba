import { Modal } from "antd";
import { useT } from "../i18n";
import { useShellUi } from "../ui";
import { keyCaps, type Shortcut, type ShortcutGroup, useShortcutRegistry } from ".";
import "./overlay.css";

const GROUPS: ShortcutGroup[] = ["general", "go", "list", "conversation", "ticket", "composer"];

export function Keys(props: { keys: string }) {
  const t = useT();
  return (
    <span className="q-keys">
      {props.keys.split(" ").map((step, index) => (
        <span key={step + index}>
          {index > 0 ? <span className="q-muted"> {t("shortcuts.then")} </span> : null}
          {keyCaps(step).map((cap) => (
            <kbd key={cap}>{cap}</kbd>
          ))}
        </span>
      ))}
    </span>
  );
}

/** What the keyboard can do here, now. */
export function ShortcutOverlay() {
  const t = useT();
  const open = useShellUi((s) => s.shortcuts);
  const set = useShellUi((s) => s.set);
  const owners = useShortcutRegistry((s) => s.owners);
  const seen = new Set<string>();
  const all: Shortcut[] = [...owners.values()].flat().filter((s) => {
    const id = `${s.group}|${s.label}`;
    if (seen.has(id) || s.enabled === false) return false;
    seen.add(id);
    return true;
  });
  return (
    <Modal
      open={open}
      onCancel={() => set({ shortcuts: false })}
      footer={null}
      title={t("shortcuts.title")}
      width={720}
    >
      <div className="q-shortcuts">
        {GROUPS.map((group) => {
          const list = all.filter((s) => s.group === group);
          if (list.length === 0) return null;
          return (
            <section key={group}>
              <h3>{t(`shortcuts.groups.${group}`)}</h3>
              {list.map((s) => (
                <div key={s.keys + s.label} className="q-shortcuts__row">
                  <span>{s.label}</span>
                  <Keys keys={s.keys} />
                </div>
              ))}
            </section>
          );
        })}
      </div>
    </Modal>
  );
}
