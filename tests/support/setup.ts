import { setDefaultTimeout } from "bun:test";

// Servers are started and killed for real; on a busy machine that takes its time.
setDefaultTimeout(60_000);
