import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

const Nothing = () => null;

/**
 * A part of the page that most visits don't need: it is loaded when it is first shown. A part that can't be loaded is an
 * error of the page, which offers to load everything again.
 * @param Meanwhile what is shown until then
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
