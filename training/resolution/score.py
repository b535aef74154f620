#!/usr/bin/env python3
"""Scores how mentions are gathered into entities, over 60 hand-labelled stories of PolNeAR 1.0 (offsets and labels only in gold.jsonl).

  score.py prepare POLNEAR.jsonl… > in.jsonl    the stories' texts, taken from the corpus
  dateline extract in.jsonl > out.jsonl
  score.py score out.jsonl [--list]             --list: every wrong pronoun and every divided or mixed entity

A gold line: {"id", "entities": [{"type", "names": [[start, end], …]}, …], "pronouns": [[start, end, entity], …]}; offsets are code points,
half-open, without article and possessive ending. A pronoun's entity is an index into "entities", "none" where it means nothing that is
named, null where no single answer is right (several persons at once, a hypothesis): null counts neither way.

  names      mean of MUC, B-cubed and entity-CEAF F1 (the CoNLL average, Pradhan 2012) over mentions of kind "name"; a predicted mention
             is the gold one that it overlaps when both end in the same word, missing and surplus mentions count as errors
  pronouns   F1 of third-person pronouns given to the right entity, the one most of whose names are the gold entity's
"""
import collections, json, os, sys

HERE = os.path.dirname(os.path.abspath(__file__))


def f1(p, r):
    return 2 * p * r / (p + r) if p + r else 0.0


def muc(key, response):
    """Links kept over links there: (numerator, denominator) of recall."""
    where = {m: i for i, cluster in enumerate(response) for m in cluster}
    kept = there = 0
    for cluster in key:
        parts = {where.get(m, ("alone", m)) for m in cluster}
        kept += len(cluster) - len(parts)
        there += len(cluster) - 1
    return kept, there


def b_cubed(key, response):
    where = {m: set(cluster) for cluster in response for m in cluster}
    kept = sum(len(set(c) & where[m]) / len(c) for c in key for m in c if m in where)
    return kept, sum(map(len, key))


def ceaf(key, response):
    """Best one-to-one alignment by phi4, greedily: clusters of names hardly ever tie."""
    pairs = []
    for i, k in enumerate(key):
        for j, r in enumerate(response):
            common = len(set(k) & set(r))
            if common:
                pairs.append((2 * common / (len(k) + len(r)), i, j))
    total, left, right = 0.0, set(), set()
    for phi, i, j in sorted(pairs, reverse=True):
        if i not in left and j not in right:
            total += phi
            left.add(i)
            right.add(j)
    return total




def main():
    gold = [json.loads(line) for line in open(os.path.join(HERE, "gold.jsonl"), encoding="utf-8")]
    if sys.argv[1] == "prepare":
        texts = {}
        for path in sys.argv[2:]:
            for line in open(path, encoding="utf-8"):
                story = json.loads(line)
                texts[story["id"]] = story["text"]
        for story in gold:
            print(json.dumps({"id": story["id"], "text": texts[story["id"]]}, ensure_ascii=False))
        return
    answers = {}
    for line in open(sys.argv[2], encoding="utf-8"):
        answer = json.loads(line)
        answers[answer["id"]] = answer["entities"]
    tell = "--list" in sys.argv
    sums = collections.Counter()
    for story in gold:
        entities = answers[story["id"]]
        key = [[tuple(m) for m in e["names"]] for e in story["entities"]]
        ends = {end: (start, end) for cluster in key for start, end in cluster}
        owner = {m: i for i, cluster in enumerate(key) for m in cluster}
        response, belongs = [], {}
        for number, entity in enumerate(entities):
            cluster = []
            for mention in entity["mentions"]:
                if mention["kind"] != "name":
                    continue
                start, end = mention["start"], mention["end"]
                words = mention["text"]
                if words[:4] in ("the ", "The "):
                    start, words = start + 4, words[4:]
                if words.endswith(("'s", "’s")):
                    end -= 2
                near = ends.get(end) or ends.get(end - 1)
                cluster.append(near if near and near[0] < end and start < near[1] else (start, end))
            if cluster:
                response.append(cluster)
            votes = collections.Counter(owner[m] for m in cluster if m in owner)
            belongs[number] = votes.most_common(1)[0][0] if votes else None
        for name, (kept, there) in {
            "muc_r": muc(key, response), "muc_p": muc(response, key),
            "b3_r": b_cubed(key, response), "b3_p": b_cubed(response, key),
        }.items():
            sums[name] += kept
            sums[name + "_of"] += there
        sums["ceaf"] += ceaf(key, response)
        sums["key"] += len(key)
        sums["response"] += len(response)
        at = {}
        for number, entity in enumerate(entities):
            for mention in entity["mentions"]:
                if mention["kind"] == "pronoun":
                    at[mention["start"], mention["end"]] = belongs[number]
        for start, end, entity in story["pronouns"]:
            if entity is None:
                continue
            answer = at.get((start, end), "silent")
            right = answer == entity
            sums["pronouns_said"] += answer != "silent"
            sums["pronouns_gold"] += entity != "none"
            sums["pronouns_right"] += right
            if tell and not right and not (entity == "none" and answer == "silent"):
                print(story["id"], start, "pronoun: gold", entity, "said", answer)
        if tell:
            for number, cluster in enumerate(response):
                owners = collections.Counter(owner.get(m, "surplus") for m in cluster)
                if len(owners) > 1 or "surplus" in owners:
                    print(story["id"], entities[number]["name"] if number < len(entities) else "", dict(owners))
    ratio = lambda a: sums[a] / sums[a + "_of"] if sums[a + "_of"] else 0.0
    three = {
        "muc": f1(ratio("muc_p"), ratio("muc_r")),
        "b3": f1(ratio("b3_p"), ratio("b3_r")),
        "ceaf_e": f1(sums["ceaf"] / max(1, sums["response"]), sums["ceaf"] / sums["key"]),
    }
    right, said, there = sums["pronouns_right"], sums["pronouns_said"], sums["pronouns_gold"]
    print(json.dumps({
        "stories": len(gold),
        **{k: round(v, 4) for k, v in three.items()},
        "conll_names": round(sum(three.values()) / 3, 4),
        "pronouns": {"precision": round(right / max(1, said), 4), "recall": round(right / there, 4),
                     "f1": round(f1(right / max(1, said), right / there), 4), "gold": there},
    }))


main()
