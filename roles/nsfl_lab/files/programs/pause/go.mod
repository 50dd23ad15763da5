module neursafe.fl/lab/pause

go 1.21
