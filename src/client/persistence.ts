// What keeps texts and what was loaded over a reload, and shares them between tabs: the client loads it by itself, after
// the rest.
export { indexedDbStorage } from "./indexed-db.ts";
export { createKeeper } from "./keeper.ts";
export { createLease } from "./lease.ts";
export { watchPage } from "./page.ts";
export { memoryStorage } from "./storage.ts";
export { createStore } from "./store.ts";
