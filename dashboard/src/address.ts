/** What the page shows stands in its address, behind `#`: paths before it belong to the API. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";

export interface Address {
  /** Decoded segments, such as `["risk", "customer_123"]`. */
  path: string[];
  query: Record<string, string>;
}

export type Query = Record<string, string | number | undefined>;

export function readAddress(hash: string): Address {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  return {
    path: path.split("/").filter(Boolean).map(decoded),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

/** A link to a page; what is undefined or empty in the query is left out. */
export function link(path: string[], query: Query = {}): string {
  return `#/${path.map(encodeURIComponent).join("/")}${asQuery(query)}`;
}

/** Ids as one value of a query; a comma within an id is not one between two. */
export const asIds = (ids: Iterable<string>) => [...ids].map(encodeURIComponent).join(",");

export const readIds = (text = "") => text.split(",").filter(Boolean).map(decoded);

export function asQuery(query: Query): string {
  const kept = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(kept.map(([name, value]) => [name, String(value)])).toString();
  return text && `?${text}`;
}

export const AddressContext = /* @__PURE__ */ createContext<Address>({ path: [], query: {} });

export const useAddress = () => useContext(AddressContext);

/** Change parts of the query in place, so that the address reopens what is seen. */
export function useQuery(): [Record<string, string>, (changes: Query) => void] {
  const { path, query } = useAddress();
  return [query, (changes) => location.replace(link(path, { ...query, ...changes }))];
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
