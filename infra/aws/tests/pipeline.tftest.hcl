# Dagster, its backfills, and what prepares the database.

mock_provider "aws" {
  source = "./tests/aws"
}

variables {
  database = {
    cluster = { id = "bank", arn = "arn:aws:rds:eu-central-1:123456789012:cluster:bank", endpoint = "database", port = 5432 }
    role_secrets = {
      prefix = "tidemark-test/database/"
      arns   = { for role in ["dagster", "extractor", "publisher", "warehouse", "users_app"] : role => "arn:aws:secretsmanager:eu-central-1:123456789012:secret:${role}" }
    }
    ca = "the certificate"
  }
  certificate_arn          = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
  zone_id                  = "Z1"
  image                    = { url = "registry/dagster", arn = "arn:aws:ecr:eu-central-1:123456789012:repository/dagster", tag = "7" }
  size                     = { cpu = 2048, memory_mb = 8192 }
  host                     = "dagster.bank.example"
  time_zone                = "UTC"
  administrator_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:administrator"
  operator_secret_arn      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:operator"
  people = {
    identity_table = { name = "identity", arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/identity" }
    data_key_table = { name = "keys", arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/keys" }
    key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/people"
  }
}

run "in_production" {
  module {
    source = "./modules/pipeline"
  }

  assert {
    condition     = alltrue([for part in ["code-server", "run"] : contains(output.settings[part], "TIDEMARK_CLOSE_SCHEDULES")])
    error_message = "The kickoff starts the closes."
  }

  assert {
    condition     = module.dagster.environment["code-server"].TIDEMARK_CLOSE_SCHEDULES == "false"
    error_message = "Its schedules are off."
  }

  assert {
    condition     = aws_ecs_service.dagster.desired_count == 1 && aws_ecs_service.dagster.deployment_maximum_percent == 100
    error_message = "Each run would be started twice."
  }

  assert {
    condition     = module.dagster.environment["code-server"].TIDEMARK_BACKFILL_TASK == "tidemark-test-backfill"
    error_message = "The code server's launcher knows where."
  }

  assert {
    condition     = toset([for each in data.aws_iam_policy_document.backfills.statement : each.sid]) == toset(["Start", "StartAs", "LookAfter", "Definition", "Why"])
    error_message = "Dagster may start them, and nothing else."
  }

  assert {
    condition = !anytrue([
      for each in concat(data.aws_iam_policy_document.dagster.statement, data.aws_iam_policy_document.prepare.statement) :
      contains(each.resources, "arn:aws:kms:eu-central-1:123456789012:key/people")
    ])
    error_message = "The task `keys` alone uses the users' keys."
  }

  assert {
    condition     = aws_lb.dagster.internal && !one(aws_ecs_service.dagster.network_configuration).assign_public_ip
    error_message = "Its load balancer is internal."
  }

  assert {
    condition     = alltrue(flatten([for part, names in output.settings : [for name in names : !strcontains(name, "PASSWORD") || contains(["TIDEMARK_OPERATOR_PASSWORD", "TIDEMARK_ADMINISTRATOR_PASSWORD"], name)]]))
    error_message = "They change while tasks run."
  }
}
