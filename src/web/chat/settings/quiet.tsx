import { useEffect, useReducer, useState } from "preact/hooks";
import { isQuiet, isSnoozed } from "../../../notify/quiet.ts";
import { weekdays } from "../../../protocol/weekdays.ts";
import type {
  LiveNotificationSettings,
  NotificationChanges,
  NotificationSettings,
  QuietHours,
} from "../../../sdk/index.ts";
import { Button } from "../../design/button.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { toast } from "../../design/toast.tsx";
import { quietTexts } from "../../texts/quiet.ts";
import { texts } from "../../texts/texts.ts";
import { accountSettings } from "../notifications/deciding.ts";
import { useSession } from "../session/context.ts";
import "./quiet.css";

const HOUR_MS = 3_600_000;
/** The hour at which a snooze until tomorrow ends. */
const MORNING = 8;
const NIGHT: QuietHours = { from: "22:00", to: "07:00" };

type Update = (changes: NotificationChanges) => void;

interface PartProps {
  settings: NotificationSettings;
  update: Update;
}

/** Do-not-disturb, snooze and keywords. They are the same on all devices of the person. */
export function Quiet() {
  const { client } = useSession();
  const live: LiveNotificationSettings = accountSettings(client);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => live.on("change", () => redraw(undefined)), [live]);
  const settings = live.value;
  const update: Update = (changes) => {
    live
      .update(changes)
      .catch((error: unknown) => toast(error instanceof Error ? error.message : texts.design.failed, { error: true }));
  };
  if (!settings) return <Skeleton lines={4} />;
  return (
    <div class="form form-wide">
      <p class="soft">{quietTexts.everywhere}</p>
      <Snooze settings={settings} update={update} />
      <Hours settings={settings} update={update} />
      <Keywords settings={settings} update={update} />
    </div>
  );
}

function Snooze({ settings, update }: PartProps) {
  const now = Date.now();
  const until = (time: number) => update({ snooze_until: new Date(time).toISOString() });
  const tomorrow = () => {
    const date = new Date();
    until(new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1, MORNING).getTime());
  };
  const { snooze_until } = settings;
  return (
    <fieldset class="quiet-part">
      <legend class="field-label">{quietTexts.snooze}</legend>
      {snooze_until !== null && isSnoozed(settings, now) ? (
        <div class="quiet-row">
          <span role="status">{quietTexts.snoozed(snooze_until)}</span>
          <Button onClick={() => update({ snooze_until: null })}>{quietTexts.endSnooze}</Button>
        </div>
      ) : (
        <div class="quiet-row">
          <Button onClick={() => until(now + HOUR_MS)}>{quietTexts.hour}</Button>
          <Button onClick={() => until(now + 8 * HOUR_MS)}>{quietTexts.hours}</Button>
          <Button onClick={tomorrow}>{quietTexts.tomorrow}</Button>
        </div>
      )}
    </fieldset>
  );
}

function Hours({ settings, update }: PartProps) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { do_not_disturb: hours, zone } = settings;
  const isUsed = weekdays.some((day) => hours[day]);
  /** The first hours take the zone of this device along. */
  const set = (day: (typeof weekdays)[number], value: QuietHours | null) =>
    update({ do_not_disturb: { [day]: value }, ...(isUsed ? {} : { zone: here }) });
  return (
    <fieldset class="quiet-part">
      <legend class="field-label">{quietTexts.hoursTitle}</legend>
      <p class="field-hint">{isQuiet(settings, Date.now()) ? quietTexts.quietNow : quietTexts.hoursHint}</p>
      {weekdays.map((day) => {
        const value = hours[day];
        const name = quietTexts.days[day];
        return (
          <div key={day} class="quiet-row quiet-day">
            <label class="quiet-name">
              <input
                type="checkbox"
                checked={value !== null}
                onChange={(event) => set(day, event.currentTarget.checked ? NIGHT : null)}
              />
              <span>{name}</span>
            </label>
            {value && (
              <>
                <Time
                  label={quietTexts.from(name)}
                  value={value.from}
                  onChange={(from) => set(day, { ...value, from })}
                />
                <span aria-hidden="true">–</span>
                <Time label={quietTexts.to(name)} value={value.to} onChange={(to) => set(day, { ...value, to })} />
                {value.to <= value.from && <span class="field-hint">{quietTexts.nextDay}</span>}
              </>
            )}
          </div>
        );
      })}
      <div class="quiet-row">
        <span class="field-hint">{quietTexts.zone(zone)}</span>
        {isUsed && zone !== here && <Button onClick={() => update({ zone: here })}>{quietTexts.useZone(here)}</Button>}
      </div>
    </fieldset>
  );
}

const Time = ({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) => (
  <input
    type="time"
    class="field-input quiet-time"
    aria-label={label}
    value={value}
    required
    onChange={(event) => {
      const { value: chosen } = event.currentTarget;
      if (/^\d\d:\d\d$/.test(chosen)) onChange(chosen);
    }}
  />
);

function Keywords({ settings, update }: PartProps) {
  const [text, setText] = useState<string>();
  const known = settings.keywords.join(", ");
  const save = () => {
    if (text === undefined) return;
    const keywords = text
      .split(",")
      .map((word) => word.trim())
      .filter((word) => word !== "");
    setText(undefined);
    if (keywords.join(", ") !== known) update({ keywords });
  };
  return (
    <label class="quiet-part">
      <span class="field-label">{quietTexts.keywords}</span>
      <input
        class="field-input"
        dir="auto"
        value={text ?? known}
        aria-describedby="keywords-hint"
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={save}
        onKeyDown={(event) => event.key === "Enter" && !event.isComposing && save()}
      />
      <span id="keywords-hint" class="field-hint">
        {quietTexts.keywordsHint}
      </span>
    </label>
  );
}
