import { link, useQuery } from "../address";
import type { Schemas } from "../api";
import { Bars } from "../charts/bars";
import { count, label, plural, share } from "../format";
import { Choice, Pager } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Ready } from "../parts/states";
import { Count, Instant, Share } from "../parts/values";
import { useReading } from "../reading";
import { may } from "../session";
import { LEAD_STATUSES, nameOf } from "./lead";

type Analytics = Schemas["FormAnalyticsView"];

export function Leads() {
  const [query, change] = useQuery();
  const list = useReading("/leads", {
    query: {
      status: query.status,
      source: query.source,
      min_score: query.min_score,
      limit: 25,
      cursor: query.cursor,
    },
  });
  return (
    <>
      <h1>Who wrote to us, and whom do we call first?</h1>
      {may("forms:read") && <Funnels />}
      <Ready reading={list}>
        {({ leads }) => (
          <Figure
            title={
              leads.length > 0 ? "Who wrote last?" : "Nobody has written who meets these choices"
            }
            definition="Leads by their last submission; the score adds up what their company, their answers and their source say."
            address={list.address}
            name="leads"
            controls={
              <>
                <Choice
                  label="Status"
                  value={query.status ?? ""}
                  options={["", ...LEAD_STATUSES]}
                  choose={(status) => change({ status, cursor: undefined })}
                />
                <Choice
                  label="Score"
                  value={query.min_score ?? ""}
                  options={["", "40", "60", "80"]}
                  texts={{ "40": "40 or more", "60": "60 or more", "80": "80 or more" }}
                  choose={(min_score) => change({ min_score, cursor: undefined })}
                />
                {query.source && (
                  <button
                    type="button"
                    class="second"
                    onClick={() => change({ source: undefined, cursor: undefined })}
                  >
                    Source: {query.source} ×
                  </button>
                )}
              </>
            }
            columns={[
              {
                label: "Lead",
                value: (row) => nameOf(row),
                show: (row) => <a href={link(["leads", row.lead_id])}>{nameOf(row)}</a>,
              },
              { label: "Company", value: (row) => row.company },
              {
                label: "Score",
                value: (row) => row.score?.total,
                show: (row) =>
                  row.score && (
                    <>
                      <Count of={row.score.total} /> {row.score.grade}
                      {row.score.is_hot && " hot"}
                    </>
                  ),
                isNumber: true,
              },
              {
                label: "Status",
                value: (row) => row.status,
                show: (row) => <span class="state">{label(row.status)}</span>,
              },
              { label: "Source", value: (row) => row.source },
              {
                label: "Last wrote",
                value: (row) => row.last_submission_at,
                show: (row) => <Instant of={row.last_submission_at} />,
              },
            ]}
            rows={leads}
          >
            {leads.length === 0 ? <p class="empty">No lead.</p> : undefined}
          </Figure>
        )}
      </Ready>
      <Pager next={list.data?.next_cursor ?? null} />
    </>
  );
}

function Funnels() {
  const reading = useReading("/forms/analytics");
  return (
    <Ready
      reading={reading}
      empty={(data) => data.submission_metrics.total_submissions === 0 && "Nobody has written yet."}
    >
      {(data) => (
        <div class="columns">
          <Funnel analytics={data} address={reading.address} />
          <Sources analytics={data} address={reading.address} />
        </div>
      )}
    </Ready>
  );
}

function Funnel({ analytics, address }: { analytics: Analytics; address: string }) {
  const { stages, lost } = analytics.conversion_funnel;
  const rates = analytics.conversion_rates;
  const won = stages.at(-1)?.reached ?? 0;
  const rows = [...stages, { status: "closed_lost", reached: lost }];
  return (
    <Figure
      title={`${count(won)} of ${plural(analytics.lead_metrics.new_leads, "lead")} were won`}
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

function Sources({ analytics, address }: { analytics: Analytics; address: string }) {
  const rows = Object.entries(analytics.source_distribution)
    .map(([source, submissions]) => ({ source, submissions }))
    .sort((one, other) => other.submissions - one.submissions);
  const total = rows.reduce((sum, each) => sum + each.submissions, 0);
  const first = rows[0];
  return (
    <Figure
      title={
        first && rows.length > 1
          ? `${share(first.submissions / total)} came by ${first.source}`
          : "Where do they come from?"
      }
      definition="Submissions by the source that the link or the page before named."
      address={address}
      name="sources"
      columns={[
        { label: "Source", value: (row) => row.source },
        { label: "Submissions", value: (row) => row.submissions, isNumber: true },
      ]}
      rows={rows}
    >
      <Bars
        bars={rows.slice(0, 12).map(({ source, submissions }) => ({
          key: source,
          label: source,
          value: submissions,
          text: <Count of={submissions} />,
          tone: "tone-2",
          href: link(["leads"], { source }),
        }))}
      />
    </Figure>
  );
}
