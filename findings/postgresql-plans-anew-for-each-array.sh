#!/usr/bin/env bash
# PostgreSQL 15: a prepared statement whose parameter is an array is planned anew for each call, for ever.
#
# A good guess: after five calls a prepared statement keeps one plan (plan_cache_mode = auto), so only the first calls plan.
# Seen, after 20 calls of each:
#   id = $1:                     15 calls by the kept plan
#   id = ANY ($1), unnest($1):   0 calls by the kept plan. With an unknown array PostgreSQL expects ten elements. For a
#                                shorter one, the plan made for it always looks cheaper, and its own making counts for little.
#   force_generic_plan:          all calls by the kept plan. That one must be right for every size of the tables.
#
# In a function with several such statements, planning cost more than to write two messages. Statements in SQL functions and
# PL/pgSQL do the same.
set -euo pipefail
PATH="$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)"
folder=$(mktemp -d)
as=()
if [ "$(id -u)" = 0 ]; then
  chown nobody "$folder"
  as=(setpriv --reuid nobody --clear-groups)
fi
trap '"${as[@]}" pg_ctl -D "$folder/data" -m immediate stop >/dev/null; rm -rf "$folder"' EXIT
"${as[@]}" initdb -D "$folder/data" -U me -A trust --no-sync >/dev/null
"${as[@]}" pg_ctl -D "$folder/data" -o "-c listen_addresses='' -c unix_socket_directories=$folder" -l "$folder/log" -w start >/dev/null
{
  echo "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t SELECT i, i FROM generate_series(1, 10000) i; ANALYZE t;
    PREPARE one (int) AS SELECT n FROM t WHERE id = \$1;
    PREPARE any_of (int[]) AS SELECT n FROM t WHERE id = ANY (\$1);
    PREPARE unnested (int[]) AS SELECT n FROM unnest(\$1) u (id) JOIN t USING (id);
    PREPARE forced (int[]) AS SELECT n FROM unnest(\$1) u (id) JOIN t USING (id);"
  for _ in $(seq 20); do
    echo "EXECUTE one(1); EXECUTE any_of('{1,2}'); EXECUTE unnested('{1,2}');
      SET plan_cache_mode = force_generic_plan; EXECUTE forced('{1,2}'); RESET plan_cache_mode;"
  done
  echo "\\o"
  echo "SELECT name, generic_plans AS kept, custom_plans AS anew FROM pg_prepared_statements ORDER BY prepare_time;"
} | sed '1i \\\\o /dev/null' | psql -X -q -h "$folder" -U me postgres
