// SPDX-License-Identifier: Apache-2.0

// The sandbox of each pod of the lab: it holds the pod's namespaces open until it is told to go.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	<-stop
}
