import { part } from "../../design/part.tsx";

/** The details do without it until it is loaded. */
export const LatestFiles = part(async () => (await import("./latest.tsx")).LatestFiles);
