import { useQuery } from "../address";
import type { Schemas } from "../api";
import { Lines, type Series } from "../charts/lines";
import { axisMoney, label, money, plural } from "../format";
import { Choice } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Ready } from "../parts/states";
import { Count, Money } from "../parts/values";
import { useReading } from "../reading";

type Cohort = Schemas["CohortView"];

/** The curve of fewer customers is mostly chance: it is drawn only when it is highlighted. */
const LEAST = 10;
const LATEST = 36;

/** Cumulative revenue per customer by month or quarter of first purchase, cohort by cohort. */
export function CohortCurves() {
  const [query, change] = useQuery();
  const by = query.by === "quarter" ? "quarter" : "month";
  const reading = useReading("/ltv/cohorts", { query: { by } });
  return (
    <Ready reading={reading} empty={({ cohorts }) => cohorts.length === 0 && "No cohort yet."}>
      {(data) => (
        <Curves
          list={data}
          address={reading.address}
          chosen={data.cohorts.find((each) => each.cohort_id === query.cohort)}
          controls={
            <>
              <Choice
                label="Cohorts by"
                value={by}
                options={["month", "quarter"]}
                choose={(value) => change({ by: value, cohort: undefined })}
              />
              <Choice
                label="Highlight"
                value={query.cohort ?? ""}
                options={["", ...data.cohorts.map((each) => each.cohort_id)]}
                texts={{ "": "None" }}
                choose={(cohort) => change({ cohort })}
              />
            </>
          }
        />
      )}
    </Ready>
  );
}

interface CurvesProps {
  list: Schemas["CohortList"];
  address: string;
  chosen: Cohort | undefined;
  controls: preact.ComponentChildren;
}

function Curves({ list, address, chosen, controls }: CurvesProps) {
  const { average, by, cohorts, run } = list;
  const currency = cohorts[0]?.currency ?? "USD";
  const rows = cohorts.flatMap((cohort) =>
    cohort.cumulative_revenue_per_customer.map((revenue, month) => ({
      cohort: cohort.cohort_id,
      customers: cohort.customers,
      month,
      revenue,
      isOver: month < cohort.mature_periods,
    })),
  );
  const all: Series = {
    name: "All cohorts",
    tone: "tone-1",
    points: average.map((each) => ({
      x: each.period,
      y: Number(each.cumulative_revenue_per_customer),
      tip: `All, after ${plural(each.period, "month")}: ${money(each.cumulative_revenue_per_customer, currency)} per customer, ${plural(each.customers, "customer")}`,
    })),
  };
  const each = cohorts
    .filter((cohort) => cohort !== chosen && cohort.customers >= LEAST)
    .slice(-LATEST)
    .map((cohort, place) =>
      curveOf(cohort, { tone: "tone-2", kind: "thin", isListed: place === 0 }),
    );
  const series = [...each, all, ...(chosen ? [curveOf(chosen, { tone: "tone-3" })] : [])];
  const most = Math.max(...series.flatMap((one) => one.points.map(({ y }) => y)));
  return (
    <Figure
      title={titleOf(list, chosen, currency)}
      definition={`Net revenue per customer from the month of the first purchase on, for each cohort by ${by} and for all together; drawn are months that had passed for everybody in the cohort, and the latest ${LATEST} cohorts of at least ${LEAST} customers.`}
      asOf={run?.as_of}
      address={address}
      name={`cohorts-by-${by}`}
      controls={controls}
      columns={[
        { label: "Cohort", value: (row) => row.cohort },
        {
          label: "Customers",
          value: (row) => row.customers,
          show: (row) => <Count of={row.customers} />,
          isNumber: true,
        },
        { label: "Months after", value: (row) => row.month, isNumber: true },
        {
          label: "Revenue per customer",
          value: (row) => row.revenue,
          show: (row) => <Money of={row.revenue} currency={currency} />,
          isNumber: true,
        },
        { label: "Over", value: (row) => (row.isOver ? "yes" : "no") },
      ]}
      rows={rows}
    >
      <Lines
        label="Revenue per customer by months after the first purchase"
        series={series}
        xText={String}
        xTitle="months after"
        yText={axisMoney(most, currency)}
      />
    </Figure>
  );
}

function curveOf(cohort: Cohort, style: Pick<Series, "tone" | "kind" | "isListed">): Series {
  const { cohort_id: name, cumulative_revenue_per_customer: curve, currency } = cohort;
  return {
    name: style.kind === "thin" ? "Each cohort" : name,
    ...style,
    points: curve.slice(0, cohort.mature_periods).map((revenue, month) => ({
      x: month,
      y: Number(revenue),
      tip: `${label(name)}, after ${plural(month, "month")}: ${money(revenue, currency)} per customer`,
    })),
  };
}

/** The cohort that is highlighted against all others, or how far all have got. */
function titleOf(
  { average }: Schemas["CohortList"],
  chosen: Cohort | undefined,
  currency: string,
): string {
  const month = chosen ? chosen.mature_periods - 1 : (average.at(-1)?.period ?? -1);
  const all = average.find((each) => each.period === month)?.cumulative_revenue_per_customer;
  const own = chosen?.cumulative_revenue_per_customer[month];
  if (all === undefined) return "What has a customer brought since the first purchase?";
  const after = `after ${plural(month, "month")}`;
  return chosen && own !== undefined
    ? `A customer of ${chosen.cohort_id} has brought ${money(own, currency)} ${after}; of all cohorts, ${money(all, currency)}`
    : `A customer has brought ${money(all, currency)} ${after}`;
}
