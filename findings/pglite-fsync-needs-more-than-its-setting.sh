#!/usr/bin/env bash
# @electric-sql/pglite 0.5.16 on Node: the steps until a commit is on the disk.
#
# A good guess: postgresqlconf: ["fsync=on", "wal_sync_method=open_datasync"] makes commits durable.
# Seen:
#   settings alone:        SHOW fsync says off; no file is opened with O_SYNC; fsync is never called. PGlite starts
#                          PostgreSQL with -F, and the command line wins over the file, without a word.
#   and -F taken away:     SHOW fsync says on; the log is written with O_SYNC. A CHECKPOINT still never calls fsync, because
#                          Emscripten's NODEFS has no fsync operation and reports success. A checkpoint then removes its
#                          log while the tables may not be on the disk. That is worse than no checkpoint.
#   and the operation put: the CHECKPOINT syncs every file that it has written, in PostgreSQL's own order.
#
# A chat server needs all three, so that an acked message survives a loss of power. Each alone looks complete.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @electric-sql/pglite@0.5.16
cat > try.mjs <<'JS'
import fs from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { NodeFS } from "@electric-sql/pglite/nodefs";

const [, , how, dataDir] = process.argv;
let syncs = 0;
let through = 0;
const { fsyncSync, openSync } = fs;
fs.fsyncSync = (fd) => (syncs++, fsyncSync(fd));
fs.openSync = (path, flags, mode) => {
  if (/pg_wal\/0/.test(path) && flags & fs.constants.O_SYNC) through++;
  return openSync(path, flags, mode);
};
class Synced extends NodeFS {
  async init(pg, options) {
    const { emscriptenOpts } = await super.init(pg, options);
    const add = (module) => {
      module.NODEFS.stream_ops.fsync = ({ nfd }) => (fs.fsyncSync(nfd), 0);
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...emscriptenOpts.preRun, add] } };
  }
}
const db = await PGlite.create({
  fs: how === "operation" ? new Synced(dataDir) : new NodeFS(dataDir),
  postgresqlconf: ["fsync=on", "wal_sync_method=open_datasync"],
  ...(how === "settings" ? {} : { startParams: PGlite.defaultStartParams.filter((parameter) => parameter !== "-F") }),
});
const { fsync } = (await db.query("SHOW fsync")).rows[0];
await db.exec("CREATE TABLE t (i int); INSERT INTO t VALUES (1)");
syncs = 0;
await db.exec("CHECKPOINT");
console.log(`${how}: fsync=${fsync} log written through=${through > 0} fsyncs of a checkpoint=${syncs > 0 ? "some" : "none"}`);
await db.close();
JS
for how in settings start operation; do node try.mjs "$how" "$folder/data-$how"; done | tee seen
diff seen - <<'SEEN'
settings: fsync=off log written through=false fsyncs of a checkpoint=none
start: fsync=on log written through=true fsyncs of a checkpoint=none
operation: fsync=on log written through=true fsyncs of a checkpoint=some
SEEN
echo "as described"
