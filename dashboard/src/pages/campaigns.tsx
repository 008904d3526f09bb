import { link, useQuery } from "../address";
import type { Schemas } from "../api";
import { label, plural } from "../format";
import { Choice, Stat } from "../parts/controls";
import { Figure } from "../parts/figure";
import { Ready } from "../parts/states";
import { Count, Day, Money } from "../parts/values";
import { useReading } from "../reading";
import { may } from "../session";

const STATUSES = ["", "draft", "active", "paused", "completed", "cancelled"] as const;

export function Campaigns() {
  const [query, change] = useQuery();
  const list = useReading("/retention/campaigns", { query: { status: query.status } });
  return (
    <>
      <h1>What do we write, and what does it change?</h1>
      {may("retention:write") && (
        <p class="actions">
          <a class="button" href={link(["campaigns", "new"])}>
            New campaign
          </a>
        </p>
      )}
      <Ready reading={list}>
        {(data) => (
          <CampaignList
            list={data}
            address={list.address}
            controls={
              <Choice
                label="Status"
                value={query.status ?? ""}
                options={STATUSES}
                choose={(status) => change({ status })}
              />
            }
          />
        )}
      </Ready>
    </>
  );
}

interface CampaignListProps {
  list: Schemas["CampaignList"];
  address: string;
  controls: preact.ComponentChildren;
}

function CampaignList({ list, address, controls }: CampaignListProps) {
  const { campaigns, summary } = list;
  const active = summary.campaigns_by_status.active ?? 0;
  return (
    <>
      <dl class="stats card">
        <Stat label="Active campaigns">
          <Count of={active} />
        </Stat>
        <Stat label="Messages sent, in all campaigns">
          <Count of={summary.metrics.sent} />
        </Stat>
        <Stat label="Customers assigned">
          <Count of={summary.metrics.targeted} />
        </Stat>
      </dl>
      <Figure
        title={
          active > 0
            ? `${plural(active, "campaign is", "campaigns are")} running`
            : "No campaign is running"
        }
        definition="Every campaign, the newest first; open one to see whom it reached and what it changed."
        address={address}
        name="campaigns"
        controls={controls}
        columns={[
          {
            label: "Campaign",
            value: (row) => row.name,
            show: (row) => <a href={link(["campaigns", row.campaign_id])}>{row.name}</a>,
          },
          {
            label: "Status",
            value: (row) => row.status,
            show: (row) => <span class="state">{label(row.status)}</span>,
            isKey: true,
          },
          {
            label: "Assigned",
            value: (row) => row.metrics.targeted,
            show: (row) => <Count of={row.metrics.targeted} />,
            isNumber: true,
          },
          {
            label: "Sent",
            value: (row) => row.metrics.sent,
            show: (row) => <Count of={row.metrics.sent} />,
            isNumber: true,
          },
          {
            label: "Budget",
            value: (row) => row.budget && String(row.budget.total),
            show: (row) =>
              row.budget && <Money of={row.budget.total} currency={row.budget.currency} />,
            isNumber: true,
          },
          {
            label: "Activated",
            value: (row) => row.activated_at,
            show: (row) => <Day of={row.activated_at} />,
          },
        ]}
        rows={campaigns}
      >
        {campaigns.length === 0 ? <p class="empty">No campaign yet.</p> : undefined}
      </Figure>
    </>
  );
}
