import { Button, Tooltip } from "antd";
import { BadgeCheck } from "lucide-react";
import { useT } from "@/app/i18n";

/** Whether somebody stands for a phone number or e-mail address, or it was merely typed. */
export function Vouched(props: { vouched: boolean; vouch?: () => void }) {
  const t = useT("customers/linking");
  if (props.vouched)
    return (
      <Tooltip title={t("vouched_hint")}>
        <span className="q-vouched">
          <BadgeCheck size={14} aria-hidden /> <span className="q-sr">{t("vouched")}</span>
        </span>
      </Tooltip>
    );
  return (
    <span className="q-vouched q-vouched--not">
      <Tooltip title={t("claimed_hint")}>
        <span className="q-muted">{t("claimed")}</span>
      </Tooltip>
      {props.vouch ? (
        <Button size="small" type="link" onClick={props.vouch}>
          {t("vouch")}
        </Button>
      ) : null}
    </span>
  );
}
