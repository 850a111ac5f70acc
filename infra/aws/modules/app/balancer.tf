resource "aws_lb" "app" {
  #checkov:skip=CKV_AWS_150: It holds nothing.
  #checkov:skip=CKV2_AWS_28: The firewall is at CloudFront, the only one that gets an answer here.
  name                       = "${var.bank.name}-app"
  internal                   = false
  load_balancer_type         = "application"
  subnets                    = var.network.public_subnet_ids
  security_groups            = [var.network.security_group_ids.app_balancer]
  drop_invalid_header_fields = true
  idle_timeout               = 300 # pages hold a websocket

  access_logs {
    bucket  = var.logs_bucket
    prefix  = "app"
    enabled = true
  }
}

resource "aws_lb_target_group" "app" {
  #checkov:skip=CKV_AWS_378: Between the balancer and the task, in private subnets and between two security groups.
  name                 = "${var.bank.name}-app"
  vpc_id               = var.network.vpc_id
  target_type          = "ip"
  port                 = local.port
  protocol             = "HTTP"
  deregistration_delay = 60

  health_check {
    path                = "/_stcore/health"
    matcher             = "200"
    interval            = 15
    healthy_threshold   = 2
    unhealthy_threshold = 4
  }

  # A visitor's sign-in lies in the memory of one task.
  stickiness {
    type            = "lb_cookie"
    cookie_duration = 86400
    enabled         = true
  }
}

# CloudFront's addresses are everybody's who uses it: only ours knows the secret.
resource "aws_lb_listener" "app" {
  load_balancer_arn = aws_lb.app.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "This address is not for visitors."
      status_code  = "403"
    }
  }
}

resource "aws_lb_listener_rule" "edge" {
  listener_arn = aws_lb_listener.app.arn
  priority     = 1

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.app.arn
  }

  condition {
    http_header {
      http_header_name = "x-tidemark-edge"
      values           = [var.edge_secret]
    }
  }
}

resource "aws_route53_record" "origin" {
  zone_id = var.zone_id
  name    = var.origin_host
  type    = "A"

  alias {
    name                   = aws_lb.app.dns_name
    zone_id                = aws_lb.app.zone_id
    evaluate_target_health = false
  }
}
