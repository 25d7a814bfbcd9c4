// Programs of tests run without a check of their types, which takes four times as long as all else of their start. The types of
// examples and of programs in the docs are checked at once, in tests of their own.
process.env.PULUMI_NODEJS_TRANSPILE_ONLY = "true";
