"""Stands in for Shuffle's backend, by the protocol that its published SDK speaks: one action is handed on in variables of the
environment, and the answer comes by POST. Reads {"app", "action", "parameters"} from stdin, and
perhaps "end_when", a file: once it is there the app gets SIGTERM. Prints {"results", "log"}."""
import http.server
import json
import os
import subprocess
import sys
import threading
import time

call = json.load(sys.stdin)
results = []


class Backend(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path == "/api/v1/streams":
            results.append(json.loads(body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"success": true}')

    do_GET = do_POST


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
parameters = [
    {"name": name, "value": value, "schema": {"type": "string"}, "options": None, "unique_toggled": False, "variant": "STATIC_VALUE"}
    for name, value in call["parameters"].items()
]
action = {
    "id": "step-1", "name": call["action"], "app_name": "Defender Update Incident", "app_version": "1.0.0", "label": "update",
    "parameters": parameters,
}
execution = {
    "execution_id": "run-1", "authorization": "not-real", "workflow": {"actions": [action], "branches": [], "triggers": []},
    "results": [], "start": "step-1", "execution_argument": "",
}
variables = {
    "ACTION": json.dumps(action), "EXECUTIONID": "run-1", "AUTHORIZATION": "not-real", "FULL_EXECUTION": json.dumps(execution),
    "CALLBACK_URL": url, "BASE_URL": url,
}
app = subprocess.Popen(
    [sys.executable, call["app"]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **variables}
)
if "end_when" in call:
    until = time.monotonic() + 30
    while not os.path.exists(call["end_when"]) and time.monotonic() < until:
        time.sleep(0.02)
    app.terminate()
log, _ = app.communicate(timeout=120)
told = [{"status": one.get("status"), "result": one.get("result")} for one in results]
print(json.dumps({"results": told, "log": log}))
