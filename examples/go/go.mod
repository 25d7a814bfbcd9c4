module taas-go

go 1.25.11

require (
	example.com/pulumi-taas/sdk/go v0.0.0-00010101000000-000000000000
	github.com/pulumi/pulumi/sdk/v3 v3.256.0
)

// Where `pulumi install` generates the SDK.
replace example.com/pulumi-taas/sdk/go => ./sdks/taas
