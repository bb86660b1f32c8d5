import { expect, test } from "bun:test";
import type * as conversations from "../../src/protocol/conversations.ts";
import type { ErrorBody } from "../../src/protocol/envelope.ts";
import type * as lines from "../../src/protocol/lines.ts";
import type * as me from "../../src/protocol/me.ts";
import type * as messages from "../../src/protocol/messages.ts";
import type * as requests from "../../src/protocol/requests.ts";
import type * as users from "../../src/protocol/users.ts";
import type {
  ConversationInfo,
  ConversationRequest,
  ErrorCode,
  Line,
  Message,
  Profile,
  SessionInfo,
  User,
} from "../../src/sdk/index.ts";
import type { Summary } from "../../src/sdk/parts/frames.ts";

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

// The client declares the types of the wire again, so that its users need no zod. If they differ, this does not compile.
const same: [
  Same<User, users.User>,
  Same<SessionInfo, users.SessionInfo>,
  Same<Profile, users.Profile>,
  Same<Line, lines.Line>,
  Same<ConversationRequest, requests.ConversationRequest>,
  Same<Message, messages.Message>,
  // `Conversation.preferences` has what is in `me`.
  Same<ConversationInfo, Omit<conversations.Conversation, "me">>,
  Same<Summary["me"], me.ConversationMe | undefined>,
  ErrorBody["code"] extends ErrorCode ? true : false,
] = [true, true, true, true, true, true, true, true, true];

test("the client's types are the same as those of the wire", () => {
  expect(same).not.toContain(false);
});
