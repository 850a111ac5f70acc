# Alarms, dashboard, budget.

mock_provider "aws" {
  source = "./tests/aws"
}

variables {
  functions = {
    for service in ["users", "accounts", "stats", "events"] : service => {
      name       = service
      arn        = "arn:aws:lambda:eu-central-1:123456789012:function:${service}"
      alias      = "live"
      alias_arn  = "arn:aws:lambda:eu-central-1:123456789012:function:${service}:live"
      invoke_arn = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/${service}:live/invocations"
    }
  }
  email             = "bank@example.com"
  budget_usd        = 100
  helpers           = { scaler = "scaler", kickoff = "kickoff", rotation = "rotation" }
  log_groups        = { users = "/users", accounts = "/accounts", stats = "/stats", events = "/events" }
  api_id            = "api"
  proxy_name        = "proxy"
  cluster_id        = "bank"
  connections_max   = 300
  ecs_cluster       = "bank"
  dagster_service   = "dagster"
  app_service       = "app"
  dead_letter_queue = "dead-letters"
}

run "in_production" {
  module {
    source = "./modules/watch"
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["proxy-pinned"].metric_name == "DatabaseConnectionsCurrentlySessionPinned" && aws_cloudwatch_metric_alarm.this["proxy-pinned"].threshold == 0
    error_message = "One pinned connection is one too many."
  }

  assert {
    condition     = length(setsubtract([for each in ["users", "accounts", "stats", "events", "scaler", "kickoff", "rotation"] : "${each}-errors"], keys(aws_cloudwatch_metric_alarm.this))) == 0
    error_message = "Services and helpers."
  }

  assert {
    condition     = alltrue([for each in aws_cloudwatch_metric_alarm.this : each.alarm_actions == toset([aws_sns_topic.alarms.arn])])
    error_message = "By e-mail."
  }

  assert {
    condition     = alltrue([for each in aws_cloudwatch_metric_alarm.this : each.treat_missing_data == "breaching" if endswith(each.alarm_name, "-away")])
    error_message = "A part that is gone sends no figures."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["database-connections"].threshold == 270
    error_message = "Nine tenths of them."
  }
}
