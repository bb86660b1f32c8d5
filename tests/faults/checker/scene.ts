import { Client } from "../../support/client.ts";
import { Caller } from "./caller.ts";
import type { Cluster } from "./cluster.ts";
import { Device, type DeviceSetup } from "./device.ts";
import { Follower } from "./follower.ts";
import type { History } from "./history.ts";
import type { Machine } from "./machine.ts";
import { type Group, Person } from "./person.ts";
import type { Random } from "./random.ts";

/** How often the root of a thread is looked for before the run gives up. */
const READS_MAX = 50;

/** An invite lets in this many people, and more people try. */
const INVITED_MOST = 12;
/** A share of devices resumes by version alone, as clients did before there were tags. */
const WITH_TAGS = 0.75;
/** A share of devices takes one frame for several marks, and the others are clients of before. */
const WITH_RANGES = 0.5;
/** A share of devices knows threads. */
const WITH_THREADS = 0.6;
/** This share of people has two devices that follow their own stream. */
const WITH_FOLLOWERS = 0.6;

export type Scene = Awaited<ReturnType<typeof populate>>;

/**
 * 20 to 50 people in five conversations: one of all, two groups whose people come and go, a small one, a 1-on-1; one more
 * in which only the run itself writes; and one that people come into by an invite.
 */
export async function populate(cluster: Cluster, history: History, random: Random, machine: Machine) {
  const clients: Client[] = [];
  const count = random.int(20, 50);
  const join = async () => {
    for (let n = clients.length; n < count; n = clients.length) {
      const client = new Client(random.pick(cluster.nodes).url);
      clients.push(client);
      await client.signUp();
    }
  };
  await Promise.all(cluster.nodes.map(join));

  const [first, second] = clients;
  if (!first || !second) throw new Error("nobody is there");
  const everybody = await first.conversation(clients.slice(1));
  const small = clients.slice(0, 4);
  const groups: Group[] = [];
  for (let n = 0; n < 2; n++) {
    const [owner, ...members] = random.shuffle(clients).slice(0, 12);
    if (!owner) throw new Error("nobody is there");
    const { id } = await owner.conversation(members, `Group ${n}`);
    groups.push({
      id,
      owner: owner.id,
      movers: members.slice(4).map((member) => member.id),
      members: [owner, ...members].map((member) => member.id),
    });
  }
  const smallId = (await first.conversation(small.slice(1))).id;
  const pairId = (await first.conversation([second])).id;
  const quietId = (await first.conversation(small.slice(1), "Quiet")).id;

  /** The thread of each conversation that has one. */
  const threadOf = new Map<string, string>();
  for (const { id } of [everybody, ...groups, { id: smallId }]) {
    const owner = clients.find(({ id: person }) => person === groups.find((group) => group.id === id)?.owner) ?? first;
    await owner.send(id, `Root ${id}`);
    const path = `/api/chat/conversations/${id}/messages/`;
    // The root comes from a page: a server with a planted bug may ack a message too early, or under another id.
    const newest = async () => (await owner.get(`${path}?limit=1&mark_read=false`)).body.data.messages.at(-1);
    let root = await newest();
    for (let tries = 0; !root && tries < READS_MAX; tries++) {
      await Bun.sleep(100);
      root = await newest();
    }
    const started = await owner.post(`${path}${root?.id}/thread/`);
    if (started.status > 201) throw new Error(`thread: ${started.text}`);
    threadOf.set(id, started.body.data.id);
  }
  const threads = new Map([...threadOf].map(([id, thread]) => [thread, id]));
  history.threads = threads;

  const open = { id: (await first.conversation(small.slice(1), "Open")).id, code: "" };
  const invited = await first.post("/api/invites/", { conversation_id: open.id, max_uses: INVITED_MOST });
  if (invited.status !== 201) throw new Error(`invite: ${invited.text}`);
  open.code = invited.body.data.code;

  const all = new Set(clients.map(({ id }) => id));
  const few = new Set(small.map(({ id }) => id));
  const nobody = new Set<number>();
  history.places = new Map([
    [everybody.id, { members: all, movers: nobody }],
    [smallId, { members: few, movers: nobody }],
    [quietId, { members: few, movers: nobody }],
    [pairId, { members: new Set([first.id, second.id]), movers: nobody }],
    ...groups.map(({ id, members, movers }) => [id, { members: new Set(members), movers: new Set(movers) }] as const),
  ]);

  const people = clients.map((client, n) => {
    const own = random.fork(`person ${n}`);
    // The largest first.
    const conversations = [
      everybody.id,
      ...groups.filter(({ members }) => members.includes(client.id)).map(({ id }) => id),
    ];
    if (n < 4) conversations.push(smallId);
    if (n < 2) conversations.push(pairId);
    const withThreads = conversations.flatMap((id) => [id, threadOf.get(id) ?? id]);
    const device = (m: number, follows: string[], isUserSocket: boolean, tags = WITH_TAGS) => {
      const chance = own.fork(`device ${m}`);
      const knowsThreads = chance.fork("threads").chance(WITH_THREADS);
      const followed =
        isUserSocket && knowsThreads ? [...follows.flatMap((id) => threadOf.get(id) ?? []), ...follows] : follows;
      const setup: DeviceSetup = {
        name: `user ${client.id} device ${m}`,
        person: client.id,
        cookie: client.cookie ?? "",
        conversations: followed,
        ...(knowsThreads ? { threads: threadOf } : {}),
        isUserSocket,
        knowsTags: chance.fork("tags").chance(tags),
        acceptsRanges: chance.fork("ranges").chance(WITH_RANGES),
        newestPage: (conversation, node) => person.look(conversation, node),
      };
      return new Device(setup, cluster.nodes, history, chance, machine);
    };
    const devices = own.chance(0.6) ? [device(0, conversations, true)] : [device(0, [own.pick(withThreads)], false)];
    if (n < 4) devices.push(device(1, [smallId], false));
    if (own.chance(0.4)) devices.push(device(2, [own.pick(withThreads)], false));
    const onlookers = n < 4 ? [device(3, [quietId], n % 2 === 0, 1)] : [];
    const followers = [0, 1].map((m) => {
      const setup = {
        name: `user ${client.id} follower ${m}`,
        person: client.id,
        cookie: client.cookie ?? "",
        list: (node: Cluster["nodes"][number]) => person.views.list(node),
      };
      return new Follower(setup, cluster.nodes, history, own.fork(`follower ${m}`), machine);
    });
    const person: Person = new Person(
      new Caller(client.id, client, cluster.nodes, history, machine),
      devices,
      onlookers,
      own.fork("followers").chance(WITH_FOLLOWERS) ? followers : [],
      groups,
      open,
      threads,
      clients.map(({ id }) => id),
      own,
      history,
    );
    return person;
  });
  return {
    people,
    conversations: [everybody.id, ...groups.map(({ id }) => id), smallId, pairId, quietId, open.id, ...threads.keys()],
    threads,
    code: open.code,
    floodable: { conversation: smallId, people: people.slice(0, 4) },
    quiet: { conversation: quietId, people: people.slice(0, 4) },
  };
}
