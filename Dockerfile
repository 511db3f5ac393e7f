# Every image of Meshwork, one target each; `npm run images` compiles, makes the two bases and builds them all without a daemon.
#
#   npm run compile && docker build --target pilot --build-arg BASE=… .
#
# BASE needs the GNU C library, libstdc++ and libatomic; INIT_BASE besides iptables or nft, ip, and nsenter. Neither needs a shell:
# nothing runs while an image is built, so the build needs no network and equal files give equal layers.
ARG BASE
ARG INIT_BASE

FROM ${BASE} AS runtime
# The pinned Node, from the npm package `node`.
ARG NODE=node_modules/node/bin/node
COPY ${NODE} /usr/local/bin/node
ENV NODE_ENV=production
USER 65532:65532

FROM runtime AS pilot
COPY scripts/images/launch.mjs /usr/local/bin/meshwork-pilot
COPY packages/pilot/dist/program /opt/meshwork/packages/pilot/dist/program
ENTRYPOINT ["/usr/local/bin/meshwork-pilot"]

FROM runtime AS citadel
COPY scripts/images/launch.mjs /usr/local/bin/meshwork-citadel
COPY packages/citadel/dist/program /opt/meshwork/packages/citadel/dist/program
ENTRYPOINT ["/usr/local/bin/meshwork-citadel"]

FROM runtime AS mixer
COPY scripts/images/launch.mjs /usr/local/bin/meshwork-mixer
COPY packages/mixer/dist/program /opt/meshwork/packages/mixer/dist/program
ENTRYPOINT ["/usr/local/bin/meshwork-mixer"]

FROM runtime AS adapters
COPY scripts/images/launch.mjs /usr/local/bin/meshwork-adapter-denier
COPY scripts/images/launch.mjs /usr/local/bin/meshwork-adapter-prometheus
COPY packages/adapters/dist/program /opt/meshwork/packages/adapters/dist/program
ENTRYPOINT ["/usr/local/bin/meshwork-adapter-prometheus"]

FROM runtime AS proxy
COPY scripts/images/launch.mjs /usr/local/bin/meshwork-proxy
COPY scripts/images/launch.mjs /usr/local/bin/meshwork-agent
COPY packages/proxy/dist/program /opt/meshwork/packages/proxy/dist/program
# Interception lets pass what this user sends.
USER 1337:1337
ENTRYPOINT ["/usr/local/bin/meshwork-proxy"]

FROM ${INIT_BASE} AS init
ARG NODE=node_modules/node/bin/node
COPY ${NODE} /usr/local/bin/node
COPY scripts/images/launch.mjs /usr/local/bin/meshwork-init
COPY scripts/images/launch.mjs /usr/local/bin/meshwork-node-agent
COPY packages/proxy/dist/program/init-main.js /opt/meshwork/packages/proxy/dist/program/init-main.js
COPY packages/node-agent/dist/program /opt/meshwork/packages/node-agent/dist/program
# The kernel lets only root change its rules through iptables; the pod adds NET_ADMIN and drops all else.
USER 0:0
ENTRYPOINT ["/usr/local/bin/meshwork-init"]

FROM runtime AS cli
COPY scripts/images/launch.mjs /usr/local/bin/meshctl
COPY packages/cli/package.json /opt/meshwork/packages/cli/package.json
COPY packages/cli/dist/charts /opt/meshwork/packages/cli/dist/charts
COPY packages/cli/dist/program /opt/meshwork/packages/cli/dist/program
ENTRYPOINT ["/usr/local/bin/meshctl"]
