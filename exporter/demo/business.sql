-- Scheduled calls: one for each fourth outbound call; they wait a few minutes from their due time.
INSERT INTO scheduled_calls
SELECT 'scheduled-' || substr(id, 6), tenant, campaign, lead_id, CASE WHEN u < 0.96 THEN 'dialled' ELSE 'cancelled' END,
    initiated_at - (3 + 40 * w) * interval '1 hour', initiated_at - 300 * v * interval '1 second', initiated_at
FROM (
    SELECT *, pg_temp.u(n, 100) AS u, pg_temp.u(n, 101) AS v, pg_temp.u(n, 102) AS w
    FROM (SELECT *, substr(id, 6)::bigint AS n FROM call_sessions WHERE campaign IS NOT NULL) c WHERE n % 4 = 0 OFFSET 0
) calls;

-- Leads: one for each tenth call, of the tenant and campaign of that call; those not won are lost after some weeks.
INSERT INTO leads
SELECT 'lead-' || lpad((n / 10)::text, 9, '0'), tenant, campaign, channel, 'Lead ' || n / 10, 'lead' || n / 10 || '@example.com',
    CASE WHEN converted IS NOT NULL THEN 'converted' WHEN closed IS NOT NULL THEN 'lost' WHEN contacted IS NOT NULL THEN 'contacted'
        ELSE 'new' END,
    CASE WHEN w > 0.05 THEN v > 0.06 END, w > 0.96, round((100 * power(pg_temp.u(n, 114), CASE WHEN v > 0.8 THEN 0.5 ELSE 1 END))::numeric, 1)::double precision,
    CASE WHEN u > 0.03 THEN round((200 + 4800 * v * w)::numeric, 2) END,
    CASE WHEN closed IS NOT NULL THEN NULL WHEN contacted IS NULL THEN 'call' ELSE 'follow up' END,
    CASE WHEN closed IS NULL THEN to_timestamp(:now + 86400 * (7 * w - 1)) END,
    to_timestamp(created), to_timestamp(contacted), to_timestamp(converted), to_timestamp(closed)
FROM (
    SELECT *, coalesce(converted, CASE WHEN lost <= :now THEN lost END) AS closed FROM (
        SELECT *, CASE WHEN v > 0.84 AND contacted + 86400 * (1 + 20 * u) <= :now THEN contacted + 86400 * (1 + 20 * u) END AS converted,
            CASE WHEN v <= 0.84 THEN created + 86400 * (10 + 45 * u) END AS lost
        FROM (
            SELECT *, CASE WHEN v > 0.13 AND created + 21600 * tail <= :now THEN created + 21600 * tail END AS contacted
            FROM (
                SELECT c.n, tenant, campaign, channel, date_part('epoch', initiated_at) - 172800 * pg_temp.u(n, 113) AS created,
                    pg_temp.u(n, 110) AS u, pg_temp.u(n, 111) AS v, pg_temp.u(n, 112) AS w, pg_temp.tail(pg_temp.u(n, 115), 0.6) AS tail
                FROM (SELECT *, substr(id, 6)::bigint AS n FROM call_sessions) c WHERE n % 10 = 0 OFFSET 0
            ) drawn OFFSET 0
        ) met OFFSET 0
    ) ended OFFSET 0
) leads;

-- Appointments that calls booked; what some are worth is not known.
INSERT INTO appointments
SELECT 'appointment-' || substr(id, 6), tenant, agent, campaign, id,
    CASE WHEN starts > :now THEN 'booked' WHEN v < 0.08 THEN 'cancelled' WHEN v < 0.14 THEN 'missed' ELSE 'kept' END,
    CASE WHEN w > 0.03 THEN round((40 + 460 * w * w)::numeric, 2) END, ended_at, to_timestamp(starts),
    CASE WHEN starts <= :now AND v >= 0.14 THEN to_timestamp(starts) END,
    CASE WHEN starts <= :now AND v < 0.08 THEN ended_at + (to_timestamp(starts) - ended_at) * w END
FROM (
    SELECT *, date_part('epoch', ended_at) + 86400 * (1 + 13 * pg_temp.u(n, 122)) AS starts,
        pg_temp.u(n, 120) AS v, pg_temp.u(n, 121) AS w
    FROM (SELECT *, substr(id, 6)::bigint AS n FROM call_sessions WHERE outcome = 'appointment_booked') c OFFSET 0
) booked;

-- Feedback on one conversation in sixteen: thumbs, ratings and answers to the NPS question.
INSERT INTO agent_feedback
SELECT 'feedback-' || id, id, tenant, agent, agent_type, channel, kind,
    CASE kind WHEN 'thumbs' THEN CASE WHEN mood > 0.2 THEN 1 ELSE 0 END
        WHEN 'rating' THEN 1 + least(4, floor(5.9 * mood)) ELSE least(10, floor(11.8 * power(mood, 0.6))) END,
    CASE WHEN mood > 0.9 THEN 'Quick and clear.' WHEN mood < 0.1 THEN 'It did not understand me.' END,
    least(to_timestamp(:now), ended_at + interval '20 seconds')
FROM (
    SELECT *, (ARRAY['thumbs', 'rating', 'nps'])[1 + floor(3 * pg_temp.u(h, 130))::int] AS kind, pg_temp.u(h, 131) AS mood
    FROM (SELECT *, hashtextextended(id, 1) AS h FROM agent_conversations WHERE ended_at IS NOT NULL) c
    WHERE pg_temp.u(h, 132) < 0.0625 OFFSET 0
) given;

-- Tasks of agents, one for each eighth conversation.
INSERT INTO agent_executions
SELECT 'task-' || id, tenant, agent, agent_type,
    (ARRAY['answer_question', 'qualify_lead', 'book_appointment', 'update_crm', 'summarise'])[1 + floor(5 * v)::int],
    CASE WHEN u < 0.985 - failures THEN 'completed' WHEN u < 0.985 THEN 'failed' ELSE 'timeout' END,
    ended_at - seconds * interval '1 second', ended_at, seconds, floor(400 + 2600 * v * w)::bigint
FROM (
    SELECT *, round((CASE WHEN u < 0.985 THEN 3.5 * pg_temp.tail(w, 0.4) ELSE 60 END)::numeric, 3)::double precision AS seconds
    FROM (
        SELECT c.*, pg_temp.u(h, 140) AS u, pg_temp.u(h, 141) AS v, pg_temp.u(h, 142) AS w, a.task_failures AS failures
        FROM (SELECT *, hashtextextended(id, 2) AS h FROM agent_conversations WHERE ended_at IS NOT NULL) c
        JOIN demo_agents a ON a.agent = c.agent WHERE pg_temp.u(h, 143) < 0.125 OFFSET 0
    ) drawn OFFSET 0
) tasks;

-- Questions: one for each twelfth conversation.
INSERT INTO questions
SELECT 'question-' || id, id, tenant, agent, topic,
    CASE topic WHEN 'complaint' THEN 'service' WHEN 'technical help' THEN 'support' ELSE 'sales' END,
    (ARRAY['How do I change my %s?', 'What does %s cost?', 'Who can help me with %s?', 'Where do I find %s?'])[1 + floor(4 * v * v)::int],
    CASE WHEN c < 0.5 THEN NULL WHEN v < 0.6 THEN 'retrieval' WHEN v < 0.9 THEN 'question list' ELSE 'guardrail' END,
    c, u < 0.04, c < 0.45, started_at + (to_timestamp(least(:now, date_part('epoch', started_at) + 20)) - started_at) * v
FROM (
    SELECT *, pg_temp.u(h, 150) AS u, pg_temp.u(h, 151) AS v,
        round((CASE WHEN tenant = :gap_tenant AND topic = :gap_topic THEN 0.6 ELSE 1 END
            * greatest(0.05, 1 - 0.15 * pg_temp.tail(pg_temp.u(h, 152), 0.5)))::numeric, 3)::double precision AS c
    FROM (SELECT *, hashtextextended(id, 3) AS h FROM agent_conversations) c
    WHERE pg_temp.u(h, 153) < 0.08 OFFSET 0
) asked;

UPDATE questions SET question = replace(question, '%s', topic);

-- Use of the product: a visit for each twenty-fourth call, along one of a few ways from feature to feature. Every tenant has
-- a few people at a time; over the year old ones leave and new ones come.
INSERT INTO usage_events
SELECT 'event-' || n || '-' || k, tenant, plan, 'user-' || tenant || '-' || who, 'session-' || n,
    CASE WHEN u < 0.6 THEN 'page_view' WHEN u < 0.9 THEN 'action' ELSE 'export' END,
    (string_to_array(way, ' '))[k], round((pace * (0.2 + 0.75 * w))::numeric, 2), at
FROM (
    SELECT *, initiated_at + pace * (k - 1) * interval '1 second' AS at, pg_temp.u(n * 8 + k, 163) AS u, pg_temp.u(n * 8 + k, 164) AS w
    FROM (
        SELECT c.*, 20 + 110 * pg_temp.u(n, 160) AS pace, least(6, ceil(6 * pg_temp.u(n, 161)))::int AS steps,
            floor(10 * (date_part('epoch', initiated_at) - :start) / (:now - :start))::int + floor(CASE plan WHEN 'premium' THEN 24
                WHEN 'business' THEN 12 WHEN 'pro' THEN 6 ELSE 2 END * pg_temp.u(n, 162))::int AS who,
            (ARRAY['dashboard transcripts reports dashboard', 'dashboard campaigns agents campaigns reports', 'dashboard billing',
                'agents knowledge agents experiments knowledge agents', 'dashboard reports transcripts knowledge agents dashboard',
                'transcripts'])[1 + floor(6 * pg_temp.u(n, 165))::int] AS way
        FROM (
            SELECT c.*, substr(c.id, 6)::bigint AS n, s.plan FROM call_sessions c LEFT JOIN subscriptions s ON s.tenant = c.tenant
                AND s.started_at <= c.initiated_at AND (s.ended_at IS NULL OR s.ended_at > c.initiated_at)
        ) c WHERE n % 24 = 3 OFFSET 0
    ) visits, LATERAL generate_series(1, least(steps, array_length(string_to_array(way, ' '), 1))) k OFFSET 0
) used WHERE at <= to_timestamp(:now);

-- Visitors who were shown a variant: chats of the tenants that run an experiment. Who comes again sees the same one. The first
-- experiment has a strong effect, the second none, the third a weak one.
INSERT INTO experiment_exposures
SELECT 'exposure-' || c.id, e.id, e.name, c.tenant, v, c.visitor_id, u < 0.58 + lift, w < 0.12 + lift, c.duration_seconds,
    round(least(1, 0.45 + 0.5 * x + 0.5 * lift)::numeric, 3), c.started_at
FROM (
    SELECT c.*, e.id AS experiment, CASE WHEN b THEN 'B' ELSE 'A' END AS v, pg_temp.u(h, 171) AS u, pg_temp.u(h, 172) AS w, pg_temp.u(h, 173) AS x,
        CASE WHEN b THEN CASE e.id WHEN 'experiment-1' THEN 0.07 WHEN 'experiment-2' THEN 0 ELSE 0.04 END ELSE 0 END AS lift
    FROM (
        SELECT *, hashtextextended(id, 4) AS h, pg_temp.u(hashtextextended(visitor_id, 4), 170) < 0.5 AS b
        FROM agent_conversations WHERE call_id IS NULL AND ended_at IS NOT NULL OFFSET 0
    ) c JOIN experiments e ON e.tenant = c.tenant AND c.started_at >= e.started_at AND (e.ended_at IS NULL OR c.started_at < e.ended_at)
) c JOIN experiments e ON e.id = c.experiment;

-- What was said in the last of the conversations that are traced step by step.
INSERT INTO conversation_messages
SELECT 'message-' || c.id || '-' || k, c.id, tenant, CASE WHEN k % 2 = 1 THEN 'agent' ELSE 'person' END,
    CASE WHEN k = 1 THEN 'Hello, how can I help you?' WHEN k = c.messages THEN 'Thank you, goodbye.'
        WHEN k % 2 = 0 THEN 'I have a question about ' || topic || '.' ELSE 'Here is what I know about ' || topic || '.' END,
    k % 2 = 0 AND pg_temp.u(hashtextextended(c.id, 5) + k, 180) < 0.08, started_at + (ended_at - started_at) * (k / (c.messages + 1.0))
FROM (
    SELECT * FROM agent_conversations WHERE ended_at IS NOT NULL AND substr(id, 6)::bigint % :detail = 0
    ORDER BY ended_at DESC, id LIMIT 2000
) c,
    LATERAL generate_series(1, c.messages) k;

-- Health of the parts of the platform and load of its hosts, every hour.
CREATE TEMP TABLE demo_parts (part, component, base) AS VALUES (1, 'database', 0.002), (2, 'redis', 0.0008), (3, 'llm', 0.35),
    (4, 'stt', 0.12), (5, 'tts', 0.15), (6, 'telephony', 0.09), (7, 'worker', 0.01), (8, 'api', 0.04);

INSERT INTO health_checks
SELECT 'check-' || component || '-' || number, component,
    CASE WHEN u < CASE component WHEN 'llm' THEN llm WHEN 'stt' THEN stt WHEN 'tts' THEN tts WHEN 'telephony' THEN telephony ELSE 0.0005 END
        THEN 'down' ELSE 'up' END,
    round((base * slow * pg_temp.tail(v, 0.2))::numeric, 4), to_timestamp(epoch + 60 + 3000 * v)
FROM (
    SELECT *, pg_temp.u(number * 10 + part, 190) AS u, pg_temp.u(number * 10 + part, 191) AS v
    FROM demo_hours, demo_parts OFFSET 0
) probes;

-- In the last two hours, as the live workload does it: every minute.
INSERT INTO health_checks
SELECT 'check-' || component || '-minute-' || minute, component, CASE WHEN u < 0.0005 THEN 'down' ELSE 'up' END,
    round((base * pg_temp.tail(v, 0.2))::numeric, 4), to_timestamp(:now - 60 * minute)
FROM (
    SELECT *, pg_temp.u(minute * 10 + part, 197) AS u, pg_temp.u(minute * 10 + part, 198) AS v
    FROM generate_series(1, 120) minute, demo_parts OFFSET 0
) probes;

INSERT INTO system_samples
SELECT 'sample-' || host || '-' || number, host, round(least(0.97, 0.12 + 0.5 * busy * (0.8 + 0.4 * u))::numeric, 3),
    round((0.45 + 0.15 * busy + 0.1 * v)::numeric, 3), floor(9000 * busy * (0.9 + 0.1 * u))::bigint, floor(700 * busy * v)::bigint,
    floor(12 * busy * v)::bigint, round((0.004 * pg_temp.tail(v, 0.3))::numeric, 5), to_timestamp(epoch + 1800)
FROM (
    SELECT *, calls / greatest(1, max(calls) OVER ())::double precision AS busy, pg_temp.u(number * 10 + part, 195) AS u,
        pg_temp.u(number * 10 + part, 196) AS v
    FROM demo_hours, (VALUES (1, 'app-1'), (2, 'app-2')) p (part, host) OFFSET 0
) samples;

-- Budgets, chosen by what is spent and will be at the pace of the last days: one is exceeded, one will be, the others last.
INSERT INTO budgets
SELECT 'budget-' || coalesce(tenant, 'all'), coalesce(name, 'All tenants') || ', monthly', tenant,
    greatest(0.01, round((amount / scale)::numeric) * scale::numeric), 'monthly', '50,75,90,100', to_timestamp(:start), NULL
FROM (
    SELECT *, power(10, floor(log(greatest(amount, 0.01))) - 2) AS scale FROM (
        SELECT tenant, name, CASE place WHEN 2 THEN 0.85 * spent WHEN 1 THEN greatest(0.93 * forecast, 1.04 * spent) ELSE 1.3 * forecast END AS amount
        FROM (
            SELECT b.*, coalesce(spent, 0) AS spent,
                coalesce(spent + greatest(day, week / 7) * date_part('epoch', month + interval '1 month' - at) / 86400, 0) AS forecast
            FROM (VALUES :budgets) AS b (place, tenant, name)
            LEFT JOIN (
                SELECT u.tenant, at, month, sum(cost) FILTER (WHERE ended_at >= month) AS spent,
                    sum(cost) FILTER (WHERE ended_at >= at - interval '1 day') AS day,
                    sum(cost) FILTER (WHERE ended_at >= at - interval '7 days') AS week
                FROM (SELECT to_timestamp(:now) AS at, date_trunc('month', to_timestamp(:now)) AS month) moment,
                LATERAL (
                    SELECT tenant, ended_at, telephony_cost_usd AS cost FROM call_sessions
                    UNION ALL SELECT tenant, ended_at, cost_usd FROM stt_requests
                    UNION ALL SELECT tenant, ended_at, cost_usd FROM tts_requests
                    UNION ALL SELECT tenant, ended_at, coalesce(cost_usd, (input_tokens * input_usd + cached_input_tokens * cached_usd
                        + (output_tokens + reasoning_tokens) * output_usd)::numeric)
                    FROM llm_requests JOIN demo_models USING (model, provider)
                ) used, LATERAL (VALUES (tenant), (NULL)) AS u (tenant)
                WHERE ended_at BETWEEN at - interval '31 days' AND at GROUP BY u.tenant, at, month
            ) c ON c.tenant IS NOT DISTINCT FROM b.tenant
        ) known
    ) chosen
) budgets;

INSERT INTO budgets VALUES ('budget-trial', 'Trial of speech, weekly', :trial_tenant, 100, 'weekly', '75,100', to_timestamp(:start), to_timestamp(:half));
