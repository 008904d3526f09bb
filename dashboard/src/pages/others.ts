/** Every page but *Today*: their code comes after its numbers. */

export { Campaign } from "./campaign";
export { CampaignEditor } from "./campaign-editor";
export { Campaigns } from "./campaigns";
export { Costs } from "./costs";
export { Customer } from "./customer";
export { Form } from "./form";
export { FormEditor } from "./form-editor";
export { Forms } from "./forms";
export { Lead } from "./lead";
export { Leads } from "./leads";
export { Retention } from "./retention";
export { Risk } from "./risk";
export { TrackRecord } from "./track-record";
export { Value } from "./value";
