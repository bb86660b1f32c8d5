#!/bin/sh
# Makes the passwords of docker-compose.prod.yml, once, in secrets/ or in the folder that you name.
set -eu
folder=${1:-secrets}
if [ -e "$folder" ]; then
  echo "$folder exists already; nothing was changed." >&2
  exit 1
fi
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
postgres=$(random)
redis=$(random)

# The folder keeps other users out. The files are readable, because each server runs as its own user in its container.
umask 022
mkdir -m 700 "$folder"
echo "*" >"$folder/.gitignore"
printf '%s' "$postgres" >"$folder/postgres_password"
cat >"$folder/redis.conf" <<END
requirepass $redis
save ""
appendonly no
maxmemory 384mb
maxmemory-policy volatile-lru
END
cat >"$folder/confab.env" <<END
DATABASE_URL=postgres://confab:$postgres@postgres:5432/confab
REDIS_URL=redis://:$redis@redis:6379
END
echo "$folder/ has the passwords of PostgreSQL and Redis. Keep a copy where the backups are."
