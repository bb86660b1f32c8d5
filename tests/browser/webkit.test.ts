import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { tellingJpeg } from "../pictures/fixtures.ts";
import { until } from "../sdk/people.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { BLUE, picture, RED } from "../support/pictures.ts";
import { sendFiles } from "../support/sent-files.ts";
import { withServer } from "../support/server.ts";
import { describeInWebkit, keys, startWebkit, type WebkitPage } from "../support/webkit.ts";

setDefaultTimeout(120_000);

const FOCUSED = "document.activeElement";
const DIALOG = "document.querySelector('dialog')";
const FEED = "document.querySelector('[role=feed]')";
const FIRST = "document.querySelector('[role=feed] article')";

/** The orientation in EXIF of a phone that was held upright: its top is at the right of the pixels. */
const TURNED_RIGHT = 6;
const MANY = 120;
/** Whether there is a message that begins so, and the end of it can be seen. */
const isInSight = (text: string) => `[...document.querySelectorAll("[role=feed] article")].some((row) => {
  const sight = ${FEED}.parentElement.getBoundingClientRect();
  const { bottom } = row.getBoundingClientRect();
  return row.innerText.includes("${text}") && bottom > sight.top && bottom < sight.bottom + 1;
})`;

describeInWebkit("the chat in the engine of Safari", () => {
  const server = withServer("embedded");
  let bob: Client;
  let page: WebkitPage;
  const type = (text: string) => page.press(...text);

  beforeAll(async () => {
    bob = await server.person("Bob");
    page = await startWebkit();
  });

  test("a newcomer registers, finds somebody by the keys alone, and they talk", async () => {
    await page.goTo(`${server.url}/register`);
    await page.until("document.querySelector('[name=first_name]')");
    await page.evaluate("document.querySelector('[name=first_name]').focus()");
    for (const text of ["Ann", "Webkit", "ann@example.com", PASSWORD]) {
      await type(text);
      await page.press(text === PASSWORD ? keys.enter : "\t");
    }
    await page.until(`${FOCUSED}.textContent === "Say hello to someone"`);
    await page.press(keys.control, "k");
    await page.until(DIALOG);
    await type("Bob");
    await page.until("document.querySelector('dialog [role=option]')");
    await page.press(keys.enter);
    await page.until(`location.pathname.startsWith("/c/") && ${FOCUSED}.tagName === "TEXTAREA"`);
    await type("Hello **Bob**");
    await page.press(keys.enter);
    await page.until(`${FOCUSED}.value === ""`);
    const list = async () => (await bob.get("/api/chat/conversations/")).body.data;
    await until(async () => (await list())[0]?.last_message?.content === "Hello **Bob**");
    const [{ id }] = await list();
    await bob.send(id, "Hello Ann");
    await page.until("document.querySelector('[role=feed]').innerText.includes('Hello Ann')");
    expect(await page.evaluate<string>("document.querySelector('[role=feed] strong').textContent")).toBe("Bob");
  });

  test("a phone's picture stands upright, a dropped file goes out, and the search finds both", async () => {
    const id = (await page.evaluate<string>("location.pathname")).split("/").at(-1) ?? "";
    const lying = await new Bun.Image(picture(400, 200, (x) => (x < 200 ? RED : BLUE))).jpeg().bytes();
    const photo = { name: "orchard.jpg", bytes: tellingJpeg(Buffer.from(lying), TURNED_RIGHT) };
    await sendFiles(bob, id, [photo], "From my phone");
    const shown = "document.querySelector('[role=feed] img[src*=\"/api/files/\"]')";
    await page.until(`${shown}?.complete && ${shown}.naturalWidth > 0`);
    // Both the picture and its place. With `srcset` the natural sides say the shape alone.
    const shape = `[${shown}.naturalHeight / ${shown}.naturalWidth, ${shown}.clientHeight > ${shown}.clientWidth]`;
    expect(await page.evaluate<unknown>(shape)).toEqual([2, true]);

    await page.evaluate(`((transfer) => {
      transfer.items.add(new File(["apples and pears"], "harvest.txt", { type: "text/plain" }));
      for (const type of ["dragover", "drop"])
        document.querySelector(".conversation")
          .dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }));
    })(new DataTransfer())`);
    await page.until("document.querySelector('[aria-label=\"Attached files\"]')?.innerText.includes('harvest.txt')");
    await page.evaluate("document.querySelector('.conversation textarea').focus()");
    await type("The orchard list");
    await page.press(keys.enter);
    const sent = async () => (await bob.get(`/api/chat/conversations/${id}/files/?type=other`)).body.data;
    await until(async () => (await sent())[0]?.file.name === "harvest.txt");

    await page.goTo(`${server.url}/search?q=orchard`);
    const marked = "[...document.querySelectorAll('mark')].map((mark) => mark.textContent)";
    await page.until(`${marked}.length === 2`);
    expect(await page.evaluate<string[]>(marked)).toEqual(["orchard", "orchard"]);
    await page.goTo(`${server.url}/c/${id}`);
    await page.until(`document.querySelector("[role=feed]")?.innerText.includes("The orchard list")`);
  });

  test("each dialog shows its content, and Escape closes it", async () => {
    const dialogs: Record<string, () => Promise<unknown>> = {
      "the keys": async () => {
        await page.evaluate(`${FOCUSED}.blur()`);
        await page.press("?");
      },
      "going to somebody": () => page.press(keys.control, "k"),
      "a new conversation": async () => {
        await page.evaluate(`${FOCUSED}.blur()`);
        await page.press("n");
      },
      details: () => page.evaluate("document.querySelector('[aria-label=\"Details and members\"]').click()"),
      "a question": async () => {
        await page.evaluate(`${FIRST}.focus()`);
        await page.press(keys.delete);
      },
    };
    const cut: string[] = [];
    for (const [name, open] of Object.entries(dialogs)) {
      await open();
      await page.until(DIALOG);
      // All of its parts within it, and it on the screen.
      const isWhole = `((box) => box.height > 80 && box.top >= 0 && box.bottom <= innerHeight &&
        [...${DIALOG}.querySelectorAll("header, .dialog-body, footer")].map((part) => part.getBoundingClientRect())
          .every((part) => part.height > 20 && part.top >= box.top && part.bottom <= box.bottom + 1)
      )(${DIALOG}.getBoundingClientRect())`;
      if (!(await page.evaluate(isWhole))) cut.push(name);
      await page.press(keys.escape);
      await page.until(`!${DIALOG}`);
    }
    expect(cut).toEqual([]);
  });

  test("a page that was closed while it stored messages does not block the next one", async () => {
    const address = await page.evaluate<string>("location.href");
    const id = address.split("/").at(-1) ?? "";
    // The focus of the first message has scrolled away from the end, and the view does not follow there.
    await page.goTo(`${server.url}/settings/about`);
    await page.goTo(address);
    await page.until(isInSight("The orchard list"));
    for (let n = 1; n <= 5; n++) {
      await bob.send(id, `Before it is left ${n}`);
      await page.until(isInSight(`Before it is left ${n}`));
      // To another one: only then Safari sets the old one aside.
      await page.goTo(`${server.url}/settings/about`);
      await page.goTo(address);
      await page.until(isInSight(`Before it is left ${n}`));
    }
  });

  test("the view follows many messages at once to the last one, also after a reload", async () => {
    const id = (await page.evaluate<string>("location.pathname")).split("/").at(-1) ?? "";
    const socket = await bob.chat(id);
    for (let n = 1; n <= MANY; n++) {
      socket.send({ type: "message", content: `Of many ${n}: ${"word ".repeat((n * 7) % 30)}`, ref: String(n) });
      if (n % 10 === 0) await Bun.sleep(50);
    }
    await page.until(isInSight(`Of many ${MANY}:`));
    await until(async () => {
      const { read_positions, last_message } = (await bob.get(`/api/chat/conversations/${id}/`)).body.data;
      return read_positions.every(({ seq }: { seq: number }) => seq === last_message.seq);
    });
    await page.evaluate("(window.isOld = true, location.reload())");
    await page.until("!window.isOld");
    await page.until(isInSight(`Of many ${MANY}:`));
    socket.close();
  });
});
