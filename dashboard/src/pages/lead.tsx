import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { link, useAddress } from "../address";
import { ApiError, type Schemas, send } from "../api";
import { label } from "../format";
import { Choice } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Failed, Ready } from "../parts/states";
import { Instant } from "../parts/values";
import { forgetAnswers, useReading } from "../reading";
import { may } from "../session";

type Details = Schemas["LeadDetails"];

export const LEAD_STATUSES: Schemas["LeadStatus"][] = [
  "new",
  "contacted",
  "qualified",
  "proposal",
  "negotiation",
  "closed_won",
  "closed_lost",
];

/** A person's name, or their address where they gave none. */
export function nameOf(lead: Pick<Details, "first_name" | "last_name" | "email">): string {
  return [lead.first_name, lead.last_name].filter(Boolean).join(" ") || lead.email;
}

/** One lead: who it is, why it scored so, what it sent, and its status to move. */
export function Lead() {
  const { path } = useAddress();
  const reading = useReading("/leads/{lead_id}", { path: { lead_id: path[1] ?? "" } });
  return (
    <>
      <p>
        <a href={link(["leads"])}>Leads</a>
      </p>
      <h1>
        {reading.data ? nameOf(reading.data) : "Lead"}{" "}
        {reading.data && <span class="state">{label(reading.data.status)}</span>}
      </h1>
      <Ready reading={reading}>
        {(lead) => (
          <>
            <Person lead={lead} moved={reading.reload} />
            <Score lead={lead} address={reading.address} />
            <Statuses lead={lead} address={reading.address} />
            <History lead={lead} address={reading.address} />
          </>
        )}
      </Ready>
    </>
  );
}

function Person({ lead, moved }: { lead: Details; moved: () => void }) {
  const [error, setError] = useState<ApiError>();
  const [said, setSaid] = useState("");
  const move = async (status: string) => {
    setError(undefined);
    setSaid("");
    try {
      const place = { path: { lead_id: lead.lead_id } };
      await send("patch", "/leads/{lead_id}", place, { status: status as Schemas["LeadStatus"] });
      setSaid(`Moved to: ${label(status).toLowerCase()}`);
      forgetAnswers();
      moved();
    } catch (reason) {
      setError(reason instanceof ApiError ? reason : new ApiError(0, String(reason)));
    }
  };
  return (
    <section class="card" aria-label="Lead">
      <dl class="facts">
        <dt>E-mail</dt>
        <dd>
          <a href={`mailto:${lead.email}`}>{lead.email}</a>
        </dd>
        {lead.phone && (
          <>
            <dt>Phone</dt>
            <dd>
              <a href={`tel:${lead.phone}`}>{lead.phone}</a>
            </dd>
          </>
        )}
        {lead.company && (
          <>
            <dt>Company</dt>
            <dd>{lead.company}</dd>
          </>
        )}
        <dt>Source</dt>
        <dd>{[lead.source, lead.campaign].filter(Boolean).join(", ")}</dd>
        <dt>First wrote</dt>
        <dd>
          <Instant of={lead.first_submission_at} />
        </dd>
      </dl>
      {may("leads:write") && (
        <p class="controls">
          <Choice label="Status" value={lead.status} options={LEAD_STATUSES} choose={move} />
          <span class="note" role="status">
            {said}
          </span>
        </p>
      )}
      {error && <Failed error={error} />}
    </section>
  );
}

/** Where the lead stood, and since when. */
function Statuses({ lead, address }: { lead: Details; address: string }) {
  const changes = lead.status_changes;
  return (
    <Figure
      title="How far has this lead come?"
      definition="Every status that the lead came to, and when, the latest first."
      address={address}
      name={`statuses-${lead.lead_id}`}
      columns={[
        {
          label: "Status",
          value: (row) => row.status,
          show: (row) => <span class="state">{label(row.status)}</span>,
        },
        {
          label: "Since",
          value: (row) => row.changed_at,
          show: (row) => <Instant of={row.changed_at} />,
        },
      ]}
      rows={changes.toReversed()}
    />
  );
}

function Score({ lead, address }: { lead: Details; address: string }) {
  const { score } = lead;
  if (!score) return null;
  return (
    <Figure
      title={`Why a score of ${score.total}, grade ${score.grade}${score.is_hot ? ", hot" : ""}?`}
      definition="Every point has a rule and a reason; the points add up to the score, from 0 to 100."
      asOf={score.scored_at}
      address={address}
      name={`score-${lead.lead_id}`}
      columns={[
        { label: "Reason", value: (row) => row.reason },
        { label: "Points", value: (row) => row.points, isNumber: true, isKey: true },
        { label: "Category", value: (row) => row.category, show: (row) => label(row.category) },
        { label: "Rule", value: (row) => row.rule },
      ]}
      rows={score.points}
    />
  );
}

function History({ lead, address }: { lead: Details; address: string }) {
  return (
    <Figure
      title="What did this lead send?"
      definition={`Submissions, the latest first${lead.history_truncated ? "; older ones are left out" : ""}.`}
      address={address}
      name={`submissions-${lead.lead_id}`}
      columns={[
        {
          label: "When",
          value: (row) => row.submitted_at,
          show: (row) => <Instant of={row.submitted_at} />,
        },
        { label: "Form", value: (row) => row.form_id },
        { label: "State", value: (row) => row.state, show: (row) => label(row.state) },
        {
          label: "Answers",
          value: (row) => JSON.stringify(row.answers),
          show: (row) => (
            <dl class="facts">
              {Object.entries(row.answers).map(([field, answer]) => (
                <Fragment key={field}>
                  <dt>{field}</dt>
                  <dd>{Array.isArray(answer) ? answer.join(", ") : String(answer)}</dd>
                </Fragment>
              ))}
            </dl>
          ),
          isLong: true,
        },
      ]}
      rows={lead.history}
    />
  );
}
