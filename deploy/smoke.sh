#!/usr/bin/env bash
# Tries a binary: deploy/smoke.sh ./dist/confab [port]
# It starts the binary on an empty folder, registers, logs in, sends and reads a message, and stops it.
set -euo pipefail
confab=$(realpath "$1")
port=${2:-8090}
folder=$(mktemp -d)
cd "$folder"
export HOST=127.0.0.1 PORT=$port DATA_DIR=$folder/data LOG_DIR=$folder/logs
"$confab" --version
"$confab" serve >"$folder/stdout.log" 2>&1 &
server=$!
trap 'kill -9 $server 2>/dev/null || true; cat "$folder/stdout.log"; rm -rf "$folder"' EXIT

for _ in $(seq 150); do
  "$confab" healthcheck >/dev/null 2>&1 && break
  kill -0 "$server"
  sleep 0.2
done
"$confab" healthcheck

api() { curl -fsS -b "$folder/$1.jar" -c "$folder/$1.jar" -H 'Content-Type: application/json' "http://127.0.0.1:$port/api$2" "${@:3}"; echo; }
for who in ann bob; do
  api $who /users/register/ -d '{"email":"'$who'@example.com","first_name":"'$who'","last_name":"Example","password":"SecurePass123","password_confirm":"SecurePass123"}'
  api $who /users/login/ -d '{"email":"'$who'@example.com","password":"SecurePass123"}'
done
id=$(api ann /chat/conversations/ -d '{"participant_ids":[1,2]}' | grep -o '"id":"[^"]*"' | head -1 | cut -d'"' -f4)
api ann "/chat/conversations/$id/messages/" -d '{"content":"Hello, Bob!"}'
api bob "/chat/conversations/$id/messages/" | grep 'Hello, Bob!'

kill -TERM "$server"
code=0
wait "$server" || code=$?
[ "$code" = 0 ] || { echo "it ended with $code" >&2; exit 1; }
echo "The binary works."
