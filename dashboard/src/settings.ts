/** The deployment's public settings. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";

export interface Settings {
  currency: string;
  timeZone: string;
  authorizationEndpoint: string;
  tokenEndpoint: string;
  logoutEndpoint: string;
  clientId: string;
  scope: string;
  scopePrefix: string;
}

export async function readSettings(): Promise<Settings> {
  const response = await fetch("/dashboard/config");
  if (!response.ok) throw new Error(`The settings cannot be read (${response.status})`);
  const answer = (await response.json()) as Record<string, string>;
  return {
    currency: answer.currency ?? "USD",
    timeZone: answer.time_zone ?? "UTC",
    authorizationEndpoint: answer.authorization_endpoint ?? "",
    tokenEndpoint: answer.token_endpoint ?? "",
    logoutEndpoint: answer.logout_endpoint ?? "",
    clientId: answer.client_id ?? "",
    scope: answer.scope ?? "openid",
    scopePrefix: answer.scope_prefix ?? "",
  };
}

export const SettingsContext = createContext<Settings | undefined>(undefined);

export function useSettings(): Settings {
  const settings = useContext(SettingsContext);
  if (!settings) throw new Error("Settings are read before anything is shown");
  return settings;
}
