import { useState } from "preact/hooks";
import { link, useQuery } from "../address";
import { ApiError, type Schemas, send } from "../api";
import { useDraft } from "../drafts";
import { month as inWords, isoDay } from "../format";
import { Field, FoundDraft } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Failed, Ready } from "../parts/states";
import { Money } from "../parts/values";
import { forgetAnswers, useReading } from "../reading";
import { useSettings } from "../settings";
import { UNKNOWN } from "./value-sources";

type Month = Schemas["MonthCostsView"];

/** What was spent on winning customers: the months so far, and one to enter. */
export function Costs() {
  const [query, change] = useQuery();
  const { timeZone } = useSettings();
  const reading = useReading("/acquisition-costs");
  const sources = useReading("/ltv/sources");
  const month = query.month ?? isoDay(new Date().toISOString(), timeZone).slice(0, 7);
  const [saved, setSaved] = useState("");
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
                <Field label="Month">
                  {(ids) => (
                    <input
                      {...ids}
                      type="month"
                      value={month}
                      onChange={(event) => change({ month: event.currentTarget.value })}
                    />
                  )}
                </Field>
                <Editor
                  key={`${month} ${names.join()} ${JSON.stringify(known?.costs)}`}
                  month={month}
                  known={known}
                  names={names}
                  saved={() => {
                    setSaved(month);
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

interface EditorProps {
  month: string;
  known: Month | undefined;
  names: string[];
  saved: () => void;
}

function Editor({ month, known, names, saved }: EditorProps) {
  const { currency } = useSettings();
  const stored = Object.fromEntries(names.map((each) => [each, String(known?.costs[each] ?? "")]));
  const {
    now: changed,
    change: setCosts,
    ...kept
  } = useDraft<Record<string, string>>(`costs ${month}`, {});
  const costs = { ...changed, ...stored, ...changed };
  const [other, setOther] = useState("");
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const save = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    const given = Object.entries(costs).filter(([, amount]) => amount.trim() !== "");
    try {
      const body = { costs: Object.fromEntries(given), currency };
      await send("put", "/acquisition-costs/{month}", { path: { month } }, body);
      forgetAnswers();
      kept.forget();
      saved();
    } catch (reason) {
      setError(reason instanceof ApiError ? reason : new ApiError(0, String(reason)));
    }
    setBusy(false);
  };
  const add = () => {
    const name = other.trim();
    if (name) setCosts((before) => ({ [name]: "", ...before }));
    setOther("");
  };
  return (
    <form class="form" onSubmit={save}>
      <FoundDraft {...kept} />
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
          show: (row) => <Money of={row.amount} currency={row.currency} />,
          isNumber: true,
        },
      ]}
      rows={rows}
    />
  );
}
