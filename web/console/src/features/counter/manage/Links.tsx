import { Button, Typography } from "antd";
import { api } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import { useT } from "@/app/i18n";
import { confirmLoss } from "@/ui/feedback";
import { Fetched } from "@/ui/states";
import { counterChanged } from "../api";
import type { PageLink, Site } from "../types";

const picture = (svg: string) => `data:image/svg+xml;utf8,${encodeURIComponent(svg)}`;

/** The public pages: address, QR code to print, and a new address when one has got about. */
export function LinkList({ site }: { site: Site }) {
  const t = useT("counter");
  const links = useGet<PageLink[]>(`/counter/manage/sites/${site.id}/links`);
  const rotate = useAct(
    (kind: PageLink["kind"]) => api.post(`/counter/manage/sites/${site.id}/rotate`, { kind }),
    { onSuccess: counterChanged },
  );
  const ask = async (kind: PageLink["kind"]) => {
    const sure = await confirmLoss({
      title: t("links.rotate_title"),
      content: t(`links.rotate_${kind}`),
      okText: t("links.rotate"),
    });
    if (sure) rotate.mutate(kind);
  };
  return (
    <Fetched query={links}>
      {(found) => (
        <ul className="qc-links">
          {found.map((link) => (
            <li key={link.kind}>
              <img src={picture(link.qr_svg)} alt={t(`links.${link.kind}`)} width={128} height={128} />
              <div>
                <h3>{t(`links.${link.kind}`)}</h3>
                <p className="q-muted">{t(`links.${link.kind}_hint`)}</p>
                <Typography.Link href={link.url} target="_blank" copyable={{ text: link.url }}>
                  {link.url}
                </Typography.Link>
                <p>
                  <Button size="small" href={picture(link.qr_svg)} download={`${site.name}-${link.kind}.svg`}>
                    {t("links.download")}
                  </Button>{" "}
                  <Button size="small" danger loading={rotate.isPending} onClick={() => void ask(link.kind)}>
                    {t("links.rotate")}
                  </Button>
                </p>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Fetched>
  );
}
