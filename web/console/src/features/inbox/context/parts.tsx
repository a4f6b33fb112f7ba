import type { ReactNode } from "react";

export function Section(props: { title: ReactNode; extra?: ReactNode; children: ReactNode }) {
  return (
    <section className="q-section">
      <header>
        <h3>{props.title}</h3>
        {props.extra}
      </header>
      {props.children}
    </section>
  );
}

export function Field(props: { label: ReactNode; children: ReactNode }) {
  return (
    <div className="q-field">
      <dt>{props.label}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}
