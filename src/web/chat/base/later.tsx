import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

const Nothing = () => null;

/**
 * Loads a part of the page when it is first shown. If loading fails, the error boundary of the page offers a reload.
 * @param Meanwhile is shown until then
 */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  Meanwhile: ComponentType = Nothing,
) {
  let loaded: ComponentType<Props> | undefined;
  return (props: Props) => {
    const [Part, setPart] = useState(() => loaded);
    useEffect(() => {
      if (Part) return;
      load().then(
        (part) => {
          loaded = part;
          setPart(() => part);
        },
        (error: unknown) =>
          setPart(() => {
            throw error;
          }),
      );
    }, []);
    return Part ? <Part {...props} /> : <Meanwhile />;
  };
}
