/** What *Retention* counts: by what people mostly choose, and by the rest. */

import { useQuery } from "../address";
import { shortDay } from "../format";
import { Choice, MoreOptions } from "../parts/controls";

const PERIODS = ["month", "week", "day"] as const;
const ORIGINS = ["purchase", "activity", "form"] as const;
const MEASURES = ["customers", "revenue"] as const;
const MODES: Record<string, string> = {
  nday: "In the period",
  unbounded: "In the period or later",
  brackets: "By days since joining",
};
const ENTRIES: Record<string, string> = {
  first_time: "Once, the first time",
  recurring: "Each period",
};
const WINDOWS: Record<string, string> = {
  calendar: "Of the calendar",
  hours: "Hours since joining",
};
/** As the API takes them: days since joining. */
const BRACKETS = /^\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*$/;
const USUAL = {
  period: "month",
  origin: "purchase",
  measure: "customers",
  mode: "nday",
  entry: "first_time",
  windows: "calendar",
};

type Query = Record<string, string>;

/** What the address chooses, and else what is usual. */
export function chosenIn(query: Query) {
  const { period, origin, measure, mode, entry, windows } = { ...USUAL, ...query };
  const { start, end } = query;
  const brackets = mode === "brackets" ? query.brackets : undefined;
  return { period, origin, measure, mode, entry, windows, brackets, start, end };
}

export function Choices() {
  const [query, change] = useQuery();
  const chosen = chosenIn(query);
  return (
    <>
      <div class="controls">
        <Choice
          label="Period"
          value={chosen.period}
          options={PERIODS}
          choose={(period) => change({ period })}
        />
        <Choice
          label="Cohort by first"
          value={chosen.origin}
          options={ORIGINS}
          choose={(origin) => change({ origin })}
        />
        <Choice
          label="Rate of"
          value={chosen.measure}
          options={MEASURES}
          choose={(measure) => change({ measure })}
        />
      </div>
      <MoreOptions changed={changedIn(query)}>
        <Choice
          label="Counted"
          value={chosen.mode}
          options={Object.keys(MODES)}
          texts={MODES}
          choose={(mode) => change({ mode })}
        />
        {chosen.mode === "brackets" && (
          <label class="choice">
            <span>Days since joining</span>
            <input
              value={query.brackets ?? ""}
              placeholder="0,1-7,8-30"
              pattern={BRACKETS.source}
              onChange={({ currentTarget: input }) =>
                input.reportValidity() && change({ brackets: input.value })
              }
            />
          </label>
        )}
        <Choice
          label="Entry"
          value={chosen.entry}
          options={Object.keys(ENTRIES)}
          texts={ENTRIES}
          choose={(entry) => change({ entry })}
        />
        <Choice
          label="Periods"
          value={chosen.windows}
          options={Object.keys(WINDOWS)}
          texts={WINDOWS}
          choose={(windows) => change({ windows })}
        />
        <FirstAndLast />
      </MoreOptions>
    </>
  );
}

/** The days in which the first and the last cohort lie. */
function FirstAndLast() {
  const [query, change] = useQuery();
  return (
    <>
      <label class="choice">
        <span>Cohorts from</span>
        <input
          type="date"
          value={query.start ?? ""}
          max={query.end}
          onChange={({ currentTarget: input }) => change({ start: input.value })}
        />
      </label>
      <label class="choice">
        <span>Cohorts to</span>
        <input
          type="date"
          value={query.end ?? ""}
          min={query.start}
          onChange={({ currentTarget: input }) => change({ end: input.value })}
        />
      </label>
    </>
  );
}

/** Those of the further options that are not as usual, in words. */
function changedIn(query: Query): string[] {
  const { mode, brackets, entry, windows, start, end } = chosenIn(query);
  return [
    mode !== USUAL.mode && `Counted: ${[MODES[mode] ?? mode, brackets].filter(Boolean).join(" ")}`,
    entry !== USUAL.entry && `Entry: ${ENTRIES[entry] ?? entry}`,
    windows !== USUAL.windows && `Periods: ${WINDOWS[windows] ?? windows}`,
    start && `Cohorts from ${dayIn(start)}`,
    end && `Cohorts to ${dayIn(end)}`,
  ].filter((text) => typeof text === "string");
}

/** A day of the address, which anybody may have written. */
const dayIn = (text: string) => (Number.isNaN(Date.parse(text)) ? text : shortDay(text));
