/** A run's backtest: `openapi.yaml` leaves its shape open, so what is read of it is looked at. */

export interface Backtest {
  model: string | undefined;
  auc: number | undefined;
  holdoutDays: number;
  weekly: { week: number; predicted: number; actual: number }[];
  calibration: { predicted: number; observed: number; customers: number }[];
  horizons: {
    days: number;
    errorPercent: number | undefined;
    brier: number | undefined;
    model: string | undefined;
  }[];
}

type Fields = Record<string, unknown>;

/** Undefined where the run had too little data to be tested. */
export function readBacktest(stored: unknown): Backtest | undefined {
  const backtest = fields(stored);
  const churn = fields(backtest.churn);
  if (Object.keys(churn).length === 0) return undefined;
  const weekly = fields(backtest.weekly);
  const actual = list(weekly.actual);
  return {
    model: text(fields(backtest.purchases).model),
    auc: number(churn.auc),
    holdoutDays: number(churn.holdout_days) ?? 0,
    weekly: list(weekly.predicted).map((predicted, index) => ({
      week: index + 1,
      predicted: number(predicted) ?? 0,
      actual: number(actual[index]) ?? 0,
    })),
    calibration: list(churn.calibration).map((each) => ({
      predicted: number(fields(each).mean_predicted) ?? 0,
      observed: number(fields(each).observed_share) ?? 0,
      customers: number(fields(each).customers) ?? 0,
    })),
    horizons: list(backtest.horizons).map((each) => ({
      days: number(fields(each).days) ?? 0,
      errorPercent: number(fields(each).error_percent),
      brier: number(fields(each).brier),
      model: text(fields(each).model),
    })),
  };
}

const fields = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const number = (value: unknown) => (typeof value === "number" ? value : undefined);
const text = (value: unknown) => (typeof value === "string" ? value : undefined);
