import { Tabs } from "antd";
import { useT } from "@/app/i18n";

/** Calls, and promises to call. */
export function Subpages(props: { value: "calls" | "callbacks"; go: (path: string) => void }) {
  const t = useT("calls");
  return (
    <Tabs
      activeKey={props.value}
      onChange={(key) => props.go(key === "calls" ? "/calls" : "/calls/callbacks")}
      items={[
        { key: "calls", label: t("title") },
        { key: "callbacks", label: t("callback.many") },
      ]}
    />
  );
}
