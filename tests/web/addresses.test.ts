import { describe, expect, test } from "bun:test";
import { ADMIN_ADDRESSES, buildAddress, CHAT_ADDRESSES, readAddress } from "../../src/web/addresses.ts";

describe("an address", () => {
  test.each([
    ["/", "home", undefined],
    ["/c/7", "conversation", "7"],
    ["/people", "people", undefined],
    ["/archive", "archive", undefined],
    ["/settings", "settings", undefined],
    ["/settings/privacy", "settings", "privacy"],
    ["/invite/abc", "invite", "abc"],
    ["/password", "password", undefined],
  ] as const)("of the chat is read and built: %s", (path, name, value) => {
    expect(readAddress(CHAT_ADDRESSES, path)).toEqual({ name, value });
    expect(buildAddress(CHAT_ADDRESSES[name], value)).toBe(path);
  });

  test.each([
    ["/admin", "overview", undefined],
    ["/admin/users/7", "users", "7"],
    ["/admin/conversations", "conversations", undefined],
  ] as const)("of the panel is read and built: %s", (path, name, value) => {
    expect(readAddress(ADMIN_ADDRESSES, path)).toEqual({ name, value });
    expect(buildAddress(ADMIN_ADDRESSES[name], value)).toBe(path);
  });

  test("may have a second value: the message of a conversation", () => {
    expect(readAddress(CHAT_ADDRESSES, "/c/7/12")).toEqual({ name: "conversation", value: "7", second: "12" });
    expect(readAddress(CHAT_ADDRESSES, "/c/7/12/")).toEqual({ name: "conversation", value: "7", second: "12" });
    expect(buildAddress(CHAT_ADDRESSES.conversation, "7", 12)).toBe("/c/7/12");
  });

  test("keeps its value unchanged", () => {
    expect(buildAddress(CHAT_ADDRESSES.conversation, "$&")).toBe("/c/$&");
  });

  test("may end with a slash", () => {
    expect(readAddress(CHAT_ADDRESSES, "/settings/")).toEqual({ name: "settings", value: undefined });
    expect(readAddress(CHAT_ADDRESSES, "/c/7/")).toEqual({ name: "conversation", value: "7" });
  });

  test.each(["/c", "/c/7/8/9", "/people/7", "/settings/a/b", "/sign-in/x", "/admin", "/api/docs/", "/settingsx"])(
    "is not one of the chat: %s",
    (path) => expect(readAddress(CHAT_ADDRESSES, path)).toBeUndefined(),
  );
});
