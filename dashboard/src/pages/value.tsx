import { link, useQuery } from "../address";
import type { Schemas } from "../api";
import { Bars } from "../charts/bars";
import { label, money, plural, share } from "../format";
import { Choice, Pager, Stat } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Ready } from "../parts/states";
import { Count, Level, Money } from "../parts/values";
import { useReading } from "../reading";
import { useSettings } from "../settings";
import { CohortCurves } from "./cohort-curves";
import { SegmentChoice } from "./segment-choice";
import { ValueDistribution } from "./value-distribution";
import { Sources } from "./value-sources";

type Analysis = Schemas["LTVAnalysis"];

export function Value() {
  const analysis = useReading("/ltv/analysis");
  return (
    <>
      <h1>What are customers worth?</h1>
      <Ready
        reading={analysis}
        empty={(data) =>
          data.total_customers === 0 && "Nobody is valued yet: the first scoring run comes tonight."
        }
      >
        {(data) => (
          <>
            <Total analysis={data} address={analysis.address} />
            <div class="columns">
              <Segments />
              <Sources />
            </div>
            <ValueDistribution />
            <CohortCurves />
            <Customers />
          </>
        )}
      </Ready>
    </>
  );
}

function Total({ analysis, address }: { analysis: Analysis; address: string }) {
  const { currency } = useSettings();
  return (
    <Figure
      title={`${plural(analysis.total_customers, "customer is", "customers are")} worth ${money(analysis.total_predicted_clv, currency)}`}
      definition="What customers have spent so far, net of refunds and times the deployment's margin, plus what is expected of them within the value horizon."
      asOf={analysis.run?.as_of}
      address={address}
      name="value-total"
      columns={[
        { label: "Figure", value: (row) => row[0] },
        { label: "Value", value: (row) => row[1], isNumber: true },
      ]}
      rows={[
        ["customers", analysis.total_customers],
        ["value so far", analysis.total_revenue],
        ["expected in total", analysis.total_predicted_clv],
        ["average per customer", analysis.average_ltv],
      ]}
    >
      <dl class="stats">
        <Stat label="Customers">
          <Count of={analysis.total_customers} />
        </Stat>
        <Stat label="Value so far">
          <Money of={analysis.total_revenue} />
        </Stat>
        <Stat label="Expected in total">
          <Money of={analysis.total_predicted_clv} />
        </Stat>
        <Stat label="Average per customer">
          <Money of={analysis.average_ltv} />
        </Stat>
      </dl>
    </Figure>
  );
}

function Segments() {
  const reading = useReading("/ltv/segments");
  return (
    <Ready reading={reading}>
      {({ segments, run }) => {
        const ordered = segments.toReversed();
        const total = segments.reduce((sum, each) => sum + Number(each.total_value), 0);
        const best = ordered[0];
        const part = best && total > 0 ? Number(best.total_value) / total : 0;
        return (
          <Figure
            title={best ? `${label(best.segment_id)}: ${share(part)} of all value` : "Segments"}
            definition="What the customers of each value segment are worth together, past and future."
            asOf={run?.as_of}
            address={reading.address}
            name="value-segments"
            columns={[
              { label: "Segment", value: (row) => row.name },
              { label: "From", value: (row) => row.resolved_lower_bound, isNumber: true },
              { label: "Customers", value: (row) => row.customers, isNumber: true },
              { label: "Total value", value: (row) => row.total_value, isNumber: true },
              { label: "Average value", value: (row) => row.average_value, isNumber: true },
            ]}
            rows={ordered}
          >
            <Bars
              bars={ordered.map((each) => ({
                key: each.segment_id,
                label: `${each.name}: ${plural(each.customers, "customer")}${each.average_value ? `, ${money(each.average_value, each.currency)} on average` : ""}`,
                value: Number(each.total_value),
                text: <Money of={each.total_value} />,
                href: link(["value"], { segment: each.segment_id }),
              }))}
            />
          </Figure>
        );
      }}
    </Ready>
  );
}

function Customers() {
  const [query, change] = useQuery();
  const reading = useReading("/ltv/customers", {
    query: { segment: query.segment, risk: query.risk, limit: 25, cursor: query.cursor },
  });
  return (
    <>
      <Ready reading={reading}>
        {({ customers, run }) => (
          <Figure
            title="Who is worth the most?"
            definition="Customers by what they have spent plus what is expected; the range holds for 80 in 100 such cases unless it says otherwise."
            asOf={run?.as_of}
            address={reading.address}
            name="customers-by-value"
            controls={
              <>
                <SegmentChoice
                  value={query.segment ?? ""}
                  choose={(segment) => change({ segment, cursor: undefined })}
                />
                <Choice
                  label="Risk"
                  value={query.risk ?? ""}
                  options={["", "high", "medium", "low", "lost"]}
                  choose={(risk) => change({ risk, cursor: undefined })}
                />
              </>
            }
            columns={[
              {
                label: "Customer",
                value: (row) => row.customer_id,
                show: (row) => <a href={link(["customers", row.customer_id])}>{row.customer_id}</a>,
              },
              {
                label: "Expected in total",
                value: (row) => row.predicted_clv,
                show: (row) => <Money of={row.predicted_clv} currency={row.currency} />,
                isNumber: true,
                isKey: true,
              },
              {
                label: "From",
                value: (row) => row.predicted_clv_interval?.low,
                show: (row) => (
                  <Money of={row.predicted_clv_interval?.low} currency={row.currency} />
                ),
                isNumber: true,
              },
              {
                label: "To",
                value: (row) => row.predicted_clv_interval?.high,
                show: (row) => (
                  <Money of={row.predicted_clv_interval?.high} currency={row.currency} />
                ),
                isNumber: true,
              },
              {
                label: "Spent so far",
                value: (row) => row.actual_clv,
                show: (row) => <Money of={row.actual_clv} currency={row.currency} />,
                isNumber: true,
              },
              {
                label: "Orders",
                value: (row) => row.order_count,
                show: (row) => <Count of={row.order_count} />,
                isNumber: true,
              },
              {
                label: "Segment",
                value: (row) => row.segment,
                show: (row) => label(row.segment),
              },
              {
                label: "Risk",
                value: (row) => row.risk_level,
                show: (row) => <Level of={row.risk_level} />,
              },
            ]}
            rows={customers}
          >
            {customers.length === 0 ? <p class="empty">Nobody is in this segment.</p> : undefined}
          </Figure>
        )}
      </Ready>
      <Pager next={reading.data?.next_cursor ?? null} />
    </>
  );
}
