import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useErrorBoundary } from "preact/hooks";
import { patiently } from "./patiently.ts";

export interface PartProps<Props> {
  props: Props;
  /** Shown until the part is loaded. */
  meanwhile?: ComponentChildren;
  /** Shown while the part could not be loaded. */
  otherwise?: ComponentChildren;
}

/**
 * A small part within another one, such as the reactions below a message. It loads when it is first shown, or when its
 * `preload` is called. When it fails, in loading or later, the rest of the page stays as it is.
 */
export function part<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  const { loaded, hasFailed, want } = patiently(async () => ({ Loaded: await load() }));
  function Part({ props, meanwhile, otherwise }: PartProps<Props>) {
    const found = loaded.value;
    useEffect(() => void want(), []);
    const [error] = useErrorBoundary((caught) => reportError(caught));
    if (error) return <>{otherwise}</>;
    if (found) return <found.Loaded {...props} />;
    return <>{hasFailed.value ? otherwise : meanwhile}</>;
  }
  Part.preload = want;
  return Part;
}
