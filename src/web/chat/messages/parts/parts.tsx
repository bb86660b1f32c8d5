import type { ComponentChildren, CSSProperties } from "preact";
import type { ChatMessage } from "../../../../sdk/index.ts";
import { part } from "../../../design/part.tsx";
import type { MessagePartProps, PartPlace } from "../message-part.ts";
import { isDeleted } from "../preview.ts";
import { messageParts } from "./table.ts";

const all = messageParts.map((entry) => ({ ...entry, Part: part(entry.load) }));
const NONE: typeof all = [];

/** The parts that a message has. */
export function partsOf(message: ChatMessage): typeof all {
  const deleted = isDeleted(message);
  const found = all.filter((one) => (one.onDeleted || !deleted) && one.when(message));
  return found.length > 0 ? found : NONE;
}

interface Placed extends MessagePartProps {
  parts: typeof all;
}

/** The parts of a message at one place. */
export function Parts({ parts, place, ...props }: Placed & { place: PartPlace }) {
  const there = parts.filter((one) => one.place === place && !one.hidesText);
  if (there.length === 0) return null;
  const draw = ({ id, Part, height }: (typeof all)[number]) => (
    <Part key={id} props={props} meanwhile={room(height?.(props.message))} />
  );
  if (place === "mark") return <span class="message-marks">{there.map(draw)}</span>;
  return <>{there.map(draw)}</>;
}

/** The part that stands in place of the text, or the text. */
export function inPlaceOf(text: ComponentChildren, parts: typeof all, props: MessagePartProps): ComponentChildren {
  const found = parts.find(({ hidesText }) => hidesText);
  if (!found) return text;
  return <found.Part props={props} meanwhile={room(found.height?.(props.message))} otherwise={text} />;
}

const room = (height: string | CSSProperties | undefined) =>
  height && <div style={typeof height === "string" ? { blockSize: height } : height} />;
