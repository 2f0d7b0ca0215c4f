-- Watchfloor reference schema, for PostgreSQL and SQLite alike.
-- Instants are timestamptz, money is numeric in US dollars, durations are seconds, ratios are 0 to 1, ids are text.
-- Fact tables carry the words that become labels (tenant, agent, ...), so that a scrape reads one table and joins none;
-- they have no foreign keys, because a late parent must never cost a measurement.
-- The comment above each table becomes its comment in PostgreSQL.

-- Customers of the platform.
CREATE TABLE tenants (
    id text PRIMARY KEY, name text NOT NULL, plan text, country text, industry text,
    created_at timestamptz NOT NULL, churned_at timestamptz
);
CREATE INDEX tenants_created_at ON tenants (created_at);
CREATE INDEX tenants_churned_at ON tenants (churned_at);

-- Agents (bots, assistants) of the tenants, with how complete and how fresh their configuration is.
CREATE TABLE agents (
    id text PRIMARY KEY, tenant text NOT NULL, agent_type text NOT NULL, model text, status text NOT NULL,
    configured_ratio double precision, created_at timestamptz NOT NULL, updated_at timestamptz, retired_at timestamptz
);
CREATE INDEX agents_created_at ON agents (created_at);
CREATE INDEX agents_updated_at ON agents (updated_at);
CREATE INDEX agents_retired_at ON agents (retired_at);

-- Outbound campaigns as they stand now.
CREATE TABLE campaigns (
    id text PRIMARY KEY, tenant text NOT NULL, name text NOT NULL, agent text, status text NOT NULL,
    planned_calls bigint, created_at timestamptz NOT NULL, ended_at timestamptz
);
CREATE INDEX campaigns_created_at ON campaigns (created_at);
CREATE INDEX campaigns_ended_at ON campaigns (ended_at);

-- Times in which a campaign runs, from each start or resumption to the next pause or end.
CREATE TABLE campaign_runs (
    id text PRIMARY KEY, campaign_id text NOT NULL, tenant text NOT NULL, campaign text NOT NULL,
    started_at timestamptz NOT NULL, stopped_at timestamptz
);
CREATE INDEX campaign_runs_started_at ON campaign_runs (started_at);
CREATE INDEX campaign_runs_stopped_at ON campaign_runs (stopped_at);

-- Calls, from dialling or ringing to their end.
CREATE TABLE call_sessions (
    id text PRIMARY KEY, tenant text NOT NULL, agent text, agent_type text, channel text, campaign text, lead_id text,
    direction text, outcome text, initiated_at timestamptz NOT NULL, answered_at timestamptz, ended_at timestamptz,
    duration_seconds double precision, interruptions bigint, voice_quality double precision,
    transcription_accuracy double precision, telephony_cost_usd numeric, billed_seconds double precision
);
CREATE INDEX call_sessions_initiated_at ON call_sessions (initiated_at);
CREATE INDEX call_sessions_answered_at ON call_sessions (answered_at);
CREATE INDEX call_sessions_ended_at ON call_sessions (ended_at);

-- Calls that are to be made; each waits in the queue from its due time until it leaves.
CREATE TABLE scheduled_calls (
    id text PRIMARY KEY, tenant text NOT NULL, campaign text, lead_id text, status text NOT NULL,
    created_at timestamptz NOT NULL, due_at timestamptz NOT NULL, left_queue_at timestamptz
);
CREATE INDEX scheduled_calls_created_at ON scheduled_calls (created_at);
CREATE INDEX scheduled_calls_due_at ON scheduled_calls (due_at);
CREATE INDEX scheduled_calls_left_queue_at ON scheduled_calls (left_queue_at);

-- People or companies that may become customers of a tenant.
CREATE TABLE leads (
    id text PRIMARY KEY, tenant text NOT NULL, campaign text, channel text, name text, email text, status text NOT NULL,
    valid boolean, do_not_call boolean, quality_score double precision, pipeline_value_usd numeric, next_action text,
    next_action_at timestamptz, created_at timestamptz NOT NULL, contacted_at timestamptz, converted_at timestamptz,
    closed_at timestamptz
);
CREATE INDEX leads_created_at ON leads (created_at);
CREATE INDEX leads_next_action_at ON leads (next_action_at);
CREATE INDEX leads_contacted_at ON leads (contacted_at);
CREATE INDEX leads_converted_at ON leads (converted_at);
CREATE INDEX leads_closed_at ON leads (closed_at);
CREATE INDEX leads_open ON leads (tenant, campaign, channel, created_at, pipeline_value_usd) WHERE closed_at IS NULL;
CREATE INDEX leads_waiting ON leads (tenant, campaign, channel, created_at) WHERE contacted_at IS NULL;

-- Conversations between a person and an agent: chats, and the talk inside answered calls.
CREATE TABLE agent_conversations (
    id text PRIMARY KEY, call_id text, tenant text NOT NULL, agent text, agent_type text, channel text, visitor_id text,
    device text, browser text, country text, referrer text, topic text, stage text, resolution text,
    started_at timestamptz NOT NULL, ended_at timestamptz, duration_seconds double precision, messages bigint,
    answers bigint, fallbacks bigint, confidence double precision, sentiment double precision, emotion text,
    goal_achieved boolean, handed_off boolean
);
CREATE INDEX agent_conversations_started_at ON agent_conversations (started_at);
CREATE INDEX agent_conversations_ended_at ON agent_conversations (ended_at);
CREATE INDEX agent_conversations_call_id ON agent_conversations (call_id);
CREATE INDEX agent_conversations_visitor ON agent_conversations (tenant, visitor_id, started_at);

-- What was said in a conversation, one row per message, in the order of sent_at.
CREATE TABLE conversation_messages (
    id text PRIMARY KEY, conversation_id text NOT NULL, tenant text NOT NULL, role text NOT NULL, content text,
    objection boolean, sent_at timestamptz NOT NULL
);
CREATE INDEX conversation_messages_sent_at ON conversation_messages (sent_at);
CREATE INDEX conversation_messages_conversation_id ON conversation_messages (conversation_id);

-- Exchanges: the person stops, the agent answers.
CREATE TABLE turns (
    id text PRIMARY KEY, conversation_id text, tenant text NOT NULL, agent text, agent_type text,
    ended_at timestamptz NOT NULL, latency_seconds double precision, interrupted boolean
);
CREATE INDEX turns_ended_at ON turns (ended_at);

-- Requests to language models; the kinds of token do not overlap, and cost is unset when it is not known.
CREATE TABLE llm_requests (
    id text PRIMARY KEY, conversation_id text, tenant text NOT NULL, agent text, agent_type text, model text, provider text,
    status text NOT NULL, ended_at timestamptz NOT NULL, duration_seconds double precision,
    time_to_first_token_seconds double precision, input_tokens bigint, cached_input_tokens bigint, output_tokens bigint,
    reasoning_tokens bigint, cost_usd numeric, unpriced_reason text, cache_write_tokens bigint, audio_input_tokens bigint,
    audio_output_tokens bigint
);
CREATE INDEX llm_requests_ended_at ON llm_requests (ended_at);

-- Pieces of speech turned into text.
CREATE TABLE stt_requests (
    id text PRIMARY KEY, conversation_id text, tenant text NOT NULL, agent text, agent_type text, provider text,
    status text NOT NULL, ended_at timestamptz NOT NULL, duration_seconds double precision, audio_seconds double precision,
    cost_usd numeric
);
CREATE INDEX stt_requests_ended_at ON stt_requests (ended_at);

-- Pieces of text turned into speech.
CREATE TABLE tts_requests (
    id text PRIMARY KEY, conversation_id text, tenant text NOT NULL, agent text, agent_type text, provider text,
    status text NOT NULL, ended_at timestamptz NOT NULL, duration_seconds double precision, characters bigint,
    cost_usd numeric
);
CREATE INDEX tts_requests_ended_at ON tts_requests (ended_at);

-- Calls of tools by agents.
CREATE TABLE tool_calls (
    id text PRIMARY KEY, conversation_id text, tenant text NOT NULL, agent text, agent_type text, tool text,
    status text NOT NULL, ended_at timestamptz NOT NULL, duration_seconds double precision
);
CREATE INDEX tool_calls_ended_at ON tool_calls (ended_at);

-- Errors anywhere in the system; every failed step and every failed call has one.
CREATE TABLE error_events (
    id text PRIMARY KEY, tenant text, agent text, agent_type text, type text NOT NULL, component text NOT NULL,
    source_id text, occurred_at timestamptz NOT NULL
);
CREATE INDEX error_events_occurred_at ON error_events (occurred_at);

-- Tasks that agents carried out, with how they ended: completed, failed or timeout.
CREATE TABLE agent_executions (
    id text PRIMARY KEY, tenant text NOT NULL, agent text NOT NULL, agent_type text, task text, status text,
    started_at timestamptz NOT NULL, ended_at timestamptz, duration_seconds double precision, tokens bigint
);
CREATE INDEX agent_executions_started_at ON agent_executions (started_at);
CREATE INDEX agent_executions_ended_at ON agent_executions (ended_at);

-- What people say about an agent: thumbs (1 up, 0 down), rating (1 to 5) or nps (0 to 10).
CREATE TABLE agent_feedback (
    id text PRIMARY KEY, conversation_id text, tenant text NOT NULL, agent text, agent_type text, channel text,
    kind text NOT NULL, score double precision NOT NULL, comment text, created_at timestamptz NOT NULL
);
CREATE INDEX agent_feedback_created_at ON agent_feedback (created_at);

-- Prices of models, speech and telephony with the time in which each holds, in US dollars per unit.
CREATE TABLE prices (
    id text PRIMARY KEY, provider text, model text NOT NULL, unit text NOT NULL, price_usd numeric NOT NULL,
    valid_from timestamptz NOT NULL, valid_to timestamptz
);
CREATE INDEX prices_valid_from ON prices (valid_from);
CREATE INDEX prices_valid_to ON prices (valid_to);

-- Limits on spending, for one tenant or (tenant unset) for all; notify_percent is a list such as 50,75,90,100.
CREATE TABLE budgets (
    id text PRIMARY KEY, name text NOT NULL, tenant text, limit_usd numeric NOT NULL, period text NOT NULL,
    notify_percent text NOT NULL, created_at timestamptz NOT NULL, ended_at timestamptz
);
CREATE INDEX budgets_created_at ON budgets (created_at);
CREATE INDEX budgets_ended_at ON budgets (ended_at);

-- What each plan costs and allows in a month.
CREATE TABLE plans (
    id text PRIMARY KEY, monthly_price_usd numeric NOT NULL, setup_fee_usd numeric, included_calls bigint,
    included_conversations bigint, included_seats bigint
);

-- Subscriptions of tenants to plans.
CREATE TABLE subscriptions (
    id text PRIMARY KEY, tenant text NOT NULL, plan text NOT NULL, mrr_usd numeric NOT NULL,
    started_at timestamptz NOT NULL, ended_at timestamptz, end_reason text
);
CREATE INDEX subscriptions_started_at ON subscriptions (started_at);
CREATE INDEX subscriptions_ended_at ON subscriptions (ended_at);

-- Invoices by kind (subscription, setup_fee, usage), with what the billing system says of the same sum.
CREATE TABLE invoices (
    id text PRIMARY KEY, tenant text NOT NULL, plan text, kind text NOT NULL, amount_usd numeric NOT NULL, billed_usd numeric,
    status text NOT NULL, issued_at timestamptz NOT NULL, due_at timestamptz, paid_at timestamptz
);
CREATE INDEX invoices_issued_at ON invoices (issued_at);
CREATE INDEX invoices_due_at ON invoices (due_at);
CREATE INDEX invoices_paid_at ON invoices (paid_at);

-- Appointments that agents booked, with what each is worth to the tenant.
CREATE TABLE appointments (
    id text PRIMARY KEY, tenant text NOT NULL, agent text, campaign text, call_id text, status text NOT NULL,
    value_usd numeric, booked_at timestamptz NOT NULL, starts_at timestamptz, kept_at timestamptz,
    cancelled_at timestamptz
);
CREATE INDEX appointments_booked_at ON appointments (booked_at);
CREATE INDEX appointments_starts_at ON appointments (starts_at);
CREATE INDEX appointments_kept_at ON appointments (kept_at);
CREATE INDEX appointments_cancelled_at ON appointments (cancelled_at);

-- Questions that people asked, with how well each was answered and from which source.
CREATE TABLE questions (
    id text PRIMARY KEY, conversation_id text, tenant text NOT NULL, agent text, topic text, category text,
    question text NOT NULL, answer_source text, confidence double precision, out_of_scope boolean, retrieval_failed boolean,
    asked_at timestamptz NOT NULL
);
CREATE INDEX questions_asked_at ON questions (asked_at);

-- Documents and pages of the knowledge base.
CREATE TABLE knowledge_documents (
    id text PRIMARY KEY, tenant text NOT NULL, title text NOT NULL, url text, topic text, status text NOT NULL,
    uploaded_at timestamptz NOT NULL, indexed_at timestamptz, refreshed_at timestamptz, expired_at timestamptz,
    removed_at timestamptz
);
CREATE INDEX knowledge_documents_uploaded_at ON knowledge_documents (uploaded_at);
CREATE INDEX knowledge_documents_indexed_at ON knowledge_documents (indexed_at);
CREATE INDEX knowledge_documents_refreshed_at ON knowledge_documents (refreshed_at);
CREATE INDEX knowledge_documents_expired_at ON knowledge_documents (expired_at);
CREATE INDEX knowledge_documents_removed_at ON knowledge_documents (removed_at);

-- What users of the product do: one row per use of a feature.
CREATE TABLE usage_events (
    id text PRIMARY KEY, tenant text NOT NULL, plan text, user_id text, session_id text, event_type text NOT NULL,
    feature text NOT NULL, duration_seconds double precision, occurred_at timestamptz NOT NULL
);
CREATE INDEX usage_events_occurred_at ON usage_events (occurred_at);
CREATE INDEX usage_events_visit ON usage_events (tenant, session_id, occurred_at, feature);

-- Experiments that compare variants of an agent; the primary metric is engagement, conversion, duration or satisfaction.
CREATE TABLE experiments (
    id text PRIMARY KEY, tenant text NOT NULL, name text NOT NULL, agent text, hypothesis text, primary_metric text,
    control text, planned_visitors bigint, started_at timestamptz NOT NULL, ended_at timestamptz
);
CREATE INDEX experiments_started_at ON experiments (started_at);
CREATE INDEX experiments_ended_at ON experiments (ended_at);

-- Visitors who were shown a variant, and what came of it.
CREATE TABLE experiment_exposures (
    id text PRIMARY KEY, experiment_id text NOT NULL, experiment text, tenant text NOT NULL, variant text NOT NULL,
    visitor_id text, engaged boolean, converted boolean, duration_seconds double precision,
    satisfaction double precision, exposed_at timestamptz NOT NULL
);
CREATE INDEX experiment_exposures_exposed_at ON experiment_exposures (exposed_at);

-- Probes of the parts of the platform: database, redis, provider APIs, worker, api.
CREATE TABLE health_checks (
    id text PRIMARY KEY, component text NOT NULL, status text NOT NULL, latency_seconds double precision,
    checked_at timestamptz NOT NULL
);
CREATE INDEX health_checks_checked_at ON health_checks (checked_at);

-- Samples of load: processor, memory, cache and queue.
CREATE TABLE system_samples (
    id text PRIMARY KEY, host text NOT NULL, cpu_ratio double precision, memory_ratio double precision, cache_hits bigint,
    cache_misses bigint, queue_depth bigint, query_seconds double precision, sampled_at timestamptz NOT NULL
);
CREATE INDEX system_samples_sampled_at ON system_samples (sampled_at);

-- Times in which something was broken, shown as annotations.
CREATE TABLE incidents (
    id text PRIMARY KEY, title text NOT NULL, component text NOT NULL, severity text NOT NULL, cause text,
    started_at timestamptz NOT NULL, ended_at timestamptz
);
CREATE INDEX incidents_started_at ON incidents (started_at);
CREATE INDEX incidents_ended_at ON incidents (ended_at);

-- Releases of the parts of the platform, shown as annotations.
CREATE TABLE deployments (
    id text PRIMARY KEY, component text NOT NULL, version text NOT NULL, note text, deployed_at timestamptz NOT NULL
);
CREATE INDEX deployments_deployed_at ON deployments (deployed_at);
