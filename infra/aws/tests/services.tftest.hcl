# The services' functions.

mock_provider "aws" {
  source = "./tests/aws"
}

variables {
  services = {
    users    = { memory_mb = 1024, warm_min = 1, warm_max = 5, instances_max = 40 }
    accounts = { memory_mb = 1769, warm_min = 2, warm_max = 10, instances_max = 80 }
    stats    = { memory_mb = 1024, warm_min = 1, warm_max = 5, instances_max = 40 }
    events   = { memory_mb = 1024, warm_min = 1, warm_max = 5, instances_max = 40 }
  }
  package = { folder = "tests/archives", python = "3.13" }
  proxy   = { name = "proxy", endpoint = "proxy.example", resource_id = "prx-1" }
  api_url = "https://api.bank.example"
  people = {
    identity_table = { name = "identity", arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/identity" }
    data_key_table = { name = "keys", arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/keys" }
    key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/people"
  }
  edge_secret = "the edge"
  app_secret  = "the app"
}

run "in_production" {
  module {
    source = "./modules/services"
  }

  assert {
    condition     = alltrue([for each in values(local.environment) : each.TIDEMARK_EDGE_ONLY == "true" && each.TIDEMARK_EDGE_SECRET == "the edge"])
    error_message = "An HTTP API has no firewall of its own."
  }

  assert {
    condition     = alltrue([for each in values(local.environment) : each.TIDEMARK_PREPARED_STATEMENTS == "false" && each.TIDEMARK_POOL_SIZE == "1"])
    error_message = "A prepared statement would keep a connection of the proxy."
  }

  assert {
    condition     = alltrue([for each in values(local.environment) : startswith(each.TIDEMARK_DATABASE_CA_FILE, "/")])
    error_message = "The proxy's certificate is checked."
  }

  assert {
    condition     = [for service, each in local.environment : service if contains(keys(each), "TIDEMARK_KMS_KEY_ID")] == ["users"]
    error_message = "The others never see the master key."
  }

  assert {
    condition     = [for service, each in data.aws_iam_policy_document.service : service if contains(flatten([for statement in each.statement : statement.actions]), "dynamodb:GetItem")] == ["users"]
    error_message = "Nor the tables."
  }

  assert {
    condition     = aws_lambda_function.service["accounts"].reserved_concurrent_executions == 80 && aws_appautoscaling_target.warm["accounts"].min_capacity == 2
    error_message = "Ceiling and warm ones."
  }

  assert {
    condition     = alltrue([for each in aws_lambda_function.service : each.timeout < 30 && each.publish])
    error_message = "It gives up before the gateway does."
  }
}
