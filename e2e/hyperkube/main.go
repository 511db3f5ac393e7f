// Kubernetes' control plane, its node agents, its command line and CoreDNS in one program: linked once instead of eight
// times, which is what makes a build on two cores bearable. The first argument, or the name it is called by, chooses.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	kubeproxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// programs holds constructors, not commands: each command registers global feature gates and metrics when it is made, and two
// in one process collide.
var programs = map[string]func(){
	"coredns":                 runCoreDNS,
	"etcd":                    func() { etcdmain.Main(os.Args) },
	"kube-apiserver":          of(func() *cobra.Command { return apiserver.NewAPIServerCommand() }),
	"kube-controller-manager": of(func() *cobra.Command { return controllers.NewControllerManagerCommand() }),
	"kube-proxy":              of(func() *cobra.Command { return kubeproxy.NewProxyCommand() }),
	"kube-scheduler":          of(func() *cobra.Command { return scheduler.NewSchedulerCommand() }),
	"kubectl":                 of(func() *cobra.Command { return kubectl.NewDefaultKubectlCommand() }),
	"kubelet":                 of(func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) }),
}

func of(command func() *cobra.Command) func() {
	return func() { os.Exit(cli.Run(command())) }
}

func usage() {
	names := make([]string, 0, len(programs))
	for name := range programs {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Fprintf(os.Stderr, "usage: hyperkube %s [flags]\n", strings.Join(names, "|"))
	os.Exit(2)
}

func main() {
	run, known := programs[filepath.Base(os.Args[0])]
	if !known {
		if len(os.Args) < 2 {
			usage()
		}
		os.Args = os.Args[1:]
		if run, known = programs[os.Args[0]]; !known {
			usage()
		}
	}
	run()
}
