import { Alert } from "antd";
import { useLocale, useT } from "@/app/i18n";
import { useOne } from "../kit";

interface PortalStatus {
  open: boolean;
  mail: boolean;
  types: number;
  suggested: number;
  deflected: number;
}

/** Whether customers can get to their own pages, and what the help texts in the form are worth. */
export function PortalNotice() {
  const t = useT("settings/tickettypes");
  const locale = useLocale();
  const { data } = useOne<PortalStatus>("/portal/status");
  if (!data) return null;
  const said = [
    t("portal.types", { count: data.types }),
    data.suggested > 0
      ? t("portal.deflected", { deflected: data.deflected, count: data.suggested })
      : t("portal.noneDeflected"),
  ];
  return (
    <Alert
      className="qk-gap"
      type={data.mail && data.open ? "info" : "warning"}
      showIcon
      title={t(!data.open ? "portal.closed" : data.mail ? "portal.on" : "portal.noMail")}
      description={
        <>
          {said.join(" ")}{" "}
          <a href={`/help/${locale}/my`} target="_blank" rel="noreferrer">
            {t("portal.look")}
          </a>
        </>
      }
    />
  );
}
