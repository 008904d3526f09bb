import { useState } from "preact/hooks";
import { link, useAddress, useQuery } from "../address";
import { ApiError, type Schemas, send } from "../api";
import { Columns } from "../charts/columns";
import { count, label, plural, shortDay } from "../format";
import { Choice, Pager, Stat } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Failed, Ready } from "../parts/states";
import { Count, Instant } from "../parts/values";
import { forgetAnswers, useReading } from "../reading";
import { may } from "../session";
import { useSettings } from "../settings";
import { useTitle } from "../title";
import { firstDay } from "./periods";

const DAYS = 30;
const STATES = ["", "accepted", "quarantined", "duplicate"] as const;

/** One form: its numbers and its submissions. */
export function Form() {
  const { path } = useAddress();
  const id = path[1] ?? "";
  const form = useReading("/forms/{form_id}", { path: { form_id: id } });
  useTitle("Form", form.data?.title);
  return (
    <>
      <p>
        <a href={link(["forms"])}>Forms</a>
      </p>
      <h1>{form.data?.title ?? id}</h1>
      <Ready reading={form}>
        {() => (
          <>
            <p class="actions">
              <a class="button second" href={`/f/${encodeURIComponent(id)}`}>
                Open its page
              </a>
              {may("forms:write") && (
                <a class="button" href={link(["forms", id, "edit"])}>
                  Edit
                </a>
              )}
            </p>
            <Numbers id={id} />
            <Submissions id={id} />
          </>
        )}
      </Ready>
    </>
  );
}

function Numbers({ id }: { id: string }) {
  const { timeZone } = useSettings();
  const reading = useReading("/forms/analytics", {
    query: { form_id: id, start: firstDay(DAYS, timeZone), end: firstDay(1, timeZone) },
  });
  return (
    <Ready reading={reading}>
      {(data) => {
        const { submission_metrics: metrics, lead_metrics: leads, daily } = data;
        return (
          <Figure
            title={`${plural(metrics.total_submissions, "submission")} in the last ${DAYS} days made ${plural(leads.new_leads, "new lead")}`}
            definition="Submissions of this form by day; suspect ones wait in quarantine, repeated ones make no second lead."
            address={reading.address}
            name={`submissions-of-${id}-by-day`}
            columns={[
              { label: "Day", value: (row) => row.day },
              { label: "Submissions", value: (row) => row.submissions, isNumber: true },
              { label: "Accepted", value: (row) => row.accepted, isNumber: true },
              { label: "New leads", value: (row) => row.new_leads, isNumber: true },
            ]}
            rows={daily ?? []}
          >
            <dl class="stats">
              <Stat label="Submissions">
                <Count of={metrics.total_submissions} />
              </Stat>
              <Stat label="Accepted">
                <Count of={metrics.accepted} />
              </Stat>
              <Stat label="In quarantine">
                <Count of={metrics.quarantined} />
              </Stat>
              <Stat label="Repeated">
                <Count of={metrics.duplicates} />
              </Stat>
            </dl>
            {daily && daily.length > 0 && (
              <Columns
                label="Submissions by day"
                height={180}
                parts={[
                  { name: "Accepted", tone: "tone-1" },
                  { name: "Others", tone: "tone-4" },
                ]}
                yText={count}
                columns={daily.map((each) => ({
                  label: shortDay(each.day).slice(0, -5),
                  values: [each.accepted, each.submissions - each.accepted],
                  tip: `${shortDay(each.day)}: ${plural(each.submissions, "submission")}, ${count(each.accepted)} accepted`,
                }))}
              />
            )}
          </Figure>
        );
      }}
    </Ready>
  );
}

function Submissions({ id }: { id: string }) {
  const [query, change] = useQuery();
  const [error, setError] = useState<ApiError>();
  const reading = useReading("/forms/{form_id}/submissions", {
    path: { form_id: id },
    query: { state: query.state, limit: 20, cursor: query.cursor },
  });
  const release = async ({ submission_id }: Schemas["SubmissionView"]) => {
    setError(undefined);
    try {
      await send("post", "/submissions/{submission_id}/release", { path: { submission_id } });
      forgetAnswers();
      reading.reload();
    } catch (reason) {
      setError(reason instanceof ApiError ? reason : new ApiError(0, String(reason)));
    }
  };
  return (
    <>
      {error && <Failed error={error} />}
      <Ready reading={reading}>
        {({ submissions }) => (
          <Figure
            title="Who sent what?"
            definition="Submissions, the newest first, with the reasons for which one was held."
            address={reading.address}
            name={`submissions-of-${id}`}
            controls={
              <Choice
                label="State"
                value={query.state ?? ""}
                options={STATES}
                choose={(state) => change({ state, cursor: undefined })}
              />
            }
            columns={[
              {
                label: "When",
                value: (row) => row.submitted_at,
                show: (row) => <Instant of={row.submitted_at} />,
              },
              {
                label: "State",
                value: (row) => row.state,
                show: (row) => <span class="state">{label(row.state)}</span>,
                isKey: true,
              },
              {
                label: "Answers",
                value: (row) => JSON.stringify(row.answers),
                show: (row) => <Answers answers={row.answers} />,
                isLong: true,
              },
              { label: "Source", value: (row) => row.source },
              {
                label: "Held for",
                value: (row) => row.spam_reasons.join("; "),
                show: (row) => (
                  <>
                    {row.spam_reasons.join("; ")}{" "}
                    {row.state === "quarantined" && may("forms:write") && (
                      <button type="button" class="second" onClick={() => release(row)}>
                        Release
                      </button>
                    )}
                  </>
                ),
                isLong: true,
              },
            ]}
            rows={submissions}
          >
            {submissions.length === 0 ? <p class="empty">No submission.</p> : undefined}
          </Figure>
        )}
      </Ready>
      <Pager next={reading.data?.next_cursor ?? null} />
    </>
  );
}

function Answers({ answers }: { answers: Record<string, unknown> }) {
  return (
    <dl class="facts">
      {Object.entries(answers).flatMap(([field, answer]) => [
        <dt key={`${field}-name`}>{field}</dt>,
        <dd key={field}>{Array.isArray(answer) ? answer.join(", ") : String(answer)}</dd>,
      ])}
    </dl>
  );
}
