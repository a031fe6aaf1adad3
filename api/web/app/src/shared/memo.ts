// A component that is drawn again only when one of its properties has changed; functions do not count.
import { Component, h, type ComponentType, type VNode } from "preact";

export function memo<Props extends object>(inner: (props: Props) => VNode | null): ComponentType<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      const names = Object.keys(next) as (keyof Props)[];
      return names.some((name) => typeof next[name] !== "function" && next[name] !== this.props[name]);
    }

    render() {
      return h(inner as ComponentType<Props>, this.props as Props);
    }
  };
}
