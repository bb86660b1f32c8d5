/** An id that nobody else makes. `crypto.randomUUID` is missing on pages that came over plain HTTP from another machine. */
export const randomId = (): string => crypto.getRandomValues(new Uint32Array(4)).join("-");
