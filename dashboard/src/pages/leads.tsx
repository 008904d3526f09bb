import { link, useQuery } from "../address";
import { label } from "../format";
import { Choice, Pager } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Ready } from "../parts/states";
import { Count, Instant } from "../parts/values";
import { useReading } from "../reading";
import { LEAD_STATUSES, nameOf } from "./lead";
import { LeadFunnels } from "./lead-funnels";

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
      <LeadFunnels />
      <Ready reading={list}>
        {({ leads }) => (
          <Figure
            title={
              leads.length > 0
                ? "Who wrote last?"
                : query.status || query.source || query.min_score
                  ? "Nobody has written who meets these choices"
                  : "Nobody has written yet"
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
                isKey: true,
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
