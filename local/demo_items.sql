CREATE TEMPORARY TABLE demo_items (kind TEXT, owner TEXT, id TEXT);
CREATE TEMPORARY VIEW demo_orders AS SELECT owner AS customer_id, id FROM demo_items WHERE kind = 'order';
CREATE TEMPORARY VIEW demo_events AS SELECT owner AS customer_id, id FROM demo_items WHERE kind = 'event';
CREATE TEMPORARY VIEW demo_customers AS SELECT DISTINCT owner AS customer_id FROM demo_items WHERE kind = 'order';
CREATE TEMPORARY VIEW demo_emails AS SELECT id AS email FROM demo_items WHERE kind = 'email';
CREATE TEMPORARY VIEW demo_campaigns AS SELECT campaign_id FROM retention_campaigns WHERE (name, description) IN (SELECT owner, id FROM demo_items WHERE kind = 'campaign');
CREATE TEMPORARY VIEW demo_submissions AS SELECT submission_id FROM form_submissions INNER JOIN demo_items ON demo_items.kind = 'submission' AND form_submissions.form_id = demo_items.owner AND form_submissions.answers ->> 'email' || coalesce(form_submissions.answers ->> 'company', '') || coalesce(form_submissions.answers ->> 'message', '') = demo_items.id;
