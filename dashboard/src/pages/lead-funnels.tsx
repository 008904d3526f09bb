import { link, useQuery } from "../address";
import type { Schemas } from "../api";
import { Bars } from "../charts/bars";
import { count, label, plural, share } from "../format";
import { Choice } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Ready } from "../parts/states";
import type { Column } from "../parts/table";
import { Count, Share } from "../parts/values";
import { useReading } from "../reading";
import { may } from "../session";
import { useSettings } from "../settings";
import { LEAD_STATUSES } from "./lead";
import { firstDay } from "./periods";

type Group = Schemas["LeadGroupView"];
type Funnel = Schemas["FormAnalyticsView"];

const ALL_TIME = "all";
const PERIODS = ["28", "90", "365", ALL_TIME] as const;
const SHOWN = 12;

/** What became of the leads of a period: by stage, by source, by grade. */
export function LeadFunnels() {
  const [query, change] = useQuery();
  const { timeZone } = useSettings();
  const days = PERIODS.find((each) => each === query.days) ?? "90";
  const start = days !== ALL_TIME ? firstDay(Number(days), timeZone) : undefined;
  const reading = useReading("/leads/analytics", { query: { start } });
  return (
    <>
      <p class="controls">
        <Choice
          label="Leads of"
          value={days}
          options={PERIODS}
          texts={{ [ALL_TIME]: "All time", 28: "28 days", 90: "90 days", 365: "A year" }}
          choose={(value) => change({ days: value })}
        />
      </p>
      <Ready
        reading={reading}
        empty={(data) => data.leads === 0 && "Nobody has written in this time."}
      >
        {(data) => (
          <>
            {may("forms:read") && <Stages start={start} leads={data.leads} />}
            <div class="columns">
              <Groups
                groups={data.by_source}
                kind="source"
                title={bestOf(data.by_source, "Which sources bring customers?")}
                definition={`Leads by the source of their first submission, by what became of them; customers are those who have bought${data.sources_truncated ? "; the 100 largest sources" : ""}.`}
                address={reading.address}
              />
              <Groups
                groups={data.by_grade}
                kind="grade"
                title={bestOf(data.by_grade, "Does the score tell who is won?", "Grade ")}
                definition="Leads by the grade of their present score; a score that says something is won more often at the top."
                address={reading.address}
              />
            </div>
          </>
        )}
      </Ready>
    </>
  );
}

function bestOf(groups: Group[], otherwise: string, kind = ""): string {
  const large = groups.filter(({ leads, won }) => leads >= 5 && won > 0);
  const [best] = large.toSorted((one, other) => other.won_rate - one.won_rate);
  return best && groups.length > 1
    ? `${kind}${label(best.name)}: ${share(best.won_rate)} of ${plural(best.leads, "lead")} were won`
    : otherwise;
}

interface GroupsProps {
  groups: Group[];
  kind: "source" | "grade";
  title: string;
  definition: string;
  address: string;
}

function Groups({ groups, kind, title, definition, address }: GroupsProps) {
  const statuses: Column<Group>[] = LEAD_STATUSES.map((status) => ({
    label: label(status),
    value: (row) => row.by_status[status] ?? 0,
    isNumber: true,
  }));
  return (
    <Figure
      title={title}
      definition={definition}
      address={address}
      name={`leads-by-${kind}`}
      columns={[
        { label: label(kind), value: (row) => row.name },
        { label: "Leads", value: (row) => row.leads, isNumber: true },
        { label: "Hot", value: (row) => row.hot_leads, isNumber: true },
        ...statuses,
        {
          label: "Won, of all",
          value: (row) => row.won_rate,
          show: (row) => <Share of={row.won_rate} />,
          isNumber: true,
        },
        { label: "Customers", value: (row) => row.customers, isNumber: true },
        {
          label: "Customers, of all",
          value: (row) => row.customer_rate,
          show: (row) => <Share of={row.customer_rate} />,
          isNumber: true,
        },
      ]}
      rows={groups}
    >
      <Bars
        bars={groups.slice(0, SHOWN).map((each) => ({
          key: each.name,
          label: (
            <>
              <bdi>{kind === "grade" ? label(each.name) : each.name}</bdi>: {count(each.won)} won,{" "}
              {plural(each.customers, "customer")}
            </>
          ),
          value: each.leads,
          text: <Count of={each.leads} />,
          tone: kind === "grade" ? "tone-3" : "tone-2",
          ...(kind === "source" && { href: link(["leads"], { source: each.name }) }),
        }))}
      />
    </Figure>
  );
}

/** How far leads came, by the history of their status. */
function Stages({ start, leads }: { start: string | undefined; leads: number }) {
  const reading = useReading("/forms/analytics", { query: { start } });
  return (
    <Ready reading={reading}>
      {(data) => <StagesOf analytics={data} leads={leads} address={reading.address} />}
    </Ready>
  );
}

interface StagesProps {
  analytics: Funnel;
  leads: number;
  address: string;
}

function StagesOf({ analytics, leads, address }: StagesProps) {
  const { stages, lost } = analytics.conversion_funnel;
  const rates = analytics.conversion_rates;
  const won = stages.at(-1)?.reached ?? 0;
  const rows = [...stages, { status: "closed_lost", reached: lost }];
  return (
    <Figure
      title={`${count(won)} of ${plural(leads, "lead was", "leads were")} won`}
      definition="How many leads reached each stage, or a later one."
      address={address}
      name="funnel"
      columns={[
        { label: "Stage", value: (row) => row.status, show: (row) => label(row.status) },
        { label: "Reached", value: (row) => row.reached, isNumber: true },
        {
          label: "Of the stage before",
          value: (row) => rates.stage_to_stage[row.status],
          show: (row) => <Share of={rates.stage_to_stage[row.status]} />,
          isNumber: true,
        },
      ]}
      rows={rows}
    >
      <Bars
        bars={rows.map(({ status, reached }) => ({
          key: status,
          label: label(status),
          value: reached,
          text: <Count of={reached} />,
          tone: status === "closed_lost" ? "tone-4" : "tone-1",
          href: link(["leads"], { status }),
        }))}
      />
    </Figure>
  );
}
