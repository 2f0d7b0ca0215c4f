-- Some steps end hours from now by their stamps: a writer's clock is wrong. They count when their time has come.
INSERT INTO observations (id, name, start_time, end_time, type, model, internal_model, level, status_message,
                          completion_start_time, completion_tokens, prompt_tokens, total_tokens, project_id, calculated_total_cost)
SELECT 'o' || i, 'step ' || i % 4, began, CASE WHEN i % 50 > 0 THEN began + (i % 83) * interval '125 milliseconds' END,
       (ARRAY['GENERATION', 'SPAN', 'EVENT'])[1 + i % 3]::"ObservationType", (ARRAY['gpt', 'opus'])[1 + i % 2],
       CASE WHEN i % 4 = 0 THEN 'gpt-exact' END, (ARRAY['DEFAULT', 'WARNING', 'ERROR', 'DEBUG'])[1 + i % 4]::"ObservationLevel",
       CASE WHEN i % 12 = 6 THEN 'Timeout: a "quoted"' || chr(10) || 'second line \ end' END,
       CASE WHEN i % 5 = 0 THEN began + interval '100 milliseconds' END, i % 11, i % 1013, i % 11 + i % 1013, 'p' || i % 2,
       CASE WHEN i % 9 > 0 THEN (i % 1013) * 0.000000000000000000123456789 END
FROM (SELECT i, (now() AT TIME ZONE 'UTC')::timestamp(3) - interval '1 minute' - i * interval '7 seconds'
                + CASE WHEN i % 45 = 7 THEN interval '4 hours' ELSE '0' END AS began
      FROM generate_series(1, 900) i) AS rows;
