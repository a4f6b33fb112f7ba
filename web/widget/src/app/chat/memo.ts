import { Component, type ComponentChild, type FunctionComponent, h } from "preact";

/** Draw again only when a prop changed: a long history must not be redrawn for each key pressed. */
export function memo<P extends object>(View: FunctionComponent<P>): FunctionComponent<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      const held = this.props as Record<string, unknown>;
      const coming = next as Record<string, unknown>;
      // Handlers are made anew at each drawing and mean the same.
      return Object.keys(coming).some((k) => typeof coming[k] !== "function" && coming[k] !== held[k]);
    }
    override render(): ComponentChild {
      return h(View, this.props as P);
    }
  }
  return Memo as unknown as FunctionComponent<P>;
}
