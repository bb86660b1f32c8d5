import { beforeAll, expect, test } from "bun:test";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { details, heading, openDetails, row } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { BLUE, GREEN, picture, plain, RED } from "../support/pictures.ts";
import { withServer } from "../support/server.ts";

describeInBrowser("pictures of people and groups", () => {
  const server = withServer("embedded");
  let ann: Client;
  let bob: Client;
  let eve: Client;
  beforeAll(async () => {
    [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
  });

  const avatarOf = async (person: Client) => (await person.get("/api/users/profile/")).body.data.avatar;
  const named = (name: string, bytes: Buffer) => ({ name, mimeType: "image/png", buffer: bytes });

  test("a person chooses a picture, moves it by keys, and removes it, and others see it at once", async () => {
    const { id } = await ann.conversation([bob]);
    await ann.send(id, "Hello");
    const other = await openPage(bob, `/c/${id}`);
    const shown = other.page.locator(".conversation-row .avatar-picture");
    await row(other.page, "Ann Tester").waitFor();
    expect(await shown.count()).toBe(0);

    const { page, faults, close } = await openPage(ann, "/settings/profile");
    const wide = picture(900, 300, (x) => (x < 300 ? RED : x < 600 ? GREEN : BLUE));
    await page.locator("input[type=file]").setInputFiles(named("wide.png", wide));
    const dialog = page.getByRole("dialog");
    await dialog.locator("canvas").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    // The part at the end of the picture.
    for (let i = 0; i < 25; i++) await page.keyboard.press("ArrowRight");
    const middle = () =>
      page.evaluate<number[]>(
        "[...document.querySelector('.crop-canvas').getContext('2d').getImageData(320, 320, 1, 1).data].slice(0, 3)",
      );
    expect(await middle()).toEqual([...BLUE]);
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByText("Picture saved.").waitFor();
    await dialog.waitFor({ state: "detached" });
    const avatar = await avatarOf(ann);
    expect(await page.locator(".person-head .avatar-picture").getAttribute("src")).toBe(
      `/api/avatars/${avatar}?size=256`,
    );

    // The list, the header and the message.
    await until(async () => (await shown.getAttribute("src")) === `/api/avatars/${avatar}?size=64`);
    await until(async () => (await other.page.locator(".avatar-picture[data-loaded]").count()) >= 3);

    await page.getByRole("button", { name: "Remove picture" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove picture" }).click();
    await page.getByText("Picture removed.").waitFor();
    await until(async () => (await other.page.locator(".conversation-row .avatar-picture").count()) === 0);
    expect(await avatarOf(ann)).toBeUndefined();
    expect([...faults, ...other.faults]).toEqual([]);
    await close();
    await other.close();
  });

  test("a picture that can't be read is refused, and one that is gone leaves the initials", async () => {
    await ann.put("/api/users/me/avatar/", plain(RED));
    await ann.conversation([eve]);
    const { page, close } = await openPage(eve, "/", {});
    await page.locator(".avatar-picture[data-loaded]").first().waitFor();
    await page.route("**/api/avatars/**", (route) => route.abort());
    await page.goto("/settings/profile");
    await page.locator("input[type=file]").setInputFiles(named("text.png", Buffer.from("no picture")));
    await page.getByText("can’t show this file").waitFor();
    await close();
  });

  test("a member changes the picture of a group, and a line says so", async () => {
    const { id } = await ann.conversation([bob, eve], "Friends");
    const other = await openPage(bob, `/c/${id}`);
    const { page, faults, close } = await openPage(ann, `/c/${id}`);
    await heading(page, "Friends").waitFor();
    await openDetails(page);
    await details(page)
      .locator("input[type=file]")
      .setInputFiles(named("green.png", plain(GREEN)));
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    const line = "Ann Tester changed the picture of the group";
    await other.page.getByRole("region", { name: "Friends" }).getByText(line).waitFor();
    await other.page.locator(".conversation-header .avatar-picture[data-loaded]").waitFor();
    await details(page).locator(".person-head .avatar-picture[data-loaded]").waitFor();
    expect([...faults, ...other.faults]).toEqual([]);
    await close();
    await other.close();
  });
});
