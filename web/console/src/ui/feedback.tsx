import { App, Button } from "antd";
import type { MessageInstance } from "antd/es/message/interface";
import type { HookAPI } from "antd/es/modal/useModal";
import type { ReactNode } from "react";
import { translate } from "@/app/i18n";

let message: MessageInstance | null = null;
let modal: HookAPI | null = null;

/** Mounted once inside antd's <App>; lets plain functions speak through the themed instances. */
export function FeedbackBridge() {
  const app = App.useApp();
  message = app.message;
  modal = app.modal;
  return null;
}

export const toast = {
  success: (text: string) => void message?.success(text, 2.5),
  info: (text: string) => void message?.info(text, 3),
  error: (text: string) => void message?.error(text, 6),
  /** It could not be done here; where it can be is one click away. */
  errorWith: (text: string, label: string, go: () => void) => {
    const key = `error-${Math.random()}`;
    void message?.open({
      key,
      type: "error",
      duration: 8,
      content: (
        <span>
          {text}
          <Button
            type="link"
            size="small"
            onClick={() => {
              message?.destroy(key);
              go();
            }}
          >
            {label}
          </Button>
        </span>
      ),
    });
  },
  /** Done already, but it can be taken back for a few seconds. */
  undo: (text: string, undo: () => void) => {
    const key = `undo-${Math.random()}`;
    void message?.open({
      key,
      type: "success",
      duration: 6,
      content: (
        <span>
          {text}
          <Button
            type="link"
            size="small"
            onClick={() => {
              message?.destroy(key);
              undo();
            }}
          >
            {translate("app:undo")}
          </Button>
        </span>
      ),
    });
  },
};

/** Ask before something is lost; say what will be lost. Resolves to the answer. */
export function confirmLoss(options: {
  title: string;
  content?: ReactNode;
  okText: string;
  danger?: boolean;
}): Promise<boolean> {
  return new Promise((resolve) => {
    if (!modal) return resolve(false);
    modal.confirm({
      title: options.title,
      content: options.content,
      okText: options.okText,
      cancelText: translate("app:cancel"),
      okButtonProps: { danger: options.danger ?? true },
      focusable: { autoFocusButton: "cancel" },
      icon: null,
      onOk: () => resolve(true),
      onCancel: () => resolve(false),
    });
  });
}
