import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { on } from "../nodes/two-nodes.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import type { Link } from "../support/proxy.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import {
  allIsNormal,
  CATCH_UP_MS,
  Chat,
  expectLimitsKept,
  expectLimitsShared,
  isDegraded,
  NORMAL_AGAIN_MS,
  Sockets,
  startTwoNodes,
  type TwoNodes,
  until,
} from "./two-nodes.ts";

interface Fault {
  begin(): unknown;
  end(): unknown;
  lastsMs?: number;
  /** The nodes know that Redis is away, and say so. */
  isKnown?: true;
}

if (modes.includes("redis")) {
  let redis: RedisServer;
  let place: Place;
  let pair: TwoNodes;

  beforeAll(async () => {
    redis = await startRedis();
    place = await makePlace("redis");
    pair = await startTwoNodes(place, redis);
    await until(() => allIsNormal(pair), NORMAL_AGAIN_MS, "all normal at first");
  });
  afterAll(async () => {
    await pair.stop();
    await redis.stop();
    place.remove();
  });

  /** People notice nothing of a fault. */
  async function expectUnnoticed(nodes: TwoNodes, name: string, fault: Fault) {
    const [chat, sockets] = [await Chat.open(nodes, name), new Sockets(nodes)];
    try {
      await chat.exchange();
      chat.flood();
      await chat.exchange(() => fault.begin());
      const over = performance.now() + (fault.lastsMs ?? 0);
      try {
        await expectLimitsKept(nodes);
        await sockets.expectKept();
        if (fault.isKnown) await until(() => isDegraded(nodes), CATCH_UP_MS, "both nodes say so");
        do await chat.exchange();
        while (performance.now() < over);
      } finally {
        await fault.end();
      }
      await chat.exchange();
      await until(() => allIsNormal(nodes), NORMAL_AGAIN_MS, "all normal again");
      await chat.exchange();
      await expectLimitsShared(nodes);
      await sockets.expectShared();
      await chat.end();
    } finally {
      chat.close();
      await sockets.closeAll();
    }
  }

  const isSubscriber = (link: Link) => /subscribe/i.test(link.said);

  /** One node's open connections, or some of them, bring nothing any more; new ones do. */
  const deafens = (match: (link: Link) => boolean): Fault => ({
    begin() {
      const [, network] = pair.networks;
      const deaf = network.links.filter(match);
      expect(deaf).toHaveLength(1);
      network.deaf = (link) => deaf.includes(link);
    },
    end() {},
  });

  function deafensNewOnes(): Fault {
    const deaf = new Set<Link>();
    return {
      begin() {
        pair.networks[1].deaf = (link) => deaf.add(link).has(link);
        expect(pair.networks[1].cut()).toBe(2);
      },
      end() {
        pair.networks[1].deaf = (link) => deaf.has(link);
      },
      lastsMs: 1_500,
    };
  }

  /** On both nodes the next answers to a command are lost, and their connections with them. */
  function losesAnswersTo(command: string): Fault {
    const losses = [2, 2].map((left) => ({ left, match: (asked: string) => asked.includes(command) }));
    return {
      begin() {
        for (const [i, network] of pair.networks.entries()) network.loseAnswers = losses[i];
      },
      end() {
        for (const network of pair.networks) network.loseAnswers = undefined;
        expect(losses.some(({ left }) => left < 2)).toBe(true);
      },
    };
  }

  const faults: Record<string, Fault> = {
    "killed in the middle of sends, and started again empty": {
      begin: () => redis.kill(),
      end: () => redis.resume(),
      isKnown: true,
    },
    "emptied by FLUSHALL in the middle of sends": {
      begin: () => redis.redis.flushall(),
      end: () => redis.redis.flushall(),
    },
    "frozen for 10 s": {
      begin: () => process.kill(redis.pid(), "SIGSTOP"),
      end: () => process.kill(redis.pid(), "SIGCONT"),
      lastsMs: 10_000,
      isKnown: true,
    },
    "out of memory, and allowed to evict nothing": {
      begin: () => redis.redis.config("SET", "maxmemory", "1", "maxmemory-policy", "noeviction"),
      end: () => redis.redis.config("SET", "maxmemory", "0"),
    },
    "made a read-only replica": {
      begin: () => redis.redis.replicaof("127.0.0.1", "1"),
      end: () => redis.redis.replicaof("NO", "ONE"),
    },
    "a node's subscriptions are cut, and it gets no connection": {
      begin() {
        pair.networks[1].state = "refuse";
        expect(pair.networks[1].cut(isSubscriber)).toBe(1);
      },
      end() {
        pair.networks[1].state = "pass";
      },
    },
    "a node's subscriptions stay open and bring nothing": deafens(isSubscriber),
    "a node's commands stay open and have no answers": deafens((link) => !isSubscriber(link)),
    "a node's new connections stay open and bring nothing": deafensNewOnes(),
    "answers to PUBLISH get lost": losesAnswersTo("publish"),
    "answers to announcements get lost": losesAnswersTo("}:window"),
    "answers to the counters' script get lost": losesAnswersTo("confab:limit"),
    "answers to the script of sockets' places get lost": losesAnswersTo("confab:places"),
  };
  describe("Redis", () => {
    for (const [name, fault] of Object.entries(faults))
      test(`${name}: sends are acked and heard in time, pages fresh and limits kept, and all is normal again`, () =>
        expectUnnoticed(pair, name, fault));

    test("absent at start: the nodes start without it and serve, and join it when it comes", async () => {
      const late = await startRedis();
      await late.kill();
      const elsewhere = await makePlace("redis");
      const nodes = await startTwoNodes(elsewhere, late);
      await expectUnnoticed(nodes, "absent", { begin() {}, end: () => late.resume(), isKnown: true });
      await nodes.stop();
      await late.stop();
      elsewhere.remove();
    });

    test("a logout while it is away still ends the sockets on the other node", async () => {
      const dan = await pair.nodes[0].person("Dan");
      const there = await on(pair.nodes[1], dan).hub();
      await redis.kill();
      const started = performance.now();
      await dan.post("/api/users/logout/");
      expect((await there.closed).code).toBe(4401);
      // docs/contract.md §8: 5 s with Redis dead, with three-fold slack.
      expect(performance.now() - started).toBeLessThan(15_000);
      await redis.resume();
      await until(() => allIsNormal(pair), NORMAL_AGAIN_MS, "all normal again");
    });
  });
}
