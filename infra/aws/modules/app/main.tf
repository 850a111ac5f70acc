# The Streamlit app on Fargate, behind a load balancer that CloudFront alone may reach.

locals {
  port = 8501

  environment = {
    TIDEMARK_GATEWAY_URL = var.api_url
    TIDEMARK_UI_URL      = var.app_url
    # The load balancer's own list ends with CloudFront's address.
    TIDEMARK_CLIENT_HEADER = "x-tidemark-viewer"
  }
}

module "task" {
  source      = "../task"
  bank        = var.bank
  name        = "app"
  image       = var.image
  size        = var.size
  folders     = { scratch = "/tmp" }
  secret_arns = [var.app_secret_arn]

  # It speaks to the API and to nothing of AWS: its role has no rights.
  containers = [{
    name        = "app"
    environment = local.environment
    secrets     = { TIDEMARK_APP_SECRET = var.app_secret_arn }
    ports       = [local.port]
  }]
}

resource "aws_ecs_service" "app" {
  name                               = "app"
  cluster                            = var.ecs_cluster.arn
  task_definition                    = module.task.arn
  desired_count                      = var.tasks.least
  launch_type                        = "FARGATE"
  propagate_tags                     = "SERVICE"
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = 60

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.network.private_subnet_ids
    security_groups  = [var.network.security_group_ids.app]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.app.arn
    container_name   = "app"
    container_port   = local.port
  }

  lifecycle {
    ignore_changes = [desired_count]
  }

  depends_on = [aws_lb_listener_rule.edge]
}

resource "aws_appautoscaling_target" "app" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${var.ecs_cluster.name}/${aws_ecs_service.app.name}"
  min_capacity       = var.tasks.least
  max_capacity       = var.tasks.most
}

resource "aws_appautoscaling_policy" "app" {
  name               = "${var.bank.name}-app"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.app.service_namespace
  scalable_dimension = aws_appautoscaling_target.app.scalable_dimension
  resource_id        = aws_appautoscaling_target.app.resource_id

  target_tracking_scaling_policy_configuration {
    target_value = 60

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}
