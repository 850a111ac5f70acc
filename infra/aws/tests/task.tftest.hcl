# A task of Fargate: what its containers get and may.

mock_provider "aws" {
  source = "./tests/aws"
}

variables {
  name    = "errand"
  image   = { url = "registry/errand", arn = "arn:aws:ecr:eu-central-1:123456789012:repository/errand", tag = "7" }
  size    = { cpu = 256, memory_mb = 512 }
  folders = { scratch = "/tmp" }
  containers = [
    { name = "first", environment = { A = "1" }, is_there = ["-s", "/tmp/there"] },
    { name = "second", command = ["go"], environment = {}, secrets = { B = "arn:secret" }, ports = [80], waits_for = ["first"] },
  ]
}

run "in_production" {
  module {
    source = "./modules/task"
  }

  assert {
    condition     = alltrue([for each in jsondecode(aws_ecs_task_definition.this.container_definitions) : each.readonlyRootFilesystem && each.mountPoints[0].containerPath == "/tmp"])
    error_message = "All else is read-only."
  }

  assert {
    condition     = alltrue([for each in jsondecode(aws_ecs_task_definition.this.container_definitions) : each.image == "registry/errand:7"])
    error_message = "All run the image that was asked for."
  }

  assert {
    condition     = aws_ecs_task_definition.this.runtime_platform[0].cpu_architecture == "ARM64"
    error_message = "Images are built for arm64."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].healthCheck.command == ["CMD", "test", "-s", "/tmp/there"]
    error_message = "The first says when it is there."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[1].dependsOn == [{ containerName = "first", condition = "HEALTHY" }]
    error_message = "The second waits for it."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[1].secrets == [{ name = "B", valueFrom = "arn:secret" }] && length(jsondecode(aws_ecs_task_definition.this.container_definitions)[1].environment) == 0
    error_message = "A secret is no plain variable."
  }

  assert {
    condition     = jsonencode(output.settings) == jsonencode({ first = ["A"], second = ["B"] })
    error_message = "Whoever asks learns which variables each is told."
  }

  assert {
    condition     = length(data.aws_iam_policy_document.start.statement) == 3
    error_message = "Without secrets there is no right to read one."
  }
}

run "and_those_that_were" {
  module {
    source = "./modules/task"
  }

  variables {
    secret_arns = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:b"]
  }

  assert {
    condition     = one([for each in data.aws_iam_policy_document.start.statement : each.resources if each.sid == "Secrets"]) == toset(["arn:aws:secretsmanager:eu-central-1:123456789012:secret:b"])
    error_message = "The one secret, and no other."
  }
}
