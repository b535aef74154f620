#!/usr/bin/env python3
"""Prints what is said, as it is committed: python3 quotes.py [BROKERS [TOPIC]] (pip install confluent-kafka).

Reads committed records only, so that nothing of a transaction that was broken off is ever seen. A record without a value says that
a quotation was withdrawn: the last revision of its article no longer has it. Offsets are stored after the work is done, so that a
crash repeats the last records rather than losing them; what keeps results should therefore be keyed by the record's key.
"""
import json
import signal
import sys

from confluent_kafka import Consumer, KafkaError

brokers = sys.argv[1] if len(sys.argv) > 1 else "localhost:9092"
topic = sys.argv[2] if len(sys.argv) > 2 else "dateline.quotes"
running = True


def stop(*_):
    global running
    running = False


def main():
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    consumer = Consumer({
        "bootstrap.servers": brokers,
        "group.id": "quotes-example-py",
        "isolation.level": "read_committed",
        "auto.offset.reset": "earliest",
        "enable.auto.offset.store": False,
    })
    consumer.subscribe([topic])
    standing = set()  # the keys of the quotations that stand; a database in real life
    try:
        while running:
            record = consumer.poll(1.0)
            if record is None:
                continue
            if record.error():
                # A broker that is unreachable comes back; the library goes on by itself.
                if record.error().code() != KafkaError._PARTITION_EOF:
                    print(f"waiting: {record.error()}", file=sys.stderr)
                continue
            key = record.key().decode()
            if record.value() is None:
                standing.discard(key)
                print(f"withdrawn: {key}", flush=True)
            else:
                standing.add(key)
                quote = json.loads(record.value())
                speaker = (quote.get("speaker") or {}).get("name") or "unknown"
                print(f"{speaker} — {quote['text']}", flush=True)
            consumer.store_offsets(record)
    finally:
        consumer.close()
    print(f"{len(standing)} quotations stand", file=sys.stderr)


main()
