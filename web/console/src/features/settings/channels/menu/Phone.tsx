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
        className={`qch-key ${here ? "qch-key-here" : ""} ${props.wrong(place) ? "qch-key-wrong" : ""}`}
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
    <div className="qch-phone" role="group" aria-label={t("menu.phone")}>
      <div className="qch-phone-head">{props.account}</div>
      <div className="qch-phone-body" />
      <div className="qch-phone-bar">
        <span className="qch-phone-key">
          <Keyboard size={18} aria-hidden />
        </span>
        {menu.columns.map((column, index) => (
          <div className="qch-column" key={index}>
            {at?.column === index && (
              <div className="qch-rows">
                {column.rows.length < ROWS_MOST && (
                  <button
                    type="button"
                    className="qch-key"
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
          <div className="qch-column">
            <button
              type="button"
              className="qch-key"
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
