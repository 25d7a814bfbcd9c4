// One VM becomes the monitor of another VM on another host.
package main

import (
	"example.com/pulumi-taas/sdk/go/taas"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		conf := config.New(ctx, "")

		// This VM becomes the monitor: its port moves to br-tap, where nothing but copies arrives.
		ids, err := taas.NewTapService(ctx, "ids", &taas.TapServiceArgs{
			Host: pulumi.String(conf.Require("monitorHost")),
			Port: pulumi.String(conf.Require("monitorPort")),
		})
		if err != nil {
			return err
		}

		// This VM is tapped in both directions, except for what goes to port 22. The mirror tunnel to the monitor's host exists
		// while a flow uses it.
		web, err := taas.NewTapFlow(ctx, "web", &taas.TapFlowArgs{
			Service: ids.Ref,
			Host:    pulumi.String(conf.Require("sourceHost")),
			Port:    pulumi.String(conf.Require("sourcePort")),
			Filter: pulumi.Array{pulumi.Map{
				"action":          pulumi.String("reject"),
				"protocol":        pulumi.String("tcp"),
				"destinationPort": pulumi.Int(22),
			}},
			DefaultAction: pulumi.String("accept"),
		})
		if err != nil {
			return err
		}

		ctx.Export("tunnelId", ids.TunnelId)
		ctx.Export("rules", web.Rules)
		ctx.Export("status", web.Status)
		return nil
	})
}
