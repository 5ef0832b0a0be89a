# Shale in a small image: built in one stage, run by an unprivileged user in another.
#
#   docker build -t shale . && docker run -e SHALE_PASSWORD=... -p 127.0.0.1:5432:5432 shale

FROM debian:bookworm-slim AS build
WORKDIR /src
# The packages first: a change of the sources does not install them again.
COPY scripts/deps scripts/deps
RUN scripts/deps serve
COPY . .
RUN cmake --preset release -DSHALE_TESTS=OFF \
 && ninja -C build/release shale \
 && strip --strip-debug build/release/shale
# The packages that the binary's libraries come from: what the last stage installs, and nothing else.
RUN ldd build/release/shale | awk '$3 ~ /^\// { print $3 }' | sort -u | while read -r library; do \
      dpkg-query --search "$library" 2>/dev/null \
        || dpkg-query --search "${library#/usr}" 2>/dev/null \
        || dpkg-query --search "/usr$library"; \
    done | sed 's/:.*//' | sort -u >build/runtime-packages \
 && cat build/runtime-packages

FROM debian:bookworm-slim
COPY --from=build /src/build/runtime-packages /tmp/runtime-packages
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive xargs -a /tmp/runtime-packages \
      apt-get install -y --no-install-recommends tzdata \
 && rm -rf /var/lib/apt/lists/* /tmp/runtime-packages \
 && useradd --system --user-group --uid 999 --home-dir /data --shell /usr/sbin/nologin shale \
 && install -d -o shale -g shale -m 0700 /data
COPY --from=build /src/build/release/shale /usr/local/bin/shale
COPY --from=build /src/LICENSE /src/NOTICE /src/THIRD_PARTY.md /usr/share/doc/shale/

USER shale
VOLUME /data
EXPOSE 5432 8080
STOPSIGNAL SIGTERM

# The image has no HTTP client, and needs none: bash speaks TCP.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /v1/health HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' >&3 && read -r status <&3 && [[ $status == HTTP/1.?' 200 '* ]]"]

# Listening beyond the loopback needs a password: SHALE_PASSWORD, or --password-file.
ENTRYPOINT ["shale", "--data-dir", "/data", "--listen", "0.0.0.0:5432", "--admin-listen", "0.0.0.0:8080"]
