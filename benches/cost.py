#!/usr/bin/env python3
"""Measures what an article and a poll cost: processor time of the daemon, bytes of the store.

    benches/cost.py [short] [pages] [unchanged] [--feeds 1000] [--entries 5] [--runs 3] [--serve] [--port N] [--dump DIR] [PROGRAM]

A server on loopback plays the publishers, 64 sites with feeds of their own:
short      each entry carries its whole text of 1.2 kB, with two persons and a quotation
pages      each entry links to a page of 40 kB with a text of 3 kB, which is fetched
unchanged  a daemon polls feeds that it has read as often as it can; each conditional poll is answered 304

For articles, the daemon reads each feed once into an embedded store and stops. The processor time is that of the daemon alone,
start and stop included; other work on the machine changes it little, the time by the clock much. `--serve` switches the pages on, with
their archive. `--dump` keeps the records of the last run, without what differs between two runs, and the store: with the same `--port`, which is
a part of the URLs, the records of two programs can be compared. PROGRAM is target/release/dateline if left out.
"""

import argparse
import asyncio
import json
import os
import pathlib
import random
import re
import resource
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORKLOADS = ("short", "pages", "unchanged")
SITES = 64
# What an entry's link, its guid and the shape of a text are made of. The words are those of the licence, which does not
# change, without those that announce a quotation.
CUES = set(re.findall(r"[a-z]+", (ROOT / "crates/quote/src/cues.txt").read_text()))
WORDS = [word for word in re.findall(r"[a-z]{2,}", (ROOT / "LICENSE").read_text().lower()) if word not in CUES]
GIVEN = "Maria Amina Jakob Ines Tomas Ruth Pavel Grace Omar Lena Hugo Sofia Karel Nadia Peter Chloe Ivan Rosa Emil Vera".split()
FAMILY = ("Keller Haddad Novak Almeida Lindqvist Okafor Brennan Castillo Duval Fischer Grant Hughes Ivanova Jensen Kovac "
          "Larsen Marino Nowak Osei Price").split()
TOWNS = "Wexcombe Ellery Northgate Calder Marlow Brackley Dunmore Stanwick Harlech Ashford".split()


def sentence(dice, words):
    return " ".join(dice.choice(WORDS) for _ in range(words)).capitalize()


def paragraphs(dice, chars):
    """Returns an article of this length: paragraphs of random words, with two persons, of whom one is quoted."""
    one, two = (f"{dice.choice(GIVEN)} {dice.choice(FAMILY)}" for _ in range(2))
    town = dice.choice(TOWNS)
    lines = [f"{one}, mayor of {town}, {sentence(dice, 12).lower()} on Monday. {sentence(dice, 14)}.",
             f"“{sentence(dice, 11)},” {one.split()[1]} said. {sentence(dice, 13)}.",
             f"{two} of the {town} Council {sentence(dice, 10).lower()} in {dice.choice(TOWNS)}."]
    while sum(map(len, lines)) < chars - 80:
        lines.append(f"{sentence(dice, 12)}. {sentence(dice, 14)}.")
    return lines


def feed(workload, name, entries, date, base):
    dice = random.Random(f"{workload}{name}")
    items = []
    for i in range(entries):
        title = sentence(dice, 7)
        text = paragraphs(dice, 1200)
        body = "".join(f"<p>{line}</p>" for line in text)
        carried = f"<content:encoded><![CDATA[{body}]]></content:encoded>" if workload != "pages" else ""
        items.append(f"<item><title>{title}</title><link>{base}/{name}/{i}.html</link><guid>{base}/{name}/{i}</guid>"
                     f"<pubDate>{date}</pubDate><dc:creator>{dice.choice(GIVEN)} {dice.choice(FAMILY)}</dc:creator>"
                     f"<category>politics</category><description>{text[0]}</description>{carried}</item>")
    return (f"<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/' "
            f"xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>Wire {name}</title><link>{base}/{name}/</link>"
            f"{''.join(items)}</channel></rss>")


def page(name, i):
    dice = random.Random(f"page{name}{i}")
    title, text = sentence(dice, 7), paragraphs(dice, 3000)
    script = json.dumps({sentence(dice, 1): sentence(dice, 8) for _ in range(250)})
    links = "".join(f"<li class='nav-item'><a href='/{n}'>{sentence(dice, 5)}</a></li>" for n in range(120))
    return (f"<!DOCTYPE html><html lang='en'><head><title>{title}</title><meta property='og:type' content='article'>"
            f"<script>var data = {script};</script></head><body><nav><ul>{links}</ul></nav><main><article><h1>{title}</h1>"
            f"<p class='byline'>By {dice.choice(GIVEN)} {dice.choice(FAMILY)}</p>"
            f"{''.join(f'<p>{line}</p>' for line in text)}</article></main><footer><ul>{links}</ul></footer></body></html>")


class Publisher(asyncio.Protocol):
    """One connection: as little work as an answer needs, so that the daemon has the processors."""
    answers, entries, date, unchanged = {}, 0, "", 0

    def connection_made(self, transport):
        self.transport, self.data = transport, b""

    def data_received(self, data):
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            head, self.data = self.data[:end], self.data[end + 4:]
            self.transport.write(self.answer(head))

    def answer(self, head):
        if b"if-none-match:" in head.lower():
            Publisher.unchanged += 1
            return b"HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n"
        path = head.split(b" ", 2)[1].decode()
        host = re.search(rb"(?i)\r\nhost: *(\S+)", head)[1].decode()
        if (found := self.answers.get(host + path)) is None:
            name, _, rest = path.strip("/").partition("/")
            if path.endswith(".xml"):
                workload, name = name.split("-", 1)
                body, kind = feed(workload, name[:-4], self.entries, self.date, f"http://{host}"), "application/rss+xml"
            elif path.endswith(".html"):
                body, kind = page(name, rest), "text/html"
            else:
                body, kind = None, None
            if body is None:
                found = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
            else:
                body = body.encode()
                found = (f"HTTP/1.1 200 OK\r\nContent-Type: {kind}; charset=utf-8\r\nETag: \"1\"\r\n"
                         f"Content-Length: {len(body)}\r\n\r\n").encode() + body
            self.answers[host + path] = found
        return found


def start_server(entries, port):
    Publisher.entries = entries
    Publisher.date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() // 3600 * 3600 - 3600))
    loop, ports = asyncio.new_event_loop(), []

    def serve():
        server = loop.run_until_complete(loop.create_server(Publisher, "0.0.0.0", port, backlog=1024))
        ports.append(server.sockets[0].getsockname()[1])
        loop.run_forever()

    threading.Thread(target=serve, daemon=True).start()
    while not ports:
        time.sleep(0.01)
    return ports[0]


def run(program, config):
    """Runs the daemon once; returns its processor time, the time by the clock, and its peak memory in MiB."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([program, "run", "--once", "--config", config], check=True)
    took, used = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime, took, used.ru_maxrss / 1024


def poll(program, config, seconds=20):
    """Runs the daemon until all feeds are read; returns its processor time in some seconds of polling, the time by the clock,
    its memory in MiB, and the polls."""
    daemon = subprocess.Popen([program, "run", "--config", config])

    def used():
        fields = pathlib.Path(f"/proc/{daemon.pid}/stat").read_text().rsplit(")", 1)[1].split()
        cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return cpu, time.monotonic(), Publisher.unchanged, time.process_time()

    try:
        while Publisher.unchanged < 5_000:
            time.sleep(0.1)
        before = used()
        time.sleep(seconds)
        after = used()
        memory = re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{daemon.pid}/status").read_text())[1]
    finally:
        daemon.terminate()
        daemon.wait()
    cpu, took, polls, server = (b - a for a, b in zip(before, after))
    return cpu, took, int(memory) / 1024, polls, [f"server {1000 * server / polls:.2f} ms"]


def tables(store):
    """Returns the bytes of each table and index, if this Python's SQLite can say."""
    try:
        return dict(sqlite3.connect(store).execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY 1 ORDER BY 2 DESC"))
    except sqlite3.OperationalError:
        return {}


def dump(program, config, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for topic in ("articles", "entities", "quotes", "dead-letters", "feed-events"):
        lines = subprocess.run([program, "tail", "--config", config, topic], check=True, capture_output=True, text=True)
        records = [json.loads(line) for line in lines.stdout.splitlines()]
        text = sorted(json.dumps(record, sort_keys=True) for record in map(steady, records))
        (folder / f"{topic}.jsonl").write_text("\n".join(text))


def steady(record):
    """Returns a record without offset, times, trace and random ids."""
    record = {name: value for name, value in record.items() if name not in ("offset", "time")}
    headers = dict(record["headers"])
    headers = {name: value for name, value in headers.items() if name not in ("ce_time", "traceparent")}
    if not headers.get("ce_type", "").startswith(("dateline.article", "dateline.entit", "dateline.quote")):
        headers.pop("ce_id", None)
    text = json.dumps({**record, "headers": headers})
    return json.loads(re.sub(r'"(first_seen|time)": "[^"]*"', r'"\1": null', text))


def measure(workload, args, port):
    costs, sizes = [], []
    articles = args.feeds * args.entries
    for attempt in range(args.runs):
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder)
            urls = [f"http://127.0.0.{n % SITES + 1}:{port}/{workload}-{n}.xml" for n in range(args.feeds)]
            (place / "feeds.toml").write_text("\n".join(f'[[feed]]\nid = "f{n}"\nurl = "{url}"\n' for n, url in enumerate(urls)))
            config = place / "dateline.toml"
            private = ", ".join(f'"127.0.0.{n + 1}"' for n in range(SITES))
            pages = "always" if workload == "pages" else "auto"
            config.write_text(f'[fetch]\nno_proxy = ["*"]\nallow_private = [{private}]\n[pipeline]\npages = "{pages}"\n'
                              f'[log]\nlevel = "error"\n[serve]\nenabled = {str(args.serve).lower()}\nlisten = "127.0.0.1:0"\n')
            store = place / "data/dateline.db"
            if workload == "unchanged":
                with config.open("a") as more:
                    more.write('[schedule]\ninterval = "1s"\nmin_interval = "1s"\njitter = 0.0\nrhythm = false\n')
                Publisher.unchanged = 0
                cpu, took, memory, count, sizes = poll(args.program, config)
                what = "poll"
            else:
                cpu, took, memory = run(args.program, config)
                what, count = "article", sqlite3.connect(store).execute(
                    "SELECT count(*) FROM log WHERE topic = 'dateline.articles'").fetchone()[0]
                assert count == articles, f"{count} articles instead of {articles}"
                sizes = [f"{bytes / count:.0f} {name}" for name, bytes in tables(store).items() if bytes > count * 10]
                sizes.insert(0, f"store {store.stat().st_size / count:.0f} bytes")
            costs.append(1000 * cpu / count)
            print(f"{workload}: {costs[-1]:.2f} ms of processor time per {what}, {count / took:.0f} {what}s/s by the clock, "
                  f"peak {memory:.0f} MiB; {', '.join(sizes)}", flush=True)
            if args.dump and attempt == args.runs - 1:
                dump(args.program, config, args.dump / workload)
                shutil.copy(store, args.dump / workload / "store.db")
    print(f"{workload}: median of {args.runs}: {statistics.median(costs):.2f} ms", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--feeds", type=int, default=1_000)
    parser.add_argument("--entries", type=int, default=5)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--serve", action="store_true", help="with the pages and their archive")
    parser.add_argument("--port", type=int, default=0, help="of the server; any free one if left out")
    parser.add_argument("--dump", type=pathlib.Path, help="where to keep the records of the last run")
    parser.add_argument("what", nargs="*", help="workloads, and the program")
    args = parser.parse_intermixed_args()
    args.program = next((what for what in args.what if what not in WORKLOADS), ROOT / "target/release/dateline")
    if args.dump and args.dump.exists():
        shutil.rmtree(args.dump)
    port = start_server(args.entries, args.port)
    for workload in [what for what in args.what if what in WORKLOADS] or WORKLOADS:
        measure(workload, args, port)


main()
