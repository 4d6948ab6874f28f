FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
# Members of the workspace, which Cargo.lock lists: cargo wants to see what they are, and builds nothing of them.
COPY benches/pipeline/Cargo.toml benches/pipeline/Cargo.toml
COPY tests/sandbox/Cargo.toml tests/sandbox/Cargo.toml
COPY tests/support/Cargo.toml tests/support/Cargo.toml
COPY deploy/build.sh deploy/build.sh
# The dependencies make a layer of their own, which a change of the sources or the schemas leaves as it is.
RUN mkdir src && echo '//! Nothing yet.' > src/lib.rs && printf '//! Nothing yet.\nfn main() {}\n' > src/main.rs && \
    deploy/build.sh && rm -r src
COPY schemas schemas
COPY src src
# Cargo goes by the time of a file, and the sources may be older than what was built in their place.
RUN find src -exec touch {} + && cp "$(deploy/build.sh)" /defender-update-incident

FROM scratch
ARG VERSION=0.2.0
# Where these sources are kept: --build-arg SOURCE=https://...
ARG SOURCE=
LABEL org.opencontainers.image.title="defender-update-incident" \
      org.opencontainers.image.description="Update one Microsoft Defender incident: JSON on stdin, one envelope on stdout" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.source="$SOURCE" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /defender-update-incident /defender-update-incident
# Both ids in numbers: there is no /etc/passwd to look names up in, and a user alone would leave group 0.
USER 65532:65532
ENTRYPOINT ["/defender-update-incident"]
