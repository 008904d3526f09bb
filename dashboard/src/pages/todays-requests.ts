/** The requests of *Today*, which are made before its code is here. */

import { type Address, asQuery, type Query } from "../address";

export const LENGTHS = ["7", "28", "90"] as const;

export function lengthIn(query: Address["query"]): (typeof LENGTHS)[number] {
  return LENGTHS.find((each) => each === query.days) ?? "28";
}

export const overviewOf = (query: Address["query"]): Query => ({
  days: lengthIn(query),
  end: query.end,
});
export const MOST_AT_RISK: Query = { risk: "high", limit: 5 };

/** What is asked for at an address by somebody with these scopes; nothing on other pages. */
export function todaysRequests({ path, query }: Address, scopes: ReadonlySet<string>): string[] {
  if (path.length > 0) return [];
  return [
    ...(scopes.has("overview:read") ? [`/overview${asQuery(overviewOf(query))}`] : []),
    ...(scopes.has("retention:read") ? [`/retention/customers${asQuery(MOST_AT_RISK)}`] : []),
  ];
}
