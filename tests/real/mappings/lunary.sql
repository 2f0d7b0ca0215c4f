INSERT INTO run (created_at, ended_at, tags, project_id, status, name, type, prompt_tokens, completion_tokens, cost,
                 cached_prompt_tokens, is_deleted)
SELECT began, CASE WHEN i % 40 > 0 THEN began + (i % 61) * interval '250 milliseconds' END, ARRAY['bot ' || i % 2, 'eu'],
       ('00000000-0000-0000-0000-00000000000' || i % 3)::uuid, (ARRAY['success', 'success', 'error', 'success'])[1 + i % 4],
       (ARRAY['gpt', 'search', 'opus'])[1 + i % 3], CASE WHEN i % 3 = 1 THEN 'tool' ELSE 'llm' END, i % 507, i % 13,
       CASE WHEN i % 8 > 0 THEN (i % 507) * 0.0000007 END, i % 507 / 2, i % 31 = 0
FROM (SELECT i, now() - interval '90 seconds' - i * interval '11 seconds' AS began FROM generate_series(1, 800) i) AS rows;
