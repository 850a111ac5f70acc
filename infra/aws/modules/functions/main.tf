# The functions beside the services. infra/functions/README.md says what each is told and may do.

data "aws_caller_identity" "current" {}

locals {
  account    = data.aws_caller_identity.current.account_id
  state_name = "/${var.bank.name}/scaler"

  environment = {
    scaler = {
      TIDEMARK_SCALER_SERVICES = jsonencode({
        for service, function in var.functions : service => {
          function    = function.name
          alias       = function.alias
          floor       = var.services[service].warm_min
          share       = var.services[service].instances_max / sum([for each in values(var.services) : each.instances_max])
          connections = 1
        }
      })
      TIDEMARK_DATABASE_CONNECTIONS = tostring(var.limits.connections)
      TIDEMARK_DATABASE_CLUSTER     = var.database.cluster.id
      TIDEMARK_CAPACITY_MIN         = tostring(var.limits.capacity_min_acu)
      TIDEMARK_CAPACITY_MAX         = tostring(var.limits.capacity_max_acu)
      TIDEMARK_SCALER_STATE         = local.state_name
    }
    kickoff = {
      TIDEMARK_DAGSTER_GRAPHQL_URL = "https://${var.dagster_host}/graphql"
      TIDEMARK_TIME_ZONE           = var.time_zone
      TIDEMARK_OPERATOR_PASSWORD   = var.operator_password
    }
    rotation = {
      TIDEMARK_DATABASE_HOST = var.database.cluster.endpoint
      TIDEMARK_DATABASE_PORT = tostring(var.database.cluster.port)
      TIDEMARK_DATABASE_CA   = var.database.ca
    }
  }

  # A second scaler at work would undo the first one's decision; two kickoffs at once might start a close twice. All
  # roles' passwords may change at once.
  shape = {
    scaler   = { timeout = 60, instances_max = 1, retries = 0, in_network = false }
    kickoff  = { timeout = 150, instances_max = 1, retries = 2, in_network = true }
    rotation = { timeout = 30, instances_max = length(var.database.role_secrets.arns), retries = 2, in_network = true }
  }
}

resource "aws_cloudwatch_log_group" "function" {
  for_each          = local.shape
  name              = "/aws/lambda/${var.bank.name}-${each.key}"
  retention_in_days = var.bank.log_retention_days
  kms_key_id        = var.bank.data_key_arn
}

resource "aws_lambda_function" "function" {
  #checkov:skip=CKV_AWS_117: The scaler speaks to AWS's APIs alone; the others are in the network.
  #checkov:skip=CKV_AWS_272: The archive is built from the lock's hashes by whoever deploys.
  for_each                       = local.shape
  function_name                  = "${var.bank.name}-${each.key}"
  description                    = "Tidemark's ${each.key}"
  filename                       = "${var.package.folder}/${each.key}.zip"
  source_code_hash               = filebase64sha256("${var.package.folder}/${each.key}.zip")
  handler                        = "infra.functions.${each.key}.handler.handler"
  runtime                        = "python${var.package.python}"
  architectures                  = ["arm64"]
  memory_size                    = 256
  timeout                        = each.value.timeout
  reserved_concurrent_executions = each.value.instances_max
  kms_key_arn                    = var.bank.data_key_arn
  role                           = aws_iam_role.function[each.key].arn

  environment {
    variables = local.environment[each.key]
  }

  dynamic "vpc_config" {
    for_each = each.value.in_network ? [1] : []

    content {
      subnet_ids         = var.network.private_subnet_ids
      security_group_ids = [var.network.security_group_ids[each.key]]
    }
  }

  dead_letter_config {
    target_arn = aws_sqs_queue.dead_letters.arn
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.function[each.key].name
  }

  tracing_config {
    mode = "Active"
  }

  depends_on = [aws_iam_role_policy.function]
}

resource "aws_lambda_function_event_invoke_config" "function" {
  for_each                     = local.shape
  function_name                = aws_lambda_function.function[each.key].function_name
  maximum_retry_attempts       = each.value.retries
  maximum_event_age_in_seconds = 3600
}

# What could not be delivered or failed for good. Each message is the event: sent again, it does what it was to do.
resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.bank.name}-dead-letters"
  message_retention_seconds = 1209600
  kms_master_key_id         = var.bank.data_key_arn
}
