"""Conversation: one of them from its first word to its last, with everything that happened behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.frame import DAYS, SCOPES, frame, uid
from dashboards.query import DAILY, DAY, Query, Sql, instant, legend
from exporter.entities.calls import CALL
from exporter.entities.conversations import CONVERSATION, MESSAGE
from exporter.entities.pipeline import LLM_REQUEST, TOOL_CALL, TURN
from exporter.labels import ROLE, STAGE
from exporter.metrics.conversations import CONVERSATIONS_BY_STAGE, CONVERSATIONS_STARTED, MESSAGES, OBJECTIONS

if TYPE_CHECKING:
    from exporter.settings import Settings

S: Final = SCOPES["conversation"]
WHERE: Final = S.where(CONVERSATION)
TALK: Final = CONVERSATION.view
HIDDEN: Final = "hidden, as database.personal_data is off"
NAMED: Final = "NULLIF(${conversation:sqlstring}, '')"
LATEST: Final = (
    f"SELECT id FROM {TALK} talk WHERE ended_at IS NOT NULL AND {WHERE}"
    f" AND EXISTS (SELECT FROM {MESSAGE.view} word WHERE word.conversation = talk.id) ORDER BY ended_at DESC LIMIT 1"
)
ANY: Final = f"SELECT id FROM {TALK} WHERE {WHERE} ORDER BY started_at DESC LIMIT 1"
CHOSEN: Final = f"""WITH chosen AS (
    SELECT * FROM {TALK} WHERE id = COALESCE({NAMED}, ({LATEST}), ({ANY})) AND {WHERE}
)
"""
"""The conversation that is named in the box; without a name the latest one of which the words are known, or the latest."""
DURING: Final = "BETWEEN chosen.started_at AND COALESCE(chosen.ended_at, now()) + interval '1 minute'"
"""Steps are looked for by time, which has an index everywhere, and only then by conversation."""

FACTS: Final = f"""{CHOSEN}SELECT fact AS "What", value AS "Value" FROM chosen, LATERAL (VALUES
    ('Conversation', id), ('Tenant', tenant), ('Agent', agent), ('Type of agent', agent_type), ('Channel', channel),
    ('Topic', topic), ('Started', to_char(started_at, 'YYYY-MM-DD HH24:MI:SS TZ')),
    ('Ended', to_char(ended_at, 'YYYY-MM-DD HH24:MI:SS TZ')), ('Duration', round(duration::numeric, 1) || ' s'),
    ('Messages', messages::text), ('Answers', answers::text), ('Fallbacks', fallbacks::text),
    ('Objections', (SELECT count(*) FILTER (WHERE objection) FROM {MESSAGE.view} word WHERE word.conversation = id
        HAVING count(*) > 0)::text),
    ('Confidence', round((100 * confidence)::numeric, 1) || ' %'), ('Stage reached', stage), ('Resolution', resolution),
    ('Goal achieved', CASE WHEN goal_achieved THEN 'yes' WHEN NOT goal_achieved THEN 'no' END),
    ('Handed to a human', CASE WHEN handed_off THEN 'yes' WHEN NOT handed_off THEN 'no' END)
) AS facts (fact, value) WHERE value IS NOT NULL"""
VISITOR: Final = f"""{CHOSEN}SELECT fact AS "What", COALESCE(value, 'unknown') AS "Value" FROM chosen, LATERAL (VALUES
    ('Device', device), ('Browser', browser), ('Country', country), ('Referrer', referrer)
) AS facts (fact, value)"""
LINE: Final = f"""{CHOSEN}SELECT fact AS "What", COALESCE(value, 'unknown') AS "Value" FROM chosen
LEFT JOIN {CALL.view} line ON line.id = chosen.call, LATERAL (VALUES
    ('Call', COALESCE(chosen.call, 'none, a chat')), ('Outcome', line.outcome), ('Campaign', line.campaign),
    ('Length', round(line.duration::numeric, 1) || ' s'), ('Interruptions', line.interruptions::text),
    ('Voice quality', round(line.voice_quality::numeric, 2) || ' of 5'),
    ('Transcription accuracy', round((100 * line.transcription_accuracy)::numeric, 1) || ' %')
) AS facts (fact, value) WHERE chosen.call IS NOT NULL OR fact = 'Call'"""
REPLAY: Final = f"""{CHOSEN}SELECT row_number() OVER (ORDER BY word.sent_at, word.role) AS "No.",
    round(extract(epoch FROM word.sent_at - chosen.started_at)::numeric, 1) AS "After s", word.role AS "Who",
    COALESCE(word.content, '{HIDDEN}') AS "Words", CASE WHEN word.objection THEN 'objection' ELSE '' END AS "Note"
FROM chosen JOIN {MESSAGE.view} word ON word.conversation = chosen.id ORDER BY 1"""
EXCHANGES: Final = f"""{CHOSEN}SELECT row_number() OVER (ORDER BY turn.ended_at) AS "No.",
    round(extract(epoch FROM turn.ended_at - chosen.started_at)::numeric, 1) AS "After s",
    round(turn.latency::numeric, 3) AS "Response s", CASE WHEN turn.interrupted THEN 'interrupted' ELSE '' END AS "Note"
FROM chosen JOIN {TURN.view} turn ON turn.ended_at {DURING} AND turn.conversation = chosen.id ORDER BY 1"""
STEPS: Final = f"""{CHOSEN}SELECT round(extract(epoch FROM step.ended_at - chosen.started_at)::numeric, 1) AS "After s",
    step.kind AS "Step", step.name AS "With", step.status AS "Status", round(step.duration::numeric, 3) AS "Took s",
    step.tokens AS "Tokens", step.cost AS "Cost $"
FROM chosen, LATERAL (
    SELECT ended_at, 'language model' AS kind, model AS name, status, duration, cost,
        input_tokens + COALESCE(cached_input_tokens, 0) + output_tokens + COALESCE(reasoning_tokens, 0) AS tokens
    FROM {LLM_REQUEST.view} WHERE ended_at {DURING} AND conversation = chosen.id
    UNION ALL
    SELECT ended_at, 'tool', tool, status, duration, NULL, NULL FROM {TOOL_CALL.view}
    WHERE ended_at {DURING} AND conversation = chosen.id
) AS step ORDER BY step.ended_at"""
LIST: Final = f"""SELECT id AS "Conversation", started_at AS "Started", tenant AS "Tenant", agent AS "Agent", channel AS "Channel",
    topic AS "Topic", round(duration::numeric, 1) AS "Length s", messages AS "Messages", stage AS "Stage",
    resolution AS "Resolution", country AS "Country", device AS "Device"
FROM {TALK} WHERE $__timeFilter(started_at) AND {WHERE} ORDER BY started_at DESC LIMIT 200"""


def build(settings: Settings) -> Any:
    """The dashboard of one conversation."""
    kept = "${datasource:queryparam}&${tenant:queryparam}&${agent:queryparam}&${channel:queryparam}"
    to_this = {
        "title": "Show this conversation",
        "url": f"/d/{uid('conversation')}?${{__url_time_range}}&{kept}&var-conversation=${{__data.fields.Conversation}}",
    }
    body = [
        panels.table("Replay", "What was said, in order?", "none", [Sql(REPLAY)], width=14, height=14),
        panels.table("Facts", "How did it go?", "none", [Sql(FACTS)], width=10, height=14),
        panels.table("Visitor", "Who was it, from where and with what?", "none", [Sql(VISITOR)], width=12, height=6),
        panels.table("Call", "How did the call around it go?", "none", [Sql(LINE)], width=12, height=6),
        panels.table("Exchanges", "How long did the person wait for each answer?", "none", [Sql(EXCHANGES)], width=10),
        panels.table("Steps", "Which models and tools worked behind it?", "none", [Sql(STEPS)], width=14),
        *panels.row("Others", [
            panels.table("Conversations", "Which conversations began in the time range? Click one to see it above.", "none", [Sql(LIST)],
                         links=[to_this]),
            panels.bargauge("Stages reached", "How far do conversations of the time range come?", "short",
                            [instant(f"sort_desc({S.increase(CONVERSATIONS_BY_STAGE, STAGE)})", legend(STAGE))], width=8),
            panels.timeseries("Messages per day", "Who writes or says how much, as far as the words are kept?", "short",
                              [Query(S.increase(MESSAGES, ROLE, window=DAILY), legend(ROLE))], bars=True, stack=True, interval=DAY, time_from=DAYS, width=8),
            panels.timeseries("Objections per day", "Do people object more than before, as far as the words are kept?", "short",
                              [Query(S.increase(OBJECTIONS, window=DAILY), "objections")], bars=True, interval=DAY, time_from=DAYS, width=8),
        ]),
    ]  # fmt: skip
    return frame(
        "conversation", "What was said in one conversation, and what happened behind it?", body=body, settings=settings,
        sources=dict.fromkeys(S.labels, (CONVERSATIONS_STARTED,)),
        days=True,
        boxes={"conversation": ("Conversation (its id; empty: the latest)", "")},
    )  # fmt: skip
