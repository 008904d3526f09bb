import { link } from "../address";
import type { Schemas } from "../api";
import { Bars } from "../charts/bars";
import { decimal, money, plural } from "../format";
import { Figure } from "../parts/figure";
import { Ready } from "../parts/states";
import { Count, Decimal, Money } from "../parts/values";
import { useReading } from "../reading";
import { may } from "../session";

type Source = Schemas["SourceView"];

/** The source of customers whom no form led to, for whom nothing was spent. */
export const UNKNOWN = "unknown";
const SHOWN = 12;

/** What customers of each source are worth, and what they cost. */
export function Sources() {
  const reading = useReading("/ltv/sources");
  return (
    <Ready
      reading={reading}
      empty={({ sources }) => sources.length === 0 && "No customer has a source yet."}
    >
      {({ sources, currency, run }) => {
        const rows = sources.toSorted((one, other) => worth(other) - worth(one));
        const hasCosts = sources.some(({ cost }) => cost !== null);
        return (
          <Figure
            title={titleOf(rows)}
            definition={`Expected total value per customer by the source of the last form they sent before they first bought; unknown where no form led to them. ${hasCosts ? "LTV:CAC sets the value of customers of months with a cost against that cost." : "With costs of acquisition it would show what a customer of each costs."}`}
            asOf={run?.as_of}
            address={reading.address}
            name="value-by-source"
            columns={[
              { label: "Source", value: (row) => row.source },
              {
                label: "Customers",
                value: (row) => row.customers,
                show: (row) => <Count of={row.customers} />,
                isNumber: true,
              },
              {
                label: "LTV",
                value: (row) => row.average_ltv,
                show: (row) => <Money of={row.average_ltv} currency={currency} />,
                isNumber: true,
              },
              {
                label: "Cost",
                value: (row) => row.cost,
                show: (row) => <Money of={row.cost} currency={currency} />,
                isNumber: true,
              },
              {
                label: "Customers acquired",
                value: (row) => row.customers_acquired,
                show: (row) => <Count of={row.customers_acquired} />,
                isNumber: true,
              },
              {
                label: "CAC",
                value: (row) => row.cost_per_customer,
                show: (row) => <Money of={row.cost_per_customer} currency={currency} />,
                isNumber: true,
              },
              {
                label: "LTV:CAC",
                value: (row) => row.ltv_to_cac,
                show: (row) => <Decimal of={row.ltv_to_cac} />,
                isNumber: true,
              },
              { label: "Paid back in month", value: (row) => row.payback_months, isNumber: true },
              { label: "Value so far", value: (row) => row.revenue, isNumber: true },
              { label: "Expected in total", value: (row) => row.predicted_clv, isNumber: true },
            ]}
            rows={rows}
          >
            <Bars
              bars={rows.slice(0, SHOWN).map((each) => ({
                key: each.source,
                label: (
                  <>
                    <bdi>{each.source}</bdi>: {plural(each.customers, "customer")}
                    {costOf(each, currency)}
                  </>
                ),
                value: worth(each),
                text: <Money of={each.average_ltv} currency={currency} />,
                tone: "tone-2",
              }))}
            />
            {may("ltv:write") && (
              <p>
                <a href={link(["costs"])}>Enter costs of acquisition</a>
              </p>
            )}
          </Figure>
        );
      }}
    </Ready>
  );
}

const worth = ({ average_ltv }: Source) => Number(average_ltv ?? 0);

function costOf({ cost, cost_per_customer, ltv_to_cac }: Source, currency: string): string {
  if (cost_per_customer === null || ltv_to_cac === null) {
    return Number(cost ?? 0) > 0 ? ` for ${money(cost ?? 0, currency)}` : "";
  }
  return ` at ${money(cost_per_customer, currency)} each, LTV:CAC ${decimal(ltv_to_cac)}`;
}

function titleOf(rows: Source[]): string {
  const judged = rows.filter(({ ltv_to_cac }) => ltv_to_cac !== null);
  const [best] = judged.toSorted((one, other) => Number(other.ltv_to_cac) - Number(one.ltv_to_cac));
  if (best) return `${best.source} brings back ${decimal(Number(best.ltv_to_cac))} times its cost`;
  // To come from a source that nobody knows is no finding.
  const known = rows.filter(({ source, customers }) => source !== UNKNOWN && customers > 0);
  const [first] = known;
  return known.length > 1 && first
    ? `Customers from ${first.source} are worth the most`
    : "What are customers of each source worth?";
}
