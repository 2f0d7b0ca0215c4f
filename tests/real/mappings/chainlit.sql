INSERT INTO "Thread" (id, metadata, "createdAt")
SELECT 't' || i, '{}', now() AT TIME ZONE 'UTC' - i * interval '30 seconds' FROM generate_series(1, 90) i;

INSERT INTO "Step" (id, "threadId", metadata, name, type, "isError", "startTime", "endTime")
SELECT 's' || i, 't' || i % 90, jsonb_build_object('model', 'm' || i % 3, 'usage', jsonb_build_object('input', i * 3)), 'tool ' || i % 5,
       (ARRAY['llm', 'tool', 'run'])[1 + i % 3]::"StepType", CASE WHEN i % 10 > 0 THEN i % 7 = 0 END, began,
       began + (i % 53) * interval '50 milliseconds'
FROM (SELECT i, (now() AT TIME ZONE 'UTC')::timestamp(3) - i * interval '9 seconds' AS began FROM generate_series(1, 600) i) AS rows;
