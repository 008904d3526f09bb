import { useState } from "preact/hooks";
import { link, useQuery } from "../address";
import { ApiError, changedMeanwhile, get, isOutdated, replacing, type Schemas, send } from "../api";
import { useDraft } from "../drafts";
import { month as inWords, isoDay, monthName } from "../format";
import { Choice, Field, FoundDraft } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Failed, Ready } from "../parts/states";
import { Money } from "../parts/values";
import { forgetAnswers, useReading } from "../reading";
import { useSettings } from "../settings";
import { UNKNOWN } from "./value-sources";

type Month = Schemas["MonthCostsView"];

const MONTHS = ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"] as const;

/** What was spent on winning customers: the months so far, and one to enter. */
export function Costs() {
  const [query, change] = useQuery();
  const { timeZone } = useSettings();
  const reading = useReading("/acquisition-costs");
  const sources = useReading("/ltv/sources");
  const month = query.month ?? isoDay(new Date().toISOString(), timeZone).slice(0, 7);
  const [saved, setSaved] = useState("");
  const [outdated, setOutdated] = useState("");
  return (
    <>
      <p>
        <a href={link(["value"])}>Value</a>
      </p>
      <h1>What did customers cost?</h1>
      <Ready reading={reading}>
        {({ months }) => {
          const known = months.find((each) => each.month === month);
          const named = sources.data?.sources.map(({ source }) => source) ?? [];
          const others = named.filter((each) => each !== UNKNOWN);
          const names = [...new Set([...Object.keys(known?.costs ?? {}), ...others])];
          return (
            <>
              <section class="card" aria-label="A month's costs">
                <MonthChoice month={month} choose={(chosen) => change({ month: chosen })} />
                <Editor
                  key={`${month} ${names.join()} ${known?.tag}`}
                  month={month}
                  known={known}
                  names={names}
                  outdated={outdated === month}
                  settled={(isSaved) => {
                    setSaved(isSaved ? month : "");
                    setOutdated("");
                    reading.reload();
                  }}
                  refused={() => {
                    setOutdated(month);
                    reading.reload();
                  }}
                />
                <p class="note" role="status">
                  {saved === month && "Saved."}
                </p>
              </section>
              <Known months={months} address={reading.address} />
            </>
          );
        }}
      </Ready>
    </>
  );
}

interface MonthChoiceProps {
  month: string;
  choose: (month: string) => void;
}

/** A month and a year, since only some browsers have an input for both. */
function MonthChoice({ month, choose }: MonthChoiceProps) {
  const [year = "", ofYear = ""] = month.split("-");
  return (
    <div class="controls">
      <Choice
        label="Month"
        value={ofYear}
        options={MONTHS}
        texts={Object.fromEntries(MONTHS.map((each) => [each, monthName(each)]))}
        choose={(chosen) => choose(`${year}-${chosen}`)}
      />
      <label class="choice">
        <span>Year</span>
        <input
          type="number"
          min="1970"
          max="9999"
          required
          value={year}
          onChange={({ currentTarget: input }) =>
            input.reportValidity() && choose(`${input.value}-${ofYear}`)
          }
        />
      </label>
    </div>
  );
}

interface EditorProps {
  month: string;
  known: Month | undefined;
  names: string[];
  /** Whether somebody else was first when these were to be saved. */
  outdated: boolean;
  /** Nothing is left to save. */
  settled: (isSaved: boolean) => void;
  /** Somebody else was first. */
  refused: () => void;
}

interface CostsDraft {
  /** Amounts that were entered, by source. */
  entered: Record<string, string>;
  /** Of the costs that they were entered over; a month without costs has none. */
  tag?: string | undefined;
}

const OUTDATED = changedMeanwhile(
  "month",
  "What you entered is shown over what is stored now. Saving again stores what you see; discard yours to see theirs.",
);

function Editor({ month, known, names, outdated, settled, refused }: EditorProps) {
  const { currency } = useSettings();
  const stored = Object.fromEntries(names.map((each) => [each, String(known?.costs[each] ?? "")]));
  const {
    now: { entered, tag },
    change: setDraft,
    ...kept
  } = useDraft<CostsDraft>(`costs ${month}`, { entered: {}, tag: known?.tag ?? undefined });
  const setCosts = (next: (before: CostsDraft["entered"]) => CostsDraft["entered"]) =>
    setDraft((before) => ({ ...before, entered: next(before.entered) }));
  const costs = { ...entered, ...stored, ...entered };
  const [other, setOther] = useState("");
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  /** Whether they were saved, and nobody else was first. */
  const replace = async () => {
    const given = Object.entries(costs).filter(([, amount]) => amount.trim() !== "");
    const body = { costs: Object.fromEntries(given), currency };
    const place = { path: { month }, condition: replacing(tag) };
    try {
      await send("put", "/acquisition-costs/{month}", place, body);
      return true;
    } catch (reason) {
      if (!isOutdated(reason)) throw reason;
      const { months } = await get("/acquisition-costs", { query: { start: month, end: month } });
      setDraft((before) => ({ ...before, tag: months[0]?.tag ?? undefined }));
      return false;
    }
  };
  const save = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      if (await replace()) {
        forgetAnswers();
        kept.forget();
        settled(true);
      } else {
        refused();
      }
    } catch (reason) {
      setError(reason instanceof ApiError ? reason : new ApiError(0, String(reason)));
    }
    setBusy(false);
  };
  const discard = () => {
    kept.forget();
    settled(false);
  };
  const add = () => {
    const name = other.trim();
    if (name) setCosts((before) => ({ [name]: "", ...before }));
    setOther("");
  };
  return (
    <form class="form" onSubmit={save}>
      <FoundDraft isFound={kept.isFound || outdated} forget={discard} />
      <div class="side-by-side">
        {Object.entries(costs).map(([source, amount]) => (
          <Field key={source} label={`${source} (${currency})`}>
            {(ids) => (
              <input
                {...ids}
                value={amount}
                inputMode="decimal"
                onInput={(event) => {
                  const { value } = event.currentTarget;
                  setCosts((before) => ({ ...before, [source]: value }));
                }}
              />
            )}
          </Field>
        ))}
        <Field label="Another source" hint="As links name it in utm_source">
          {(ids) => (
            <input
              {...ids}
              value={other}
              onInput={(event) => setOther(event.currentTarget.value)}
            />
          )}
        </Field>
      </div>
      {outdated && <Failed error={OUTDATED} />}
      {error && <Failed error={error} />}
      <p class="actions">
        <button type="submit" disabled={isBusy}>
          Save the month
        </button>
        <button type="button" class="second" onClick={add} disabled={!other.trim()}>
          Add the source
        </button>
        <span class="note">A source left empty has no cost in this month.</span>
      </p>
    </form>
  );
}

function Known({ months, address }: { months: Month[]; address: string }) {
  const rows = months.flatMap(({ month, costs, currency }) =>
    Object.entries(costs).map(([source, amount]) => ({ month, source, amount, currency })),
  );
  return (
    <Figure
      title={rows.length > 0 ? "What is entered so far?" : "No cost is entered yet"}
      definition="Spent on winning customers, by month and source; it counts for customers who first bought in that month."
      address={address}
      name="acquisition-costs"
      columns={[
        {
          label: "Month",
          value: (row) => row.month,
          show: (row) => (
            <a href={link(["costs"], { month: row.month })}>{inWords(`${row.month}-01`)}</a>
          ),
        },
        { label: "Source", value: (row) => row.source },
        {
          label: "Cost",
          value: (row) => row.amount,
          show: (row) => <Money of={row.amount} currency={row.currency} isExact />,
          isNumber: true,
        },
      ]}
      rows={rows}
    />
  );
}
