import { link } from "../address";
import { Figure } from "../parts/figure";
import { Ready } from "../parts/states";
import { Count, Instant } from "../parts/values";
import { useReading } from "../reading";
import { may } from "../session";

export function Forms() {
  const forms = useReading("/forms");
  const analytics = useReading("/forms/analytics");
  const counts = analytics.data?.submission_metrics.by_form ?? {};
  return (
    <>
      <h1>What do our forms ask, and who answers?</h1>
      {may("forms:write") && (
        <p class="actions">
          <a class="button" href={link(["new-form"])}>
            New form
          </a>
        </p>
      )}
      <Ready reading={forms}>
        {(data) => (
          <Figure
            title="Which form brings how much?"
            definition="Every form, with the number of its submissions of all time, suspect and repeated ones included."
            address={forms.address}
            name="forms"
            columns={[
              {
                label: "Form",
                value: (row) => row.title,
                show: (row) => <a href={link(["forms", row.form_id])}>{row.title}</a>,
              },
              {
                label: "Page",
                value: (row) => row.form_id,
                show: (row) => <a href={`/f/${row.form_id}`}>/f/{row.form_id}</a>,
              },
              {
                label: "Submissions",
                value: (row) => counts[row.form_id] ?? 0,
                show: (row) => <Count of={counts[row.form_id] ?? 0} />,
                isNumber: true,
                isKey: true,
              },
              {
                label: "Changed",
                value: (row) => row.updated_at,
                show: (row) => <Instant of={row.updated_at} />,
              },
            ]}
            rows={data.forms}
          />
        )}
      </Ready>
    </>
  );
}
