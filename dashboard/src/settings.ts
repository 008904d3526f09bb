/** The deployment's public settings. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { components } from "./api-types";

export interface Settings {
  currency: string;
  timeZone: string;
  signInUrl: string;
  tokenUrl: string;
  signOutUrl: string;
  clientId: string;
  scopes: string[];
  scopePrefix: string;
}

export async function readSettings(): Promise<Settings> {
  const response = await fetch("/dashboard/config");
  if (!response.ok) throw new Error(`The settings cannot be read (${response.status})`);
  const answer = (await response.json()) as components["schemas"]["DashboardSettings"];
  return {
    currency: answer.currency,
    timeZone: answer.time_zone,
    signInUrl: answer.sign_in_url,
    tokenUrl: answer.token_url,
    signOutUrl: answer.sign_out_url,
    clientId: answer.client_id,
    scopes: ["openid", ...answer.scopes],
    scopePrefix: answer.scope_prefix,
  };
}

export const SettingsContext = createContext<Settings | undefined>(undefined);

export function useSettings(): Settings {
  const settings = useContext(SettingsContext);
  if (!settings) throw new Error("Settings are read before anything is shown");
  return settings;
}
