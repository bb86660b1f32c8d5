import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Nothing } from "../../design/stand-in.ts";

/**
 * Loads a part of the page when it is first shown, or when its `preload` is called. If loading fails, the error boundary
 * of the page offers a reload.
 * @param Meanwhile is shown until then
 */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  Meanwhile: ComponentType = Nothing,
) {
  let loaded: ComponentType<Props> | undefined;
  const loadOnce = async () => {
    loaded ??= await load();
    return loaded;
  };
  function Later(props: Props) {
    const [Part, setPart] = useState(() => loaded);
    useEffect(() => {
      if (Part) return;
      loadOnce().then(
        (part) => setPart(() => part),
        (error: unknown) =>
          setPart(() => {
            throw error;
          }),
      );
    }, []);
    return Part ? <Part {...props} /> : <Meanwhile />;
  }
  /** A failure shows when the part is needed. */
  Later.preload = () =>
    loadOnce().then(
      () => {},
      () => {},
    );
  return Later;
}
