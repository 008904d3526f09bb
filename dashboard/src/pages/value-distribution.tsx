import { useQuery } from "../address";
import type { Schemas } from "../api";
import { Columns } from "../charts/columns";
import { axisMoney, count, money, plural, share } from "../format";
import { Choice } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Ready } from "../parts/states";
import { Count, Money } from "../parts/values";
import { useReading } from "../reading";

const MEASURES = ["predicted_clv", "actual_clv", "residual_value"] as const;
const NAMES: Record<string, string> = {
  predicted_clv: "Expected in total",
  actual_clv: "Spent so far",
  residual_value: "Still expected",
};
const MEANINGS: Record<string, string> = {
  predicted_clv: "by what they have spent plus what is expected of them",
  actual_clv: "by what they have spent so far",
  residual_value: "by what is still expected of them within the value horizon",
};
const VERBS: Record<string, string> = {
  predicted_clv: "are worth",
  actual_clv: "have spent",
  residual_value: "are expected to spend",
};

type Distribution = Schemas["ValueDistributionView"];
type Bin = Schemas["ValueBinView"];

/** How many customers are worth how much. */
export function ValueDistribution() {
  const [query, change] = useQuery();
  const measure = MEASURES.find((each) => each === query.measure) ?? "predicted_clv";
  const height = query.height === "value" ? "value" : "customers";
  const reading = useReading("/ltv/distribution", { query: { measure } });
  return (
    <Ready
      reading={reading}
      empty={(data) => data.customers === 0 && "The next scoring run counts how values differ."}
    >
      {(data) => (
        <Histogram
          distribution={data}
          address={reading.address}
          height={height}
          controls={
            <>
              <Choice
                label="Customers by"
                value={measure}
                options={MEASURES}
                texts={NAMES}
                choose={(value) => change({ measure: value })}
              />
              <Choice
                label="Height"
                value={height}
                options={["customers", "value"]}
                texts={{ customers: "Number of customers", value: "Their value together" }}
                choose={(value) => change({ height: value })}
              />
            </>
          }
        />
      )}
    </Ready>
  );
}

interface HistogramProps {
  distribution: Distribution;
  address: string;
  height: "customers" | "value";
  controls: preact.ComponentChildren;
}

function Histogram({ distribution, address, height, controls }: HistogramProps) {
  const { bins, currency, customers, measure, run } = distribution;
  const total = Number(distribution.total);
  const rows = bins.map((bin) => ({
    ...bin,
    shareOfCustomers: bin.customers / customers,
    shareOfValue: total > 0 ? Number(bin.total) / total : null,
  }));
  const most = Math.max(...bins.map((bin) => Number(bin.total)));
  const name = (bin: Bin) => rangeOf(bin, currency);
  return (
    <Figure
      title={finding(distribution)}
      definition={`Customers ${MEANINGS[measure]}, in bins that grow with the amount, six to each power of ten, since a few customers bring much.`}
      asOf={run?.as_of}
      address={address}
      name={`distribution-${measure}`}
      controls={controls}
      columns={[
        {
          label: "From",
          value: (row) => row.low,
          show: (row) => <Money of={row.low} />,
          isNumber: true,
        },
        {
          label: "Below",
          value: (row) => row.high,
          show: (row) => <Money of={row.high} />,
          isNumber: true,
        },
        {
          label: "Customers",
          value: (row) => row.customers,
          show: (row) => <Count of={row.customers} />,
          isNumber: true,
        },
        {
          label: "Share of customers",
          value: (row) => row.shareOfCustomers,
          show: (row) => share(row.shareOfCustomers),
          isNumber: true,
        },
        {
          label: "Value together",
          value: (row) => row.total,
          show: (row) => <Money of={row.total} currency={currency} />,
          isNumber: true,
        },
        {
          label: "Share of value",
          value: (row) => row.shareOfValue,
          show: (row) => row.shareOfValue !== null && share(row.shareOfValue),
          isNumber: true,
        },
      ]}
      rows={rows}
    >
      <Columns
        label={`Customers ${MEANINGS[measure]}`}
        parts={[{ name: NAMES[measure] ?? measure, tone: "tone-1" }]}
        yText={height === "value" ? axisMoney(most, currency) : count}
        xTitle="from this amount on, up to the next"
        columns={bins.map((bin) => ({
          label: bin.low === null ? "less" : edge(bin.low, currency),
          values: [height === "value" ? Number(bin.total) : bin.customers],
          tip: `${name(bin)}: ${plural(bin.customers, "customer")}, ${money(bin.total, currency)} together`,
        }))}
      />
    </Figure>
  );
}

/** Which half of the customers bring how little. */
function finding({ bins, customers, currency, measure, total }: Distribution): string {
  let below = 0;
  let brought = 0;
  for (const bin of bins) {
    below += bin.customers;
    brought += Number(bin.total);
    if (bin.high !== null && below >= customers / 2 && below < customers) {
      const part =
        Number(total) > 0 ? `, and make up ${share(brought / Number(total))} of the value` : "";
      return `${share(below / customers)} of customers ${VERBS[measure]} less than ${edge(bin.high, currency)}${part}`;
    }
  }
  return `How much ${VERBS[measure]?.startsWith("have") ? "have customers spent" : "are customers worth"}?`;
}

function rangeOf({ low, high }: Bin, currency: string): string {
  if (low === null) return `Below ${edge(high ?? 0, currency)}`;
  return high === null
    ? `${edge(low, currency)} and more`
    : `${edge(low, currency)} to ${edge(high, currency)}`;
}

/** Edges are whole but for the lowest ones. */
function edge(amount: string | number, currency: string): string {
  const value = Number(amount);
  return Number.isInteger(value) ? axisMoney(10, currency)(value) : money(value, currency);
}
