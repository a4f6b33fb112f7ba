import type { ReactNode } from "react";
import "./page.css";

/** The frame of every page that is not the inbox: a quiet header, then the content in one column. */
export function PageFrame(props: {
  title: ReactNode;
  subtitle?: ReactNode;
  extra?: ReactNode;
  /** Tabs or filters directly below the title. */
  toolbar?: ReactNode;
  /** `read` for forms and text (max 880 px), `wide` for tables, `full` without padding. */
  width?: "read" | "wide" | "full";
  children: ReactNode;
}) {
  return (
    <section className="q-page">
      <header className="q-page__head">
        <div className="q-page__titles">
          <h1 className="q-page__title">{props.title}</h1>
          {props.subtitle ? <div className="q-page__subtitle">{props.subtitle}</div> : null}
        </div>
        {props.extra ? <div className="q-page__extra">{props.extra}</div> : null}
      </header>
      {props.toolbar ? <div className="q-page__toolbar">{props.toolbar}</div> : null}
      <div className={`q-page__body q-page__body--${props.width ?? "wide"}`}>{props.children}</div>
    </section>
  );
}

/** A group of related things on a page. */
export function Panel(props: {
  title?: ReactNode;
  hint?: ReactNode;
  extra?: ReactNode;
  flush?: boolean;
  children: ReactNode;
}) {
  return (
    <section className="q-panel">
      {props.title || props.extra ? (
        <header className="q-panel__head">
          <div>
            {props.title ? <h2 className="q-panel__title">{props.title}</h2> : null}
            {props.hint ? <div className="q-panel__hint">{props.hint}</div> : null}
          </div>
          {props.extra}
        </header>
      ) : null}
      <div className={props.flush ? "" : "q-panel__body"}>{props.children}</div>
    </section>
  );
}
