#!/bin/sh
# The update as somebody with curl and jq writes it: curl_twice.sh CA TOKEN_URL API_URL FORM BODY
set -eu
token=$(curl -sS --fail --cacert "$1" --data "$4" "$2" | jq -er .access_token)
curl -sS --fail --cacert "$1" -X PATCH -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
    --data "$5" -w '\n%{http_code}\n' "$3"
