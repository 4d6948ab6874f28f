"""The update as somebody with Python and requests writes it: the document on stdin, an envelope on stdout."""
import json
import sys

import requests

call = json.load(sys.stdin)
token = requests.post(call["token_url"], data=call["form"], verify=call["ca"], timeout=100)
token.raise_for_status()
answer = requests.patch(
    call["url"],
    json=call["json_body"],
    headers={"Authorization": "Bearer " + token.json()["access_token"]},
    verify=call["ca"],
    timeout=100,
)
answer.raise_for_status()
envelope = {
    "status_code": answer.status_code,
    "response_headers": dict(answer.headers),
    "reason": answer.reason,
    "json_body": answer.json(),
}
print(json.dumps(envelope))
