import { useState } from "preact/hooks";
import { link, useAddress } from "../address";
import {
  type Answer,
  ApiError,
  changedMeanwhile,
  isOutdated,
  replacing,
  type Schemas,
  send,
} from "../api";
import { Bars } from "../charts/bars";
import { count, daysFromNow, endOfDay, label, money, plural } from "../format";
import { Field } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Failed, Ready } from "../parts/states";
import { Count, Day } from "../parts/values";
import { forgetAnswers, useReading } from "../reading";
import { may } from "../session";
import { useSettings } from "../settings";
import { useTitle } from "../title";
import { audienceText } from "./audience";
import { RUNS_FOR } from "./campaign-editor";
import { Effect } from "./campaign-effect";

type Details = Schemas["CampaignDetailView"];
type Preview = Answer<"/retention/campaigns/{campaign_id}/preview", "post">;

const ROUTE = "/retention/campaigns/{campaign_id}";
const REASONS: Record<string, string> = {
  no_address: "No e-mail address",
  erased: "Asked to be erased",
  suppressed: "Bounced, complained or unsubscribed",
  no_consent: "Did not agree",
  already_assigned: "Already in this campaign",
  cap: "Had enough messages lately",
  budget: "Behind the last message that is paid for",
};
const MEMBERS: Record<string, string> = {
  held_out: "Held out, to compare with",
  queued: "Not sent yet",
  sent: "Sent",
  refused: "Refused by the mail service",
  uncertain: "Uncertain, never sent again",
  withheld: "Withheld: no longer allowed when it was to leave",
};

const OUTDATED = changedMeanwhile("campaign", "What you see is the campaign as it is now.");

const A_WHILE = 10 * 60_000;
const SOON = 3_000;

/** Whether messages may still be about to leave, as they do without anybody's doing. */
function isUnderWay({ status, members }: Details): boolean {
  const isEmpty = Object.values(members).every((count) => count === 0);
  return status === "active" && (isEmpty || Boolean(members.queued));
}

export function Campaign() {
  const { path } = useAddress();
  const place = { path: { campaign_id: path[1] ?? "" } };
  const [askedAt, setAskedAt] = useState(0);
  const campaign = useReading(ROUTE, place, (data) =>
    Date.now() - askedAt < A_WHILE && isUnderWay(data) ? SOON : undefined,
  );
  const performance = useReading(`${ROUTE}/performance`, place);
  useTitle("Campaign", campaign.data?.name);
  return (
    <>
      <p>
        <a href={link(["campaigns"])}>Campaigns</a>
      </p>
      <h1>
        {campaign.data?.name ?? "Campaign"}{" "}
        {campaign.data && <span class="state">{label(campaign.data.status)}</span>}
      </h1>
      <Ready reading={campaign}>
        {(data) => (
          <>
            <Definition campaign={data} />
            {may("retention:write") && (
              <Actions
                campaign={data}
                tag={campaign.tag}
                asked={() => setAskedAt(Date.now())}
                changed={() => {
                  forgetAnswers();
                  campaign.reload();
                  performance.reload();
                }}
              />
            )}
            <Members campaign={data} address={campaign.address} />
          </>
        )}
      </Ready>
      {campaign.data && (
        <Ready reading={performance}>
          {(data) => <Effect performance={data} address={performance.address} />}
        </Ready>
      )}
    </>
  );
}

function Definition({ campaign }: { campaign: Details }) {
  const { message, budget, frequency_cap: cap, quiet_hours: quiet } = campaign;
  const begins = campaign.starts_at ?? campaign.activated_at;
  const ends = campaign.ended_at ?? justBefore(campaign.ends_at);
  return (
    <section class="card" aria-label="Definition">
      {campaign.description && <p>{campaign.description}</p>}
      <dl class="facts">
        <dt>Whom</dt>
        <dd>{audienceText(campaign)}</dd>
        <dt>Held out</dt>
        <dd>{Math.round(campaign.holdout_share * 100)} in 100, to compare with</dd>
        <dt>Counted</dt>
        <dd>Orders within {plural(campaign.attribution_days, "day")}</dd>
        {budget && (
          <>
            <dt>Budget</dt>
            <dd>
              {money(budget.total, budget.currency)},{" "}
              {money(budget.cost_per_message, budget.currency)} a message
            </dd>
          </>
        )}
        {cap && (
          <>
            <dt>At most</dt>
            <dd>
              {plural(cap.messages, "message")} in {plural(cap.days, "day")}
            </dd>
          </>
        )}
        {quiet && (
          <>
            <dt>Quiet</dt>
            <dd>
              from {quiet.starts} to {quiet.ends}
            </dd>
          </>
        )}
        <dt>Runs</dt>
        <dd>
          {begins ? (
            <>
              from <Day of={begins} />
            </>
          ) : campaign.ended_at ? (
            "never: it ended before it was activated"
          ) : (
            "once it is activated"
          )}
          {ends && (begins || !campaign.ended_at) && (
            <>
              {begins ? " to " : ", until "}
              <Day of={ends} />
            </>
          )}
        </dd>
      </dl>
      {message && <Mail subject={message.subject} text={message.text} />}
    </section>
  );
}

/** Within the last day, where an instant is the end of it. */
const justBefore = (at: string | null) => at && new Date(Date.parse(at) - 1).toISOString();

function Mail({ subject, text }: { subject: string; text: string }) {
  return (
    <div class="mail">
      <strong>{subject}</strong>
      {text}
    </div>
  );
}

interface ActionsProps {
  campaign: Details;
  /** Of the state that is shown. */
  tag: string | undefined;
  /** It is another than what is shown. */
  changed: () => void;
  /** Its messages leave now. */
  asked: () => void;
}

/** Preview, activate, send, pause, complete, delete: what the campaign's status allows. */
function Actions({ campaign, tag, changed, asked }: ActionsProps) {
  const { timeZone } = useSettings();
  const [lastDay, setLastDay] = useState(() => daysFromNow(RUNS_FOR, timeZone));
  const [preview, setPreview] = useState<Preview>();
  const [isSent, setSent] = useState(false);
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const place = { path: { campaign_id: campaign.campaign_id } };
  const act = async (action: () => Promise<unknown>) => {
    setBusy(true);
    setError(undefined);
    try {
      await action();
    } catch (reason) {
      if (isOutdated(reason)) {
        setError(OUTDATED);
        setPreview(undefined);
        changed();
      } else setError(reason instanceof ApiError ? reason : new ApiError(0, String(reason)));
    }
    setBusy(false);
  };
  /** Nobody begins or deletes what they have not seen; to stop one it need not be seen. */
  const seen = { ...place, condition: replacing(tag) };
  const turn = (status: Schemas["CampaignStatus"], question?: string) =>
    act(async () => {
      if (question && !confirm(question)) return;
      const isEndless = status === "active" && !campaign.ends_at;
      const end = isEndless ? { ends_at: endOfDay(lastDay, timeZone) } : {};
      await send("patch", ROUTE, status === "active" ? seen : place, { status, ...end });
      setPreview(undefined);
      changed();
    });
  const look = () => act(async () => setPreview(await send("post", `${ROUTE}/preview`, place)));
  const dispatch = () =>
    act(async () => {
      await send("post", `${ROUTE}/dispatch`, place);
      setSent(true);
      asked();
      changed();
    });
  const remove = () =>
    act(async () => {
      if (!confirm("Delete this draft?")) return;
      await send("delete", ROUTE, seen);
      forgetAnswers();
      location.hash = link(["campaigns"]);
    });
  const { status } = campaign;
  const isOver = status === "completed" || status === "cancelled";
  const reach = preview && plural(preview.reached, "customer");
  return (
    <>
      {status === "draft" && !campaign.ends_at && (
        <Field label="Last day" hint="Nothing leaves after it">
          {(ids) => (
            <input
              {...ids}
              type="date"
              value={lastDay}
              min={daysFromNow(0, timeZone)}
              onInput={(event) => setLastDay(event.currentTarget.value)}
            />
          )}
        </Field>
      )}
      <p class="actions">
        {!isOver && (
          <button type="button" class="second" disabled={isBusy} onClick={look}>
            Preview
          </button>
        )}
        {status === "draft" && (
          <button
            type="button"
            disabled={isBusy || !preview}
            title={preview ? "" : "Preview it first"}
            onClick={() => turn("active", `Start writing to ${reach}?`)}
          >
            Activate
          </button>
        )}
        {status === "active" && (
          <button type="button" disabled={isBusy} onClick={dispatch}>
            Send now
          </button>
        )}
        {status === "active" && (
          <button type="button" class="second" disabled={isBusy} onClick={() => turn("paused")}>
            Pause
          </button>
        )}
        {status === "paused" && (
          <button type="button" disabled={isBusy} onClick={() => turn("active")}>
            Resume
          </button>
        )}
        {(status === "active" || status === "paused") && (
          <button
            type="button"
            class="danger"
            disabled={isBusy}
            onClick={() => turn("completed", "Complete this campaign? Nothing more leaves.")}
          >
            Complete
          </button>
        )}
        {status === "draft" && (
          <button type="button" class="danger" disabled={isBusy} onClick={remove}>
            Delete
          </button>
        )}
      </p>
      {status === "active" && (
        <p class="note" role="status">
          {isSent
            ? "On its way: the members to write to are chosen now, and the messages leave."
            : "Messages leave every night, after customers are scored."}
        </p>
      )}
      {error && <Failed error={error} />}
      <p class="unseen" role="status">
        {preview && `It would reach ${reach} now`}
      </p>
      {preview && <Previewed preview={preview} />}
    </>
  );
}

function Previewed({ preview }: { preview: Preview }) {
  const rows = [
    { reason: "Would be written to", customers: preview.reached },
    { reason: "Held out, to compare with", customers: preview.held_out },
    ...Object.entries(preview.not_reached).map(([reason, customers]) => ({
      reason: REASONS[reason] ?? label(reason),
      customers,
    })),
  ];
  return (
    <Figure
      title={`It would reach ${plural(preview.reached, "customer")} now`}
      definition="Who is in the audience by the current run, and why others of it would not be written to; the first reason that holds counts."
      address={`/retention/campaigns/${preview.campaign_id}/preview`}
      method="POST"
      name="preview"
      columns={[
        { label: "Reason", value: (row) => row.reason },
        { label: "Customers", value: (row) => row.customers, isNumber: true },
      ]}
      rows={rows}
    >
      <Bars
        bars={rows.map(({ reason, customers }, index) => ({
          key: reason,
          label: reason,
          value: customers,
          text: <Count of={customers} />,
          tone: index === 0 ? "tone-1" : index === 1 ? "tone-2" : "tone-4",
        }))}
      />
      {preview.samples.length > 0 && <h3>As recipients would read it</h3>}
      {preview.samples.map((sample, index) => (
        <Mail key={index} subject={sample.subject} text={sample.text} />
      ))}
    </Figure>
  );
}

function Members({ campaign, address }: { campaign: Details; address: string }) {
  const rows = Object.entries(campaign.members).map(([state, members]) => ({ state, members }));
  const total = rows.reduce((sum, each) => sum + each.members, 0);
  if (total === 0) return null;
  return (
    <Figure
      title={`${count(campaign.members.sent ?? 0)} of ${plural(total, "member was", "members were")} written to`}
      definition="Everybody whom the campaign assigned, once, and how far their message came."
      address={address}
      name={`members-${campaign.campaign_id}`}
      columns={[
        { label: "State", value: (row) => row.state },
        { label: "Members", value: (row) => row.members, isNumber: true },
      ]}
      rows={rows}
    >
      <Bars
        bars={rows.map(({ state, members }) => ({
          key: state,
          label: MEMBERS[state] ?? label(state),
          value: members,
          text: <Count of={members} />,
          tone: state === "held_out" ? "tone-2" : state === "sent" ? "tone-1" : "tone-4",
        }))}
      />
    </Figure>
  );
}
