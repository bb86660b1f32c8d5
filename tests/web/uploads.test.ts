import { expect, test } from "bun:test";
import { uploadTexts } from "../../src/web/texts/uploads.ts";

test("a refused file says why in words, whatever its scanner says", () => {
  const { refusal } = uploadTexts;
  expect(refusal("scan_unavailable")).toBe("It could not be checked for viruses within a day. Try again later");
  expect(refusal("refused")).toBe("Refused by the virus check");
  expect(refusal("Eicar-Test-Signature")).toBe("Refused by the virus check: Eicar-Test-Signature");
  expect(refusal("constructor")).toBe("Refused by the virus check: constructor");
});
