import { useQuery } from "../address";
import type { Schemas } from "../api";
import { Lines } from "../charts/lines";
import {
  axisMoney,
  count,
  decimal,
  money,
  month,
  plural,
  shortDay,
  signedPercent,
} from "../format";
import { Choice } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Count, Day, Decimal, Money, SignedPercent } from "../parts/values";
import { useSettings } from "../settings";

type Receipt = Schemas["ReceiptView"];

const WHAT = ["revenue", "purchases", "inactivity"] as const;
const MEANINGS: Record<string, string> = {
  revenue: "Revenue of the customers known then",
  purchases: "Purchases, counted by day, of the customers known then",
  inactivity: "Customers without a purchase or activity",
};

interface OfReceipts {
  receipts: Receipt[];
  address: string;
}

/** What each month's first run foresaw, and what came. */
export function Receipts({ receipts, address }: OfReceipts) {
  const [query, change] = useQuery();
  const settings = useSettings();
  const what = WHAT.find((each) => each === query.what) ?? "revenue";
  // One line has one currency: the latest receipt's.
  const currency = receipts[0]?.currency ?? settings.currency;
  const compared = receipts.filter((each) => what !== "revenue" || each.currency === currency);
  const horizons = [...new Set(receipts.flatMap((each) => each.horizons.map(({ days }) => days)))];
  const days = horizons.find((each) => String(each) === query.days) ?? horizons[0] ?? 30;
  const rows = compared.toReversed().flatMap((receipt) =>
    receipt.horizons
      .filter((horizon) => horizon.days === days)
      .map((horizon) => ({
        month: receipt.month,
        is_backfilled: receipt.is_backfilled,
        graded_as_of: horizon.graded_as_of,
        ...horizon[what],
      })),
  );
  const graded = rows.filter((row) => row.came !== null);
  const last = graded.at(-1);
  const text = (value: string | number) =>
    what === "revenue" ? money(value, currency) : decimal(Number(value), 0);
  const most = Math.max(
    ...rows.map((row) => Math.max(Number(row.foreseen), Number(row.came ?? 0))),
  );
  return (
    <Figure
      title={
        last
          ? `${month(last.month)} foresaw ${text(last.foreseen)}, and ${text(last.came ?? 0)} came`
          : "What was foreseen, and what came?"
      }
      definition={`${MEANINGS[what]} in the ${days} days after, as the first run of each month foresaw it and sealed it, and what came; a backfilled forecast was made later, from what was known then.`}
      asOf={last?.graded_as_of}
      address={address}
      name={`forecasts-${what}-${days}-days`}
      controls={
        <>
          <Choice
            label="What"
            value={what}
            options={WHAT}
            choose={(value) => change({ what: value })}
          />
          <Choice
            label="Days ahead"
            value={String(days)}
            options={horizons.map(String)}
            choose={(value) => change({ days: value })}
          />
        </>
      }
      columns={[
        { label: "Month", value: (row) => row.month },
        { label: "Foreseen", value: (row) => row.foreseen, isNumber: true },
        { label: "Came", value: (row) => row.came, isNumber: true },
        {
          label: "Error",
          value: (row) => row.error_percent,
          show: (row) => <SignedPercent of={row.error_percent} />,
          isNumber: true,
        },
        { label: "Backfilled", value: (row) => (row.is_backfilled ? "yes" : "no") },
      ]}
      rows={rows}
    >
      <Lines
        label={`Foreseen and actual ${what} by month`}
        series={[
          {
            name: "Foreseen",
            tone: "tone-3",
            points: rows.map((row, index) => ({
              x: index,
              y: Number(row.foreseen),
              tip: `${month(row.month)}: ${text(row.foreseen)} foreseen`,
            })),
          },
          {
            name: "Came",
            tone: "tone-1",
            points: rows.flatMap((row, index) =>
              row.came === null
                ? []
                : [
                    {
                      x: index,
                      y: Number(row.came),
                      tip: `${month(row.month)}: ${text(row.came)} came, ${signedPercent(row.error_percent ?? 0)}`,
                    },
                  ],
            ),
          },
        ]}
        xText={(index) => month(rows[index]?.month ?? "")}
        yText={what === "revenue" ? axisMoney(most, currency) : count}
      />
    </Figure>
  );
}

/** How wrong the receipts were, by how far they looked ahead. */
export function ErrorByHorizon({ receipts, address }: OfReceipts) {
  const [query] = useQuery();
  const what = WHAT.find((each) => each === query.what) ?? "revenue";
  const months = [...new Set(receipts.map((each) => each.month))].sort();
  const graded = receipts.flatMap((receipt) =>
    receipt.horizons.flatMap((horizon) => {
      const { error_percent: error } = horizon[what];
      return error === null ? [] : [{ month: receipt.month, days: horizon.days, error }];
    }),
  );
  const days = [...new Set(graded.map((each) => each.days))].sort((one, other) => one - other);
  if (days.length === 0) return null;
  const rows = days.map((each) => {
    const errors = graded.filter((row) => row.days === each).map((row) => row.error);
    return {
      days: each,
      receipts: errors.length,
      bias: mean(errors),
      distance: mean(errors.map(Math.abs)),
      worst: errors.reduce((worst, error) => (Math.abs(error) > Math.abs(worst) ? error : worst)),
    };
  });
  const instants = receipts.flatMap((each) => each.horizons.map((one) => one.graded_as_of ?? ""));
  const latest = instants.sort().at(-1);
  const tones = ["tone-1", "tone-2", "tone-3", "tone-4"];
  return (
    <Figure
      title={rows
        .slice(0, 2)
        .map((row) => `${row.days} days ahead, ${what} was off by ${decimal(row.distance)}%`)
        .join("; ")
        .concat(" on average")}
      definition="The error of what was foreseen in total, by month of the forecast and by how far it looked ahead, on average over the forecasts whose days have passed; above 0 where too much was foreseen."
      asOf={latest}
      address={address}
      name={`errors-${what}`}
      columns={[
        { label: "Days ahead", value: (row) => row.days, isNumber: true },
        { label: "Forecasts", value: (row) => row.receipts, isNumber: true },
        {
          label: "Error on average",
          value: (row) => row.bias,
          show: (row) => <SignedPercent of={row.bias} />,
          isNumber: true,
        },
        {
          label: "Off by, on average",
          value: (row) => row.distance,
          show: (row) => (
            <>
              <Decimal of={row.distance} />%
            </>
          ),
          isNumber: true,
        },
        {
          label: "Worst",
          value: (row) => row.worst,
          show: (row) => <SignedPercent of={row.worst} />,
          isNumber: true,
        },
      ]}
      rows={rows}
    >
      <Lines
        label={`Error of ${what} by month of the forecast`}
        series={days.map((each, place) => ({
          name: `${each} days ahead`,
          tone: tones[place % tones.length] ?? "tone-1",
          points: months.flatMap((at, index) =>
            graded
              .filter((row) => row.days === each && row.month === at)
              .map((row) => ({
                x: index,
                y: row.error,
                tip: `${month(at)}, ${each} days ahead: ${signedPercent(row.error)}`,
              })),
          ),
        }))}
        xText={(index) => month(months[index] ?? "")}
        yText={(error) => signedPercent(error)}
      />
    </Figure>
  );
}

const mean = (numbers: number[]) => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

/** One receipt week by week: foreseen, and what came in the weeks that have passed. */
export function Weeks({ receipts, address }: OfReceipts) {
  const [query, change] = useQuery();
  const known = receipts.filter((each) => each.weeks.length > 0);
  const chosen =
    known.find((each) => each.month === query.month) ??
    known.find((each) => each.weeks.every((week) => week.purchases.came !== null)) ??
    known[0];
  if (!chosen) return null;
  const what = query.weekly === "purchases" ? "purchases" : "revenue";
  const { currency } = chosen;
  const rows = chosen.weeks.map(({ week, starts_on, [what]: { foreseen, came } }) => ({
    week,
    starts_on,
    foreseen: Number(foreseen),
    came: came === null ? null : Number(came),
  }));
  const counted = rows.filter((row) => row.came !== null);
  const text = (value: number) =>
    what === "revenue" ? money(value, currency) : plural(Math.round(value), "purchase");
  const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0);
  const foreseen = sum(counted.map((row) => row.foreseen));
  const came = sum(counted.map((row) => row.came ?? 0));
  const most = Math.max(...rows.flatMap((row) => [row.foreseen, row.came ?? 0]));
  const shown = (of: number | null) =>
    what === "revenue" ? <Money of={of} currency={currency} /> : <Decimal of={of} />;
  return (
    <Figure
      title={
        counted.length > 0
          ? `For ${plural(counted.length, "week")} from ${shortDay(rows[0]?.starts_on ?? "")}, ${text(foreseen)} ${what === "revenue" ? "was" : "were"} foreseen, and ${text(came)} came`
          : `${month(chosen.month)} foresaw ${text(sum(rows.map((row) => row.foreseen)))} for ${plural(rows.length, "week")}; none of them is over yet`
      }
      definition={`${MEANINGS[what]}, week by week, as the month's first run foresaw it and sealed it; what came is counted once, when the week is over.`}
      asOf={chosen.weeks_counted_as_of ?? chosen.as_of}
      address={address}
      name={`weeks-${chosen.month}-${what}`}
      controls={
        <>
          <Choice
            label="Forecast of"
            value={chosen.month}
            options={known.map((each) => each.month)}
            texts={Object.fromEntries(known.map((each) => [each.month, month(each.month)]))}
            choose={(value) => change({ month: value })}
          />
          <Choice
            label="What"
            value={what}
            options={["revenue", "purchases"]}
            choose={(value) => change({ weekly: value })}
          />
        </>
      }
      columns={[
        { label: "Week", value: (row) => row.week, isNumber: true },
        {
          label: "From",
          value: (row) => row.starts_on,
          show: (row) => <Day of={row.starts_on} />,
        },
        {
          label: "Foreseen",
          value: (row) => row.foreseen,
          show: (row) => shown(row.foreseen),
          isNumber: true,
        },
        {
          label: "Came",
          value: (row) => row.came,
          show: (row) => (what === "revenue" ? shown(row.came) : <Count of={row.came} />),
          isNumber: true,
        },
        { label: "Over", value: (row) => (row.came === null ? "no" : "yes") },
      ]}
      rows={rows}
    >
      <Lines
        label={`Foreseen and actual ${what} by week`}
        series={[
          {
            name: "Foreseen",
            tone: "tone-3",
            points: rows.map((row) => ({
              x: row.week,
              y: row.foreseen,
              tip: `Week ${row.week}, from ${shortDay(row.starts_on)}: ${text(row.foreseen)} foreseen`,
            })),
          },
          {
            name: "Came",
            tone: "tone-1",
            points: counted.map((row) => ({
              x: row.week,
              y: row.came ?? 0,
              tip: `Week ${row.week}, from ${shortDay(row.starts_on)}: ${text(row.came ?? 0)} came`,
            })),
          },
        ]}
        xText={String}
        xTitle="weeks after the forecast"
        yText={what === "revenue" ? axisMoney(most, currency) : count}
      />
    </Figure>
  );
}
