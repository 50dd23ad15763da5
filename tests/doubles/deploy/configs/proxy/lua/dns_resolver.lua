-- SPDX-License-Identifier: Apache-2.0
-- TEST DOUBLE. IPv4 address of a Service: one UDP question to the server that init.lua found.
local _M = {}

local SUFFIX = ".default.svc.cluster.local"   -- a literal, as in the real file

local function question(name)
    local labels = {}
    for label in string.gmatch(name, "[^.]+") do
        labels[#labels + 1] = string.char(#label) .. label
    end
    -- id 1, recursion desired, one question: type A, class IN
    return "\0\1\1\0\0\1\0\0\0\0\0\0" .. table.concat(labels) .. "\0\0\1\0\1"
end

local function u16(data, at)
    return data:byte(at) * 256 + data:byte(at + 1)
end

local function skip_name(data, at)
    while true do
        local size = data:byte(at)
        if size == 0 then return at + 1 end
        if size >= 192 then return at + 2 end
        at = at + 1 + size
    end
end

local function first_address(data)
    if data:byte(4) % 16 ~= 0 then
        return nil, "answer code " .. data:byte(4) % 16
    end
    local at = skip_name(data, 13) + 4
    for _ = 1, u16(data, 7) do
        at = skip_name(data, at)
        local kind, size = u16(data, at), u16(data, at + 8)
        if kind == 1 then
            return table.concat({data:byte(at + 10, at + 13)}, ".")
        end
        at = at + 10 + size
    end
    return nil, "no address in the answer"
end

function _M.resolve(host)
    if string.find(host, "^%d+%.%d+%.%d+%.%d+$") then
        return host
    end
    local server = ngx.shared.iptables:get("DNS SERVER")
    if not server then
        return nil, "no DNS server known"
    end
    local socket = ngx.socket.udp()
    socket:settimeout(2000)
    local ok, err = socket:setpeername(server, 53)
    local data
    if ok then ok, err = socket:send(question(host .. SUFFIX)) end
    if ok then data, err = socket:receive() end
    socket:close()
    if not data then
        return nil, err
    end
    return first_address(data)
end

return _M
