module taas-go

go 1.24

require (
	example.com/pulumi-taas/sdk v0.1.0
	github.com/pulumi/pulumi/sdk/v3 v3.255.0
)

// What `pulumi install` generates.
replace example.com/pulumi-taas/sdk => ./sdks/taas
