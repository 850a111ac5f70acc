# What runs on Fargate: containers of one image that share folders, their log, and the roles of ECS and of the task.

resource "aws_cloudwatch_log_group" "this" {
  name              = "/${var.bank.name}/${var.name}"
  retention_in_days = var.bank.log_retention_days
  kms_key_id        = var.bank.data_key_arn
}

resource "aws_ecs_task_definition" "this" {
  family                   = "${var.bank.name}-${var.name}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.size.cpu
  memory                   = var.size.memory_mb
  execution_role_arn       = aws_iam_role.start.arn
  task_role_arn            = aws_iam_role.work.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "ARM64"
  }

  dynamic "volume" {
    for_each = var.folders

    content {
      name = volume.key
    }
  }

  container_definitions = jsonencode([
    for container in var.containers : {
      name                   = container.name
      image                  = "${var.image.url}:${var.image.tag}"
      command                = container.command
      essential              = true
      readonlyRootFilesystem = true
      stopTimeout            = container.stop_timeout_s

      environment  = [for name, value in container.environment : { name = name, value = value }]
      secrets      = [for name, from in container.secrets : { name = name, valueFrom = from }]
      portMappings = [for port in container.ports : { containerPort = port, hostPort = port, protocol = "tcp" }]
      mountPoints  = [for name, path in var.folders : { sourceVolume = name, containerPath = path, readOnly = false }]
      dependsOn    = [for name in container.waits_for : { containerName = name, condition = "HEALTHY" }]

      healthCheck = container.is_there == null ? null : {
        command     = concat(["CMD", "test"], container.is_there)
        interval    = 10
        retries     = 10
        startPeriod = 120
        timeout     = 5
      }

      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.this.name
          awslogs-region        = var.bank.region
          awslogs-stream-prefix = container.name
        }
      }
    }
  ])
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

# ECS's own: it fetches the image, hands out secrets, writes the log.
resource "aws_iam_role" "start" {
  name               = "${var.bank.name}-${var.name}-start"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "start" {
  name   = "start"
  role   = aws_iam_role.start.id
  policy = data.aws_iam_policy_document.start.json
}

data "aws_iam_policy_document" "start" {
  statement {
    sid       = "SignInToTheRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid       = "Image"
    actions   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"]
    resources = [var.image.arn]
  }

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }

  dynamic "statement" {
    for_each = length(var.secret_arns) > 0 ? [1] : []

    content {
      sid       = "Secrets"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = var.secret_arns
    }
  }

  dynamic "statement" {
    for_each = length(var.secret_arns) > 0 ? [1] : []

    content {
      sid       = "SecretsAreEncrypted"
      actions   = ["kms:Decrypt"]
      resources = [var.bank.data_key_arn]
    }
  }
}

# The containers' own: without rights, until whoever makes the task gives it some.
resource "aws_iam_role" "work" {
  name               = "${var.bank.name}-${var.name}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}
