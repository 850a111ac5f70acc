# The three services: a function each, an alias that is what others call, and as few rights as it can work with.

data "aws_caller_identity" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id

  # What each service is told; the classes in api/*/settings.py say what they read, and a test compares.
  environment = {
    for service, _ in var.services : service => merge(
      {
        TIDEMARK_DATABASE_URL        = "postgresql://${service}_app@${var.proxy.endpoint}:5432/bank"
        TIDEMARK_DATABASE_IAM        = "true"
        TIDEMARK_DATABASE_CA_FILE    = "/etc/pki/tls/certs/ca-bundle.crt" # Lambda's; the proxy's is a public one
        TIDEMARK_PREPARED_STATEMENTS = "false"
        TIDEMARK_POOL_SIZE           = "1"
        TIDEMARK_GATEWAY_URL         = var.api_url
        TIDEMARK_ISSUER              = var.api_url
        TIDEMARK_EDGE_SECRET         = var.edge_secret
        TIDEMARK_EDGE_ONLY           = "true"
      },
      service == "users" ? {
        TIDEMARK_KMS_KEY_ID         = var.people.key_arn
        TIDEMARK_IDENTITY_TABLE     = var.people.identity_table.name
        TIDEMARK_DATA_KEY_TABLE     = var.people.data_key_table.name
        TIDEMARK_APP_SECRET         = var.app_secret
        TIDEMARK_EDGE_CLIENT_HEADER = "x-tidemark-viewer"
        # An instance answers one request at a time, so nothing waits beside a hash.
        TIDEMARK_HASH_PERCENT = "100"
      } : {}
    )
  }
}

resource "aws_cloudwatch_log_group" "service" {
  for_each          = var.services
  name              = "/aws/lambda/${var.bank.name}-${each.key}"
  retention_in_days = var.bank.log_retention_days
  kms_key_id        = var.bank.data_key_arn
}

resource "aws_lambda_function" "service" {
  #checkov:skip=CKV_AWS_116: It is called and waited for; nothing is ever queued for it.
  #checkov:skip=CKV_AWS_272: The archive is built from the lock's hashes by whoever deploys; there is no other publisher to tell apart.
  for_each                       = var.services
  function_name                  = "${var.bank.name}-${each.key}"
  description                    = "Tidemark's ${each.key} service"
  filename                       = "${var.package.folder}/${each.key}.zip"
  source_code_hash               = filebase64sha256("${var.package.folder}/${each.key}.zip")
  handler                        = "api.${each.key}.handler.handler"
  runtime                        = "python${var.package.python}"
  architectures                  = ["arm64"]
  memory_size                    = each.value.memory_mb
  timeout                        = 29 # below the gateway's 30 s, above the database's patience
  reserved_concurrent_executions = each.value.instances_max
  kms_key_arn                    = var.bank.data_key_arn
  role                           = aws_iam_role.service[each.key].arn
  publish                        = true

  environment {
    variables = local.environment[each.key]
  }

  vpc_config {
    subnet_ids         = var.network.private_subnet_ids
    security_group_ids = [var.network.security_group_ids.services]
  }

  logging_config {
    log_format = "Text" # the services write JSON themselves
    log_group  = aws_cloudwatch_log_group.service[each.key].name
  }

  tracing_config {
    mode = "Active"
  }

  lifecycle {
    ignore_changes = [reserved_concurrent_executions] # the scaler's
  }

  depends_on = [aws_iam_role_policy.service]
}

# The gateway calls the alias. Terraform makes it and publishes versions; `tidemark deploy` moves it, forward or back.
resource "aws_lambda_alias" "live" {
  for_each         = aws_lambda_function.service
  name             = "live"
  function_name    = each.value.function_name
  function_version = each.value.version

  lifecycle {
    ignore_changes = [function_version, description] # of `tidemark deploy`
  }
}

# Warm instances. The scaler moves least and most; between them AWS follows the use.
resource "aws_appautoscaling_target" "warm" {
  for_each           = var.services
  service_namespace  = "lambda"
  scalable_dimension = "lambda:function:ProvisionedConcurrency"
  resource_id        = "function:${aws_lambda_function.service[each.key].function_name}:${aws_lambda_alias.live[each.key].name}"
  min_capacity       = each.value.warm_min
  max_capacity       = each.value.warm_max

  lifecycle {
    ignore_changes = [min_capacity, max_capacity] # the scaler's
  }
}

resource "aws_appautoscaling_policy" "warm" {
  for_each           = aws_appautoscaling_target.warm
  name               = "${var.bank.name}-${each.key}-warm"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = each.value.service_namespace
  scalable_dimension = each.value.scalable_dimension
  resource_id        = each.value.resource_id

  target_tracking_scaling_policy_configuration {
    target_value = 0.7

    predefined_metric_specification {
      predefined_metric_type = "LambdaProvisionedConcurrencyUtilization"
    }
  }
}
