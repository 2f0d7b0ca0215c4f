-- Calls: who, when, whether somebody answers, how long they talk, how it ends.
INSERT INTO call_sessions
SELECT 'call-' || lpad(n::text, 9, '0'), tenant, agent, agent_type, channel, campaign,
    CASE WHEN campaign IS NOT NULL THEN 'lead-' || lpad((n / 10)::text, 9, '0') END,
    CASE WHEN campaign IS NULL THEN 'inbound' ELSE 'outbound' END,
    CASE WHEN ends <= :now THEN CASE
        WHEN failed THEN 'failed'
        WHEN NOT answered THEN 'no_answer'
        WHEN campaign IS NULL THEN CASE WHEN o < 0.62 THEN 'completed' WHEN o < 0.85 THEN 'appointment_booked'
            WHEN o < 0.95 THEN 'qualified' ELSE 'not_interested' END
        ELSE CASE WHEN o < 0.25 THEN 'completed' WHEN o < 0.33 THEN 'appointment_booked'
            WHEN o < 0.57 THEN 'qualified' ELSE 'not_interested' END
    END END,
    to_timestamp(at), CASE WHEN answered AND at + ring <= :now THEN to_timestamp(at + ring) END,
    CASE WHEN ends <= :now THEN to_timestamp(ends) END, CASE WHEN ends <= :now THEN CASE WHEN NOT (at BETWEEN :clock AND :clock + 3600 * :clock_hours) OR r > 0.1 THEN ring + talk
        WHEN r > 0.04 THEN -(ring + talk) END END,
    CASE WHEN answered THEN floor(3.2 * o * o * o) END,
    CASE WHEN answered THEN round(greatest(1, 4.35 - 0.3 * pg_temp.tail(o, 0.4))::numeric, 2) END,
    CASE WHEN answered THEN round(greatest(0.4, 0.985 - 0.03 * pg_temp.tail(o, 0.35))::numeric, 4) END,
    CASE WHEN NOT answered THEN 0 WHEN r < 0.99 THEN round((talk / 60 * 0.0085)::numeric, 6) END,
    -- The carrier's bill names a cost for most calls, only the time for some, and neither for a few.
    CASE WHEN NOT answered THEN 0 WHEN r < 0.998 THEN talk END
FROM (
    SELECT *, at + ring + talk AS ends FROM (
        SELECT *, answer AND NOT failed AS answered,
            CASE WHEN failed THEN round((1 + 4 * r)::numeric, 3)::double precision
                WHEN answer THEN round((4 + 18 * r)::numeric, 3)::double precision
                ELSE round((20 + 20 * r)::numeric, 3)::double precision END AS ring,
            CASE WHEN answer AND NOT failed
                THEN round(least(3000, greatest(6, 104 * pg_temp.tail(t, 0.42)))::numeric, 3)::double precision ELSE 0 END AS talk
        FROM (
            SELECT c.n, c.at, s.tenant, s.agent, s.agent_type, s.channel, s.campaign,
                pg_temp.u(c.n, 12) < CASE WHEN s.campaign IS NULL THEN 0.96 ELSE 0.58 END AS answer,
                pg_temp.u(c.n, 13) < c.telephony AS failed,
                pg_temp.u(c.n, 14) AS r, pg_temp.u(c.n, 15) AS t, pg_temp.u(c.n, 16) AS o
            FROM (
                SELECT n, h.span, h.telephony, floor(pg_temp.u(n, 10) * 1024)::int AS slot,
                    h.epoch + 3600 * ((n - h.first_call + pg_temp.u(n, 11)) / h.calls) AS at
                FROM demo_hours h, LATERAL generate_series(h.first_call, h.first_call + h.calls - 1) n
                WHERE h.calls > 0 OFFSET 0
            ) c JOIN demo_slots s ON s.span = c.span AND s.slot = c.slot AND s.kind = 'call' OFFSET 0
        ) drawn OFFSET 0
    ) timed OFFSET 0
) calls;

-- Conversations: the talk inside each answered call, and the chats.
INSERT INTO agent_conversations
SELECT id, call_id, tenant, agent, agent_type, channel, 'visitor-' || floor(v * :visitors)::bigint,
    CASE WHEN call_id IS NOT NULL AND channel = 'phone' THEN 'phone' WHEN v2 < 0.52 THEN 'mobile' WHEN v2 < 0.94 THEN 'desktop'
        ELSE 'tablet' END,
    CASE WHEN channel IN ('web', 'kiosk') THEN CASE WHEN v < 0.55 THEN 'chrome' WHEN v < 0.8 THEN 'safari'
        WHEN v < 0.92 THEN 'firefox' ELSE 'edge' END END,
    (ARRAY['US', 'GB', 'DE', 'FR', 'CA', 'IN', 'ES', 'AU', 'BR', 'NL'])[1 + floor(10 * v2 * v2)::int],
    CASE WHEN channel = 'web' THEN (ARRAY['search', 'direct', 'advert', 'social', 'partner'])[1 + floor(5 * v * v)::int] END,
    (ARRAY['booking', 'pricing', 'opening hours', 'delivery', 'returns', 'account', 'technical help', 'complaint'])[1 + floor(8 * q * v2)::int],
    (ARRAY['closing', 'offer', 'qualification', 'greeting'])[1 + floor(4 * v * v)::int],
    CASE WHEN over THEN CASE WHEN handed THEN 'escalated' WHEN goal THEN 'resolved' WHEN v < 0.4 THEN 'abandoned'
        ELSE 'unresolved' END END,
    started_at, CASE WHEN over THEN ended_at END, CASE WHEN over THEN seconds END,
    CASE WHEN over THEN 2 * answers + 1 END, CASE WHEN over THEN answers END,
    CASE WHEN over THEN (q < 0.11)::int + (q < 0.02)::int END, CASE WHEN over THEN confidence END,
    CASE WHEN over THEN sentiment END,
    CASE WHEN over THEN CASE WHEN sentiment > 0.75 THEN 'happy' WHEN sentiment > 0.6 THEN 'satisfied'
        WHEN sentiment > 0.4 THEN 'neutral' WHEN v < 0.5 THEN 'frustrated' ELSE 'angry' END END,
    CASE WHEN over AND v2 < 0.9 THEN goal AND NOT handed END, CASE WHEN over THEN handed END
FROM (
    SELECT *, ended_at IS NOT NULL AND ended_at <= to_timestamp(:now) AS over,
        greatest(1, least(9, round(seconds / 30)))::bigint AS answers,
        round(greatest(0.05, 1 - 0.15 * pg_temp.tail(c, 0.4))::numeric, 3) AS confidence,
        round(greatest(0.02, least(0.99, 0.66 + 0.11 * ln(e / (1 - e)) - CASE WHEN g < 0.965 THEN 0 ELSE 0.3 END))::numeric, 3) AS sentiment,
        g < 0.965 AS goal, h < 0.05 AS handed
    FROM (
        SELECT *, pg_temp.u(n, 20) AS v, pg_temp.u(n, 21) AS v2, pg_temp.u(n, 22) AS q, pg_temp.u(n, 23) AS c,
            pg_temp.u(n, 24) AS e, pg_temp.u(n, 25) AS g, pg_temp.u(n, 26) AS h
        FROM (
            SELECT substr(id, 6)::bigint AS n, 'conv-' || substr(id, 6) AS id, id AS call_id, tenant, agent, agent_type, channel,
                answered_at AS started_at, ended_at,
                round((date_part('epoch', ended_at) - date_part('epoch', answered_at))::numeric, 3)::double precision AS seconds
            FROM call_sessions WHERE answered_at IS NOT NULL
            UNION ALL
            SELECT n, 'chat-' || n, NULL, tenant, agent, agent_type, channel, to_timestamp(at),
                to_timestamp(at + seconds), seconds
            FROM (
                SELECT 1000000000 + n AS n, h.span, floor(pg_temp.u(n, 27) * 1024)::int AS slot,
                    h.epoch + 3600 * ((n - h.first_chat + pg_temp.u(n, 28)) / h.chats) AS at,
                    round(least(3000, greatest(10, 150 * pg_temp.tail(pg_temp.u(n, 29), 0.45)))::numeric, 3)::double precision AS seconds
                FROM demo_hours h, LATERAL generate_series(h.first_chat, h.first_chat + h.chats - 1) n
                WHERE h.chats > 0 OFFSET 0
            ) c JOIN demo_slots s ON s.span = c.span AND s.slot = c.slot AND s.kind = 'chat'
        ) begun OFFSET 0
    ) drawn OFFSET 0
) conversations;

-- One conversation in :detail is traced step by step: one turn and one request a step for each answer.
CREATE TEMP TABLE demo_steps AS
SELECT c.n * 16 + k AS n, lpad(c.n::text, 10, '0') || '-' || k AS suffix, c.id AS conversation_id, c.tenant, c.agent, c.agent_type,
    c.started_at + (c.ended_at - c.started_at) * (k / (c.answers + 0.7::double precision)) AS at,
    h.slow, h.llm, h.stt, h.tts
FROM (
    SELECT substr(id, 6)::bigint AS n, * FROM agent_conversations
    WHERE ended_at IS NOT NULL AND substr(id, 6)::bigint % :detail = 0 OFFSET 0
) c
JOIN demo_hours h ON h.number = least(:last_hour, floor((date_part('epoch', c.started_at) - :start) / 3600)::int)
CROSS JOIN LATERAL generate_series(1, c.answers) k;

ANALYZE demo_steps;

INSERT INTO turns
SELECT 'turn-' || suffix, conversation_id, tenant, agent, agent_type, at,
    CASE WHEN w >= 0.02 THEN round((slow * pace * 0.44 * pg_temp.tail(pg_temp.u(n, 31), 0.17))::numeric, 4) END, w > 0.94
FROM (
    SELECT s.*, pg_temp.u(n, 30) AS w,
        CASE WHEN slower > 0 THEN 0.8 * (1 + slower * greatest(0, 14 - (:now - date_part('epoch', at)) / 86400)) ELSE 1 END AS pace
    FROM demo_steps s JOIN demo_agents a ON a.agent = s.agent OFFSET 0
) steps;

INSERT INTO llm_requests
SELECT 'llm-' || suffix, conversation_id, tenant, agent, agent_type, model, provider, CASE WHEN ok THEN 'ok' ELSE 'error' END, at,
    CASE WHEN ok THEN round(seconds::numeric, 4) ELSE 0 END,
    CASE WHEN ok THEN round((seconds * (0.35 + 0.2 * w))::numeric, 4) END,
    CASE WHEN counted THEN fresh END, CASE WHEN counted THEN cached END, CASE WHEN counted THEN output END,
    CASE WHEN counted THEN reasoned END,
    CASE WHEN NOT ok THEN 0
        -- One provider's bill names no cost per request: it is worked out from the price table.
        WHEN provider = 'deepseek' THEN NULL
        WHEN counted THEN round((fresh * input_usd + cached * cached_usd + (output + reasoned) * output_usd)::numeric, 8) END,
    CASE WHEN ok AND input_usd IS NULL THEN 'no_price' WHEN ok AND NOT counted THEN 'no_usage' END
FROM (
    SELECT *, ok AND x < 0.997 AS counted, (floor(300 + 900 * w) + CASE WHEN caches THEN 0 ELSE prompt END)::bigint AS fresh,
        CASE WHEN caches THEN prompt ELSE 0 END::bigint AS cached,
        floor(25 + 160 * x * w)::bigint AS output, CASE WHEN reasoning THEN floor(40 + 300 * x * x) ELSE 0 END::bigint AS reasoned
    FROM (
        SELECT s.*, m.model, m.provider, m.input_usd, m.cached_usd, m.output_usd, m.reasoning, a.caches,
            pg_temp.u(s.n, 41) >= s.llm AS ok, pg_temp.u(s.n, 42) AS w, pg_temp.u(s.n, 43) AS x,
            CASE WHEN pg_temp.u(s.n, 43) < 0.6 THEN floor(1024 + 1500 * pg_temp.u(s.n, 43)) ELSE 0 END AS prompt,
            s.slow * m.usual_seconds * pg_temp.tail(pg_temp.u(s.n, 44), 0.16) AS seconds
        FROM (SELECT *, pg_temp.u(n / 16, 40) < 0.86 AS usual FROM demo_steps OFFSET 0) s
        JOIN demo_agents a ON a.agent = s.agent
        JOIN demo_models m ON m.model = CASE WHEN s.usual THEN a.model ELSE a.fallback END OFFSET 0
    ) drawn OFFSET 0
) requests;

INSERT INTO stt_requests
SELECT 'stt-' || suffix, conversation_id, tenant, agent, agent_type, stt_provider, CASE WHEN ok THEN 'ok' ELSE 'error' END, at,
    CASE WHEN ok THEN round((slow * 0.16 * pg_temp.tail(w, 0.19))::numeric, 4) ELSE 0 END, CASE WHEN told THEN round((2 + 9 * x)::numeric, 2) END,
    CASE WHEN NOT ok THEN 0 WHEN told THEN round(((2 + 9 * x) * 0.0000717)::numeric, 8) END
FROM (
    SELECT s.*, a.stt AS stt_provider, pg_temp.u(s.n, 53) >= 0.02 AS told, pg_temp.u(s.n, 50) >= s.stt AS ok, pg_temp.u(s.n, 51) AS w, pg_temp.u(s.n, 52) AS x
    FROM demo_steps s JOIN demo_agents a ON a.agent = s.agent WHERE s.agent_type <> 'text' OFFSET 0
) requests;

INSERT INTO tts_requests
SELECT 'tts-' || suffix, conversation_id, tenant, agent, agent_type, tts_provider, CASE WHEN ok THEN 'ok' ELSE 'error' END, at,
    CASE WHEN ok THEN round((slow * 0.21 * pg_temp.tail(w, 0.18))::numeric, 4) ELSE 0 END, CASE WHEN told THEN floor(60 + 240 * x)::bigint END,
    CASE WHEN NOT ok THEN 0 WHEN told THEN round(((60 + 240 * x) * 0.00003)::numeric, 8) END
FROM (
    SELECT s.*, a.tts AS tts_provider, pg_temp.u(s.n, 63) >= 0.02 AS told, pg_temp.u(s.n, 60) >= s.tts AS ok, pg_temp.u(s.n, 61) AS w, pg_temp.u(s.n, 62) AS x
    FROM demo_steps s JOIN demo_agents a ON a.agent = s.agent WHERE s.agent_type <> 'text' OFFSET 0
) requests;

INSERT INTO tool_calls
SELECT 'tool-' || suffix, conversation_id, tenant, agent, agent_type,
    (ARRAY['search_knowledge', 'crm_lookup', 'check_calendar', 'book_appointment', 'send_sms', 'transfer_call'])[1 + floor(6 * w * x)::int],
    CASE WHEN y >= failures THEN 'ok' ELSE 'error' END, at,
    CASE WHEN y >= failures THEN round((0.12 * pg_temp.tail(w, 0.35))::numeric, 4) ELSE 0 END
FROM (
    SELECT s.*, pg_temp.u(n, 71) AS w, pg_temp.u(n, 72) AS x, pg_temp.u(n, 73) AS y,
        CASE WHEN at > to_timestamp(:now) - interval '1 day' THEN a.tool_failures ELSE 0.012 END AS failures
    FROM demo_steps s JOIN demo_agents a ON a.agent = s.agent WHERE pg_temp.u(n, 70) < 0.3 OFFSET 0
) calls;

-- Every failed step and every failed call has its error.
INSERT INTO error_events
SELECT 'error-' || id, tenant, agent, agent_type, (types)[1 + floor(array_length(types, 1) * pg_temp.u(hashtextextended(id, 0), 80))::int],
    component, id, at
FROM (
    SELECT id, tenant, agent, agent_type, 'llm' AS component, ended_at AS at,
        ARRAY['timeout', 'rate_limit', 'server_error', 'content_filter'] AS types FROM llm_requests WHERE status = 'error'
    UNION ALL
    SELECT id, tenant, agent, agent_type, 'stt', ended_at, ARRAY['timeout', 'bad_audio'] FROM stt_requests WHERE status = 'error'
    UNION ALL
    SELECT id, tenant, agent, agent_type, 'tts', ended_at, ARRAY['timeout', 'rate_limit'] FROM tts_requests WHERE status = 'error'
    UNION ALL
    SELECT id, tenant, agent, agent_type, 'tool', ended_at, ARRAY['timeout', 'invalid_arguments', 'server_error'] FROM tool_calls
    WHERE status = 'error'
    UNION ALL
    SELECT id, tenant, agent, agent_type, 'telephony', ended_at, ARRAY['carrier_rejected', 'network', 'no_circuit'] FROM call_sessions
    WHERE outcome = 'failed'
) failures ORDER BY at, id;
