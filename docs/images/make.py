#!/usr/bin/env python3
"""Makes the pictures of the documentation from the demo.

    cargo build --release
    docs/images/make.py [PROGRAM]

PROGRAM is target/release/dateline if left out. Needs chromium (Debian: chromium).
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
# Name, path, width and height of each picture. Files stay below 200 kB.
PICTURES = [("live.png", "/", 1100, 800)]
LARGEST = 200_000


def wait_for(address, text):
    """Waits until the page at the address contains the text."""
    for _ in range(120):
        try:
            page = urllib.request.urlopen(address, timeout=5).read().decode()
        except OSError:
            page = ""
        if re.search(text, page):
            return
        time.sleep(0.25)
    sys.exit(f"{address} does not show {text}")


def shoot(address, file, width, height):
    """Saves a screenshot of the page."""
    with tempfile.TemporaryDirectory() as profile:
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                   "--disable-background-networking", "--disable-dev-shm-usage", f"--user-data-dir={profile}",
                   "--blink-settings=preferredColorScheme=1", "--timeout=4000", f"--window-size={width},{height}",
                   f"--screenshot={file}", address]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else str(HERE / "../../target/release/dateline")
    if not shutil.which("chromium"):
        sys.exit("chromium is missing (Debian: apt-get install chromium)")
    demo = subprocess.Popen([program, "demo", "--listen", "127.0.0.1:0"], stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)
    try:
        address = None
        for line in demo.stderr:
            address = re.search(r"http://[\d.:]+", line)
            if line.startswith("Live page:") and address:
                break
        if not address:
            sys.exit("the demo does not say where its page is")
        base = address[0]
        wait_for(f"{base}/", "Storm warning")  # a story of the second edition
        time.sleep(2)
        for name, path, width, height in PICTURES:
            file = HERE / name
            shoot(f"{base}{path}", file, width, height)
            size = file.stat().st_size
            print(f"{file.relative_to(HERE.parent.parent) if HERE.is_absolute() else file}: {size} bytes")
            if size > LARGEST:
                sys.exit(f"{file} is larger than {LARGEST} bytes")
    finally:
        demo.terminate()
        demo.wait(30)


main()
