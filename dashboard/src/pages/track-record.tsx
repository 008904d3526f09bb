import { Ready } from "../parts/states";
import { useReading } from "../reading";
import { ErrorByHorizon, Receipts, Weeks } from "./forecast-receipts";
import { Runs } from "./run-comparison";

/** How right earlier forecasts were. */
export function TrackRecord() {
  const receipts = useReading("/retention/receipts", { query: { limit: 24 } });
  const model = useReading("/retention/model", { query: { limit: 10 } });
  return (
    <>
      <h1>Can we believe the numbers?</h1>
      <Ready
        reading={receipts}
        empty={(data) =>
          data.receipts.length === 0 &&
          "No forecast was sealed yet: each month's first run seals one."
        }
      >
        {(data) => (
          <>
            <Receipts receipts={data.receipts} address={receipts.address} />
            <Weeks receipts={data.receipts} address={receipts.address} />
            <ErrorByHorizon receipts={data.receipts} address={receipts.address} />
          </>
        )}
      </Ready>
      <Ready
        reading={model}
        empty={(data) => data.runs.length === 0 && "No scoring run yet: the first comes tonight."}
      >
        {(data) => <Runs runs={data.runs} address={model.address} />}
      </Ready>
    </>
  );
}
