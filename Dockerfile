# The image contains the single binary on a small Debian, and nothing of the build.
FROM oven/bun:1.4.5 AS build
WORKDIR /src
COPY package.json bun.lock bunfig.toml ./
COPY patches patches
RUN bun install --frozen-lockfile
COPY . .
RUN bun run build

FROM debian:bookworm-slim
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Confab" \
      org.opencontainers.image.description="Real-time chat for people who run it themselves." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

RUN groupadd --gid 10001 confab \
 && useradd --uid 10001 --gid confab --no-log-init --home-dir /data --no-create-home --shell /usr/sbin/nologin confab \
 && install -d -o confab -g confab -m 0750 /data \
 && install -d -m 1777 /var/cache/confab
COPY --from=build --chmod=0755 /src/dist/confab /usr/local/bin/confab

# Containers log to standard output. Bun reads BUN_TMPDIR: the binary unpacks its native code there, once.
ENV DATA_DIR=/data \
    STATE_DIR=/var/cache/confab/state \
    LOG_DIR=off \
    LOG_FORMAT=json \
    BUN_TMPDIR=/var/cache/confab
WORKDIR /data
USER 10001:10001
# Unpacks the native code now, so that a read-only root file system needs no writable, executable /tmp. It also proves that the
# binary runs here.
RUN ["confab", "--version"]

EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["confab", "healthcheck"]
# Without an ENTRYPOINT, other commands look the same here, in `docker compose exec` and elsewhere. Confab starts no children, so
# it needs no init.
CMD ["confab", "serve"]
