import { useRef } from "preact/hooks";
import "./tabs.css";

interface TabsProps<T extends string> {
  label: string;
  tabs: readonly { value: T; label: string }[];
  value: T;
  /** The id of the panel that the tabs change. */
  panel: string;
  onChange: (value: T) => void;
}

/** Tabs above a panel. Arrow keys lead from one to the next. */
export function Tabs<T extends string>({ label, tabs, value, panel, onChange }: TabsProps<T>) {
  const list = useRef<HTMLDivElement>(null);
  const go = (to: number) => {
    const index = (to + tabs.length) % tabs.length;
    const tab = tabs[index];
    if (!tab) return;
    onChange(tab.value);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[index]?.focus();
  };
  const isRtl = () => list.current !== null && getComputedStyle(list.current).direction === "rtl";
  return (
    <div ref={list} class="tabs" role="tablist" aria-label={label}>
      {tabs.map((tab, index) => (
        <button
          key={tab.value}
          type="button"
          role="tab"
          id={`${panel}-${tab.value}`}
          class="tab"
          aria-selected={tab.value === value}
          aria-controls={panel}
          tabIndex={tab.value === value ? 0 : -1}
          onClick={() => onChange(tab.value)}
          onKeyDown={(event) => {
            const along = isRtl() ? -1 : 1;
            const steps: Record<string, number> = {
              ArrowRight: index + along,
              ArrowLeft: index - along,
              Home: 0,
              End: tabs.length - 1,
            };
            const to = steps[event.key];
            if (to === undefined) return;
            event.preventDefault();
            go(to);
          }}
        >
          {tab.label}
        </button>
      ))}
    </div>
  );
}
