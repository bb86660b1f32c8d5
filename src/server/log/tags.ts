/** Whether both tags are known and differ: then the changes are of two histories. An unknown tag tells nothing. */
export const isAnotherTag = (a: string | null | undefined, b: string | null | undefined) =>
  a != null && b != null && a !== b;
