import { useLayoutEffect } from "preact/hooks";

let mounted = 0;

/** Call it in a component that stands in for content which is on its way. */
export function useStandIn(): void {
  useLayoutEffect(() => {
    mounted++;
    return () => {
      mounted--;
    };
  }, []);
}

/** Whether the page waits for content. */
export const isStoodIn = () => mounted > 0;

/** Stands in for content, and shows nothing. */
export function Nothing() {
  useStandIn();
  return null;
}
