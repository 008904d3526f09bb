import { useQuery } from "../address";
import type { Schemas } from "../api";
import { Columns } from "../charts/columns";
import { HeatMap } from "../charts/heat-map";
import { Lines } from "../charts/lines";
import { count, month, plural, share, shortDay } from "../format";
import { Figure } from "../parts/figure";
import { Ready } from "../parts/states";
import { Count, Day, Share } from "../parts/values";
import { useReading } from "../reading";
import { Choices, chosenIn } from "./retention-choices";

const ACTS: Record<string, string> = {
  purchase: "bought for the first time",
  activity: "were active for the first time",
  form: "first filled in a form",
};

type Grid = Schemas["GridView"];
type Column = Grid["average"][number];

export function Retention() {
  const [query] = useQuery();
  const chosen = chosenIn(query);
  const grid = useReading("/retention/cohorts", { query: chosen });
  const lifecycle = useReading("/retention/lifecycle", { query: { period: chosen.period } });
  const nothing = "Nobody has bought anything yet.";
  return (
    <>
      <h1>Do people come back?</h1>
      <Choices />
      <Ready reading={grid} empty={(data) => data.cohorts.length === 0 && nothing}>
        {(data) => (
          <>
            <Cohorts grid={data} address={grid.address} />
            <Curve grid={data} address={grid.address} />
          </>
        )}
      </Ready>
      <Ready reading={lifecycle} empty={(data) => data.periods.length === 0 && nothing}>
        {(data) => <Lifecycle lifecycle={data} address={lifecycle.address} />}
      </Ready>
    </>
  );
}

const nameOf = (period: string, starts: string) =>
  period === "month" ? month(starts) : shortDay(starts);

/** When somebody has to come back to be counted. */
function whenOf({ mode, period, windows }: Grid): string {
  if (mode === "brackets") return "on one of so many days after joining";
  const periods =
    windows === "hours" ? `${period}s since their own first hour` : `${period}s later`;
  return mode === "unbounded" ? `so many ${periods} or after that` : `so many ${periods}`;
}

const rateOf = (measure: string) => (measure === "revenue" ? "of its first revenue" : "of them");

function Cohorts({ grid, address }: { grid: Grid; address: string }) {
  const columns = grid.average.map((each) =>
    grid.mode === "brackets" ? each.label.replace("days ", "") : String(each.offset),
  );
  const later = grid.average.filter((each) => each.offset > 0).map((each) => each.rate ?? 0);
  const rows = grid.cohorts.flatMap((row) => row.cells.map((cell) => ({ ...row, ...cell })));
  const shown = grid.cohorts.slice(-60);
  return (
    <Figure
      title={`Of those who came in one ${grid.period}, how many came back in a later one?`}
      definition={`Each row is those who ${ACTS[grid.origin]} in that ${grid.period}; each column is the share ${rateOf(grid.measure)} that came back ${whenOf(grid)}. An underlined share is not over yet.`}
      asOf={grid.run?.as_of}
      address={address}
      name={`retention-by-${grid.period}`}
      columns={[
        { label: "Cohort", value: (row) => row.cohort_starts_on },
        { label: "Customers", value: (row) => row.customers, isNumber: true },
        { label: "Time after", value: (row) => grid.average[row.offset]?.label },
        { label: "Active", value: (row) => row.active, isNumber: true },
        {
          label: "Rate",
          value: (row) => row.rate,
          show: (row) => <Share of={row.rate} />,
          isNumber: true,
        },
        { label: "Low", value: (row) => row.low, show: (row) => <Share of={row.low} /> },
        { label: "High", value: (row) => row.high, show: (row) => <Share of={row.high} /> },
        { label: "Over", value: (row) => (row.mature ? "yes" : "no") },
      ]}
      rows={rows}
    >
      <HeatMap
        caption="Cohorts and how many of each came back"
        rowTitle="Cohort"
        sizeTitle="Customers"
        columns={columns}
        deepest={1.4 * Math.max(...later, 0.01)}
        rows={shown.map((row) => ({
          label: nameOf(grid.period, row.cohort_starts_on),
          size: count(row.customers),
          cells: columns.map((_, index) => {
            const cell = row.cells[index];
            if (cell?.rate === null || cell?.rate === undefined) return null;
            return {
              value: cell.rate,
              text: share(cell.rate),
              isOpen: !cell.mature,
              tip: `${plural(cell.active, "customer")} of ${count(row.customers)}`,
            };
          }),
        }))}
      />
    </Figure>
  );
}

function Curve({ grid, address }: { grid: Grid; address: string }) {
  const points = grid.average.filter((each) => each.offset > 0 && each.rate !== null);
  const first = points[0];
  const last = points.findLast(isKnownWell) ?? points.at(-1);
  if (!first || !last) return null;
  return (
    <Figure
      title={curveTitle(grid, first, last)}
      definition={`The share ${rateOf(grid.measure)} that came back ${whenOf(grid)}, over all cohorts that have got so far; the band is where the true share lies in 95 of 100 such cases.`}
      asOf={grid.run?.as_of}
      address={address}
      name={`retention-curve-by-${grid.period}`}
      columns={[
        { label: "Time after", value: (row) => row.label },
        {
          label: "Customers",
          value: (row) => row.customers,
          show: (row) => <Count of={row.customers} />,
          isNumber: true,
        },
        {
          label: "Rate",
          value: (row) => row.rate,
          show: (row) => <Share of={row.rate} />,
          isNumber: true,
        },
        {
          label: "Low",
          value: (row) => row.low,
          show: (row) => <Share of={row.low} />,
          isNumber: true,
        },
        {
          label: "High",
          value: (row) => row.high,
          show: (row) => <Share of={row.high} />,
          isNumber: true,
        },
      ]}
      rows={points}
    >
      <Lines
        label={`Share that came back, by ${grid.period}s after the first time`}
        series={[
          {
            name: "Came back",
            tone: "tone-1",
            points: points.map((each) => ({
              x: each.offset,
              y: each.rate ?? 0,
              low: each.low,
              high: each.high,
              tip: tipOf(each),
            })),
          },
        ]}
        xText={(offset) =>
          grid.mode === "brackets"
            ? (grid.average[offset]?.label.replace("days ", "") ?? "")
            : String(offset)
        }
        xTitle={grid.mode === "brackets" ? "days after joining" : `${grid.period}s after`}
        yText={share}
      />
    </Figure>
  );
}

/** The last points are of few customers: a finding is one whose band is narrower than this. */
const WIDEST = 0.2;

const isKnownWell = ({ low, high }: Column) =>
  low !== null && high !== null && high - low <= WIDEST;

function curveTitle({ mode, period }: Grid, first: Column, last: Column): string {
  const [one, other] = [share(first.rate ?? 0), share(last.rate ?? 0)];
  return mode === "brackets"
    ? `${one} come back on ${first.label}, ${other} on ${last.label}`
    : `${one} come back after one ${period}, ${other} after ${last.offset}`;
}

function tipOf({ label, rate, low, high }: Column): string {
  const range = low !== null && high !== null ? `, between ${share(low)} and ${share(high)}` : "";
  return `${label} after: ${share(rate ?? 0)}${range}`;
}

const PARTS = [
  { name: "New", tone: "tone-1" },
  { name: "Returning", tone: "tone-2" },
  { name: "Resurrecting", tone: "tone-3" },
  { name: "Dormant", tone: "tone-4" },
];

function Lifecycle({
  lifecycle,
  address,
}: {
  lifecycle: Schemas["LifecycleView"];
  address: string;
}) {
  const { period } = lifecycle;
  const shown = lifecycle.periods.slice(-60);
  const whole = shown.filter((each) => each.mature);
  const drawn = whole.length > 0 ? whole : shown;
  const last = whole.at(-1) ?? shown.at(-1);
  return (
    <Figure
      title={
        last
          ? `In ${nameOf(period, last.starts_on)}, ${count(last.returning + last.resurrecting)} of ${plural(last.active, "active customer")} had come before`
          : "Who is new, and who is back?"
      }
      definition={`New: for the first time; returning: also in the ${period} before; resurrecting: after a pause; dormant: active in the ${period} before and not in this one. The current ${period} is in the table only, until it is over.`}
      asOf={lifecycle.run?.as_of}
      address={address}
      name={`lifecycle-by-${period}`}
      columns={[
        {
          label: "From",
          value: (row) => row.starts_on,
          show: (row) => <Day of={row.starts_on} />,
        },
        { label: "Active", value: (row) => row.active, isNumber: true },
        { label: "New", value: (row) => row.new, isNumber: true },
        { label: "Returning", value: (row) => row.returning, isNumber: true },
        { label: "Resurrecting", value: (row) => row.resurrecting, isNumber: true },
        { label: "Dormant", value: (row) => row.dormant, isNumber: true },
        { label: "Over", value: (row) => (row.mature ? "yes" : "no") },
      ]}
      rows={shown}
    >
      <Columns
        label={`Active and dormant customers by ${period}`}
        parts={PARTS}
        yText={(value) => count(Math.abs(value))}
        columns={drawn.map((each) => ({
          label: nameOf(period, each.starts_on),
          values: [each.new, each.returning, each.resurrecting, -each.dormant],
          tip: `${nameOf(period, each.starts_on)}: ${count(each.new)} new, ${count(each.returning)} returning, ${count(each.resurrecting)} resurrecting, ${count(each.dormant)} dormant`,
        }))}
      />
    </Figure>
  );
}
