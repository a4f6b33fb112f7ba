import { useQueryClient } from "@tanstack/react-query";
import { Button, Tag, Tooltip } from "antd";
import { api } from "@/api/client";
import type { DirectoryEntry } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { integer } from "@/lib/format";
import { RelativeTime } from "@/ui/Time";
import { type Column, DataTable, Dot, Section, useConfirm, usePages, useRows, useSubmit } from "../kit";
import type { Fit } from "./types";

const PATH = "/bot/certainty/fits";
const TONES = { active: "ok", kept: "idle" } as const;

/** Every version that was fitted; one applies, any may. */
export function Versions() {
  const t = useT("settings");
  const locale = useLocale();
  const confirm = useConfirm();
  const mayEdit = useCan("settings.manage");
  const fits = usePages<Fit>(PATH, {});
  const people = useRows<DirectoryEntry>("/directory");
  const client = useQueryClient();
  const stale = [PATH];
  const onDone = () => void client.invalidateQueries({ queryKey: ["/bot/certainty", "one"] });
  const make = useSubmit(() => api.post<Fit>(PATH), {
    stale,
    done: (fit) => t("certainty.fittedNow", { version: fit.version }),
    onDone,
  });
  const use = useSubmit((version: number) => api.post<Fit>(`${PATH}/${version}/use`), {
    stale,
    done: t("certainty.saved"),
    onDone,
  });
  const columns: Column<Fit & { id: string }>[] = [
    {
      key: "version",
      title: t("certainty.version"),
      fixedIn: true,
      width: 90,
      render: (_, fit) => <span className="qk-num">{fit.version}</span>,
    },
    {
      key: "state",
      title: t("certainty.state"),
      render: (_, fit) => (
        <>
          <Dot tone={TONES[fit.state]}>{t(`certainty.states.${fit.state}`)}</Dot>{" "}
          {!fit.current && <Tag>{t("certainty.otherEngine")}</Tag>}
        </>
      ),
    },
    { key: "at", title: t("certainty.at"), render: (_, fit) => <RelativeTime at={fit.at} /> },
    {
      key: "examples",
      title: t("certainty.onExamples"),
      render: (_, fit) => (
        <span className="qk-num">
          {integer(fit.examples, locale)}{" "}
          <span className="qk-muted">
            ({t("certainty.reviewed", { count: integer(fit.reviewed, locale) })})
          </span>
        </span>
      ),
    },
    {
      key: "formula",
      title: t("certainty.formula"),
      render: (_, fit) =>
        fit.plain ? (
          <Tooltip title={t("certainty.plainHelp")}>
            <span>{t("certainty.plain")}</span>
          </Tooltip>
        ) : (
          <code>
            σ({fit.a.toFixed(2)}·x {fit.b < 0 ? "−" : "+"} {Math.abs(fit.b).toFixed(2)})
          </code>
        ),
    },
    {
      key: "loss",
      title: (
        <Tooltip title={t("certainty.lossHelp")}>
          <span>{t("certainty.loss")}</span>
        </Tooltip>
      ),
      render: (_, fit) =>
        fit.loss_before === null || fit.loss_after === null ? (
          "–"
        ) : (
          <span className="qk-num">
            {fit.loss_before.toFixed(3)} → {fit.loss_after.toFixed(3)}
          </span>
        ),
    },
    {
      key: "by",
      title: t("certainty.madeBy"),
      render: (_, fit) =>
        people.rows?.find((person) => person.id === fit.made_by)?.name ?? t("certainty.automaticBy"),
    },
    {
      key: "act",
      title: "",
      fixedIn: true,
      align: "right",
      render: (_, fit) =>
        mayEdit &&
        fit.state !== "active" && (
          <Button
            size="small"
            onClick={() =>
              void confirm({
                title: t("certainty.useTitle", { version: fit.version }),
                text: t("certainty.useText"),
                ok: t("certainty.use"),
                run: () => use.run(fit.version),
              })
            }
          >
            {t("certainty.use")}
          </Button>
        ),
    },
  ];
  return (
    <Section
      title={t("certainty.history")}
      description={t("certainty.historyText")}
      extra={
        mayEdit && (
          <Button loading={make.busy} onClick={() => void make.run()}>
            {t("certainty.fitNow")}
          </Button>
        )
      }
    >
      <DataTable
        id="certainty-fits"
        label={t("certainty.history")}
        rows={fits.rows?.map((fit) => ({ ...fit, id: String(fit.version) }))}
        rowKey="id"
        columns={columns}
        loading={fits.loading}
        error={fits.error}
        onRetry={() => void fits.refetch()}
        more={fits.more}
        emptyTitle={t("certainty.noFits")}
        emptyText={t("certainty.noFitsText")}
      />
    </Section>
  );
}
