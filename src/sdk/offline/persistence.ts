// The module that the client loads after the rest: it stores data over a reload, and shares it between tabs.

export { memoryStorage } from "../public/storage.ts";
export { createCache } from "./cache.ts";
export { indexedDbStorage } from "./indexed-db.ts";
export { createOutboxOwner } from "./outbox-owner.ts";
export { watchPage } from "./page-lifecycle.ts";
export { createSettingsSender } from "./settings-sender.ts";
export { createStore } from "./store.ts";
