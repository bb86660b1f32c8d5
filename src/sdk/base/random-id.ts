/** A random id of 128 bits. `crypto.randomUUID` is missing on pages that came over plain HTTP from another machine. */
export const randomId = (): string => crypto.getRandomValues(new Uint32Array(4)).join("-");
