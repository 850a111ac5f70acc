# Dagster on Fargate, in the form that it has on one machine: code server, daemon and web server share a folder and a
# socket. Runs are processes below the code server: no run waits for a container's start.

locals {
  home = "/var/lib/tidemark"
  port = 3000

  common = {
    TIDEMARK_HOME          = local.home
    TIDEMARK_DATABASE_HOST = var.cluster.endpoint
    TIDEMARK_DATABASE_PORT = tostring(var.cluster.port)
    TIDEMARK_TIME_ZONE     = var.time_zone
  }

  parts = ["code-server", "daemon", "web"]

  # infra/containers says what each part reads; a test compares.
  environments = {
    code-server = merge(local.common, { TIDEMARK_CLOSE_SCHEDULES = "false" })
    daemon      = local.common
    web         = merge(local.common, { TIDEMARK_OPERATOR_HOST = var.host })
    prepare = merge(local.common, {
      AWS_REGION              = var.region
      TIDEMARK_IDENTITY_TABLE = var.identity_table.name
      TIDEMARK_DATA_KEY_TABLE = var.data_key_table.name
    })
  }

  passwords = {
    for role, arn in var.role_secret_arns : role => { "TIDEMARK_PASSWORD_${upper(role)}" = "${arn}:password::" }
  }

  secrets = {
    code-server = merge([for role in ["dagster", "extractor", "publisher", "warehouse"] : local.passwords[role]]...)
    daemon      = local.passwords["dagster"]
    web         = merge(local.passwords["dagster"], { TIDEMARK_OPERATOR_PASSWORD = var.operator_secret_arn })
    prepare = merge(merge(values(local.passwords)...), {
      TIDEMARK_ADMINISTRATOR          = "${var.administrator_secret_arn}:username::"
      TIDEMARK_ADMINISTRATOR_PASSWORD = "${var.administrator_secret_arn}:password::"
    })
  }
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }

  configuration {
    execute_command_configuration {
      kms_key_id = var.data_key_arn
      logging    = "OVERRIDE"

      log_configuration {
        cloud_watch_encryption_enabled = true
        cloud_watch_log_group_name     = aws_cloudwatch_log_group.commands.name
      }
    }
  }
}

resource "aws_cloudwatch_log_group" "commands" {
  name              = "/${var.name}/commands"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.data_key_arn
}

resource "aws_cloudwatch_log_group" "dagster" {
  name              = "/${var.name}/dagster"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.data_key_arn
}

resource "aws_ecr_repository" "this" {
  name                 = "${var.name}/dagster"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = !var.is_protected

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.data_key_arn
  }
}

resource "aws_ecs_task_definition" "dagster" {
  family                   = "${var.name}-dagster"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory_mb
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "ARM64"
  }

  volume {
    name = "home"
  }

  volume {
    name = "scratch"
  }

  container_definitions = jsonencode([
    for part in local.parts : {
      name                   = part
      image                  = "${aws_ecr_repository.this.repository_url}:${var.image_tag}"
      command                = [part]
      essential              = true
      readonlyRootFilesystem = true
      # A run in progress may end its step.
      stopTimeout = 120

      # The code server makes Dagster's home, and the others wait for it.
      dependsOn = part == "code-server" ? [] : [{ containerName = "code-server", condition = "HEALTHY" }]
      healthCheck = part != "code-server" ? null : {
        command     = ["CMD", "test", "-S", "${local.home}/sockets/pipelines"]
        interval    = 10
        retries     = 10
        startPeriod = 120
        timeout     = 5
      }

      environment = [for name, value in local.environments[part] : { name = name, value = value }]
      secrets     = [for name, from in local.secrets[part] : { name = name, valueFrom = from }]

      portMappings = part == "web" ? [{ containerPort = local.port, hostPort = local.port, protocol = "tcp" }] : []
      mountPoints = [
        { sourceVolume = "home", containerPath = local.home, readOnly = false },
        { sourceVolume = "scratch", containerPath = "/tmp", readOnly = false },
      ]
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.dagster.name
          awslogs-region        = var.region
          awslogs-stream-prefix = part
        }
      }
    }
  ])
}

resource "aws_ecs_service" "dagster" {
  name                   = "dagster"
  cluster                = aws_ecs_cluster.this.arn
  task_definition        = aws_ecs_task_definition.dagster.arn
  desired_count          = 1
  launch_type            = "FARGATE"
  enable_execute_command = true # operators' way in: README
  propagate_tags         = "SERVICE"
  # Two at once would start each run twice: the old one ends before the new one begins.
  deployment_minimum_healthy_percent = 0
  deployment_maximum_percent         = 100

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [var.security_group_ids.dagster]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.dagster.arn
    container_name   = "web"
    container_port   = local.port
  }

  depends_on = [aws_lb_listener.dagster]
}
