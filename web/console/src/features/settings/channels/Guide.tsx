import { Button, Drawer } from "antd";
import { BookOpen } from "lucide-react";
import { useState } from "react";
import { useLocale, useT } from "@/app/i18n";
import { Markdown } from "../kit/Markdown";
import { GUIDES, spoken } from "./guides";

/** How to set the channel up at its provider, beside the form it is needed for. */
export function Guide(props: { docs: string; channel: string }) {
  const t = useT("settings/channels");
  const locale = useLocale();
  const [text, setText] = useState<string | null>(null);
  const [open, setOpen] = useState(false);
  const load = GUIDES[`${locale}/${props.docs}`];
  if (!load) return null;
  const show = async () => {
    setOpen(true);
    setText(spoken(await load()));
  };
  return (
    <>
      <Button icon={<BookOpen size={15} aria-hidden />} onClick={() => void show()}>
        {t("guide")}
      </Button>
      <Drawer
        open={open}
        size="large"
        title={t("guideOf", { channel: props.channel })}
        onClose={() => setOpen(false)}
      >
        {text === null ? null : <Markdown text={text} />}
      </Drawer>
    </>
  );
}
