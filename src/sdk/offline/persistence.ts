// What keeps texts and what was loaded over a reload, and shares them between tabs: the client loads it by itself, after
// the rest.

export { memoryStorage } from "../public/storage.ts";
export { createKeeper } from "./cache.ts";
export { indexedDbStorage } from "./indexed-db.ts";
export { createLease } from "./outbox-owner.ts";
export { watchPage } from "./page-lifecycle.ts";
export { createStore } from "./store.ts";
