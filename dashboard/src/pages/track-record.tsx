import { useQuery } from "../address";
import type { Schemas } from "../api";
import { Lines } from "../charts/lines";
import { axisMoney, count, decimal, money, month, share, signedPercent } from "../format";
import { Choice } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Ready } from "../parts/states";
import { Count, Day, Decimal, Share, SignedPercent } from "../parts/values";
import { useReading } from "../reading";
import { useSettings } from "../settings";
import { type Backtest, readBacktest } from "./backtest";

type Receipt = Schemas["ReceiptView"];
type Run = Schemas["RunReport"];

const WHAT = ["revenue", "purchases", "inactivity"] as const;
const MEANINGS: Record<string, string> = {
  revenue: "Revenue of the customers known then",
  purchases: "Purchases of the customers known then",
  inactivity: "Customers who bought nothing",
};

/** How right earlier forecasts were. */
export function TrackRecord() {
  const receipts = useReading("/retention/receipts", { query: { limit: 24 } });
  const model = useReading("/retention/model", { query: { limit: 10 } });
  return (
    <>
      <h1>Can we believe the numbers?</h1>
      <Ready
        reading={receipts}
        empty={(data) =>
          data.receipts.length === 0 &&
          "No forecast was sealed yet: each month's first run seals one."
        }
      >
        {(data) => <Receipts receipts={data.receipts} address={receipts.address} />}
      </Ready>
      <Ready
        reading={model}
        empty={(data) => data.runs.length === 0 && "No scoring run yet: the first comes tonight."}
      >
        {(data) => <Runs runs={data.runs} address={model.address} />}
      </Ready>
    </>
  );
}

function Receipts({ receipts, address }: { receipts: Receipt[]; address: string }) {
  const [query, change] = useQuery();
  const { currency } = useSettings();
  const what = WHAT.find((each) => each === query.what) ?? "revenue";
  const horizons = [...new Set(receipts.flatMap((each) => each.horizons.map(({ days }) => days)))];
  const days = horizons.find((each) => String(each) === query.days) ?? horizons[0] ?? 30;
  const rows = receipts.toReversed().flatMap((receipt) =>
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

function Runs({ runs, address }: { runs: Run[]; address: string }) {
  const current = runs.find((run) => run.state === "current") ?? runs[0];
  const backtest = readBacktest(current?.backtest);
  return (
    <>
      {current && backtest && (
        <>
          <Weekly run={current} backtest={backtest} address={address} />
          <div class="columns">
            <Calibration run={current} backtest={backtest} address={address} />
            <Horizons run={current} backtest={backtest} address={address} />
          </div>
        </>
      )}
      <SideBySide runs={runs} address={address} />
    </>
  );
}

interface OfBacktest {
  run: Run;
  backtest: Backtest;
  address: string;
}

function Weekly({ run, backtest, address }: OfBacktest) {
  const rows = backtest.weekly;
  if (rows.length === 0) return null;
  const actual = rows.reduce((sum, each) => sum + each.actual, 0);
  const predicted = rows.reduce((sum, each) => sum + each.predicted, 0);
  return (
    <Figure
      title={`On days that it had not seen, the model expected ${decimal(predicted, 0)} purchases; ${count(actual)} came`}
      definition="Repeat purchases by week after the day at which the ledger was cut off for the test, predicted from what came before and counted."
      asOf={run.as_of}
      address={address}
      name="weekly"
      columns={[
        { label: "Week", value: (row) => row.week, isNumber: true },
        {
          label: "Predicted",
          value: (row) => row.predicted,
          show: (row) => <Decimal of={row.predicted} />,
          isNumber: true,
        },
        {
          label: "Actual",
          value: (row) => row.actual,
          show: (row) => <Count of={row.actual} />,
          isNumber: true,
        },
      ]}
      rows={rows}
    >
      <Lines
        label="Predicted and actual purchases by week"
        series={[
          {
            name: "Predicted",
            tone: "tone-3",
            points: rows.map(({ week, predicted: y }) => ({
              x: week,
              y,
              tip: `Week ${week}: ${decimal(y)} predicted`,
            })),
          },
          {
            name: "Actual",
            tone: "tone-1",
            points: rows.map(({ week, actual: y }) => ({
              x: week,
              y,
              tip: `Week ${week}: ${count(y)} came`,
            })),
          },
        ]}
        xText={String}
        xTitle="weeks after the cut"
        yText={count}
      />
    </Figure>
  );
}

function Calibration({ run, backtest, address }: OfBacktest) {
  const { calibration, holdoutDays } = backtest;
  if (calibration.length === 0) return null;
  const worst = Math.max(...calibration.map((each) => Math.abs(each.observed - each.predicted)));
  return (
    <Figure
      title={`No tenth of customers was off by more than ${share(worst)}`}
      definition={`Customers in tenths by their predicted chance of being inactive for ${holdoutDays} days, and the share that was; on the dashed line both are equal.`}
      asOf={run.as_of}
      address={address}
      name="calibration"
      columns={[
        {
          label: "Predicted",
          value: (row) => row.predicted,
          show: (row) => <Share of={row.predicted} />,
          isNumber: true,
        },
        {
          label: "Observed",
          value: (row) => row.observed,
          show: (row) => <Share of={row.observed} />,
          isNumber: true,
        },
        { label: "Customers", value: (row) => row.customers, isNumber: true },
      ]}
      rows={calibration}
    >
      <Lines
        label="Observed share by predicted chance"
        hasDiagonal
        fromZero={false}
        series={[
          {
            name: "Observed",
            tone: "tone-1",
            kind: "dots",
            points: calibration.map((each) => ({
              x: each.predicted,
              y: each.observed,
              tip: `${share(each.predicted)} predicted, ${share(each.observed)} observed, ${count(each.customers)} customers`,
            })),
          },
        ]}
        xText={share}
        xTitle="predicted"
        yText={share}
      />
    </Figure>
  );
}

function Horizons({ run, backtest, address }: OfBacktest) {
  const rows = backtest.horizons;
  return (
    <Figure
      title="How far ahead does it see?"
      definition="The test repeated for several lengths of time: the error of the number of purchases in total, and the mean squared error of the chance of being inactive (Brier score; less is better)."
      asOf={run.as_of}
      address={address}
      name="horizons"
      columns={[
        { label: "Days ahead", value: (row) => row.days, isNumber: true },
        {
          label: "Error of the total",
          value: (row) => row.errorPercent,
          show: (row) => <SignedPercent of={row.errorPercent} />,
          isNumber: true,
        },
        {
          label: "Brier score",
          value: (row) => row.brier,
          show: (row) => <Decimal of={row.brier} digits={3} />,
          isNumber: true,
        },
        { label: "Model", value: (row) => row.model },
      ]}
      rows={rows}
    />
  );
}

function SideBySide({ runs, address }: { runs: Run[]; address: string }) {
  const rows = runs.map((run) => ({ ...run, test: readBacktest(run.backtest) }));
  return (
    <Figure
      title="Did the last runs agree with what came?"
      definition="Scoring runs, the latest first: how wrong each was on days that it had not seen, and what it warns of."
      address={address}
      name="runs"
      columns={[
        { label: "As of", value: (row) => row.as_of, show: (row) => <Day of={row.as_of} /> },
        { label: "State", value: (row) => row.state },
        {
          label: "Customers",
          value: (row) => row.customers,
          show: (row) => <Count of={row.customers} />,
          isNumber: true,
        },
        { label: "Model", value: (row) => row.test?.model },
        {
          label: "Error of purchases",
          value: (row) => row.judged?.purchases_error_percent,
          show: (row) => <SignedPercent of={row.judged?.purchases_error_percent} />,
          isNumber: true,
        },
        {
          label: "Error of revenue",
          value: (row) => row.judged?.revenue_error_percent,
          show: (row) => <SignedPercent of={row.judged?.revenue_error_percent} />,
          isNumber: true,
        },
        {
          label: "Told apart (AUC)",
          value: (row) => row.test?.auc,
          show: (row) => <Decimal of={row.test?.auc} digits={2} />,
          isNumber: true,
        },
        {
          label: "Warnings",
          value: (row) => row.warnings.map((each) => each.message).join("; ") || "none",
        },
      ]}
      rows={rows}
    />
  );
}
