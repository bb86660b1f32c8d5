import { afterAll, afterEach } from "bun:test";
import { cleanUpAll } from "./cleanup.ts";
import { takeFaults } from "./documents.ts";

// In a preload this runs after every test.
afterEach(() => {
  const faults = takeFaults();
  if (faults.length > 0) throw new Error([...new Set(faults)].join("\n"));
});

// In a preload this runs once, after the last file; side by side after each.
afterAll(cleanUpAll);
