import { Drawer, Tabs } from "antd";
import { useT } from "../i18n";
import { useShellUi } from "../ui";
import { General } from "./General";
import { Password } from "./Password";
import { Sessions } from "./Sessions";
import { Tokens } from "./Tokens";
import "./profile.css";

export default function ProfileDrawer() {
  const t = useT();
  const tab = useShellUi((s) => s.profile);
  const set = useShellUi((s) => s.set);
  return (
    <Drawer
      open={tab !== null}
      onClose={() => set({ profile: null })}
      title={t("profile.title")}
      size={520}
      destroyOnHidden
    >
      <Tabs
        activeKey={tab ?? "general"}
        onChange={(key) => set({ profile: key })}
        items={[
          { key: "general", label: t("profile.tabs.general"), children: <General /> },
          { key: "password", label: t("profile.tabs.password"), children: <Password /> },
          { key: "sessions", label: t("profile.tabs.sessions"), children: <Sessions /> },
          { key: "tokens", label: t("profile.tabs.tokens"), children: <Tokens /> },
        ]}
      />
    </Drawer>
  );
}
