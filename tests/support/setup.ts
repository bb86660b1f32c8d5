import { afterAll } from "bun:test";
import { cleanUpAll } from "./cleanup.ts";

// In a preload this runs once, after the last file.
afterAll(cleanUpAll);
