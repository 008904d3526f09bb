import { asIds, link, useAddress } from "../address";
import type { Schemas } from "../api";
import { label, money, plural } from "../format";
import { Stat } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Ready } from "../parts/states";
import { Day, Instant, Level, Money, Share } from "../parts/values";
import { useReading } from "../reading";
import { may } from "../session";

/** How much of a customer's history the API answers with. */
const LISTED = 20;

/** One customer: value, risk and history. */
export function Customer() {
  const { path } = useAddress();
  const id = path[1] ?? "";
  const place = { path: { customer_id: id } };
  const retention = useReading("/retention/customers/{customer_id}", place);
  return (
    <>
      <p>
        <a href={link(["risk"])}>Risk</a>
      </p>
      <h1>{id}</h1>
      {may("ltv:read") && <Worth id={id} />}
      <Ready reading={retention}>
        {(data) => <RiskOfOne customer={data} address={retention.address} />}
      </Ready>
    </>
  );
}

function Worth({ id }: { id: string }) {
  const reading = useReading("/ltv/customers/{customer_id}", { path: { customer_id: id } });
  return (
    <Ready reading={reading}>{(data) => <Value value={data} address={reading.address} />}</Ready>
  );
}

function Value({ value, address }: { value: Schemas["CustomerDetails"]; address: string }) {
  const { predicted_clv_interval: interval, currency } = value;
  return (
    <Figure
      title={`Worth ${money(value.predicted_clv, currency)}, of which ${money(value.residual_value, currency)} is still to come`}
      definition="What the customer has spent so far, plus what is expected within the value horizon."
      asOf={value.run?.as_of}
      address={address}
      name={`value-${value.customer_id}`}
      columns={[
        { label: "Figure", value: (row) => row[0] },
        { label: "Value", value: (row) => row[1], isNumber: true },
      ]}
      rows={[
        ["spent so far", value.actual_clv],
        ["expected in total", value.predicted_clv],
        ["interval from", interval?.low],
        ["interval to", interval?.high],
        ["orders", value.order_count],
        ["average order", value.average_order_value],
        ["probability of no further purchase", value.probability_of_no_purchase],
      ]}
    >
      <dl class="stats">
        <Stat
          label="Expected in total"
          note={
            interval &&
            interval.low !== interval.high && (
              <>
                <Money of={interval.low} currency={currency} /> to{" "}
                <Money of={interval.high} currency={currency} /> in <Share of={interval.level} /> of
                such cases
              </>
            )
          }
        >
          <Money of={value.predicted_clv} currency={currency} />
        </Stat>
        <Stat
          label="Spent so far"
          note={
            <>
              {plural(value.order_count, "order")} of{" "}
              <Money of={value.average_order_value} currency={currency} /> on average
            </>
          }
        >
          <Money of={value.actual_clv} currency={currency} />
        </Stat>
        <Stat label="Buys nothing more">
          <Share of={value.probability_of_no_purchase} />
        </Stat>
        <Stat label="First and last purchase">
          <small>
            <Day of={value.first_purchase_at} />
            <br />
            <Day of={value.last_purchase_at} />
          </small>
        </Stat>
      </dl>
    </Figure>
  );
}

function RiskOfOne({
  customer,
  address,
}: {
  customer: Schemas["CustomerRetention"];
  address: string;
}) {
  const { churn_risk: risk, history, run } = customer;
  const mayWrite = may("retention:write");
  return (
    <>
      <Figure
        title={
          risk.risk_level === "lost"
            ? "This customer has most likely left"
            : `Is this customer about to leave? ${label(risk.risk_level)} risk`
        }
        definition={`The chance of leaving is that of buying nothing in the next ${plural(risk.horizon_days, "day")}.`}
        asOf={run?.as_of}
        address={address}
        name={`risk-${customer.customer_id}`}
        columns={[{ label: "Reason", value: (row) => row }]}
        rows={risk.reasons}
      >
        <dl class="stats">
          <Stat label="Level">
            <Level of={risk.risk_level} />
          </Stat>
          <Stat label="Chance of leaving">
            <Share of={risk.churn_probability} />
          </Stat>
          <Stat label="Value at risk">
            <Money of={risk.value_at_risk} />
          </Stat>
          <Stat label="Last seen">
            <small>
              <Day of={risk.last_seen_on} />
            </small>
          </Stat>
        </dl>
        <ul>
          {risk.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
        {mayWrite && (
          <p class="actions">
            <a
              class="button"
              href={link(["campaigns", "new"], { ids: asIds([customer.customer_id]) })}
            >
              Make a campaign of this customer
            </a>
          </p>
        )}
      </Figure>
      <Figure
        title="What has this customer done?"
        definition={`Purchases and activity, the latest first${history.length >= LISTED ? `, of which the last ${LISTED} are listed` : ""}.`}
        address={address}
        name={`history-${customer.customer_id}`}
        columns={[
          { label: "When", value: (row) => row.at, show: (row) => <Instant of={row.at} /> },
          { label: "What", value: (row) => row.kind, show: (row) => label(row.kind) },
          { label: "Id", value: (row) => row.id },
          {
            label: "Amount",
            value: (row) => row.amount,
            show: (row) => <Money of={row.amount} currency={row.currency} isExact />,
            isNumber: true,
            isKey: true,
          },
        ]}
        rows={history}
      />
    </>
  );
}
