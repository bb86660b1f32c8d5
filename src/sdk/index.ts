export { connect } from "./connect.ts";
export type * from "./public/client.ts";
export type * from "./public/conversation.ts";
export { ConfabError, type ErrorCode } from "./public/errors.ts";
export { type KeyValueStorage, memoryStorage } from "./public/storage.ts";
export type * from "./public/types.ts";
