import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { link, readIds, useAddress } from "../address";
import { ApiError, type Body, send } from "../api";
import { useDraft } from "../drafts";
import { daysFromNow, endOfDay, fractionDigits, plural } from "../format";
import { Choice, Field, FoundDraft } from "../parts/controls";
import { Failed } from "../parts/states";
import { forgetAnswers } from "../reading";
import { useSettings } from "../settings";
import { SegmentChoice } from "./segment-choice";

type CampaignBody = Body<"/retention/campaigns", "post">;

const LEVELS = ["", "high", "medium", "low", "lost"] as const;
/** Days, unless somebody says otherwise. */
export const RUNS_FOR = 30;
const LETTER = `{{ first_name | Hello }}, we kept something for you.

No more of these: {{ unsubscribe_url }}
`;

/** Define a campaign, of chosen customers or of everybody who meets the conditions. */
export function CampaignEditor() {
  const { query } = useAddress();
  const { currency, timeZone } = useSettings();
  const chosen = readIds(query.ids);
  const hasCents = fractionDigits(currency) > 0;
  const {
    now: draft,
    change: setDraft,
    ...kept
  } = useDraft(`campaign ${JSON.stringify(query)}`, {
    name: "",
    description: "",
    risk: query.risk ?? (chosen.length > 0 ? "" : "high"),
    segment: query.segment ?? "",
    atLeast: "",
    subject: "",
    text: LETTER,
    cost: hasCents ? "0.02" : "2",
    total: hasCents ? "25.00" : "2500",
    heldOut: "10",
    days: "30",
    ends: daysFromNow(RUNS_FOR, timeZone),
  });
  const [error, setError] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const set = (name: keyof typeof draft) => (value: string) =>
    setDraft((before) => ({ ...before, [name]: value }));
  const text = (name: keyof typeof draft, more: Record<string, string | boolean> = {}) => ({
    value: draft[name],
    onInput: (event: { currentTarget: { value: string } }) => set(name)(event.currentTarget.value),
    ...more,
  });

  const save = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    const body: CampaignBody = {
      name: draft.name,
      description: draft.description,
      audience: chosen.length > 0 ? { customer_ids: chosen } : conditions(draft),
      message: { subject: draft.subject, text: draft.text },
      channel: "email",
      budget: { cost_per_message: draft.cost, total: draft.total, currency },
      holdout_share: Number(draft.heldOut) / 100,
      attribution_days: Number(draft.days),
      ends_at: endOfDay(draft.ends, timeZone),
    };
    try {
      const made = await send("post", "/retention/campaigns", {}, body);
      forgetAnswers();
      kept.forget();
      location.hash = link(["campaigns", made.campaign_id]);
    } catch (reason) {
      setError(reason instanceof ApiError ? reason : new ApiError(0, String(reason)));
      setBusy(false);
    }
  };

  return (
    <>
      <p>
        <a href={link(["campaigns"])}>Campaigns</a>
      </p>
      <h1>New campaign</h1>
      <FoundDraft {...kept} />
      <form class="form card" onSubmit={save}>
        <Field label="Name">{(ids) => <input {...ids} {...text("name")} required />}</Field>
        <Field label="Description">{(ids) => <input {...ids} {...text("description")} />}</Field>
        <fieldset>
          <legend>Whom</legend>
          {chosen.length > 0 ? (
            <p>
              {plural(chosen.length, "chosen customer")}: {chosen.join(", ")}
            </p>
          ) : (
            <Conditions draft={draft} set={set}>
              <Field label={`Value at risk of at least (${currency})`} hint="Empty for any amount">
                {(ids) => <input {...ids} {...text("atLeast")} inputMode="decimal" />}
              </Field>
            </Conditions>
          )}
        </fieldset>
        <fieldset>
          <legend>What they read</legend>
          <Field label="Subject">{(ids) => <input {...ids} {...text("subject")} required />}</Field>
          <Field
            label="Text"
            hint="Fields: first_name, last_name, company, unsubscribe_url. What follows | is shown where a field is empty."
          >
            {(ids) => <textarea {...ids} {...text("text")} rows={7} required />}
          </Field>
        </fieldset>
        <fieldset>
          <legend>How much, and how it is judged</legend>
          <div class="side-by-side">
            <Field label={`Cost of a message (${currency})`}>
              {(ids) => <input {...ids} {...text("cost")} inputMode="decimal" required />}
            </Field>
            <Field label={`Budget (${currency})`}>
              {(ids) => <input {...ids} {...text("total")} inputMode="decimal" required />}
            </Field>
            <Field label="Held out, of 100" hint="To compare with; they are not written to">
              {(ids) => (
                <input {...ids} {...text("heldOut")} type="number" min="0" max="90" required />
              )}
            </Field>
            <Field label="Days in which orders count">
              {(ids) => (
                <input {...ids} {...text("days")} type="number" min="1" max="365" required />
              )}
            </Field>
            <Field label="Last day" hint="Nothing leaves after it">
              {(ids) => (
                <input
                  {...ids}
                  {...text("ends")}
                  type="date"
                  min={daysFromNow(0, timeZone)}
                  required
                />
              )}
            </Field>
          </div>
        </fieldset>
        {error && <Failed error={error} />}
        <p class="actions">
          <button type="submit" disabled={isBusy}>
            Save as a draft
          </button>
          <span class="note">Nothing is sent before you have previewed and activated it.</span>
        </p>
      </form>
    </>
  );
}

interface Chosen {
  risk: string;
  segment: string;
  atLeast: string;
}

function conditions({ risk, segment, atLeast }: Chosen) {
  const all = [
    risk && { field: "risk_level", operator: "=", value: risk },
    segment && { field: "value_segment", operator: "=", value: segment },
    atLeast && { field: "value_at_risk", operator: ">=", value: atLeast },
  ].filter(Boolean);
  return all.length > 0 ? { all } : null;
}

interface ConditionsProps {
  draft: Chosen;
  set: (name: "risk" | "segment") => (value: string) => void;
  children: ComponentChildren;
}

function Conditions({ draft, set, children }: ConditionsProps) {
  return (
    <div class="side-by-side">
      <Choice label="Risk level" value={draft.risk} options={LEVELS} choose={set("risk")} />
      <SegmentChoice value={draft.segment} choose={set("segment")} />
      {children}
    </div>
  );
}
