/** Which page an address names, and what somebody needs to see it. */

import type { ComponentType } from "preact";
import { may } from "../session";
import { Missing, NotAllowed } from "./missing";
import { other } from "./other";
import { Today } from "./today";

export interface Page {
  /** The first part of its address. */
  name: string;
  title: string;
  /** All of these are needed. */
  scopes: string[];
  component: ComponentType;
}

const RETENTION = ["retention:read"];
const FORMS = ["forms:read"];
const LEADS = ["leads:read"];
const CAMPAIGNS = [...RETENTION, "retention:write"];

/** The pages of the navigation, in its order. */
export const PAGES: Page[] = [
  { name: "", title: "Today", scopes: [], component: Today },
  { name: "risk", title: "Risk", scopes: RETENTION, component: other("Risk") },
  { name: "campaigns", title: "Campaigns", scopes: RETENTION, component: other("Campaigns") },
  { name: "retention", title: "Retention", scopes: RETENTION, component: other("Retention") },
  { name: "value", title: "Value", scopes: ["ltv:read"], component: other("Value") },
  { name: "leads", title: "Leads", scopes: LEADS, component: other("Leads") },
  {
    name: "track-record",
    title: "Track record",
    scopes: RETENTION,
    component: other("TrackRecord"),
  },
  { name: "forms", title: "Forms", scopes: FORMS, component: other("Forms") },
];

const COSTS: Page = {
  name: "value",
  title: "Costs of acquisition",
  scopes: ["ltv:read", "ltv:write"],
  component: other("Costs"),
};

const EDITOR: Page = {
  name: "forms",
  title: "New form",
  scopes: [...FORMS, "forms:write"],
  component: other("FormEditor"),
};

export function pageOf(path: string[]): Page {
  const page = named(path);
  if (!page) return { name: "", title: "Not found", scopes: [], component: Missing };
  return page.scopes.every(may) ? page : { ...page, component: NotAllowed };
}

function named(path: string[]): Page | undefined {
  const [first = "", second, ...more] = path;
  if (first === "forms" && more.length === 1 && more[0] === "edit") {
    return { ...EDITOR, title: `Edit the form: ${second}` };
  }
  if (more.length > 0) return undefined;
  if (first === "costs" && second === undefined) return COSTS;
  if (first === "new-form" && second === undefined) return EDITOR;
  if (second === undefined) return PAGES.find(({ name }) => name === first);
  switch (first) {
    case "customers":
      return {
        name: "risk",
        title: `Customer: ${second}`,
        scopes: RETENTION,
        component: other("Customer"),
      };
    case "campaigns":
      return second === "new"
        ? {
            name: first,
            title: "New campaign",
            scopes: CAMPAIGNS,
            component: other("CampaignEditor"),
          }
        : { name: first, title: "Campaign", scopes: RETENTION, component: other("Campaign") };
    case "forms":
      return { name: first, title: `Form: ${second}`, scopes: FORMS, component: other("Form") };
    case "leads":
      return { name: first, title: `Lead: ${second}`, scopes: LEADS, component: other("Lead") };
    default:
      return undefined;
  }
}
