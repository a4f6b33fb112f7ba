import { Modal } from "antd";
import { useGet } from "@/api/hooks";
import type { Iso, MessageView } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { absoluteTime } from "@/lib/format";
import { Fetched } from "@/ui/states";
import "./linking.css";

interface Version {
  body: string;
  why: string;
  by_name: string;
  at: Iso;
}

/** What a message said before it was changed or taken back, for those who may read the audit log. */
export function Versions({ message, close }: { message: MessageView; close: () => void }) {
  const t = useT("customers/linking");
  const locale = useLocale();
  const query = useGet<Version[]>(
    `/conversations/${message.conversation_id}/messages/${message.id}/versions`,
  );
  return (
    <Modal open title={t("versions.title")} footer={null} onCancel={close}>
      <Fetched query={query} compact>
        {(list) =>
          list.length === 0 ? (
            <p className="q-muted">{t("versions.none")}</p>
          ) : (
            <ul className="q-likely">
              {list.map((one) => (
                <li key={one.at}>
                  <small className="q-muted q-num">
                    {t(`versions.${one.why}`)} · {absoluteTime(one.at, locale)}
                  </small>
                  <div>{one.body}</div>
                </li>
              ))}
            </ul>
          )
        }
      </Fetched>
    </Modal>
  );
}
