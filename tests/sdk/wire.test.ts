import { expect, test } from "bun:test";
import type * as conversations from "../../src/protocol/conversations.ts";
import type { ErrorBody } from "../../src/protocol/envelope.ts";
import type * as messages from "../../src/protocol/messages.ts";
import type * as requests from "../../src/protocol/requests.ts";
import type * as users from "../../src/protocol/users.ts";
import type {
  ConversationInfo,
  ConversationRequest,
  ErrorCode,
  Message,
  Profile,
  SessionInfo,
  User,
} from "../../src/sdk/index.ts";

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

// What the client declares, so that who uses it needs no zod, is what the wire has: else this does not compile.
const same: [
  Same<User, users.User>,
  Same<SessionInfo, users.SessionInfo>,
  Same<Profile, users.Profile>,
  Same<ConversationRequest, requests.ConversationRequest>,
  Same<Message, messages.Message>,
  Same<ConversationInfo, conversations.Conversation>,
  ErrorBody["code"] extends ErrorCode ? true : false,
] = [true, true, true, true, true, true, true];

test("the client's types are those of the wire", () => {
  expect(same).not.toContain(false);
});
