INSERT INTO workflows (id, workflow_uuid, organization_id, name, status, workflow_definition, template_context_variables,
                       call_disposition_codes, workflow_configurations, created_at)
SELECT i, 'w' || i, 1 + i % 3, 'flow ' || i, 'active', '{}', '{}', '{}', '{}', now() - interval '90 days' FROM generate_series(1, 4) i;

INSERT INTO campaigns (id, name, organization_id, workflow_id, created_by, source_type, source_id, state, processed_rows,
                       failed_rows, rate_limit_per_second, max_retries, source_sync_status, created_at, started_at, completed_at)
SELECT i, 'campaign "' || i || '"', 1 + i % 3, i, 1, 'csv', 's', 'running', 0, 0, 1, 2, 'done', now() - interval '80 days',
       CASE WHEN i < 4 THEN now() - interval '70 days' END, CASE WHEN i = 1 THEN now() - interval '1 day' END
FROM generate_series(1, 4) i;

INSERT INTO queued_runs (id, campaign_id, source_uuid, context_variables, state, created_at, processed_at, scheduled_for)
SELECT i, 1 + i % 3, 'q' || i, '{}', 'queued', now() - i * interval '1 minute',
       CASE WHEN i % 2 = 0 THEN now() - i * interval '1 minute' + interval '20 seconds' END,
       CASE WHEN i % 5 = 0 THEN now() + interval '1 day' END
FROM generate_series(1, 60) i;

INSERT INTO workflow_runs (id, name, workflow_id, mode, state, is_completed, usage_info, cost_info, initial_context,
                           gathered_context, annotations, created_at, campaign_id)
SELECT i, 'run ' || i, 1 + i % 4, (ARRAY['twilio', 'vonage', 'smallwebrtc'])[1 + i % 3], 'running', i > 5,
       CASE WHEN i > 5 THEN json_build_object('call_duration_seconds', (i % 97) * 2.5) ELSE '{}' END, '{}', '{}',
       CASE WHEN i % 7 = 0 THEN '{}' ELSE json_build_object('mapped_call_disposition', (ARRAY['XFER', 'NIBP'])[1 + i % 2]) END, '{}',
       now() - interval '3 minutes' - (i * i) * interval '1 second', CASE WHEN i % 6 > 0 THEN 1 + i % 4 END
FROM generate_series(1, 700) i;
