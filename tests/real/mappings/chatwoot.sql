INSERT INTO conversations (id, account_id, inbox_id, status, created_at, updated_at, display_id, assignee_agent_bot_id)
SELECT i, 1 + i % 2, 10 + i % 3, i % 4, moment, moment, i, CASE WHEN i % 5 > 0 THEN i % 3 END
FROM (SELECT i, now() AT TIME ZONE 'UTC' - interval '10 minutes' - i * interval '20 seconds' AS moment FROM generate_series(1, 400) i) AS rows;

INSERT INTO reporting_events (name, value, account_id, inbox_id, conversation_id, created_at, updated_at, event_start_time, event_end_time)
SELECT event, seconds, account_id, inbox_id, id, created_at, created_at, created_at, created_at + seconds * interval '1 second'
FROM (SELECT *, 30 + id % 300 AS seconds FROM conversations) AS c, unnest(ARRAY['conversation_resolved', 'conversation_bot_handoff']) AS event
WHERE CASE WHEN event = 'conversation_resolved' THEN status = 1 ELSE id % 6 = 0 END;

INSERT INTO messages (account_id, inbox_id, conversation_id, message_type, created_at, updated_at)
SELECT account_id, inbox_id, id, number % 3, created_at, created_at FROM conversations, generate_series(1, 1 + id % 9) AS number;

INSERT INTO calls (account_id, inbox_id, conversation_id, contact_id, provider_call_id, direction, status, started_at, duration_seconds,
                   created_at, updated_at)
SELECT account_id, inbox_id, id, 1, 'c' || id, 0, (ARRAY['completed', 'no_answer', 'failed'])[1 + id % 3],
       CASE WHEN id % 3 = 0 THEN created_at + interval '4 seconds' END, CASE WHEN id % 3 = 0 THEN id % 200 END, created_at, created_at
FROM conversations;
