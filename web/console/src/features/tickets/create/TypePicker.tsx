import { Select } from "antd";
import { useT } from "@/app/i18n";
import { useTypes } from "../api";
import { TypeIcon, useWords } from "../bits";

/** The types a ticket may have, those in `first` ahead of the others. */
export function TypePicker(props: {
  value: string | null;
  onChange: (key: string) => void;
  first?: readonly string[];
  id?: string;
  autoFocus?: boolean;
}) {
  const t = useT("tickets");
  const words = useWords();
  const types = useTypes();
  const rank = (key: string) => {
    const at = props.first?.indexOf(key) ?? -1;
    return at < 0 ? 1000 : at;
  };
  const list = (types.data ?? [])
    .filter((type) => type.active || type.key === props.value)
    .sort((a, b) => rank(a.key) - rank(b.key) || a.position - b.position);
  return (
    <Select<string>
      id={props.id}
      aria-label={props.id ? undefined : t("create.type")}
      autoFocus={props.autoFocus}
      value={props.value}
      loading={types.isPending}
      placeholder={t("create.type")}
      notFoundContent={t("create.no_types")}
      showSearch={{
        filterOption: (text, option) => {
          const type = list.find((one) => one.key === option?.value);
          return Object.values(type?.name ?? {}).some((name) =>
            name?.toLowerCase().includes(text.toLowerCase()),
          );
        },
      }}
      style={{ width: "100%" }}
      options={list.map((type) => ({
        value: type.key,
        label: (
          <span className="q-face">
            <TypeIcon icon={type.icon} />
            {words(type.name, type.key)}
            <span className="q-muted q-ellipsis">{words(type.description)}</span>
          </span>
        ),
      }))}
      onChange={props.onChange}
    />
  );
}
