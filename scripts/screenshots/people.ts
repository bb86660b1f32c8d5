/** The people in the pictures. The first one, Maya, sits at the browser. */
export const PEOPLE = {
  maya: ["Maya", "Lindqvist"],
  kofi: ["Kofi", "Mensah"],
  yuki: ["Yuki", "Tanaka"],
  elif: ["Elif", "Demir"],
  tomas: ["Tomás", "Ferreira"],
  leyla: ["لیلا", "حسینی"],
  anneke: ["Anneke", "de Vries"],
  rahul: ["Rahul", "Nair"],
  ines: ["Inés", "Carrasco"],
} as const satisfies Record<string, readonly [string, string]>;

export type Name = keyof typeof PEOPLE;

/** The people beside Maya who have the chat open. */
export const ONLINE: readonly Name[] = ["kofi", "yuki", "leyla", "elif"];

/** A message: its sender, its day and time on the clock of Maya, its text, and its edit or deletion. */
export type Line = readonly [who: Name, daysAgo: number, clock: string, text: string, then?: "edited" | "deleted"];

export interface Talk {
  /** The members beside Maya. */
  with: readonly Name[];
  name?: string;
  lines: readonly Line[];
  /** The number of newest messages that Maya has not read. */
  unread?: number;
}

/** The conversations of the people who run a repair café in an old mill. */
export const TALKS = {
  cafe: {
    with: ["elif", "kofi", "yuki", "tomas", "anneke", "rahul"],
    name: "Repair café",
    unread: 3,
    lines: [
      ["elif", 2, "18:05", "The hall is ours again on Saturday, ten to four. I have the keys 🗝️"],
      ["maya", 2, "18:12", "Wonderful! I make the poster tonight."],
      ["rahul", 2, "18:40", "I can do electronics and anything with wheels."],
      ["rahul", 2, "18:41", "No more printers, please. Never again. 😅"],
      [
        "tomas",
        1,
        "09:20",
        "What we still need:\n\n- two soldering irons\n- a box of fuses, `5 A` and `10 A`\n- **somebody for the coffee**",
      ],
      ["anneke", 1, "09:31", "> somebody for the coffee\n\nMe! And I bring the apple cake."],
      ["maya", 1, "09:33", "Then everything is settled 🎉"],
      ["yuki", 0, "12:48", "The first ones have signed up: a toaster, two lamps and a *very* old radio 📻"],
      ["yuki", 0, "12:49", "Does anybody know valves?"],
      ["kofi", 0, "13:02", "My grandfather did. I have his book, and his soldering iron. That makes one!"],
    ],
  },
  kofi: {
    with: ["kofi"],
    lines: [
      ["kofi", 1, "17:20", "The opening hours on our page are still last year’s."],
      ["maya", 1, "17:24", "Oh no. Do you know where they come from?"],
      [
        "kofi",
        1,
        "17:31",
        'From one small file:\n\n```js\nexport const hours = {\n  saturday: ["10:00", "16:00"],\n  sunday: "closed",\n};\n```',
      ],
      ["maya", 1, "17:40", "Found it and changed it, thank you! Ten to four it is.", "edited"],
      ["kofi", 0, "11:02", "Are you there before the others on Saturday?"],
      ["maya", 0, "11:15", "At nine. Shall I bring anything?"],
      ["kofi", 0, "11:16", "Just yoursefl", "deleted"],
      ["kofi", 0, "11:17", "1. The long ladder\n2. Your good mood 😄"],
      ["maya", 0, "11:20", "Deal. See you at **nine**!"],
    ],
  },
  present: {
    with: ["yuki", "leyla"],
    lines: [
      ["yuki", 1, "20:10", "Anneke’s birthday is next week. What do we give her?"],
      ["leyla", 1, "20:14", "A tree for her garden? 🌳 She has wanted a quince for years."],
      ["maya", 1, "20:15", "**Yes.** I know a nursery by the river."],
    ],
  },
  leyla: {
    with: ["leyla"],
    lines: [
      ["leyla", 1, "10:02", "سلام مایا! پوستر خیلی قشنگ شده 🌷"],
      ["maya", 1, "10:20", "ممنونم! ترجمه‌ی فارسی را هم گذاشتم."],
      ["leyla", 1, "10:24", "عالی! فقط ساعت شروع باید «10:00» باشد، نه «9:00»."],
      ["maya", 0, "08:30", "درست شد. Thank you for looking so closely!"],
      ["leyla", 0, "08:41", "خواهش می‌کنم. شنبه می‌بینمت 😊"],
    ],
  },
  anneke: {
    with: ["anneke"],
    unread: 1,
    lines: [
      ["maya", 4, "16:00", "Could you bring the big thermos again?"],
      ["anneke", 0, "09:12", "Of course! Is one enough for thirty people?"],
    ],
  },
  tomas: {
    with: ["tomas"],
    lines: [["tomas", 1, "13:05", "Can I borrow your bicycle pump?"]],
  },
  party: {
    with: ["elif", "tomas", "ines", "leyla"],
    name: "Street party 🎏",
    lines: [
      ["ines", 5, "19:00", "The band has said yes!"],
      ["elif", 5, "19:22", "And the city too: the street is closed from noon."],
    ],
  },
  rahul: {
    with: ["rahul"],
    lines: [["maya", 6, "21:00", "The sewing machine runs like new. You are a wizard."]],
  },
  ines: {
    with: ["ines"],
    lines: [["ines", 12, "15:30", "Thank you for the lamp. It stands in the window now 💡"]],
  },
  notes: {
    with: ["kofi", "rahul", "yuki"],
    name: "Workshop notes",
    lines: [
      ["rahul", 14, "10:02", "A 5*3*2 cm box, so 30 cm³. The label says __init__.py ¯\\_(ツ)_/¯"],
      ["yuki", 14, "10:05", "修理の手順は「https://example.com/manual」を参照。**重要：**電源を切る。"],
      [
        "rahul",
        14,
        "10:11",
        "## Saturday\n\n| table | who | open |\n|---|:-:|--:|\n| lamps | Yuki | 4 |\n| radios | Kofi | 11 |\n\n- [x] fuses\n- [ ] solder, see \\\\nas\\shared\\_new",
      ],
      [
        "kofi",
        14,
        "10:20",
        "The timer of the toaster:\n\n```python\ndef seconds(level):\n    # Level 3 takes two minutes.\n    return 40 * level\n```\n\nThe riddle’s answer: ||a switch||",
      ],
      ["kofi", 14, "10:21", "10. test the fuse\n5. then the cable\n\n>_< that order is on the box"],
    ],
  },
} as const satisfies Record<string, Talk>;

export type TalkName = keyof typeof TALKS;
