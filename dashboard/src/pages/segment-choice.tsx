import { Choice } from "../parts/controls";
import { useReading } from "../reading";
import { may } from "../session";

interface SegmentChoiceProps {
  value: string;
  choose: (value: string) => void;
}

/** A choice of value segments, for those who may read them. */
export function SegmentChoice(props: SegmentChoiceProps) {
  return may("ltv:read") ? <Segments {...props} /> : null;
}

function Segments({ value, choose }: SegmentChoiceProps) {
  const { data } = useReading("/ltv/segments");
  const known = data?.segments.map((each) => each.segment_id).reverse() ?? [];
  const options = ["", ...known, ...(value && !known.includes(value) ? [value] : [])];
  return <Choice label="Value" value={value} options={options} choose={choose} />;
}
