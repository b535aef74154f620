#!/usr/bin/env python3
"""Measures a daemon that reads many feeds once: articles a second, processor time, peak memory.

    benches/load.py [--feeds 10000] [--entries 5] [--model fast] [PROGRAM]

A server on loopback answers with feeds of short articles (60 words) in full text. The records go to an embedded store.
PROGRAM is target/release/dateline if left out. The server needs about a fifth of a core.
"""

import argparse
import http.server
import pathlib
import resource
import socketserver
import subprocess
import tempfile
import threading
import time

ENTRY = ("<item><title>Council of town {n} votes on item {i}</title><guid>{n}-{i}</guid>"
         "<pubDate>{date}</pubDate><description>Maria Keller, mayor of Wexcombe, "
         "opened bridge {n} number {i} on Monday after a year of work by forty people. "
         "\"We are glad that number {n} is done,\" she said. The town of Port Ellery paid {i} million for it, "
         "and the harbour trust said the ferry would stop in July {n}.</description></item>")


def server(entries):
    """Starts the server and returns its port."""
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() - 3600))

    class Feeds(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            n = self.path.strip("/").split(".")[0]
            items = "".join(ENTRY.format(n=n, i=i, date=date) for i in range(1, entries + 1))
            body = f"<rss version='2.0'><channel><title>Wire {n}</title>{items}</channel></rss>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 512

    listening = Server(("127.0.0.1", 0), Feeds)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    return listening.server_address[1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--feeds", type=int, default=10_000)
    parser.add_argument("--entries", type=int, default=5)
    parser.add_argument("--model", default="fast", help="for names and quotations")
    parser.add_argument("program", nargs="?", default="target/release/dateline")
    args = parser.parse_args()
    port = server(args.entries)
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        feeds = [f'[[feed]]\nid = "f{n}"\nurl = "http://127.0.0.1:{port}/{n}.xml"\n' for n in range(args.feeds)]
        (place / "feeds.toml").write_text("\n".join(feeds))
        config = place / "dateline.toml"
        config.write_text(f'[fetch]\nper_host = 64\nno_proxy = ["*"]\n[pipeline]\npages = "never"\n[log]\n'
                          f'level = "error"\n[extract]\nentities = "{args.model}"\nquotes = "{args.model}"\n')
        begun = time.monotonic()
        subprocess.run([args.program, "run", "--once", "--config", config], check=True)
        took = time.monotonic() - begun
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        articles = args.feeds * args.entries
        print(f"{args.feeds} feeds, {articles} articles in {took:.0f} s: {articles / took:.0f} articles/s by the clock, "
              f"{articles / (used.ru_utime + used.ru_stime):.0f} per second of processor time; "
              f"peak memory {used.ru_maxrss / 1024:.0f} MiB; store {(place / 'data/dateline.db').stat().st_size >> 20} MiB")


main()
