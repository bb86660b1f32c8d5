import type { Planted } from "./plant.ts";

const FEATURES = "src/server/features";

/** Bugs in marks, mentions, quotes, and in things that happen later. */
export const plantedInMarks = {
  "gives a repeat of a reaction a version": {
    edits: [
      {
        file: `${FEATURES}/reactions/mark.sql`,
        find: "  ON CONFLICT DO NOTHING;\n  outcome := CASE WHEN FOUND THEN 'marked' ELSE 'unchanged' END;",
        replace: "  ON CONFLICT DO NOTHING;\n  outcome := 'marked';",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["repeats take no version"],
    seconds: 8,
  },
  "mixes up the marks of one frame": {
    edits: [{ file: "src/server/log/runs.ts", find: 'changes.join(",")', replace: 'changes.toReversed().join(",")' }],
    faults: ["clients cut"],
    foundBy: ["one order"],
    isLong: true,
  },
  "counts the mentions of deleted messages": {
    isLong: true,
    edits: [
      {
        file: "src/server/log/sql/edit.sql",
        find: "IF message.fields ? 'mentions' THEN",
        replace: "IF p_content IS NOT NULL AND message.fields ? 'mentions' THEN",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["exact mentions"],
    seconds: 8,
  },
  "reminds again whenever its job runs": {
    isLong: true,
    edits: [
      {
        file: `${FEATURES}/saved/store.ts`,
        find: 'if (made?.value["remind_at"] === saved.remind_at) return 0;',
        replace: "if (made) await stream.remove('reminder', messageId);",
      },
      {
        file: `${FEATURES}/saved/service.ts`,
        find: 'return againAfterMs > 0 ? { againAfterMs } : "done";',
        replace: "return { againAfterMs: Math.max(againAfterMs, 500) };",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["reminders come once"],
    seconds: 8,
  },
  "acks a vote and does not keep it": {
    edits: [
      {
        file: `${FEATURES}/polls/mark.sql`,
        find: "w, p_now FROM unnest(v_wanted) AS w\n",
        replace: "w, p_now FROM unnest(v_wanted) AS w WHERE w <> 1\n",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["marks hold"],
    seconds: 8,
  },
  "keeps a deleted message pinned": {
    edits: [
      {
        file: "src/server/log/sql/edit.sql",
        find: "    DELETE FROM pins p WHERE p.conversation_id = p_conversation AND p.message_seq = message.seq;\n",
        replace: "",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["marks hold"],
    isLong: true,
  },
  "tells sockets of a reaction with the message as it was": {
    edits: [
      {
        file: "src/server/log/mark.ts",
        find: "...step, message, change: about }",
        replace: "...step, message: { ...message, reactions: undefined }, change: about }",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["streams equal the log"],
    seconds: 8,
    isLong: true,
  },
  "keeps the text that a reply has quoted": {
    edits: [
      {
        file: "src/server/log/quotes.ts",
        find: "const keyOf = ({ conversationId, seq }: Place) =>",
        replace: "const remembered = new Map<string, QuotedRow>();\nconst keyOf = ({ conversationId, seq }: Place) =>",
      },
      {
        file: "src/server/log/quotes.ts",
        find: "    const found = await this.read([...places.values()]);\n",
        replace: `    const missing = [...places.values()].filter((place) => !remembered.has(keyOf(place)));
    for (const [key, row] of await this.read(missing)) remembered.set(key, row);
    const found = remembered;
`,
      },
    ],
    faults: ["clients cut"],
    foundBy: ["quotes of today"],
    isLong: true,
  },
  "shows people by the names that they had": {
    edits: [
      {
        file: "src/server/log/filling.ts",
        find: "  if (sender) {",
        replace: '  if (sender && message.sender_name === "") {',
      },
    ],
    faults: ["clients cut"],
    foundBy: ["names of today"],
    seconds: 8,
    isLong: true,
  },
  "sends a scheduled message under a new key each time": {
    edits: [
      {
        file: `${FEATURES}/scheduled/service.ts`,
        find: "const clientId = clientIdOf(row.id, row.occurrence);",
        replace: "const clientId = crypto.randomUUID();",
      },
    ],
    faults: ["postgres slow", "postgres connections cut", "node killed"],
    foundBy: ["scheduled once"],
    isLong: true,
  },
  "sends a reply to both in two transactions": {
    edits: [
      {
        file: "src/server/log/sql/append-in-both.sql",
        find: "  IF v_outcome = 'appended' THEN\n",
        replace: "  IF v_outcome = 'appended' AND random() < 0.7 THEN\n",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["both or neither"],
    seconds: 8,
    isLong: true,
  },
  "sums a thread up once": {
    edits: [
      {
        file: `${FEATURES}/threads/follower.ts`,
        find: "if (!found) return;",
        replace: "if (!found || found.summary.replies % 2 === 0) return;",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["threads are summed up"],
    seconds: 8,
    isLong: true,
  },
  "lets people who were removed stay in the threads": {
    edits: [
      {
        file: "src/server/ws/hub.ts",
        find: "      this.sockets.leaveThreads(userId, conversationId, version);\n",
        replace: "",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["nothing after leaving"],
    isLong: true,
  },
} satisfies Record<string, Planted>;
