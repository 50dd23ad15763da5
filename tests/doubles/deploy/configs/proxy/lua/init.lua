-- SPDX-License-Identifier: Apache-2.0
-- TEST DOUBLE. Runs once per worker: finds the cluster's DNS server, as the real file does.
local cjson = require "cjson"      -- the real files need both; a missing one must show here too
local socket = require "socket"

ngx.log(ngx.WARN, "NEURSAFE FL TEST DOUBLE: proxy (", socket._VERSION, ", cjson ", cjson._VERSION, ")")

-- Visible only with `env JOB_SCHEDULER_ADDRESS;` in nginx.conf. The real file then walks over the health answer as if
-- it were a list and aborts, before the DNS step.
if os.getenv("JOB_SCHEDULER_ADDRESS") then
    for _ in ipairs("OK") do end
end

-- Only the first line counts: with "search ..." there, no server is found and this aborts as the real file does.
local file = assert(io.open("/etc/resolv.conf", "r"))
local line = file:read("*l")
file:close()
local from, to = string.find(line, "%d+%.%d+%.%d+%.%d+")
ngx.shared.iptables:set("DNS SERVER", string.sub(line, from, to))
