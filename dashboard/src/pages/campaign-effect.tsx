import type { Schemas } from "../api";
import { Bars } from "../charts/bars";
import { Lines } from "../charts/lines";
import { axisMoney, dayOf, isoDay, money, plural, shortDay } from "../format";
import { Stat } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Count, Day, Decimal, Money, Share } from "../parts/values";
import { useSettings } from "../settings";

type Performance = Schemas["CampaignPerformanceView"];
type EffectView = Schemas["EffectView"];
type Look = Schemas["LookView"];

export function Effect({ performance, address }: { performance: Performance; address: string }) {
  const { effect } = performance;
  return (
    <>
      {performance.metrics.sent > 0 && <Messages performance={performance} address={address} />}
      {effect && <Change effect={effect} address={address} id={performance.campaign_id} />}
      {effect && <Looks effect={effect} address={address} id={performance.campaign_id} />}
    </>
  );
}

interface OfEffect {
  effect: EffectView;
  address: string;
  id: string;
}

function Change({ effect, address, id }: OfEffect) {
  const { treatment, holdout, incremental_revenue: revenue, ...rest } = effect.everybody;
  const customers = rest.incremental_customers;
  const { currency } = effect;
  const asOf = effect.looks.findLast((each) => each.read_at)?.read_at;
  return (
    <Figure
      title={effect.summary}
      definition="Both groups were drawn by chance, so the difference between them is what the campaign did; the interval says how far chance alone may have moved it."
      asOf={asOf}
      address={address}
      name={`effect-${id}`}
      columns={[
        { label: "Group", value: (row) => row.group },
        { label: "Members", value: (row) => row.members, isNumber: true },
        { label: "Bought", value: (row) => row.customers, isNumber: true },
        {
          label: "Share that bought",
          value: (row) => row.customer_rate,
          show: (row) => <Share of={row.customer_rate} />,
          isNumber: true,
        },
        {
          label: "Revenue",
          value: (row) => row.revenue,
          show: (row) => <Money of={row.revenue} currency={currency} />,
          isNumber: true,
        },
        {
          label: "Revenue per member",
          value: (row) => row.revenue_per_member,
          show: (row) => <Money of={row.revenue_per_member} currency={currency} />,
          isNumber: true,
        },
      ]}
      rows={[
        { group: "Written to", ...treatment },
        { group: "Held out", ...holdout },
      ]}
    >
      {revenue && customers ? (
        <dl class="stats">
          <Stat
            label="Revenue that it added"
            note={
              <>
                between <Money of={revenue.low} currency={currency} /> and{" "}
                <Money of={revenue.high} currency={currency} />
              </>
            }
          >
            <Money of={revenue.value} currency={currency} />
          </Stat>
          <Stat
            label="Customers who bought because of it"
            note={
              <>
                between <Decimal of={customers.low} digits={0} /> and{" "}
                <Decimal of={customers.high} digits={0} />
              </>
            }
          >
            <Decimal of={customers.value} digits={0} />
          </Stat>
          <Stat
            label="Share that bought, written to"
            note={
              <>
                of <Members of={treatment.members} />
              </>
            }
          >
            <Share of={treatment.customer_rate} />
          </Stat>
          <Stat
            label="Share that bought, held out"
            note={
              <>
                of <Members of={holdout.members} />
              </>
            }
          >
            <Share of={holdout.customer_rate} />
          </Stat>
        </dl>
      ) : (
        <p class="empty">
          <Unread effect={effect} />
        </p>
      )}
    </Figure>
  );
}

function Members({ of }: { of: number }) {
  return (
    <>
      <Count of={of} /> {of === 1 ? "member" : "members"}
    </>
  );
}

function Unread({ effect }: { effect: EffectView }) {
  const { everybody, enough_expected_at: at } = effect;
  return (
    <>
      {everybody.too_small ?? "The effect is read at the looks that were fixed at activation."}
      {at && (
        <>
          {" "}
          Enough members are expected by <Day of={at} />.
        </>
      )}
    </>
  );
}

function Looks({ effect, address, id }: OfEffect) {
  const { currency, looks } = effect;
  const { timeZone } = useSettings();
  if (looks.length === 0) return null;
  const read = looks.flatMap((look) =>
    look.incremental_revenue ? [{ ...look, ...look.incremental_revenue }] : [],
  );
  const on = (look: Look) => dayOf(look.at, timeZone);
  return (
    <Figure
      title={stateOf(effect, on)}
      definition="The revenue that the campaign added, as each look found it when it came, with its interval; it may be read at these times and at no other, so that chance is not mistaken for an effect."
      asOf={looks.findLast((each) => each.read_at)?.read_at}
      address={address}
      name={`looks-${id}`}
      columns={[
        { label: "Look", value: (row) => row.look, isNumber: true },
        { label: "On", value: (row) => row.at, show: (row) => <Day of={row.at} /> },
        {
          label: "Members",
          value: (row) => row.members,
          show: (row) => <Count of={row.members} />,
          isNumber: true,
        },
        {
          label: "Added revenue",
          value: (row) => row.incremental_revenue?.value,
          show: (row) => <Money of={row.incremental_revenue?.value} currency={currency} />,
          isNumber: true,
        },
        {
          label: "Low",
          value: (row) => row.incremental_revenue?.low,
          show: (row) => <Money of={row.incremental_revenue?.low} currency={currency} />,
          isNumber: true,
        },
        {
          label: "High",
          value: (row) => row.incremental_revenue?.high,
          show: (row) => <Money of={row.incremental_revenue?.high} currency={currency} />,
          isNumber: true,
        },
        { label: "State", value: (row) => stateOfLook(row) },
      ]}
      rows={looks}
    >
      {read.length > 0 ? (
        <Lines
          label="Added revenue with its interval, look by look"
          series={[
            {
              name: "Added revenue",
              tone: "tone-1",
              kind: "whiskers",
              points: read.map((look) => ({
                x: dayNumber(look.at),
                y: Number(look.value),
                low: Number(look.low),
                high: Number(look.high),
                tip: `Look ${look.look}, ${on(look)}: ${money(look.value, currency)}, between ${money(look.low, currency)} and ${money(look.high, currency)}`,
              })),
            },
          ]}
          marks={looks.map((look) => dayNumber(look.at))}
          xText={(day) => shortDay(isoDay(new Date(day * DAY).toISOString(), timeZone))}
          yText={axisMoney(Math.max(...read.map((look) => Number(look.high))), currency)}
        />
      ) : undefined}
    </Figure>
  );
}

const DAY = 24 * 60 * 60 * 1000;
const dayNumber = (instant: string) => Date.parse(instant) / DAY;

const FINDINGS: Record<string, string> = {
  more: "more revenue",
  less: "less revenue",
  not_enough_evidence: "not enough evidence",
};

/** What the last look found, or when the next one comes. */
function stateOf({ currency, looks }: EffectView, on: (look: Look) => string): string {
  const last = looks.findLast((look) => look.read_at);
  const next = looks.find((look) => !look.read_at);
  const ahead = next ? `; the next is on ${on(next)}` : "";
  if (!last) return next ? `The effect is first read on ${on(next)}` : "When is the effect read?";
  const found = last.incremental_revenue;
  const isUnclear = found && Number(found.low) < 0 && Number(found.high) > 0;
  return found
    ? `At look ${last.look} of ${looks.length} the campaign had added between ${money(found.low, currency)} and ${money(found.high, currency)}${isUnclear ? ", perhaps nothing" : ""}${ahead}`
    : `At look ${last.look} of ${looks.length} there were too few members to tell${ahead}`;
}

function stateOfLook({ finding, incremental_revenue, read_at }: Look): string {
  if (!read_at) return "ahead";
  if (!incremental_revenue) return "too few members";
  return FINDINGS[finding ?? ""] ?? "read";
}

/** Only what happened is reported: that nobody opened a message is never known. */
const UNKNOWN = "not reported";
const NO_FAULT = "none reported";
/** Rates, the counts behind them, and what a count of zero means. */
const RATES = [
  ["Left, of those assigned", "sent", "delivery_rate", UNKNOWN],
  ["Delivered, of those sent", "delivered", "delivered_rate", UNKNOWN],
  ["Opened", "opened", "open_rate", UNKNOWN],
  ["Clicked", "clicked", "click_rate", UNKNOWN],
  ["Converted", "converted", "conversion_rate", UNKNOWN],
  ["Bounced", "bounced", "bounce_rate", NO_FAULT],
  ["Unsubscribed", "unsubscribed", "unsubscribe_rate", NO_FAULT],
  ["Reported as spam", "complained", "complaint_rate", NO_FAULT],
] as const;

function Messages({ performance, address }: { performance: Performance; address: string }) {
  const { metrics, cost } = performance;
  const rows = RATES.map(([name, count, rate, none]) => ({
    name,
    messages: metrics[count],
    rate: performance[rate],
    text: metrics[count] > 0 ? <Share of={performance[rate]} /> : none,
  }));
  return (
    <Figure
      title={`${plural(metrics.sent, "message")} left${cost ? `, for ${money(cost.amount, cost.currency)}` : ""}`}
      definition="What became of the messages, as far as the mail service or the shop reported it."
      address={address}
      name={`messages-${performance.campaign_id}`}
      columns={[
        { label: "What", value: (row) => row.name },
        {
          label: "Messages",
          value: (row) => row.messages,
          show: (row) => <Count of={row.messages} />,
          isNumber: true,
        },
        { label: "Rate", value: (row) => row.rate, show: (row) => row.text, isNumber: true },
      ]}
      rows={rows}
    >
      <Bars
        bars={rows.map(({ name, messages, rate, text }) => ({
          key: name,
          label: name,
          value: messages > 0 ? rate : null,
          text,
        }))}
      />
    </Figure>
  );
}
