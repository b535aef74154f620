#!/usr/bin/env python3
"""Writes dateline.json, the Grafana dashboard, from the table of panels below: python3 make.py > dateline.json"""
import json

I = 'instance=~"$instance"'


def quantiles(metric, by=""):
    le = f"sum by ({by}le) (rate({metric}_bucket{{{I}}}[$__rate_interval]))"
    name = "{{%s}} " % by.rstrip(", ") if by else ""
    return [(f"histogram_quantile({q}, {le})", f"{name}{label}") for q, label in [(0.5, "median"), (0.95, "95 %")]]


def rate(metric, by=None, more=""):
    of = f"rate({metric}{{{I}{more}}}[$__rate_interval])"
    return (f"sum by ({by}) ({of})", "{{%s}}" % by) if by else (f"sum({of})", metric.removeprefix("dateline_").removesuffix("_total"))


# Title, unit, width of 24, kind, queries with legends, description.
ROWS = [
    ("At a glance", [
        ("Ready", "bool_yes_no", 3, "stat", [(f"min(dateline_ready{{{I}}})", "")], "Whether articles can be committed."),
        ("Quiet", "bool_yes_no", 3, "stat", [(f"max(dateline_quiet{{{I}}})", "")], "No new article for longer than the update frequencies of the feeds explain."),
        ("Newest article", "s", 3, "stat", [(f"min(dateline_newest_story_age_seconds{{{I}}})", "")], "Time since a new article was committed."),
        ("Articles an hour", "short", 3, "stat", [(f"sum(rate(dateline_articles_total{{{I}}}[1h])) * 3600", "")], "Article revisions committed in the last hour."),
        ("Expected an hour", "short", 3, "stat", [(f"sum(dateline_expected_stories_per_second{{{I}}}) * 3600", "")], "New articles expected from the update frequencies of the feeds."),
        ("Feeds that need attention", "short", 3, "stat", [(f'sum(dateline_feeds{{{I}, health=~"gone|missing|blocked|unusable|stale|degraded"}})', "")], "`dateline feeds explain ID` shows what to do."),
        ("Overdue feeds", "short", 3, "stat", [(f"sum(dateline_feeds_overdue{{{I}}})", "")], "Due for 15 minutes or more without a poll."),
        ("Version", "short", 3, "stat", [(f"max by (version, commit) (dateline_build_info{{{I}}})", "{{version}} {{commit}}")], "The running version."),
    ]),
    ("Articles", [
        ("Committed a second", "ops", 12, "timeseries", [rate(f"dateline_{what}_total") for what in ("articles", "entities", "quotes", "duplicates", "dead_letters")], "Committed records."),
        ("From publisher to consumer", "s", 12, "timeseries",
         quantiles("dateline_story_published_to_committed_seconds") + [(q, "seen to committed, " + l) for q, l in quantiles("dateline_story_seen_to_committed_seconds")],
         "From the publication date. Dots are traces."),
    ]),
    ("Feeds", [
        ("Feeds by health", "short", 12, "stack", [(f"sum by (health) (dateline_feeds{{{I}}})", "{{health}}")], "The feeds of all instances."),
        ("Polls a second", "ops", 6, "timeseries", [rate("dateline_polls_total", "outcome")], "By outcome."),
        ("Failed polls a second", "ops", 6, "timeseries", [rate("dateline_poll_failures_total", "reason")], "By reason."),
        ("Time to answer", "s", 12, "timeseries", quantiles("dateline_fetch_duration_seconds", "kind, "), "Feeds and pages, including the wait for their host."),
        ("Retries a second", "ops", 12, "timeseries", [rate("dateline_retries_total", "what"), rate("dateline_pages_failed_total")], "Retried operations, and pages that could not be fetched."),
    ]),
    ("Pipeline", [
        ("Waiting before each stage", "short", 8, "timeseries", [(f"sum by (stage) (dateline_stage_queue_depth{{{I}}})", "{{stage}}"), (f"sum(dateline_stories_in_flight{{{I}}})", "in flight")], "A full queue slows down the stages before it."),
        ("Time of each stage", "s", 8, "timeseries", [q for q in quantiles("dateline_stage_duration_seconds", "stage, ")], "Dots are traces."),
        ("Items a second by stage", "ops", 8, "timeseries", [rate("dateline_stage_duration_seconds_count", "stage")], "Items processed."),
        ("Time of a transaction", "s", 8, "timeseries", quantiles("dateline_commit_duration_seconds"), "Including retries."),
        ("Size of a transaction", "bytes", 8, "timeseries", quantiles("dateline_commit_size_bytes"), ""),
        ("Records in a transaction", "short", 8, "timeseries", quantiles("dateline_commit_records"), "Including state changes."),
    ]),
    ("Process", [
        ("Memory", "bytes", 8, "timeseries", [(f"process_resident_memory_bytes{{{I}}}", "{{instance}}")], "In use."),
        ("Cores", "short", 8, "timeseries", [(f"rate(process_cpu_seconds_total{{{I}}}[$__rate_interval])", "{{instance}}")], "In use."),
        ("Spans a second", "ops", 8, "timeseries", [rate("dateline_spans_total", "fate")], "Sent to the collector, or dropped."),
    ]),
]


def panel(number, at, spec):
    title, unit, width, kind, queries, description = spec
    source = {"type": "prometheus", "uid": "${source}"}
    custom = {"stacking": {"mode": "normal"}, "fillOpacity": 40} if kind == "stack" else {"fillOpacity": 8}
    made = {
        "id": number, "title": title, "description": description, "type": "stat" if kind == "stat" else "timeseries",
        "datasource": source, "gridPos": {"x": at[0], "y": at[1], "w": width, "h": 4 if kind == "stat" else 8},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0} | ({} if kind == "stat" else {"custom": custom}), "overrides": []},
        "targets": [
            {"refId": chr(65 + n), "datasource": source, "expr": expr, "legendFormat": legend, "exemplar": kind != "stat"}
            for n, (expr, legend) in enumerate(queries)
        ],
    }
    if kind == "stat":
        text = "name" if title == "Version" else "value"
        made["options"] = {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "none", "textMode": text}
    return made


def panels():
    made, y = [], 0
    for title, row in ROWS:
        made.append({"id": len(made) + 1, "type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}})
        y, x, height = y + 1, 0, 0
        for spec in row:
            if x + spec[2] > 24:
                y, x = y + height, 0
            made.append(panel(len(made) + 1, (x, y), spec))
            x, height = x + spec[2], made[-1]["gridPos"]["h"]
        y += height
    return made


VARIABLES = [
    {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"},
    {"name": "instance", "label": "Instance", "type": "query", "datasource": {"type": "prometheus", "uid": "${source}"},
     "query": "label_values(dateline_build_info, instance)", "refresh": 2, "multi": True, "includeAll": True, "allValue": ".*",
     "current": {"text": "All", "value": "$__all"}},
]
BOARD = {
    "uid": "dateline", "title": "dateline", "tags": ["dateline"], "schemaVersion": 39, "timezone": "utc", "editable": True,
    "refresh": "30s", "time": {"from": "now-6h", "to": "now"}, "templating": {"list": VARIABLES}, "panels": panels(),
}
print(json.dumps(BOARD, indent=1, ensure_ascii=False))
