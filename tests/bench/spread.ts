export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** `undefined` of no values. */
export function spreadOf(values: (number | undefined)[]): Spread | undefined {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (min === undefined || max === undefined || low === undefined || high === undefined) return undefined;
  return { median: (low + high) / 2, min, max };
}
