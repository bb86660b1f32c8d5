/** Returns the indexes of values without a neighbour. No line leads to them, so the plot has to draw points. */
export function lonePoints(values: ArrayLike<number | null | undefined>): number[] {
  const isThere = (i: number) => values[i] !== null && values[i] !== undefined;
  return Array.from(values, (_, i) => i).filter((i) => isThere(i) && !isThere(i - 1) && !isThere(i + 1));
}
