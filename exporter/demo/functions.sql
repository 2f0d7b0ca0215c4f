-- Deterministic chance: u(n, salt) is uniform in (0, 1); z(n, salt, s) has median 1 and a long right tail that s widens.
CREATE FUNCTION pg_temp.u(n bigint, salt bigint) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (((hashint8extended(n, salt * 1000003 + :seed) >> 12) & 4503599627370495) + 0.5::double precision) / 4503599627370496 $$;
CREATE FUNCTION pg_temp.tail(u double precision, s double precision) RETURNS double precision LANGUAGE sql IMMUTABLE AS
$$ SELECT power(u / (1 - u), s) $$;
CREATE TEMP TABLE demo_hours (
    number int, epoch double precision, span int, first_call bigint, calls bigint, first_chat bigint, chats bigint,
    slow double precision, llm double precision, stt double precision, tts double precision, telephony double precision
);
CREATE TEMP TABLE demo_slots (
    span int, kind text, slot int, tenant text, agent text, agent_type text, channel text, campaign text
);
CREATE TEMP TABLE demo_agents (
    agent text, tenant text, agent_type text, model text, fallback text, stt text, tts text, weight double precision,
    slower double precision, task_failures double precision, tool_failures double precision, caches boolean
);
CREATE TEMP TABLE demo_models (
    model text, provider text, input_usd double precision, cached_usd double precision, output_usd double precision,
    usual_seconds double precision, reasoning boolean
);
