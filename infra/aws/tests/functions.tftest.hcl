# The functions beside the services, and all schedules.

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
  services = {
    users    = { memory_mb = 1024, warm_min = 1, warm_max = 5, instances_max = 40 }
    accounts = { memory_mb = 1769, warm_min = 2, warm_max = 10, instances_max = 80 }
    stats    = { memory_mb = 1024, warm_min = 1, warm_max = 5, instances_max = 40 }
    events   = { memory_mb = 1024, warm_min = 1, warm_max = 5, instances_max = 40 }
  }
  database = {
    cluster = { id = "bank", arn = "arn:aws:rds:eu-central-1:123456789012:cluster:bank", endpoint = "database", port = 5432 }
    role_secrets = {
      prefix = "tidemark-test/database/"
      arns   = { for role in ["dagster", "extractor", "publisher", "warehouse", "users_app"] : role => "arn:aws:secretsmanager:eu-central-1:123456789012:secret:${role}" }
    }
    ca = "the certificate"
  }
  package           = { folder = "tests/archives", python = "3.13" }
  limits            = { connections = 200, capacity_min_acu = 0.5, capacity_max_acu = 8 }
  dagster_host      = "dagster.bank.example"
  operator_password = "the operators'"
  time_zone         = "Europe/Berlin"
  changes_passwords = true
}

run "in_production" {
  module {
    source = "./modules/functions"
  }

  assert {
    condition     = aws_scheduler_schedule.function["kickoff"].schedule_expression_timezone == "Europe/Berlin"
    error_message = "Midnight is the bank's."
  }

  assert {
    condition     = one(aws_scheduler_schedule.function["kickoff"].target).retry_policy[0].maximum_retry_attempts > 0
    error_message = "A close that was not started is started later."
  }

  assert {
    condition     = aws_lambda_function.function["scaler"].reserved_concurrent_executions == 1
    error_message = "A second one would undo the first one's decision."
  }

  assert {
    condition     = sum([for each in values(jsondecode(local.environment.scaler.TIDEMARK_SCALER_SERVICES)) : each.share]) == 1
    error_message = "All connections are given out, and none twice."
  }

  assert {
    condition     = toset(keys(aws_secretsmanager_secret_rotation.role)) == toset(keys(var.database.role_secrets.arns))
    error_message = "Every role's."
  }

  assert {
    condition     = one(aws_lambda_function.function["rotation"].vpc_config).security_group_ids == toset(["sg-rotation"])
    error_message = "The function reaches the database."
  }
}

run "and_not_before" {
  module {
    source = "./modules/functions"
  }

  variables {
    changes_passwords = false
  }

  assert {
    condition     = length(aws_secretsmanager_secret_rotation.role) == 0
    error_message = "There is no database with roles yet."
  }
}
