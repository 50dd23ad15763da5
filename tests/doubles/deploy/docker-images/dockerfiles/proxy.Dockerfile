# SPDX-License-Identifier: Apache-2.0
# TEST DOUBLE of nsfl-proxy: Debian's real nginx with Lua in the place of OpenResty, and Lua files of our own.
# nginx.conf is not in the image: the deployment mounts it at /nginx/conf.
FROM debian:bookworm
LABEL neursafe.fl.double="true" org.opencontainers.image.title="nsfl-proxy (test double, not the product)"
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    nginx-core libnginx-mod-http-lua lua-resty-core lua-resty-lrucache lua-cjson lua-socket \
 && rm -rf /var/lib/apt/lists/*
COPY deploy/configs/proxy/nginx /usr/local/bin/nginx
COPY deploy/configs/proxy/lua /nginx/lua
COPY deploy/configs/proxy/start_nginx.sh /nginx/start_nginx.sh
# The successor's image has a script that starts it, and another token that everybody knows.
ARG NSFL_DOUBLE_SHAPE=2022
RUN mkdir -p /nginx/logs \
 && if [ "$NSFL_DOUBLE_SHAPE" = 2024 ]; then sed -i 's/"Fl-ZTE"/"nsfl-proxy-token"/' /nginx/lua/router_table.lua; else rm /nginx/start_nginx.sh; fi
WORKDIR /nginx
CMD ["nginx", "-p", "/nginx", "-c", "/nginx/conf/nginx.conf", "-g", "daemon off;"]
