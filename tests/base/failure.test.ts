import { expect, test } from "bun:test";
import { closeCodes } from "../../src/protocol/close-codes.ts";
import { Failure } from "../../src/server/base/failure.ts";

test("a failure has the close code of its declaration, or else asks the client to try again", () => {
  expect(new Failure("not_a_participant").closeCode).toBe(closeCodes.notParticipant);
  expect(new Failure("unavailable").closeCode).toBe(closeCodes.tryAgain);
});
