# What wakes somebody, what they look at then, and what it costs.

data "aws_region" "current" {}

resource "aws_sns_topic" "alarms" {
  name              = "${var.bank.name}-alarms"
  kms_master_key_id = var.bank.data_key_arn
}

resource "aws_sns_topic_subscription" "email" {
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.email
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms.json
}

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "alarms" {
  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

locals {
  functions = merge({ for service, function in var.functions : service => function.name }, var.helpers)

  # period in seconds; `over` means more than the threshold for `minutes` periods.
  alarms = merge(
    {
      for name, function in local.functions : "${name}-errors" => {
        text      = "The function ${name} ends with errors."
        namespace = "AWS/Lambda", metric = "Errors", dimensions = { FunctionName = function }
        statistic = "Sum", threshold = 0, periods = 1, period_s = 60, missing = "notBreaching", is_low = false
      }
    },
    {
      api-5xx = {
        text      = "The API answers with faults of its own."
        namespace = "AWS/ApiGateway", metric = "5xx", dimensions = { ApiId = var.api_id }
        statistic = "Sum", threshold = 5, periods = 1, period_s = 60, missing = "notBreaching", is_low = false
      }
      api-slow = {
        text      = "One call in a hundred takes more than two seconds."
        namespace = "AWS/ApiGateway", metric = "Latency", dimensions = { ApiId = var.api_id }
        statistic = "p99", threshold = 2000, periods = 5, period_s = 60, missing = "notBreaching", is_low = false
      }
      proxy-pinned = {
        text      = "Sessions keep their connection to themselves (SET, session lock, prepared statement): the proxy can't share them."
        namespace = "AWS/RDS", metric = "DatabaseConnectionsCurrentlySessionPinned", dimensions = { ProxyName = var.proxy_name }
        statistic = "Maximum", threshold = 0, periods = 3, period_s = 60, missing = "notBreaching", is_low = false
      }
      proxy-waits = {
        text      = "Calls wait for a database connection (a second or more)."
        namespace = "AWS/RDS", metric = "DatabaseConnectionsBorrowLatency", dimensions = { ProxyName = var.proxy_name }
        statistic = "Maximum", threshold = 1000000, periods = 3, period_s = 60, missing = "notBreaching", is_low = false
      }
      database-connections = {
        text      = "The database has hardly a connection left."
        namespace = "AWS/RDS", metric = "DatabaseConnections", dimensions = { DBClusterIdentifier = var.cluster_id }
        statistic = "Maximum", threshold = floor(var.connections_max * 0.9), periods = 3, period_s = 60, missing = "notBreaching", is_low = false
      }
      database-capacity = {
        text      = "Aurora works at its ceiling."
        namespace = "AWS/RDS", metric = "ACUUtilization", dimensions = { DBClusterIdentifier = var.cluster_id }
        statistic = "Average", threshold = 90, periods = 10, period_s = 60, missing = "notBreaching", is_low = false
      }
      dagster-away = {
        text      = "Dagster does not run: statistics stand still."
        namespace = "ECS/ContainerInsights", metric = "RunningTaskCount", dimensions = { ClusterName = var.ecs_cluster, ServiceName = var.dagster_service }
        statistic = "Minimum", threshold = 1, periods = 5, period_s = 60, missing = "breaching", is_low = true
      }
      app-away = {
        text      = "The app does not run."
        namespace = "ECS/ContainerInsights", metric = "RunningTaskCount", dimensions = { ClusterName = var.ecs_cluster, ServiceName = var.app_service }
        statistic = "Minimum", threshold = 1, periods = 3, period_s = 60, missing = "breaching", is_low = true
      }
      dead-letters = {
        text      = "A close or the scaler failed for good. README says how to send it again."
        namespace = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = var.dead_letter_queue }
        statistic = "Maximum", threshold = 0, periods = 1, period_s = 60, missing = "notBreaching", is_low = false
      }
    }
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each            = local.alarms
  alarm_name          = "${var.bank.name}-${each.key}"
  alarm_description   = each.value.text
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  comparison_operator = each.value.is_low ? "LessThanThreshold" : "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = each.value.period_s
  evaluation_periods  = each.value.periods
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# What a service or the pipeline itself calls an alarm: a ciphertext in the wrong row, a proof that failed.
resource "aws_cloudwatch_log_metric_filter" "own" {
  for_each       = var.log_groups
  name           = "${var.bank.name}-${each.key}-alarm"
  log_group_name = each.value
  pattern        = "{ $.alarm IS TRUE }"

  metric_transformation {
    name          = "OwnAlarms"
    namespace     = var.bank.name
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_metric_alarm" "own" {
  alarm_name          = "${var.bank.name}-own"
  alarm_description   = "A service says in its log that something is wrong: look for \"alarm\"."
  namespace           = var.bank.name
  metric_name         = "OwnAlarms"
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
}

resource "aws_budgets_budget" "month" {
  name         = var.bank.name
  budget_type  = "COST"
  limit_amount = tostring(var.budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  dynamic "notification" {
    for_each = { ACTUAL = 80, FORECASTED = 100 }

    content {
      notification_type          = notification.key
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      comparison_operator        = "GREATER_THAN"
      subscriber_email_addresses = [var.email]
    }
  }
}
