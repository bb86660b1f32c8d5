import { Failure } from "../base/failure.ts";

/** While the log can't be read, it is asked again this often. */
export const ASK_AGAIN_MS = 250;

/** Whether the log is away for now, so that asking again may help. */
export const isAway = (error: unknown) => error instanceof Failure && error.reason === "unavailable";
