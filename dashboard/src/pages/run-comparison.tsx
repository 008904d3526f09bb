import { useQuery } from "../address";
import type { Schemas } from "../api";
import { Lines } from "../charts/lines";
import { count, dayOf, decimal, plural, share } from "../format";
import { Choice } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Count, Day, Decimal, Money, Share, SignedPercent } from "../parts/values";
import { useSettings } from "../settings";
import { type Backtest, readBacktest } from "./backtest";

type Run = Schemas["RunReport"];

/** Scoring runs, how wrong one of them was on days that it had not seen, and all side by side. */
export function Runs({ runs, address }: { runs: Run[]; address: string }) {
  const [query, change] = useQuery();
  const { timeZone } = useSettings();
  const current =
    runs.find((run) => run.run_id === query.run) ??
    runs.find((run) => run.state === "current") ??
    runs[0];
  const backtest = readBacktest(current?.backtest);
  return (
    <>
      {current && backtest && (
        <>
          {runs.length > 1 && (
            <div class="controls page-controls">
              <Choice
                label="Test of the run as of"
                value={current.run_id}
                options={runs.map((run) => run.run_id)}
                texts={Object.fromEntries(
                  runs.map((run) => [run.run_id, dayOf(run.as_of, timeZone)]),
                )}
                choose={(run) => change({ run })}
              />
            </div>
          )}
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
        yText={(value) => decimal(value, value < 2 ? 2 : 0)}
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
              tip: `${share(each.predicted)} predicted, ${share(each.observed)} observed, ${plural(each.customers, "customer")}`,
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
        {
          label: "Days ahead",
          value: (row) => row.days,
          show: (row) => plural(row.days, "day"),
          isNumber: true,
        },
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
      title={agreement(rows)}
      definition="Scoring runs, the latest first: what each found, how wrong it was in total on days that it had not seen, and how far the shares that it predicted were from those that it observed (calibration)."
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
        {
          label: "At high risk",
          value: (row) => row.found?.high_risk_customers,
          show: (row) => <Count of={row.found?.high_risk_customers} />,
          isNumber: true,
        },
        {
          label: "Value at risk",
          value: (row) => row.found?.value_at_risk,
          show: (row) =>
            row.found ? <Money of={row.found.value_at_risk} currency={row.found.currency} /> : null,
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
          label: "Error of calibration",
          value: (row) => row.calibration_error,
          show: (row) => <Share of={row.calibration_error} />,
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

/** By how much the runs were off at most. */
function agreement(runs: Run[]): string {
  const errors = runs.flatMap((run) => run.judged?.purchases_error_percent ?? []);
  if (errors.length < 2) return "What did each run find, and how wrong was it?";
  const worst = Math.max(...errors.map(Math.abs));
  return `The last ${errors.length} runs that were tested missed the number of purchases by ${decimal(worst)}% at most`;
}
