# The app behind its load balancer.

mock_provider "aws" {
  source = "./tests/aws"
}

variables {
  certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
  zone_id         = "Z1"
  image           = { url = "registry/app", arn = "arn:aws:ecr:eu-central-1:123456789012:repository/app", tag = "7" }
  size            = { cpu = 512, memory_mb = 2048 }
  tasks           = { least = 2, most = 5 }
  api_url         = "https://api.bank.example"
  app_url         = "https://app.bank.example"
  origin_host     = "origin-app.bank.example"
  ecs_cluster     = { name = "bank", arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/bank" }
  app_secret_arn  = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:app"
  edge_secret     = "the edge"
  logs_bucket     = "logs"
}

run "in_production" {
  module {
    source = "./modules/app"
  }

  assert {
    condition     = aws_lb_listener.app.default_action[0].fixed_response[0].status_code == "403"
    error_message = "CloudFront's addresses are everybody's."
  }

  assert {
    condition     = one(one(aws_lb_listener_rule.edge.condition).http_header).values == toset(["the edge"])
    error_message = "Ours knows the secret."
  }

  assert {
    condition     = aws_lb_target_group.app.stickiness[0].enabled && aws_lb.app.idle_timeout >= 300
    error_message = "A sign-in lies in one task's memory."
  }

  assert {
    condition     = aws_appautoscaling_target.app.min_capacity == 2 && aws_appautoscaling_target.app.max_capacity == 5
    error_message = "As many tasks as were asked for."
  }
}
