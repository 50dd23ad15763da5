-- SPDX-License-Identifier: Apache-2.0
-- TEST DOUBLE. Finds the coordinator of a call by its module-id header; leaves the peer "ip:port" for the balancer.
local resolver = require "dns_resolver"

local id = ngx.req.get_headers()["module-id"]
local service = id and ngx.shared.iptables:get(id)
if not service then
    ngx.log(ngx.ERR, "module not found: ", id)
    return ngx.exit(502)
end

local host, port = string.match(service, "^(.+):(%d+)$")
local address, err = resolver.resolve(host)
if not address then
    ngx.log(ngx.ERR, "cannot resolve ", host, ": ", err)
    return ngx.exit(500)
end
ngx.ctx.dest_service = address .. ":" .. port
