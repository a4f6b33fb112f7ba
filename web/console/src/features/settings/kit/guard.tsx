import { useBlocker } from "@tanstack/react-router";
import { App } from "antd";
import { useCallback, useEffect } from "react";
import { useT } from "./i18n";

let saved = false;

/** Goes on after a save, unasked: the screen may not have caught up yet with there being nothing unsaved. */
export function leaveSaved(go: () => void): void {
  saved = true;
  setTimeout(go, 0);
  setTimeout(() => {
    saved = false;
  }, 1000);
}

/** Asks before unsaved work is left behind: by a link, the back button, closing the tab. */
export function useUnsavedGuard(dirty: boolean): void {
  const t = useT();
  const { modal } = App.useApp();
  const blocker = useBlocker({
    shouldBlockFn: () => dirty && !saved,
    enableBeforeUnload: () => dirty,
    withResolver: true,
  });
  useEffect(() => {
    if (blocker.status !== "blocked") return;
    const asked = modal.confirm({
      title: t("kit.leaveTitle"),
      content: t("kit.leaveText"),
      okText: t("kit.leave"),
      cancelText: t("kit.stay"),
      okButtonProps: { danger: true },
      onOk: () => blocker.proceed(),
      onCancel: () => blocker.reset(),
    });
    return () => asked.destroy();
  }, [blocker, modal, t]);
}

/** The same question for drawers, which close without leaving the page. */
export function useGuardedClose(dirty: boolean, close: () => void): () => void {
  const t = useT();
  const { modal } = App.useApp();
  useUnsavedGuard(dirty);
  return useCallback(() => {
    if (!dirty) close();
    else
      modal.confirm({
        title: t("kit.leaveTitle"),
        content: t("kit.leaveText"),
        okText: t("kit.discard"),
        cancelText: t("kit.stay"),
        okButtonProps: { danger: true },
        onOk: close,
      });
  }, [dirty, close, modal, t]);
}

/** One confirmation for everything that destroys: what will be lost stands in `text`. */
export function useConfirm() {
  const t = useT();
  const { modal } = App.useApp();
  return useCallback(
    (ask: { title: string; text: React.ReactNode; ok: string; run: () => Promise<unknown> | undefined }) =>
      modal.confirm({
        title: ask.title,
        content: ask.text,
        okText: ask.ok,
        cancelText: t("kit.cancel"),
        okButtonProps: { danger: true },
        focusable: { autoFocusButton: "cancel" },
        onOk: () => ask.run(),
      }),
    [modal, t],
  );
}
