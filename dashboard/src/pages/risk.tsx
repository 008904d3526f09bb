import { asIds, link, type Query, readIds, useQuery } from "../address";
import type { Schemas } from "../api";
import { Bars } from "../charts/bars";
import { count, label, money, plural } from "../format";
import { Choice, Pager, Stat } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Ready } from "../parts/states";
import type { Column } from "../parts/table";
import { Count, Day, Level, Money, Share, SignedMoney } from "../parts/values";
import { useReading } from "../reading";
import { may } from "../session";
import { useSettings } from "../settings";
import { SegmentChoice } from "./segment-choice";

const LEVELS = ["high", "medium", "low", "lost"] as const;
const MEANINGS: Record<string, string> = {
  high: "Slipping away, likely to return, and worth writing to",
  medium: "In between: include them in what is sent to all",
  low: "They come by themselves",
  lost: "So unlikely to return that a message is hardly worth its cost",
};

type AtRisk = Schemas["ChurnRiskView"];

export function Risk() {
  const [query, change] = useQuery();
  const level = query.risk ?? "high";
  const chosen = new Set(readIds(query.ids));
  const analytics = useReading("/retention/analytics");
  const list = useReading("/retention/customers", {
    query: { risk: level, segment: query.segment, limit: 25, cursor: query.cursor },
  });
  return (
    <>
      <h1>Who is about to leave?</h1>
      <Ready
        reading={analytics}
        empty={(data) =>
          data.customers === 0 && "Nobody is judged yet: the first scoring run comes tonight."
        }
      >
        {(data) => (
          <Overview analytics={data} address={analytics.address} level={level} ids={query.ids} />
        )}
      </Ready>
      <Ready reading={list}>
        {(data) => (
          <AtRiskList
            list={data}
            address={list.address}
            level={level}
            segment={query.segment}
            chosen={chosen}
            choose={(ids) => change({ ids: asIds(ids) })}
            controls={
              <>
                <Choice
                  label="Level"
                  value={level}
                  options={LEVELS}
                  choose={(risk) => change({ risk, cursor: undefined })}
                />
                <SegmentChoice
                  value={query.segment ?? ""}
                  choose={(segment) => change({ segment, cursor: undefined })}
                />
              </>
            }
          />
        )}
      </Ready>
    </>
  );
}

interface OverviewProps {
  analytics: Schemas["RetentionAnalyticsView"];
  address: string;
  level: string;
  /** Those who are selected, whom another level keeps. */
  ids: string | undefined;
}

function Overview({ analytics, address, level, ids }: OverviewProps) {
  const { currency } = useSettings();
  const levels = LEVELS.map((name) => ({
    name,
    customers: analytics.churn_risk_distribution[name] ?? 0,
  }));
  const { change } = analytics;
  return (
    <Figure
      title={`${money(analytics.value_at_risk, currency)} of expected revenue is at risk`}
      definition="Value at risk is what customers would still buy, weighed by the chance that they do not return."
      asOf={analytics.run?.as_of}
      address={address}
      name="risk-levels"
      columns={[
        { label: "Level", value: (row) => row.name, show: (row) => <Level of={row.name} /> },
        { label: "Meaning", value: (row) => MEANINGS[row.name] },
        {
          label: "Customers",
          value: (row) => row.customers,
          show: (row) => <Count of={row.customers} />,
          isNumber: true,
        },
      ]}
      rows={levels}
    >
      <dl class="stats">
        <Stat
          label="Value at risk"
          note={
            change && (
              <>
                <SignedMoney of={change.value_at_risk} /> since <Day of={change.since} />
              </>
            )
          }
        >
          <Money of={analytics.value_at_risk} />
        </Stat>
        <Stat label="Customers at high risk">
          <Count of={analytics.high_risk_customers} />
        </Stat>
        <Stat label="Average chance of leaving">
          <Share of={analytics.average_churn_probability} />
        </Stat>
      </dl>
      <Bars
        bars={levels.map(({ name, customers }) => ({
          key: name,
          label: `${label(name)}: ${MEANINGS[name]?.toLowerCase()}`,
          value: customers,
          text: <Count of={customers} />,
          tone: name === level ? `tone-${name}` : `tone-${name} pale`,
          href: link(["risk"], { risk: name, ids }),
        }))}
      />
    </Figure>
  );
}

interface AtRiskListProps {
  list: Schemas["ChurnRiskList"];
  address: string;
  level: string;
  segment: string | undefined;
  chosen: ReadonlySet<string>;
  choose: (ids: ReadonlySet<string>) => void;
  controls: preact.ComponentChildren;
}

function AtRiskList(props: AtRiskListProps) {
  const { list, address, level, segment, chosen, choose, controls } = props;
  const mayWrite = may("retention:write");
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    choose(next);
  };
  const box: Column<AtRisk> = {
    label: "Select",
    isControl: true,
    value: (row) => (chosen.has(row.customer_id) ? "yes" : "no"),
    show: (row) => (
      <label class="tick">
        <input
          type="checkbox"
          aria-label={`Select ${row.customer_id}`}
          checked={chosen.has(row.customer_id)}
          onChange={() => toggle(row.customer_id)}
        />
      </label>
    ),
  };
  const columns: Column<AtRisk>[] = [
    ...(mayWrite ? [box] : []),
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
      isKey: true,
    },
    {
      label: "Chance of leaving",
      value: (row) => row.churn_probability,
      show: (row) => <Share of={row.churn_probability} />,
      isNumber: true,
    },
    {
      label: "Why",
      value: (row) => row.reasons.join("; "),
      show: (row) => (
        <ul class="reasons">
          {row.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      ),
      isLong: true,
    },
    {
      label: "Value",
      value: (row) => row.value_segment,
      show: (row) => (row.value_segment ? label(row.value_segment) : null),
    },
    {
      label: "Last seen",
      value: (row) => row.last_seen_on,
      show: (row) => <Day of={row.last_seen_on} />,
    },
  ];
  return (
    <div class="selectable">
      {mayWrite && (
        <Selection
          chosen={chosen}
          clear={() => choose(new Set())}
          everybody={list.customers.length > 0 ? { risk: level, segment } : undefined}
        />
      )}
      <Figure
        title={`Who is at ${level === "lost" ? "the end: lost" : `${level} risk`}, the most valuable first?`}
        definition={`${MEANINGS[level] ?? level}; the chance of leaving is that of buying nothing in the next ${plural(list.customers[0]?.horizon_days ?? 90, "day")}.`}
        asOf={list.run?.as_of}
        address={address}
        name={`customers-${level}-risk`}
        columns={columns}
        rows={list.customers}
        controls={controls}
      >
        {list.customers.length === 0 ? (
          <p class="empty">No customer is at this level.</p>
        ) : undefined}
      </Figure>
      <Pager next={list.next_cursor} />
    </div>
  );
}

interface SelectionProps {
  chosen: ReadonlySet<string>;
  clear: () => void;
  /** The conditions of the list; undefined where nobody meets them. */
  everybody: Query | undefined;
}

/** Makes a campaign of those who are selected, or else of everybody; in sight while one selects. */
function Selection({ chosen, clear, everybody }: SelectionProps) {
  const { size } = chosen;
  return (
    <p class={size > 0 ? "actions selected" : "actions"}>
      <span class="unseen" role="status">
        {size > 0 && `${count(size)} selected`}
      </span>
      {size > 0 ? (
        <>
          <a class="button" href={link(["campaigns", "new"], { ids: asIds(chosen) })}>
            Make a campaign of the {count(size)} selected
          </a>
          <button type="button" class="quiet" onClick={clear}>
            Select nobody
          </button>
        </>
      ) : (
        everybody && (
          <a class="button" href={link(["campaigns", "new"], everybody)}>
            Make a campaign of everybody like this
          </a>
        )
      )}
    </p>
  );
}
