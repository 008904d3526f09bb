/** Which page an address names, and what somebody needs to see it. */

import type { ComponentType } from "preact";
import { may } from "../session";
import { Campaign } from "./campaign";
import { CampaignEditor } from "./campaign-editor";
import { Campaigns } from "./campaigns";
import { Costs } from "./costs";
import { Customer } from "./customer";
import { Form } from "./form";
import { FormEditor } from "./form-editor";
import { Forms } from "./forms";
import { Lead } from "./lead";
import { Leads } from "./leads";
import { Missing, NotAllowed } from "./missing";
import { Retention } from "./retention";
import { Risk } from "./risk";
import { Today } from "./today";
import { TrackRecord } from "./track-record";
import { Value } from "./value";

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
  { name: "risk", title: "Risk", scopes: RETENTION, component: Risk },
  { name: "campaigns", title: "Campaigns", scopes: RETENTION, component: Campaigns },
  { name: "retention", title: "Retention", scopes: RETENTION, component: Retention },
  { name: "value", title: "Value", scopes: ["ltv:read"], component: Value },
  { name: "leads", title: "Leads", scopes: LEADS, component: Leads },
  { name: "track-record", title: "Track record", scopes: RETENTION, component: TrackRecord },
  { name: "forms", title: "Forms", scopes: FORMS, component: Forms },
];

const COSTS: Page = {
  name: "value",
  title: "Costs of acquisition",
  scopes: ["ltv:read", "ltv:write"],
  component: Costs,
};

const EDITOR: Page = {
  name: "forms",
  title: "New form",
  scopes: [...FORMS, "forms:write"],
  component: FormEditor,
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
      return { name: "risk", title: `Customer: ${second}`, scopes: RETENTION, component: Customer };
    case "campaigns":
      return second === "new"
        ? { name: first, title: "New campaign", scopes: CAMPAIGNS, component: CampaignEditor }
        : { name: first, title: "Campaign", scopes: RETENTION, component: Campaign };
    case "forms":
      return { name: first, title: `Form: ${second}`, scopes: FORMS, component: Form };
    case "leads":
      return { name: first, title: `Lead: ${second}`, scopes: LEADS, component: Lead };
    default:
      return undefined;
  }
}
