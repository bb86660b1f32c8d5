import type { MessageFile } from "../../../sdk/public/files.ts";
import { Icon, type IconName } from "../../design/icon.tsx";
import { fileTexts } from "../../texts/files.ts";
import { addressOf } from "./address.ts";
import { endingOf, partsOfName, shownName } from "./names.ts";
import "./card.css";

/** The icons of files, by their type or their ending. The first that fits. */
const ICONS: readonly (readonly [RegExp, IconName])[] = [
  [/^image\//, "file-picture"],
  [/^video\//, "file-video"],
  [/^audio\//, "music"],
  [/zip|compressed|tar\b|\.(7z|rar|gz|tgz|bz2|xz|zst)$/i, "file-archive"],
  [/spreadsheet|excel|csv|\.(xlsx?|ods|numbers)$/i, "file-sheet"],
  [
    /json|xml|html|javascript|\.(c|h|cpp|cs|css|go|java|js|jsx|kt|php|py|rb|rs|sh|sql|swift|ts|tsx|ya?ml|toml)$/i,
    "file-code",
  ],
  [/^text\/|pdf|word|opendocument\.text|rtf|\.(md|pages|docx?|epub)$/i, "file-text"],
];

const iconOf = ({ type, name }: MessageFile): IconName =>
  ICONS.find(([fits]) => fits.test(type) || fits.test(name))?.[1] ?? "file";

/** A name in one line. Where there is no room for all, its middle is missing, and its ending stays. */
function FileName({ name }: { name: string }) {
  const [start, end] = partsOfName(name);
  return (
    <span class="file-name" dir="auto">
      <span>{start}</span>
      {end && <span>{end}</span>}
    </span>
  );
}

/** A file that the page does not draw: a press downloads it. */
export function FileCard({ file, tabIndex }: { file: MessageFile; tabIndex: number }) {
  const name = shownName(file.name);
  const facts = [endingOf(file.name), fileTexts.size(file.bytes)].filter(Boolean).join(" · ");
  return (
    <a class="file-card" href={addressOf(file)} download={file.name} tabIndex={tabIndex} title={name}>
      <span class="visually-hidden">{`${fileTexts.download(name)}, ${facts}`}</span>
      <span class="file-icon">
        <Icon name={iconOf(file)} />
      </span>
      <span class="file-texts" aria-hidden="true">
        <FileName name={file.name} />
        <bdi class="file-facts">{facts}</bdi>
      </span>
      <span class="file-get">
        <Icon name="download" />
      </span>
    </a>
  );
}
