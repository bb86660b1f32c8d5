export type * from "./api.ts";
export { connect } from "./connect.ts";
export type * from "./conversation-api.ts";
export { ConfabError, type ErrorCode } from "./errors.ts";
export { type KeyValueStorage, memoryStorage } from "./storage.ts";
export type * from "./wire.ts";
