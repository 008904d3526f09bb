/** A campaign's audience in words. */

import type { Schemas } from "../api";
import { label, plural } from "../format";

type Condition = { field: string; operator: string; value: unknown };
type Audience =
  | { all: Audience[] }
  | { any: Audience[] }
  | { customer_ids: string[] }
  | Condition
  | Record<string, never>;

const OPERATORS: Record<string, string> = {
  "=": "is",
  in: "is one of",
  ">": "is more than",
  "<": "is less than",
  ">=": "is at least",
  "<=": "is at most",
};

export function audienceText(campaign: Schemas["CampaignView"]): string {
  if (campaign.audience) return `Customers of whom ${inWords(campaign.audience as Audience)}`;
  const parts = [
    campaign.target_risk_level && `risk level is ${campaign.target_risk_level}`,
    campaign.target_segment && `segment is ${campaign.target_segment.replaceAll("_", " ")}`,
  ].filter(Boolean);
  return parts.length > 0 ? `Customers whose ${parts.join(" and ")}` : "Everybody";
}

function inWords(audience: Audience): string {
  if ("all" in audience) return (audience.all as Audience[]).map(inWords).join(", and ");
  if ("any" in audience) return (audience.any as Audience[]).map(inWords).join(", or ");
  if ("customer_ids" in audience) {
    const ids = audience.customer_ids as string[];
    return `the id is one of ${plural(ids.length, "chosen id")}: ${ids.slice(0, 5).join(", ")}${ids.length > 5 ? ", …" : ""}`;
  }
  const { field, operator, value } = audience as Condition;
  const text = Array.isArray(value) ? value.join(", ") : String(value);
  const name = label(field).toLowerCase();
  return `${name} ${OPERATORS[operator] ?? operator} ${text.replaceAll("_", " ")}`;
}
