import { Button } from "antd";
import { useT } from "@/app/i18n";
import { usePresence, useSetPresence } from "@/app/presence/presence";
import { useCan } from "@/app/session";
import { StateDot } from "@/ui/Avatar";

/** Somebody who is not online gets nothing new: said where new conversations would appear. */
export function OfflineStrip() {
  const t = useT("inbox");
  const handles = useCan("conversations.handle");
  const presence = usePresence(handles).data;
  const change = useSetPresence();
  if (!presence || presence.state === "online") return null;
  return (
    <div className="q-strip">
      <StateDot state={presence.state} />
      <span>{t("not_online", { state: t(`state.${presence.state}`) })}</span>
      <Button size="small" type="primary" onClick={() => change.mutate({ state: "online", reason: null })}>
        {t("go_online")}
      </Button>
    </div>
  );
}
