import type { ComponentChildren } from "preact";
import { link } from "../address";
import type { Schemas } from "../api";
import { plural } from "../format";
import { Day } from "../parts/values";
import { may } from "../session";
import { useSettings } from "../settings";

type Facts = Schemas["AttentionView"];

/** What somebody has to look at. */
export function Attention({ attention }: { attention: Facts }) {
  const { quarantined, failed_messages, uncertain_deliveries, failed_imports } = attention;
  return (
    <section class="card" aria-labelledby="attention">
      <h2 id="attention">What needs attention?</h2>
      <ul class="attention">
        <Item isOdd={quarantined > 0}>
          {quarantined > 0
            ? `${plural(quarantined, "submission waits", "submissions wait")} in quarantine.`
            : "No submission waits in quarantine."}{" "}
          {quarantined > 0 && may("forms:read") && <a href={link(["forms"])}>Look at the forms</a>}
        </Item>
        <Item isOdd={failed_messages + uncertain_deliveries > 0}>
          {failed_messages > 0
            ? `${plural(failed_messages, "message")} could not be delivered and ${failed_messages === 1 ? "was" : "were"} given up.`
            : "No delivery has failed."}
          {uncertain_deliveries > 0 &&
            ` Whether ${plural(uncertain_deliveries, "delivery", "deliveries")} happened is not known.`}
          {failed_messages > 0 &&
            " Once the cause is gone, the operator has them sent again: see “Dead letters” in docs/how-to/troubleshoot.md."}
        </Item>
        <Item isOdd={failed_imports > 0}>
          {failed_imports > 0
            ? `${plural(failed_imports, "file")} of orders of this period could not be imported.`
            : "No import of orders has failed."}
        </Item>
        <LastRun attention={attention} />
        {attention.last_run?.warnings.map((each) => (
          <Item key={each.code} isOdd>
            {each.message}.
          </Item>
        ))}
      </ul>
    </section>
  );
}

function Item({ isOdd, children }: { isOdd: boolean; children: ComponentChildren }) {
  return <li class={isOdd ? "warned" : "done"}>{children}</li>;
}

/** The run that is latest by its instant: runs come every night, but not on one's own machine. */
function LastRun({ attention: { last_run: run, is_run_late: isLate } }: { attention: Facts }) {
  const { isLocal } = useSettings();
  if (!run) return <Item isOdd>No scoring run has finished yet.</Item>;
  const isWrong = run.stage === "withheld" || run.stage === "failed";
  return (
    <Item isOdd={(isLate && !isLocal) || isWrong}>
      The last scoring run is of <Day of={run.as_of} />
      {isLate && !isLocal && ", although one comes every night: values and risks are as old as it"}
      {isWrong && `; it was ${run.stage === "failed" ? "broken off" : "withheld"}`}
      {run.failure && `: ${run.failure}`}.{" "}
      {isLate && isLocal && (
        <>
          On this machine none comes by itself: <code>succotash score</code> makes one.{" "}
        </>
      )}
      {may("retention:read") && <a href={link(["track-record"])}>How right it was</a>}
    </Item>
  );
}
