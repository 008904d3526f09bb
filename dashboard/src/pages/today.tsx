import { link, useQuery } from "../address";
import type { Schemas } from "../api";
import { day, dayBefore, dayOf, isoDay, money, plural } from "../format";
import { Choice, Stat } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Ready } from "../parts/states";
import type { Cell } from "../parts/table";
import { Count, Level, Money } from "../parts/values";
import { type Reading, useReading } from "../reading";
import { may } from "../session";
import { useSettings } from "../settings";
import { Attention } from "./attention";
import { LENGTHS, lengthIn, MOST_AT_RISK, overviewOf } from "./todays-requests";

type Overview = Schemas["OverviewView"];

export function Today() {
  return (
    <>
      <h1>How is business?</h1>
      {may("overview:read") && <Period />}
      {may("retention:read") && <AtRisk />}
    </>
  );
}

/** The period's figures, and what needs attention: both of one answer. */
function Period() {
  const [query] = useQuery();
  const days = lengthIn(query);
  const reading = useReading("/overview", { query: overviewOf(query) });
  return (
    <Ready reading={reading}>
      {(data) => (
        <>
          <Figures data={data} days={days} reading={reading} />
          <Attention attention={data.attention} />
        </>
      )}
    </Ready>
  );
}

interface Row {
  name: string;
  now: Cell;
  before: Cell;
  /** The currency of an amount. */
  currency?: string;
  note?: string;
}

/** Every figure of the period; an amount that no run knows yet has no value. */
function rowsOf({ submissions, new_leads, hot_leads, revenue, risk }: Overview): Row[] {
  const counted = revenue?.through
    ? revenue.by_currency.flatMap((each, index): Row[] => {
        const name = index === 0 ? "" : ` in ${each.currency}`;
        return [
          {
            name: `Revenue${name}`,
            now: each.now,
            before: each.before,
            currency: each.currency,
          },
          { name: `Orders${name}`, now: each.orders_now, before: each.orders_before },
        ];
      })
    : [];
  const judged: Row[] = risk
    ? [
        {
          name: "Value at risk",
          now: risk.value_now,
          before: risk.value_before,
          currency: risk.currency,
        },
        { name: "Customers at high risk", now: risk.customers_now, before: risk.customers_before },
      ]
    : [];
  return [
    ...counted,
    { name: "New leads", ...new_leads },
    { name: "Hot leads", ...hot_leads },
    { name: "Submissions", ...submissions },
    ...judged,
  ];
}

interface FiguresProps {
  data: Overview;
  days: string;
  reading: Reading<Overview>;
}

function Figures({ data, days, reading }: FiguresProps) {
  const [, change] = useQuery();
  const rows = rowsOf(data);
  return (
    <Figure
      title={titleOf(data)}
      definition={`${day(data.start)} to ${day(data.end)}, compared with the ${plural(data.days, "day")} before. ${notesOf(data, useSettings().timeZone)}`}
      address={reading.address}
      name="overview"
      controls={
        <>
          <Choice
            label="Days"
            value={days}
            options={LENGTHS}
            choose={(value) => change({ days: value })}
          />
          <Until data={data} />
        </>
      }
      columns={[
        { label: "Figure", value: (row) => row.name },
        { label: "Now", value: (row) => row.now, isNumber: true },
        { label: "Before", value: (row) => row.before, isNumber: true },
        { label: "Currency", value: (row) => row.currency },
      ]}
      rows={rows}
    >
      <KnownDays data={data} />
      <dl class="stats">
        {rows.map((row) => (
          <Stat
            key={row.name}
            label={row.name}
            note={
              row.before === null ? (
                "nothing to compare with yet"
              ) : (
                <>
                  <Value of={row.before} currency={row.currency} /> before
                </>
              )
            }
          >
            <Value of={row.now} currency={row.currency} />
          </Stat>
        ))}
      </dl>
    </Figure>
  );
}

function Value({ of, currency }: { of: Cell; currency: string | undefined }) {
  return currency ? <Money of={of} currency={currency} /> : <Count of={of as number | null} />;
}

function titleOf({ revenue, new_leads, days }: Overview): string {
  const own = revenue?.through ? revenue.by_currency[0] : undefined;
  const leads = `${plural(new_leads.now, "new lead")} in ${plural(days, "day")}`;
  return own ? `${money(own.now, own.currency)} of revenue and ${leads}` : leads;
}

/** What amounts hold as of: runs know the ledger and the risks, not the present. */
function notesOf({ revenue, risk, end }: Overview, zone: string): string {
  if (!revenue) return "Revenue and risk are known after the first scoring run.";
  const run = dayOf(revenue.as_of, zone);
  const known =
    revenue.through === end
      ? `Revenue is net of refunds, as the run of ${run} knew it.`
      : `Revenue is net of refunds and counted to ${day(revenue.through ?? end)}, the day of the last run, and for as many days before.`;
  const before =
    risk?.before_as_of &&
    `Value at risk is compared with the run of ${dayOf(risk.before_as_of, zone)}.`;
  return [revenue.through && known, before].filter(Boolean).join(" ");
}

/** Where the last run is from before the period, the way to the days that it knew. */
function KnownDays({ data: { revenue, days } }: { data: Overview }) {
  const [query] = useQuery();
  const { timeZone } = useSettings();
  if (!revenue || revenue.through) return null;
  const last = lastWholeDay(revenue.as_of, timeZone);
  return (
    <p class="offer">
      Revenue of these days is not known: the last run is of {dayOf(revenue.as_of, timeZone)}.{" "}
      <a href={link([], { ...query, end: last })}>
        Show the {plural(days, "day")} until {day(last)}
      </a>
    </p>
  );
}

/** The last day of which a run knew everything. */
const lastWholeDay = (asOf: string, zone: string) => dayBefore(isoDay(asOf, zone));

/** Where the last run is from before the period, its days can be looked at instead. */
function Until({ data }: { data: Overview }) {
  const [query, change] = useQuery();
  const { timeZone } = useSettings();
  const { revenue } = data;
  if (!revenue || (revenue.through && !query.end)) return null;
  const last = lastWholeDay(revenue.as_of, timeZone);
  const value = query.end ?? "";
  const ends = [...new Set(["", last, value])];
  return (
    <Choice
      label="Until"
      value={value}
      options={ends}
      texts={Object.fromEntries(ends.map((each) => [each, each ? day(each) : "Today"]))}
      choose={(end) => change({ end })}
    />
  );
}

function AtRisk() {
  const list = useReading("/retention/customers", { query: MOST_AT_RISK });
  return (
    <Ready
      reading={list}
      empty={(data) =>
        data.customers.length === 0 &&
        (data.run
          ? "Nobody is at high risk."
          : "Nobody is judged yet: the first scoring run comes tonight.")
      }
    >
      {(data) => (
        <Figure
          title="Whom should we write to first?"
          definition="The five customers at high risk with the most value at risk: what they would still buy, weighed by the chance that they do not return."
          asOf={data.run?.as_of}
          address={list.address}
          name="most-at-risk"
          columns={[
            {
              label: "Customer",
              value: (row) => row.customer_id,
              show: (row) => <a href={link(["customers", row.customer_id])}>{row.customer_id}</a>,
            },
            {
              label: "Value at risk",
              value: (row) => row.value_at_risk,
              show: (row) => <Money of={row.value_at_risk} />,
              isNumber: true,
              isKey: true,
            },
            {
              label: "Level",
              value: (row) => row.risk_level,
              show: (row) => <Level of={row.risk_level} />,
            },
            { label: "Why", value: (row) => row.reasons[0], isLong: true },
          ]}
          rows={data.customers}
        />
      )}
    </Ready>
  );
}
