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
  "=": "",
  in: "one of",
  ">": "of more than",
  "<": "of less than",
  ">=": "of at least",
  "<=": "of at most",
};

export function audienceText(campaign: Schemas["CampaignView"]): string {
  const { audience } = campaign;
  if (audience && "customer_ids" in audience) return chosen(audience.customer_ids as string[]);
  if (audience) return `Customers with ${inWords(audience as Audience)}`;
  const parts = [
    campaign.target_risk_level && `risk level is ${campaign.target_risk_level}`,
    campaign.target_segment && `segment is ${campaign.target_segment.replaceAll("_", " ")}`,
  ].filter(Boolean);
  return parts.length > 0 ? `Customers whose ${parts.join(" and ")}` : "Everybody";
}

function chosen(ids: string[]): string {
  const more = ids.length > 5 ? ", …" : "";
  return `${plural(ids.length, "chosen customer")}: ${ids.slice(0, 5).join(", ")}${more}`;
}

function inWords(audience: Audience): string {
  if ("all" in audience) return (audience.all as Audience[]).map(inWords).join(", and ");
  if ("any" in audience) return (audience.any as Audience[]).map(inWords).join(", or ");
  if ("customer_ids" in audience) {
    return `the id of one of ${chosen(audience.customer_ids as string[])}`;
  }
  const { field, operator, value } = audience as Condition;
  const text = Array.isArray(value) ? value.join(", ") : String(value);
  const name = label(field).toLowerCase();
  const parts = [name, OPERATORS[operator] ?? operator, text.replaceAll("_", " ")];
  return parts.filter(Boolean).join(" ");
}
