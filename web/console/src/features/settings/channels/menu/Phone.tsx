import { Keyboard, Plus } from "lucide-react";

import { useT } from "@/app/i18n";
import { COLUMNS_MOST, type Menu, type Place, ROWS_MOST, same, shownName } from "./model";

/** The account as a phone shows it: three buttons at the bottom, the rows of the chosen one above it. */
export function Phone(props: {
  account: string;
  menu: Menu;
  at: Place | null;
  wrong: (place: Place) => boolean;
  onGo: (place: Place) => void;
  onAddColumn: () => void;
  onAddRow: (column: number) => void;
}) {
  const t = useT("settings/channels");
  const { menu, at } = props;
  const button = (place: Place, name: string) => {
    const here = same(place, at);
    return (
      <button
        type="button"
        className={`qc-key ${here ? "qc-key-here" : ""} ${props.wrong(place) ? "qc-key-wrong" : ""}`}
        aria-pressed={here}
        {...(props.wrong(place)
          ? { "aria-label": t("menu.wrong", { name: name || t("menu.unnamed") }) }
          : {})}
        title={name}
        onClick={() => props.onGo(place)}
      >
        {shownName(name, place) || <em>{t("menu.unnamed")}</em>}
      </button>
    );
  };
  return (
    <div className="qc-phone" role="group" aria-label={t("menu.phone")}>
      <div className="qc-phone-head">{props.account}</div>
      <div className="qc-phone-body" />
      <div className="qc-phone-bar">
        <span className="qc-phone-key">
          <Keyboard size={18} aria-hidden />
        </span>
        {menu.columns.map((column, index) => (
          <div className="qc-column" key={index}>
            {at?.column === index && (
              <div className="qc-rows">
                {column.rows.length < ROWS_MOST && (
                  <button
                    type="button"
                    className="qc-key"
                    aria-label={t("menu.addRow")}
                    title={t("menu.addRow")}
                    onClick={() => props.onAddRow(index)}
                  >
                    <Plus size={16} aria-hidden />
                  </button>
                )}
                {column.rows.map((row, at) => (
                  <div key={at}>{button({ column: index, row: at }, row.name)}</div>
                ))}
              </div>
            )}
            {button({ column: index, row: null }, column.name)}
          </div>
        ))}
        {menu.columns.length < COLUMNS_MOST && (
          <div className="qc-column">
            <button
              type="button"
              className="qc-key"
              aria-label={t("menu.addColumn")}
              title={t("menu.addColumn")}
              onClick={props.onAddColumn}
            >
              <Plus size={16} aria-hidden />
            </button>
          </div>
        )}
      </div>
    </div>
  );
}
