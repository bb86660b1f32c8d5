import { expect, test } from "bun:test";
import { kindOf, labelOfFiles } from "../../src/text/files.ts";

const photo = { name: "a.jpg", type: "image/jpeg", width: 3 };
const video = { name: "a.mp4", type: "video/mp4" };
const voice = { name: "v.webm", type: "audio/webm", waveform: "AA==", duration: 71.6 };
const song = { name: "song.mp3", type: "audio/mpeg" };
const letter = { name: "letter.pdf", type: "application/pdf" };

test.each([
  [[], ""],
  [[photo], "Photo"],
  [[photo, photo, photo], "3 photos"],
  [[video], "Video"],
  [[video, video], "2 videos"],
  [[voice], "Voice message (1:12)"],
  [[{ ...voice, duration: 59.6 }], "Voice message (1:00)"],
  [[{ ...voice, duration: undefined }], "Voice message"],
  [[voice, voice], "2 voice messages"],
  [[song], "song.mp3"],
  [[song, song], "2 files"],
  [[letter], "letter.pdf"],
  [[photo, video], "2 files"],
])("files %j are called %s", (files, label) => {
  expect(labelOfFiles(files)).toBe(label);
});

test("a picture that no browser shows is a file like any other", () => {
  expect(kindOf({ type: "image/heic" })).toBe("other");
  expect(labelOfFiles([{ name: "a.heic", type: "image/heic" }])).toBe("a.heic");
});
