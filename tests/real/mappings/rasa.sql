-- Every eleventh event is of the next century.
INSERT INTO events (id, sender_id, type_name, timestamp, action_name)
WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 500)
SELECT i, 'sender ' || i % 20, CASE i % 5 WHEN 0 THEN 'session_started' WHEN 1 THEN 'user' ELSE 'action' END, CASE WHEN i % 11 = 0 THEN 4000000000.0 ELSE 1790000000 END + i * 3601.25,
       CASE i % 5 WHEN 2 THEN 'action_listen' WHEN 3 THEN 'utter_greet' WHEN 4 THEN 'action_' || i % 3 END
FROM numbers;
