"""Cost: what is spent on what, whether budgets will last, which hours were unusual, and what has no known cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dashboards import panels
from dashboards.frame import DAYS, SCOPES, ceiling, drill, frame
from dashboards.query import DAILY, DAY, WEEKLY, Query, Sql, instant, legend
from dashboards.tables import Column, bars, summary
from exporter.entities.cost import PRICE
from exporter.labels import AGENT, AGENT_TYPE, BUDGET, MODEL, PERIOD, REASON, STATUS, TENANT, Label
from exporter.metric import Metric
from exporter.metrics import cost
from exporter.metrics.exporter import LATE_PRICES
from exporter.tariff import TARIFFS
from provisioning import promql
from provisioning.kpis.cost import (
    ANOMALY,
    BUDGET_OUTLOOK,
    BUDGET_RUN,
    BUDGET_USE,
    COMPUTED_SHARE,
    COST,
    COST_GROWTH,
    COST_PER_CALL,
    COST_PER_CONVERSATION,
    COST_PER_MILLION_TOKENS,
    UNPRICED_SHARE,
)

if TYPE_CHECKING:
    from exporter.settings import Settings

S: Final = SCOPES["cost"]
USD: Final = "currencyUSD"
OF: Final = (BUDGET, TENANT, PERIOD)


def build(settings: Settings) -> Any:
    """The dashboard of cost."""
    body = [
        *_now(settings),
        *panels.row("Where the money goes", _where()),
        *panels.row("Budgets", _budgets()),
        *panels.row("Unusual hours", _unusual(settings)),
        *panels.row("What is not known, and prices", _unknown()),
    ]
    return frame(
        "cost", "What is spent on what, will the budgets last, and what has no known cost?", body=body, settings=settings,
        sources={
            TENANT: (*cost.COSTS.values(), cost.LLM_UNPRICED), AGENT: (*cost.COSTS.values(), cost.LLM_UNPRICED),
            AGENT_TYPE: (*cost.COSTS.values(), cost.LLM_UNPRICED), MODEL: (*cost.COSTS.values(), cost.LLM_UNPRICED),
        },
        time_from="now-7d", days=True,
    )  # fmt: skip


def _now(settings: Settings) -> list[Any]:
    limits = settings.thresholds
    return [
        panels.stat("Cost", "What was spent, as far as it is known?", USD, [instant(S.kpi(COST))], decimals=2),
        panels.stat("Growth", "By how much is it more than in the time of the same length before?", "percentunit",
                    [instant(S.kpi(COST_GROWTH))], decimals=1, thresholds=ceiling(limits.cost_growth)),
        panels.stat("Cost per call", "What does a call cost, all costs taken together?", USD, [instant(S.kpi(COST_PER_CALL))], decimals=4),
        panels.stat("Cost per conversation", "What does a conversation cost, calls and chats alike?", USD,
                    [instant(S.kpi(COST_PER_CONVERSATION))], decimals=4),
        panels.stat("Unpriced usage", "Which share of requests and calls has no known cost and is missing here?", "percentunit",
                    [instant(S.kpi(UNPRICED_SHARE))], decimals=2, thresholds=ceiling(limits.unpriced_share)),
        panels.stat("Computed cost", "Which share of the cost was not recorded but computed from prices?", "percentunit",
                    [instant(S.kpi(COMPUTED_SHARE))], decimals=1),
    ]  # fmt: skip


def _where() -> list[Any]:
    return [
        panels.timeseries("Cost per day by kind", "What is the money spent on, day by day?", USD,
                          [Query(S.increase(metric, window=DAILY), kind) for kind, metric in cost.COSTS.items()],
                          stack=True, bars=True, interval=DAY, time_from=DAYS),
        panels.timeseries("Cost per day by model", "Which model costs most, day by day?", USD,
                          [Query(S.increase(cost.LLM_COST, MODEL, window=DAILY), legend(MODEL))],
                          stack=True, bars=True, interval=DAY, time_from=DAYS),
        panels.pie("Kinds of cost", "Which part do models, speech and telephony have?", USD,
                   [instant(S.increase(metric), kind) for kind, metric in cost.COSTS.items()]),
        panels.timeseries("Cost by week", "Is the trend up or down?", USD, [Query(S.kpi(COST, window=WEEKLY), "7 days up to here")],
                          interval=DAY, time_from=DAYS, width=8),
        bars("Cost by agent type", "What does each type of agent cost, and on what?", USD, AGENT_TYPE,
             {kind: S.increase(metric, AGENT_TYPE) for kind, metric in cost.COSTS.items()}, stack=True, width=8),
        summary("Tenants", "Whom is the money spent on, and is it becoming more?", (TENANT,), _columns(TENANT), width=12,
                links=[drill("cost", "calls", "Calls of this tenant", TENANT, row=True)]),
        summary("Agents", "Which agent is dear?", (TENANT, AGENT), _columns(TENANT, AGENT), width=12,
                links=[drill("cost", "pipeline", "Steps of this agent", AGENT, row=True)]),
        summary("Models", "Which model is dear, and what does a million of its tokens cost?", (MODEL,), (
            Column("Cost", USD, S.increase(cost.LLM_COST, MODEL)),
            Column("Per million tokens", USD, S.kpi(COST_PER_MILLION_TOKENS, MODEL)),
            Column("Unpriced requests", "short", S.increase(cost.LLM_UNPRICED, MODEL)),
        ), width=12, links=[drill("cost", "pipeline", "Steps with this model", MODEL, row=True)]),
        panels.table("Most expensive conversations", "Which single conversation cost most on the last day of the time range, and on what?", "none", [Sql(_conversations())],
                     width=12),
    ]  # fmt: skip


def _columns(*by: Label) -> tuple[Column, ...]:
    return (
        Column("Cost", USD, S.kpi(COST, *by)),
        Column("Growth", "percentunit", S.kpi(COST_GROWTH, *by)),
        Column("Per call", USD, S.kpi(COST_PER_CALL, *by)),
        Column("Per conversation", USD, S.kpi(COST_PER_CONVERSATION, *by)),
    )


def _conversations() -> str:
    """Cost of each conversation by kind, of the rows that name theirs; of a day, for a month of a busy platform has millions."""
    kinds = dict(zip(cost.COSTS, TARIFFS, strict=True))
    rows = " UNION ALL ".join(
        f"SELECT conversation, tenant, agent, '{kind}' AS kind, cost FROM {tariff.entity.view} "
        f"WHERE {S.where(tariff.entity)} AND conversation IS NOT NULL AND cost IS NOT NULL AND $__timeFilter({tariff.at}) "
        f"AND {tariff.at} >= CAST($__timeTo() AS timestamptz) - interval '1 day'"
        for kind, tariff in kinds.items()
    )
    parts = ", ".join(f"sum(cost) FILTER (WHERE kind = '{kind}') AS {kind}_usd" for kind in kinds)
    return (
        f"SELECT conversation, tenant, agent, sum(cost) AS cost_usd, {parts} FROM ({rows}) AS costs "
        "GROUP BY conversation, tenant, agent ORDER BY cost_usd DESC, conversation LIMIT 100"
    )


def _budgets() -> list[Any]:
    # Every value gets the status of its budget as a label, so that the table has a column for it.
    known = f"{promql.total(cost.BUDGET_STATUS, (*OF, STATUS), S.on(cost.BUDGET_STATUS))} == 1"

    def said(expr: str) -> str:
        return f"{expr} * on ({', '.join(label.name for label in OF)}) group_left ({STATUS.name}) ({known})"

    return [
        summary("Budgets", "How much of each budget is spent, and how long will it last?", (*OF, STATUS), (
            Column("Limit", USD, said(S.total(cost.BUDGET_LIMIT, *OF))),
            Column("Spent", USD, said(S.total(cost.BUDGET_SPENT, *OF))),
            Column("Used", "percentunit", said(S.kpi(BUDGET_USE, *OF)), ((None, "green"), (0.9, "orange"), (1.0, "red"))),
            Column("Notified", "percentunit", said(S.total(cost.BUDGET_NOTIFY, *OF))),
            Column("Forecast", USD, said(S.kpi(BUDGET_OUTLOOK, *OF))),
            Column("Runway", "s", said(S.kpi(BUDGET_RUN, *OF))),
        ), height=8, width=24),
        panels.bargauge("Budget used", "Which budget is closest to its limit?", "percentunit",
                        [instant(f"sort_desc({S.kpi(BUDGET_USE, BUDGET)})", legend(BUDGET))], maximum=1,
                        thresholds=((None, "green"), (0.9, "orange"), (1.0, "red"))),
        panels.timeseries("Spent and forecast", "Does the forecast stay below the limit?", USD, [
            Query(S.total(cost.BUDGET_SPENT, BUDGET), f"{legend(BUDGET)} spent"),
            Query(S.kpi(BUDGET_OUTLOOK, BUDGET), f"{legend(BUDGET)} forecast"),
        ], width=16),
    ]  # fmt: skip


def _unusual(settings: Settings) -> list[Any]:
    return [
        panels.timeseries("Unusual cost", "In which hour did a tenant cost more than usual?", "short",
                          [Query(S.kpi(ANOMALY, TENANT), legend(TENANT))], thresholds=ceiling(settings.thresholds.cost_anomaly_score)),
        panels.timeseries("Cost of the last hour", "What did the last whole hour cost, and what is usual?", USD, [
            Query(S.total(cost.COST_ACTUAL, TENANT), f"{legend(TENANT)} last hour"),
            Query(S.total(cost.COST_EXPECTED, TENANT), f"{legend(TENANT)} usual"),
        ]),
    ]  # fmt: skip


def _reasons(metric: Metric) -> str:
    return S.increase(metric, REASON, window=DAILY)


def _unknown() -> list[Any]:
    return [
        panels.timeseries("Unpriced usage per day", "What has no known cost, and why?", "short",
                          [Query(_reasons(metric), f"{kind}: {legend(REASON)}") for kind, metric in cost.UNPRICED.items()],
                          stack=True, bars=True, interval=DAY, time_from=DAYS, width=8),
        panels.stat("Overlapping prices", "How many prices hold at the same time as another one of the same thing?", "short",
                    [instant(promql.total(cost.PRICE_OVERLAPS))], decimals=0, thresholds=ceiling(1)),
        panels.stat("Late prices", "How many prices changed for a time whose cost is counted already?", "short",
                    [instant(promql.total(LATE_PRICES))], decimals=0, thresholds=ceiling(1)),
        panels.table("Prices", "What does which model or service cost, and since when?", "none", [Sql(
            f"SELECT provider, model, unit, price AS price_usd, valid_from, valid_to FROM {PRICE.view} "
            f"WHERE {S.where(PRICE)} ORDER BY provider, model, unit, valid_from DESC LIMIT 500"
        )], width=8),
    ]  # fmt: skip
