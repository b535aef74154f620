#!/usr/bin/env python3
"""Prints quotations as they are committed: python3 quotes.py [BROKERS [TOPIC]] (pip install confluent-kafka).

Reads committed records only, so records of aborted transactions are never seen. A record without a value means that a
quotation was withdrawn: the latest revision of its article no longer contains it. Offsets are stored after the work is done,
so a crash repeats the last records instead of losing them; results should therefore be stored by the record's key.
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
    current = set()  # the keys of the current quotations; in production a database
    try:
        while running:
            record = consumer.poll(1.0)
            if record is None:
                continue
            if record.error():
                # The library reconnects by itself.
                if record.error().code() != KafkaError._PARTITION_EOF:
                    print(f"waiting: {record.error()}", file=sys.stderr)
                continue
            key = record.key().decode()
            if record.value() is None:
                current.discard(key)
                print(f"withdrawn: {key}", flush=True)
            else:
                current.add(key)
                quote = json.loads(record.value())
                speaker = (quote.get("speaker") or {}).get("name") or "unknown"
                print(f"{speaker} — {quote['text']}", flush=True)
            consumer.store_offsets(record)
    finally:
        consumer.close()
    print(f"{len(current)} quotations are current", file=sys.stderr)


main()
