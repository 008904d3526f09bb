import type { ComponentChildren } from "preact";
import { link, useQuery } from "../address";
import { count, money, plural } from "../format";
import { Choice, Stat } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Ready } from "../parts/states";
import { Count, Day, Level, Money } from "../parts/values";
import { useReading } from "../reading";
import { may } from "../session";
import { useSettings } from "../settings";

const LENGTHS = ["7", "30", "90"] as const;
const DAY = 86_400_000;
/** Runs come every night; one that is older than this is late. */
const LATE_AFTER = 2 * DAY;

export function Today() {
  return (
    <>
      <h1>How is business?</h1>
      {may("forms:read") && <Written />}
      {may("retention:read") && <AtRisk />}
      {may("ltv:read") && <Worth />}
      <Attention />
    </>
  );
}

/** A calendar day so many days before today, in UTC. */
const daysAgo = (days: number) => new Date(Date.now() - days * DAY).toISOString().slice(0, 10);

function Written() {
  const [query, change] = useQuery();
  const days = Number(LENGTHS.find((each) => each === query.days) ?? "7");
  const now = useReading("/forms/analytics", {
    query: { start: daysAgo(days - 1), end: daysAgo(0) },
  });
  const before = useReading("/forms/analytics", {
    query: { start: daysAgo(2 * days - 1), end: daysAgo(days) },
  });
  return (
    <Ready reading={now}>
      {(data) => (
        <Ready reading={before}>
          {(earlier) => {
            const rows = [
              {
                name: "Submissions",
                now: data.submission_metrics.total_submissions,
                before: earlier.submission_metrics.total_submissions,
              },
              {
                name: "New leads",
                now: data.lead_metrics.new_leads,
                before: earlier.lead_metrics.new_leads,
              },
              {
                name: "Hot leads",
                now: data.lead_metrics.hot_leads,
                before: earlier.lead_metrics.hot_leads,
              },
            ];
            return (
              <Figure
                title={`${plural(data.lead_metrics.new_leads, "new lead")} in ${days} days, ${count(earlier.lead_metrics.new_leads)} in the ${days} days before`}
                definition={`The last ${days} days with today, and as many days before them.`}
                address={now.address}
                name="submissions"
                controls={
                  <Choice
                    label="Days"
                    value={String(days)}
                    options={LENGTHS}
                    choose={(value) => change({ days: value })}
                  />
                }
                columns={[
                  { label: "Figure", value: (row) => row.name },
                  { label: "Now", value: (row) => row.now, isNumber: true },
                  { label: "Before", value: (row) => row.before, isNumber: true },
                ]}
                rows={rows}
              >
                <dl class="stats">
                  {rows.map((row) => (
                    <Stat
                      key={row.name}
                      label={row.name}
                      note={
                        <>
                          <Count of={row.before} /> before
                        </>
                      }
                    >
                      <Count of={row.now} />
                    </Stat>
                  ))}
                </dl>
              </Figure>
            );
          }}
        </Ready>
      )}
    </Ready>
  );
}

function AtRisk() {
  const { currency } = useSettings();
  const analytics = useReading("/retention/analytics");
  const list = useReading("/retention/customers", { query: { risk: "high", limit: 5 } });
  return (
    <Ready
      reading={analytics}
      empty={(data) =>
        data.customers === 0 && "Nobody is judged yet: the first scoring run comes tonight."
      }
    >
      {(data) => (
        <Figure
          title={`${money(data.value_at_risk, currency)} at risk; ${plural(data.high_risk_customers, "customer is", "customers are")} worth writing to now`}
          definition="Value at risk is what customers would still buy, weighed by the chance that they do not return; these five have the most."
          asOf={data.run?.as_of}
          address={list.address}
          name="most-at-risk"
          controls={
            <dl class="stats">
              <Stat
                label="Value at risk"
                note={
                  data.change && (
                    <>
                      <Money of={data.change.value_at_risk} /> since <Day of={data.change.since} />
                    </>
                  )
                }
              >
                <Money of={data.value_at_risk} />
              </Stat>
              <Stat
                label="Customers at high risk"
                note={
                  data.change && (
                    <>
                      <Count of={data.change.high_risk_customers} /> since{" "}
                      <Day of={data.change.since} />
                    </>
                  )
                }
              >
                <Count of={data.high_risk_customers} />
              </Stat>
            </dl>
          }
          columns={[
            {
              label: "Customer",
              value: (row) => row.customer_id,
              show: (row) => <a href={link(["customers", row.customer_id])}>{row.customer_id}</a>,
            },
            {
              label: "Value at risk",
              value: (row) => row.value_at_risk,
              show: (row) => <Money of={row.value_at_risk} />,
              isNumber: true,
            },
            {
              label: "Level",
              value: (row) => row.risk_level,
              show: (row) => <Level of={row.risk_level} />,
            },
            { label: "Why", value: (row) => row.reasons[0] },
          ]}
          rows={list.data?.customers ?? []}
        />
      )}
    </Ready>
  );
}

function Worth() {
  const { currency } = useSettings();
  const analysis = useReading("/ltv/analysis");
  return (
    <Ready reading={analysis} empty={(data) => data.total_customers === 0 && "No customer yet."}>
      {(data) => (
        <Figure
          title={`${plural(data.total_customers, "customer")} have spent ${money(data.total_revenue, currency)}`}
          definition="Revenue of all time, and what customers are expected to be worth in total within the value horizon."
          asOf={data.run?.as_of}
          address={analysis.address}
          name="worth"
          columns={[
            { label: "Figure", value: (row) => row[0] },
            { label: "Value", value: (row) => row[1], isNumber: true },
          ]}
          rows={[
            ["customers", data.total_customers],
            ["revenue so far", data.total_revenue],
            ["expected in total", data.total_predicted_clv],
          ]}
        >
          <dl class="stats">
            <Stat label="Revenue so far">
              <Money of={data.total_revenue} />
            </Stat>
            <Stat label="Expected in total">
              <Money of={data.total_predicted_clv} />
            </Stat>
          </dl>
        </Figure>
      )}
    </Ready>
  );
}

/** What somebody has to look at. */
function Attention() {
  const items: ComponentChildren[] = [
    may("forms:read") && <Quarantine key="quarantine" />,
    may("retention:read") && <LastRun key="run" />,
  ].filter(Boolean);
  if (items.length === 0) return null;
  return (
    <section class="card" aria-labelledby="attention">
      <h2 id="attention">What needs attention?</h2>
      <ul class="attention">{items}</ul>
    </section>
  );
}

function Quarantine() {
  const { data } = useReading("/forms/analytics");
  if (!data) return null;
  const { quarantined } = data.submission_metrics;
  return (
    <li class={quarantined > 0 ? "warned" : "done"}>
      {quarantined > 0 ? (
        <>
          {plural(quarantined, "submission waits", "submissions wait")} in quarantine.{" "}
          <a href={link(["forms"])}>Look at the forms</a>
        </>
      ) : (
        "No submission waits in quarantine."
      )}
    </li>
  );
}

function LastRun() {
  const { data } = useReading("/retention/model", { query: { limit: 1 } });
  const run = data?.runs[0];
  if (!data) return null;
  if (!run) return <li class="warned">No scoring run has finished yet.</li>;
  const isLate = Date.now() - Date.parse(run.as_of) > LATE_AFTER;
  const isOdd = isLate || run.state !== "current" || run.warnings.length > 0;
  return (
    <li class={isOdd ? "warned" : "done"}>
      The last scoring run is of <Day of={run.as_of} />
      {isLate && ", and runs come every night"}
      {run.state !== "current" && `; its state is ${run.state}`}.{" "}
      {run.warnings.map((each) => each.message).join(" ")}{" "}
      <a href={link(["track-record"])}>How right it was</a>
    </li>
  );
}
