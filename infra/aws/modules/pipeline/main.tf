# Dagster on Fargate, in the form that it has on one machine: code server, daemon and web server share a folder and a
# socket. Runs are processes below the code server, so that none waits for a container's start; backfills alone, which
# nobody waits for, are tasks of their own (backfill.tf).

locals {
  home    = "/var/lib/tidemark"
  folders = { home = local.home, scratch = "/tmp" }
  port    = 3000

  common = {
    AWS_REGION             = var.bank.region
    TIDEMARK_HOME          = local.home
    TIDEMARK_DATABASE_HOST = var.database.cluster.endpoint
    TIDEMARK_DATABASE_PORT = tostring(var.database.cluster.port)
    TIDEMARK_DATABASE_CA   = var.database.ca
    TIDEMARK_ROLE_SECRETS  = var.database.role_secrets.prefix
    TIDEMARK_TIME_ZONE     = var.time_zone
  }

  # Beside what works: it holds the roles' passwords, which change, where every connection looks them up.
  passwords = {
    name        = "passwords"
    command     = ["passwords"]
    environment = local.common
    is_there    = ["-s", "${local.home}/passwords"]
  }

  own_role_secrets = [for role in ["dagster", "extractor", "publisher", "warehouse"] : var.database.role_secrets.arns[role]]
}

resource "aws_ecs_cluster" "this" {
  name = var.bank.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }

  configuration {
    execute_command_configuration {
      kms_key_id = var.bank.data_key_arn
      logging    = "OVERRIDE"

      log_configuration {
        cloud_watch_encryption_enabled = true
        cloud_watch_log_group_name     = aws_cloudwatch_log_group.commands.name
      }
    }
  }
}

resource "aws_cloudwatch_log_group" "commands" {
  name              = "/${var.bank.name}/commands"
  retention_in_days = var.bank.log_retention_days
  kms_key_id        = var.bank.data_key_arn
}

module "dagster" {
  source      = "../task"
  bank        = var.bank
  name        = "dagster"
  image       = var.image
  size        = var.size
  folders     = local.folders
  secret_arns = [var.operator_secret_arn]

  # infra/containers says what each part reads; a test compares. The code server makes Dagster's home, and the others
  # wait for it. A run in progress may end its step.
  containers = [
    local.passwords,
    {
      name           = "code-server"
      command        = ["code-server"]
      environment    = merge(local.common, local.backfills, { TIDEMARK_CLOSE_SCHEDULES = "false" })
      is_there       = ["-S", "${local.home}/sockets/pipelines"]
      waits_for      = ["passwords"]
      stop_timeout_s = 120
    },
    {
      name           = "daemon"
      command        = ["daemon"]
      environment    = local.common
      waits_for      = ["code-server"]
      stop_timeout_s = 120
    },
    {
      name        = "web"
      command     = ["web"]
      environment = merge(local.common, { TIDEMARK_OPERATOR_HOST = var.host })
      secrets     = { TIDEMARK_OPERATOR_PASSWORD = var.operator_secret_arn }
      ports       = [local.port]
      waits_for   = ["code-server"]
    },
  ]
}

resource "aws_ecs_service" "dagster" {
  name                   = "dagster"
  cluster                = aws_ecs_cluster.this.arn
  task_definition        = module.dagster.arn
  desired_count          = 1
  launch_type            = "FARGATE"
  enable_execute_command = true # operators' way in: README
  propagate_tags         = "SERVICE"
  # Two at once would start each run twice: the old one ends before the new one begins.
  deployment_minimum_healthy_percent = 0
  deployment_maximum_percent         = 100

  network_configuration {
    subnets          = var.network.private_subnet_ids
    security_groups  = [var.network.security_group_ids.dagster]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.dagster.arn
    container_name   = "web"
    container_port   = local.port
  }

  depends_on = [aws_lb_listener.dagster]
}

resource "aws_iam_role_policy" "dagster" {
  name   = "work"
  role   = module.dagster.role_id
  policy = data.aws_iam_policy_document.dagster.json
}

data "aws_iam_policy_document" "dagster" {
  source_policy_documents = [data.aws_iam_policy_document.passwords.json, data.aws_iam_policy_document.backfills.json]

  statement {
    sid = "SessionsOfOperators"
    actions = [
      "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "SessionsAreEncrypted"
    actions   = ["kms:Decrypt"]
    resources = [var.bank.data_key_arn]
  }

  statement {
    sid       = "SessionsAreLogged"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    resources = ["${aws_cloudwatch_log_group.commands.arn}:*"]
  }
}

data "aws_iam_policy_document" "passwords" {
  statement {
    sid       = "Passwords"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = local.own_role_secrets
  }

  statement {
    sid       = "PasswordsAreEncrypted"
    actions   = ["kms:Decrypt"]
    resources = [var.bank.data_key_arn]
  }
}
