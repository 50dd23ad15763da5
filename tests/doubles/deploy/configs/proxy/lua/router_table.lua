-- SPDX-License-Identifier: Apache-2.0
-- TEST DOUBLE. The routing table over HTTP: POST adds, PUT changes, GET shows, DELETE removes one module's route.
local routes = ngx.shared.iptables
local headers = ngx.req.get_headers()
local method = ngx.req.get_method()

local function answer(code, text)
    ngx.status = code
    ngx.say(text)
    return ngx.exit(code)
end

-- os.getenv sees TOKEN only when nginx.conf says `env TOKEN;`
if headers["token"] ~= (os.getenv("TOKEN") or "Fl-ZTE") then
    return answer(401, "Unauthorized")
end
if not ({POST = true, PUT = true, GET = true, DELETE = true})[method] then
    return answer(405, "Method not allowed")
end

local id, service = headers["module-id"], headers["module-service"]
if method ~= "POST" and not (id and routes:get(id)) then
    return answer(404, "Not found")
end
if method == "POST" or method == "PUT" then
    if not (id and service) then
        return answer(400, "module-id and module-service are needed")
    end
    routes:set(id, service)
elseif method == "DELETE" then
    routes:delete(id)
end
return answer(200, method == "GET" and routes:get(id) or "OK")
