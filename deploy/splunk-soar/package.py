"""Packs the app, with the program and all it needs, into the one file that Splunk SOAR installs.

    python package.py WHEEL FOLDER

prints the file's path. The interpreter's environment has to have `splunk-soar-sdk` and `uv`. The vendor's tool takes wheels from an index
alone, so this one is offered by an index on loopback for as long as it runs; all others come from the usual index.
"""

import asyncio
import hashlib
import http.server
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

from soar_sdk.cli.package.cli import build
from soar_sdk.meta.dependencies.wheels import UvWheel

HERE = pathlib.Path(__file__).resolve().parent
PACKED = ["pyproject.toml", "README.md", "logo.svg", "logo_dark.svg", "src"]
PROJECT = "defender-update-incident"
# The tool fetches some sixty wheels at once and gives each 10 s to connect, which many lines do not hold.
FETCHES_AT_ONCE = 4


def index_of(wheel: pathlib.Path) -> http.server.ThreadingHTTPServer:
    """An index by PEP 503 with this wheel alone."""
    content = wheel.read_bytes()
    page = f'<a href="/{wheel.name}#sha256={hashlib.sha256(content).hexdigest()}">{wheel.name}</a>'.encode()
    pages = {f"/simple/{PROJECT}/": (page, "text/html"), f"/{wheel.name}": (content, "application/zip")}

    class Index(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body, kind = pages.get(self.path, (b"", "text/plain"))
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def copy_with_index(folder: pathlib.Path, index: str) -> None:
    """The app's sources, and in its pyproject.toml the wheel and where it comes from: from nowhere else, as the usual index may have
    another project of this name."""
    for name in PACKED:
        source = HERE / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    project = folder / "pyproject.toml"
    before, listed, after = project.read_text(encoding="utf-8").partition("\ndependencies = [")
    if not listed:
        raise SystemExit("pyproject.toml has no list of dependencies to put the wheel into")
    project.write_text(
        f'{before}{listed}"{PROJECT}", {after}'
        f'\n[tool.uv.sources]\n{PROJECT} = {{ index = "loopback" }}\n'
        f'\n[[tool.uv.index]]\nname = "loopback"\nurl = "{index}"\nexplicit = true\n',
        encoding="utf-8",
    )


def fetch_few_at_once() -> None:
    fetch, gate = UvWheel.fetch, asyncio.Semaphore(FETCHES_AT_ONCE)

    async def fetch_in_turn(self: UvWheel) -> bytes:
        async with gate:
            return await fetch(self)

    UvWheel.fetch = fetch_in_turn


def main() -> None:
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    wheel, target = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    target.mkdir(parents=True, exist_ok=True)
    app = target / "defender_update_incident_app.tgz"
    # The tool looks for uv on PATH. The index on loopback is no proxy's business, and its port differs each time.
    os.environ["PATH"] = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    os.environ["NO_PROXY"] = ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1"]))
    server = index_of(wheel)
    fetch_few_at_once()
    with tempfile.TemporaryDirectory() as folder:
        copy_with_index(pathlib.Path(folder), f"http://127.0.0.1:{server.server_port}/simple")
        subprocess.run(["uv", "lock", "--quiet", "--python", sys.executable], cwd=folder, check=True, stdout=sys.stderr)
        # What it says of its progress goes to stdout.
        stdout = os.dup(1)
        os.dup2(2, 1)
        build(pathlib.Path(folder), app)
        os.dup2(stdout, 1)
    print(app)


if __name__ == "__main__":
    main()
