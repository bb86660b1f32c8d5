import { useEffect, useState } from "preact/hooks";
import type { AuditEntry } from "../../../protocol/admin.ts";
import { Button } from "../../design/button.tsx";
import { Select } from "../../design/select.tsx";
import { toast } from "../../design/toast.tsx";
import { adminTexts } from "../../texts/admin/texts.ts";
import { admin } from "../base/api.ts";
import { useLoad } from "../base/load.ts";
import { pathOf, route, setQuery } from "../base/routing.ts";
import { Moment } from "../parts/moment.tsx";
import { Body, Page } from "../parts/page.tsx";
import { type Shown, withNewest, withOlder } from "./entries.ts";

const REFRESH_MS = 15_000;
const { audit: texts } = adminTexts;
const ACTIONS = Object.entries(texts.actions).map(([value, label]) => ({ value, label }));

export function Audit() {
  const { query } = route.value;
  const asked = new URLSearchParams();
  for (const name of ["action", "actor", "target_type", "target_id"]) {
    const value = query.get(name);
    if (value) asked.set(name, value);
  }
  const path = `audit/?${asked}`;
  const loaded = useLoad<AuditEntry[]>(path, REFRESH_MS);
  const isNarrowed = asked.has("actor") || asked.has("target_id");
  return (
    <Page title={adminTexts.views.audit}>
      <div class="filters">
        <Select
          label={texts.action}
          value={query.get("action") ?? ""}
          options={[{ value: "", label: texts.allActions }, ...ACTIONS]}
          onChange={(action) => setQuery({ action })}
        />
        {isNarrowed && (
          <Button icon="close" onClick={() => setQuery({ actor: "", target_type: "", target_id: "" })}>
            {texts.narrowed}
          </Button>
        )}
      </div>
      <Body loaded={loaded}>
        {(newest) => (
          // The key gives every query its own list, also when its answer arrives. Until then the page shows the old
          // entries.
          <Entries
            key={`${path} ${loaded.isStale}`}
            path={path}
            newest={newest}
            next={Number(loaded.answer?.meta?.["next_before"]) || null}
          />
        )}
      </Body>
    </Page>
  );
}

/** The newest entries, which refresh by themselves, and the older entries that the admin has loaded. */
function Entries({ path, newest, next }: { path: string; newest: AuditEntry[]; next: number | null }) {
  const [{ entries, cursor }, setShown] = useState<Shown>({ entries: newest, cursor: next });
  const [busy, setBusy] = useState(false);
  useEffect(() => setShown((before) => withNewest(before, newest, next)), [newest, next]);
  const showOlder = async () => {
    setBusy(true);
    try {
      const { data = [], meta } = await admin<AuditEntry[]>("GET", `${path}&before=${cursor}`);
      setShown((before) => withOlder(before, cursor, data, Number(meta?.["next_before"]) || null));
    } catch (error) {
      toast((error as Error).message, { error: true });
    } finally {
      setBusy(false);
    }
  };
  if (entries.length === 0) return <p class="empty">{adminTexts.nothing}</p>;
  return (
    <>
      <ol class="entries">
        {entries.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ol>
      {cursor !== null && (
        <Button busy={busy} onClick={showOlder}>
          {texts.older}
        </Button>
      )}
    </>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const { actor, action, target, details, address, at } = entry;
  return (
    <li class="entry">
      <div class="entry-when">
        <Moment at={at} />
        {address && <span class="soft code">{address}</span>}
      </div>
      <p class="entry-what">
        {actor ? (
          <a href={`${pathOf("audit")}?actor=${actor.id}`} dir="auto">
            {actor.email}
          </a>
        ) : (
          <span>{texts.commandLine}</span>
        )}{" "}
        <strong>{texts.did[action]}</strong> <Target target={target} details={details} />
      </p>
      <p class="entry-details soft">{texts.details(details)}</p>
    </li>
  );
}

function Target({ target, details }: Pick<AuditEntry, "target" | "details">) {
  if (target.type === "server") return <span>{texts.targets.server}</span>;
  if (target.type === "invite")
    return <a href={pathOf("invites")}>{texts.inviteInto(details["conversation"] !== null)}</a>;
  const name = String(details["email"] ?? details["name"] ?? "") || texts.targets[target.type];
  if (target.type === "user") return <a href={pathOf("users", target.id)}>{name}</a>;
  if (target.type === "conversation") return <a href={pathOf("conversations", target.id)}>{name}</a>;
  const conversation = String(details["conversation"] ?? "");
  return <a href={pathOf("conversations", conversation)}>{texts.messageOf(String(details["sender"] ?? ""))}</a>;
}
