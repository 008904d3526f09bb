/** The deployment's public settings. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";

export interface Settings {
  currency: string;
  timeZone: string;
  signInUrl: string;
  tokenUrl: string;
  signOutUrl: string;
  clientId: string;
  scopes: string[];
  scopePrefix: string;
  /** Whether this is a run on somebody's own machine, where nothing happens by night. */
  isLocal: boolean;
}

/** Where the issuer of `make run` is. */
const DEVELOPMENT = "/development/";

/** The settings that the function writes into the page. */
export function readSettings(): Settings {
  const text = document.getElementById("settings")?.textContent ?? "";
  const given = JSON.parse(text) as Settings;
  return {
    ...given,
    scopes: ["openid", ...given.scopes],
    isLocal: given.signInUrl.startsWith(DEVELOPMENT),
  };
}

export const SettingsContext = /* @__PURE__ */ createContext<Settings | undefined>(undefined);

export function useSettings(): Settings {
  const settings = useContext(SettingsContext);
  if (!settings) throw new Error("Settings are read before anything is shown");
  return settings;
}
