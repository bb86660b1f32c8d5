import { adminTexts } from "../../texts/admin/texts.ts";

/** A time, or how long ago it was. A tooltip has the full time. */
export function Moment({ at, ago = false }: { at: string | null; ago?: boolean }) {
  if (at === null) return <span class="soft">{adminTexts.never}</span>;
  return (
    <time dateTime={at} title={adminTexts.moment(at)} class="moment">
      {ago ? adminTexts.ago(at) : adminTexts.moment(at)}
    </time>
  );
}
