# The one-off task that makes roles, databases and tables, and brings them up to date. `aws ecs run-task` starts it.

resource "aws_ecs_task_definition" "prepare" {
  family                   = "${var.name}-prepare"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 1024
  memory                   = 2048
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.prepare.arn

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

  container_definitions = jsonencode([{
    name                   = "prepare"
    image                  = "${aws_ecr_repository.this.repository_url}:${var.image_tag}"
    command                = ["prepare"]
    essential              = true
    readonlyRootFilesystem = true

    environment = [for name, value in local.environments["prepare"] : { name = name, value = value }]
    secrets     = [for name, from in local.secrets["prepare"] : { name = name, valueFrom = from }]
    mountPoints = [
      { sourceVolume = "home", containerPath = local.home, readOnly = false },
      { sourceVolume = "scratch", containerPath = "/tmp", readOnly = false },
    ]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.dagster.name
        awslogs-region        = var.region
        awslogs-stream-prefix = "prepare"
      }
    }
  }])
}
