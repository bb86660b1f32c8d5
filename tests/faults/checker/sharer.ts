import type { SearchAnswer } from "../../../src/protocol/search.ts";
import type { Answer, Client } from "../../support/client.ts";
import type { Caller } from "./caller.ts";
import type { Node } from "./cluster.ts";
import { viewOf } from "./device.ts";
import type { Download, History, Search, Shared } from "./history.ts";
import type { Random } from "./random.ts";

const TUS = { "Tus-Resumable": "1.0.0" };
const PART = { ...TUS, "Content-Type": "application/offset+octet-stream" };
/** Small, because a run has many. */
const BYTES_MOST = 6_000;
const PARTS_MOST = 3;
/** Requests of one upload before it is given up: nodes and lines fail under it. */
const TRIES_MOST = 25;
const AGAIN_MS = 300;
const READY_WITHIN_S = 5;
/** People look at the newest files, and try to. */
const NEWEST = 30;

type Headers = Record<string, string>;

/** One user who uploads files, reads those of others, and searches. */
export class Sharer {
  private uploads = 0;

  constructor(
    private readonly caller: Caller,
    private readonly history: History,
  ) {}

  /** Uploads one file or two, each over any nodes. `undefined`: one of them did not get there. */
  async uploadSome(random: Random): Promise<string[] | undefined> {
    const ids: string[] = [];
    for (let left = random.int(1, 2); left > 0; left--) {
      const id = await this.upload(random.fork(`file ${left}`));
      if (id === undefined) return undefined;
      ids.push(id);
    }
    return ids;
  }

  /** A message with these files is in the log. */
  sent(conversation: string, messageId: string, files: readonly string[]): void {
    this.history.shared ??= [];
    for (const file of files) this.history.shared.push({ conversation, messageId, file });
  }

  /** Reads one of the newest files of all, whether this person may or not. */
  async download(random: Random): Promise<void> {
    const newest = (this.history.shared ?? []).slice(-NEWEST);
    if (newest.length > 0) await this.read(random.pick(newest), this.caller.anyNode(random));
  }

  /** Reads a file on a node. */
  async read({ conversation, messageId, file }: Shared, node: Node): Promise<Download> {
    const download: Download = { ...this.caller.began(conversation, node), kind: "download", messageId, file };
    const answer = await this.caller.request(download, node, (client) => raw(client, "GET", `${file}/x`));
    if (download.outcome === "ok") download.digest = digestOf(answer?.text ?? "");
    return download;
  }

  /** Searches for a word, in one conversation or in all. */
  async search(word: string, node: Node, conversation?: string): Promise<Search> {
    const search: Search = { ...this.caller.began(conversation ?? "", node), kind: "search", word };
    const query = new URLSearchParams({
      q: `${word} `,
      ...(conversation !== undefined && { conversation_id: conversation }),
    });
    const answer = await this.caller.request(search, node, (client) => client.get(`/api/chat/search/?${query}`));
    const data: SearchAnswer | undefined = answer?.body?.data;
    if (search.outcome !== "ok" || !data) return search;
    search.found = data.results.map(({ message }) => ({ ...viewOf(message), conversation: message.conversation_id }));
    search.indexed = data.indexed;
    search.exact = data.exact && data.next_cursor === null;
    return search;
  }

  private async upload(random: Random): Promise<string | undefined> {
    const name = `${this.caller.id}-${++this.uploads}.txt`;
    const text = textOf(name, random);
    const id = random.chance(0.5)
      ? await this.inOneRequest(name, text, random)
      : await this.inParts(name, text, random);
    if (id === undefined) return undefined;
    this.history.files ??= new Map();
    this.history.files.set(id, { person: this.caller.id, name, bytes: text.length, digest: digestOf(text) });
    return (await this.isReady(id, random)) ? id : undefined;
  }

  private async inOneRequest(name: string, text: string, random: Random): Promise<string | undefined> {
    for (let tries = 0; tries < TRIES_MOST; tries++) {
      const answer = await this.ask(random, "POST", `?name=${name}`, { "Content-Type": "text/plain" }, text);
      if (answer?.status === 201) return answer.body.data.id;
      await this.pause();
    }
    return undefined;
  }

  /** As a client of tus does: it asks how far it is after each failure, and goes on at any node. */
  private async inParts(name: string, text: string, random: Random): Promise<string | undefined> {
    const metadata = { "Upload-Length": `${text.length}`, "Upload-Metadata": `filename ${btoa(name)}` };
    let id: string | undefined;
    let acked = 0;
    let offset: number | undefined = 0;
    const part = Math.max(1, Math.ceil(text.length / random.int(1, PARTS_MOST)));
    for (let tries = 0; tries < TRIES_MOST; tries++) {
      let answer: Answer | undefined;
      if (id === undefined) {
        answer = await this.ask(random, "POST", "", { ...TUS, ...metadata });
        if (answer?.status === 201) id = /[^/]+$/.exec(answer.headers.get("location") ?? "")?.[0];
      } else if (offset === undefined) answer = await this.ask(random, "HEAD", `${id}/`, TUS);
      else if (offset === text.length) return id;
      else {
        const bytes = text.slice(offset, offset + part);
        answer = await this.ask(random, "PATCH", `${id}/`, { ...PART, "Upload-Offset": `${offset}` }, bytes);
      }
      const isDone = answer !== undefined && answer.status < 300;
      const told = isDone ? answer?.headers.get("upload-offset") : null;
      offset = told == null ? undefined : Number(told);
      if (answer?.status === 404) {
        this.isGone(`the upload ${id}`);
        return undefined;
      }
      if (offset !== undefined && offset < acked)
        this.isGone(`bytes of the upload ${id}, which has ${offset} of ${acked},`);
      acked = offset ?? acked;
      if (!isDone) await this.pause();
    }
    return undefined;
  }

  private async isReady(id: string, random: Random): Promise<boolean> {
    for (let tries = 0; tries < TRIES_MOST; tries++) {
      const answer = await this.ask(random, "GET", `${id}/?wait=${READY_WITHIN_S}`);
      if (answer?.status === 404) this.isGone(`the file ${id}`);
      if (answer?.status === 404) return false;
      if (answer?.status === 200 && answer.body.data.state === "ready") return true;
      await this.pause();
    }
    return false;
  }

  /** A database that went back may lack it. */
  private isGone(what: string) {
    if (!this.history.wentBack)
      this.history.oddities.push({ check: "uploads stay", text: `user ${this.caller.id} finds that ${what} is gone` });
  }

  private pause = () => Bun.sleep(this.caller.machine.onTheWall(AGAIN_MS));

  private ask(random: Random, method: string, path: string, headers: Headers = {}, body?: string) {
    const client = this.caller.client.at(this.caller.anyNode(random).url);
    return this.caller.within(raw(client, method, path, headers, body));
  }
}

const digestOf = (text: string): string => Bun.SHA256.hash(text, "hex");

/** The bytes of a file: letters alone, so that they stay the same as text. */
function textOf(name: string, random: Random): string {
  const length = random.chance(0.1) ? 0 : random.int(1, BYTES_MOST);
  return Array.from({ length: Math.ceil(length / 8) }, () =>
    random.next().toString(36).slice(2).padEnd(8, "0").slice(0, 8),
  )
    .join("")
    .slice(0, length)
    .replace(/^.{0,20}/, (start) => name.slice(0, start.length).padEnd(start.length, "-"));
}

async function raw(
  client: Client,
  method: string,
  path: string,
  headers: Headers = {},
  body?: string,
): Promise<Answer> {
  const answer = await fetch(`${client.url}/api/files/${path}`, {
    method,
    headers: { Cookie: `sessionid=${client.cookie}`, ...headers },
    ...(body !== undefined && { body }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.startsWith("application/json") ?? false;
  return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : undefined, text };
}
