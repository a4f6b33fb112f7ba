import { Button } from "antd";
import { WifiOff } from "lucide-react";
import { useEffect, useState } from "react";
import { realtime, useConnection } from "@/realtime/client";
import { useT } from "./i18n";

/** Told only after two seconds without a line: a blink is nobody's business. */
export function ConnectionBanner() {
  const t = useT();
  const connection = useConnection();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (connection.state === "online" || connection.state === "idle") {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), 2000);
    return () => clearTimeout(timer);
  }, [connection.state]);
  return (
    <div aria-live="polite">
      {shown ? (
        <div className="q-banner">
          <WifiOff size={16} aria-hidden />
          <span>{t("connection.offline")}</span>
          <span className="q-banner__hint">{t("connection.offline_hint")}</span>
          <Button size="small" type="text" onClick={realtime.retryNow}>
            {t("connection.retry_now")}
          </Button>
        </div>
      ) : null}
    </div>
  );
}
