# EventBridge Scheduler: the closes by the bank's clock, the scaler each minute, and what services elsewhere do by
# themselves (api/shared/tasks.py): a function that nobody calls does nothing.

locals {
  schedules = {
    kickoff = {
      arn = aws_lambda_function.function["kickoff"].arn
      # One o'clock too, for days without a midnight; infra/functions/README.md.
      expression = "cron(0 0,1 * * ? *)"
      input      = "{\"scheduled_at\": \"<aws.scheduler.scheduled-time>\"}"
      age_s      = 3600
      attempts   = 20
    }
    scaler = {
      arn        = aws_lambda_function.function["scaler"].arn
      expression = "rate(1 minute)"
      input      = "{}"
      age_s      = 60
      attempts   = 0
    }
    finish_deletions = {
      arn        = var.functions["users"].alias_arn
      expression = "rate(1 minute)"
      input      = jsonencode({ task = "finish_deletions" })
      age_s      = 60
      attempts   = 0
    }
    complete_index = {
      arn        = var.functions["users"].alias_arn
      expression = "rate(10 minutes)"
      input      = jsonencode({ task = "complete_index" })
      age_s      = 3600
      attempts   = 3
    }
    forget_ended = {
      arn        = var.functions["users"].alias_arn
      expression = "rate(1 hour)"
      input      = jsonencode({ task = "forget_ended" })
      age_s      = 3600
      attempts   = 3
    }
    forget_requests = {
      arn        = var.functions["accounts"].alias_arn
      expression = "rate(1 hour)"
      input      = jsonencode({ task = "forget_requests" })
      age_s      = 3600
      attempts   = 3
    }
    look_for_abandoned = {
      arn        = var.functions["accounts"].alias_arn
      expression = "rate(1 day)"
      input      = jsonencode({ task = "look_for_abandoned" })
      age_s      = 3600
      attempts   = 3
    }
  }
}

resource "aws_scheduler_schedule_group" "this" {
  name = var.bank.name
}

resource "aws_scheduler_schedule" "function" {
  for_each                     = local.schedules
  name                         = each.key
  group_name                   = aws_scheduler_schedule_group.this.name
  schedule_expression          = each.value.expression
  schedule_expression_timezone = var.time_zone
  kms_key_arn                  = var.bank.data_key_arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = each.value.arn
    role_arn = aws_iam_role.scheduler.arn
    input    = each.value.input

    retry_policy {
      maximum_event_age_in_seconds = each.value.age_s
      maximum_retry_attempts       = each.value.attempts
    }

    dead_letter_config {
      arn = aws_sqs_queue.dead_letters.arn
    }
  }
}

resource "aws_iam_role" "scheduler" {
  name               = "${var.bank.name}-scheduler"
  assume_role_policy = data.aws_iam_policy_document.scheduler_trust.json
}

data "aws_iam_policy_document" "scheduler_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_iam_role_policy" "scheduler" {
  name   = "start"
  role   = aws_iam_role.scheduler.id
  policy = data.aws_iam_policy_document.scheduler.json
}

data "aws_iam_policy_document" "scheduler" {
  statement {
    actions   = ["lambda:InvokeFunction"]
    resources = [for schedule in local.schedules : schedule.arn]
  }

  statement {
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_letters.arn]
  }

  statement {
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.bank.data_key_arn]
  }
}

# A service that has no free instance needs one now, not at the next minute.
resource "aws_cloudwatch_metric_alarm" "throttled" {
  for_each            = var.functions
  alarm_name          = "${var.bank.name}-${each.key}-throttled"
  alarm_description   = "The service turned requests away for want of instances; the scaler is told."
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = each.value.name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_lambda_function.function["scaler"].arn]
}

resource "aws_lambda_permission" "alarms" {
  for_each       = aws_cloudwatch_metric_alarm.throttled
  statement_id   = "alarm-${each.key}"
  action         = "lambda:InvokeFunction"
  principal      = "lambda.alarms.cloudwatch.amazonaws.com"
  function_name  = aws_lambda_function.function["scaler"].function_name
  source_account = local.account
  source_arn     = each.value.arn
}
