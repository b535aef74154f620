#!/usr/bin/env python3
"""Measures what a long feed list costs: time to the first poll, memory, pages, a reload, and a change through the API.

    benches/feed_list.py [--feeds 180000] [--hosts 20000] [--format toml] [PROGRAM]

The feeds are on loopback addresses, where a server accepts connections and never answers, and only one poll is open:
the figures are those of the list alone. PROGRAM is target/release/dateline if left out.
"""

import argparse
import os
import pathlib
import resource
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request


def memory(process):
    """Returns the resident memory and its peak, in MB."""
    lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return tuple(int(fields[name].split()[0]) * 1024 / 1e6 for name in ("VmRSS", "VmHWM"))


def processor(process):
    """Returns the processor time that the process has used, in seconds."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def forget_peak(process):
    pathlib.Path(f"/proc/{process.pid}/clear_refs").write_text("5")


def feeds(args, port):
    """Yields the name, folder and URL of each feed."""
    for n in range(args.feeds):
        host = n % args.hosts
        address = f"127.{1 + (host >> 16)}.{host >> 8 & 255}.{host & 255}"
        yield f"The Gazette of Town {n}", f"Region {n % 50}", f"http://{address}:{port}/news/{n}/feed.xml"


def write(args, port, folder):
    path = folder / f"feeds.{args.format}"
    with path.open("w") as file:
        if args.format == "toml":
            for title, region, url in feeds(args, port):
                file.write(f'[[feed]]\nurl = "{url}"\ntitle = "{title}"\nfolder = "{region}"\n\n')
        else:
            by_region = {}
            for title, region, url in feeds(args, port):
                by_region.setdefault(region, []).append(f'<outline type="rss" text="{title}" xmlUrl="{url}"/>\n')
            file.write('<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0"><body>\n')
            for region, outlines in by_region.items():
                file.write(f'<outline text="{region}">\n{"".join(outlines)}</outline>\n')
            file.write("</body></opml>\n")
    return path


def timed(url, method="GET"):
    """Returns the duration of a request in seconds, and the answer."""
    begun = time.monotonic()
    request = urllib.request.Request(url, method=method, headers={"x-dateline": "1"})
    with urllib.request.urlopen(request, timeout=600) as reply:
        body = reply.read()
    return time.monotonic() - begun, body


def get(url, method="GET"):
    """Returns the duration of a request in seconds, and the length of the answer."""
    took, body = timed(url, method)
    return took, len(body)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--feeds", type=int, default=180_000)
    parser.add_argument("--hosts", type=int, default=20_000)
    parser.add_argument("--format", choices=["toml", "opml"], default="toml")
    parser.add_argument("program", nargs="?", default="target/release/dateline")
    args = parser.parse_args()
    hole = socket.create_server(("0.0.0.0", 0), backlog=64)
    with socket.create_server(("127.0.0.1", 0)) as free:
        pages = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        path = write(args, hole.getsockname()[1], folder)
        config = folder / "dateline.toml"
        config.write_text(f'[feeds]\nfiles = ["{path.name}"]\n[pipeline]\nopen_polls = 1\n[fetch]\nno_proxy = ["*"]\n'
                          f'robots = false\nread_timeout = "5m"\ntotal_timeout = "10m"\n'
                          f'[serve]\nenabled = true\nlisten = "127.0.0.1:{pages}"\n')
        print(f"{args.feeds} feeds on {args.hosts} hosts, {path.stat().st_size / 1e6:.0f} MB of {args.format}")
        begun = time.monotonic()
        subprocess.run([args.program, "feeds", "list", "--config", config], stdout=subprocess.DEVNULL, check=True)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"feeds list: {time.monotonic() - begun:.2f} s, {used.ru_utime + used.ru_stime:.2f} s of processor time")
        begun = time.monotonic()
        process = subprocess.Popen([args.program, "run", "--config", config], stderr=subprocess.DEVNULL)
        try:
            hole.settimeout(600)
            held = hole.accept()
            print(f"first poll after {time.monotonic() - begun:.2f} s, {processor(process):.2f} s of processor time; "
                  "resident {:.0f} MB, peak {:.0f} MB".format(*memory(process)))
            url = f"http://127.0.0.1:{pages}"

            def feed_id(n):
                return f"127.1.0.{n}-{hole.getsockname()[1]}-news-{n}-feed"

            def applied(what, change, count):
                """Makes a change, and waits until the scheduler has this many feeds."""
                forget_peak(process)
                since, worst, blocked, used = time.monotonic(), 0, 0, processor(process)
                thread = threading.Thread(target=change, daemon=True)
                thread.start()
                while time.monotonic() - since < 300:
                    took, text = timed(url + "/metrics")
                    worst = max(worst, took)
                    # The scheduler answers this one.
                    blocked = max(blocked, timed(f"{url}/api/v1/feeds/{feed_id(1)}/poll", "POST")[0])
                    lines = [line for line in text.decode().splitlines() if line.startswith("dateline_feeds{")]
                    if sum(int(line.split()[-1]) for line in lines) == count:
                        break
                    time.sleep(0.01)
                thread.join(60)
                print(f"{what}: applied after {time.monotonic() - since:.2f} s, {processor(process) - used:.2f} s of "
                      f"processor time; slowest answer meanwhile {worst * 1000:.0f} ms, of the "
                      f"scheduler {blocked * 1000:.0f} ms; " + "resident {:.0f} MB, peak {:.0f} MB".format(*memory(process)))

            for page in ["/", "/feeds", "/feeds?page=1000", "/feeds?sort=name", "/feeds?sort=next", "/feeds?sort=rate",
                         "/feeds?sort=success", "/feeds?q=town+9999", "/feeds?q=zzz", "/feeds?status=waiting",
                         "/pipeline", "/metrics", "/health/live", "/health/ready", "/api/v1/pipeline",
                         "/api/v1/feeds?page=7", "/api/v1/feeds?q=town+77"]:
                try:
                    get(url + page)
                    took, size = min(get(url + page) for _ in range(5))
                    print(f"{took * 1000:7.1f} ms {size:8} bytes  {page}")
                except urllib.error.HTTPError as error:
                    print(f"{error}  {page}")
            count = args.feeds
            for what in ["SIGHUP with a feed more", "SIGHUP with a feed less"]:
                count += 1 if what.endswith("more") else -1
                text = path.read_text()
                more = f'[[feed]]\nurl = "http://127.9.9.9:{hole.getsockname()[1]}/more"\n'
                if args.format == "opml":
                    more = more.replace("[[feed]]\nurl = ", "<outline xmlUrl=").replace('more"\n', 'more"/>')
                    text = text.replace(more, "").replace("</body>", more + "</body>" if count > args.feeds else "</body>")
                else:
                    text = text.replace(more, "") + (more if count > args.feeds else "")
                path.write_text(text)
                applied(what, lambda: process.send_signal(signal.SIGHUP), count)
            if args.format == "toml":
                applied("removal through the API",
                        lambda: get(f"{url}/api/v1/feeds/{feed_id(0)}", "DELETE"), count - 1)
            held[0].close()
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()


main()
