# The internal load balancer: the kickoff's way to Dagster. Nothing outside the network reaches it.

resource "aws_lb" "dagster" {
  #checkov:skip=CKV_AWS_91: One client, inside the network; Dagster writes down each run that it starts.
  #checkov:skip=CKV_AWS_150: It holds nothing.
  name                       = "${var.bank.name}-dagster"
  internal                   = true
  load_balancer_type         = "application"
  subnets                    = var.network.private_subnet_ids
  security_groups            = [var.network.security_group_ids.dagster_balancer]
  drop_invalid_header_fields = true
}

resource "aws_lb_target_group" "dagster" {
  #checkov:skip=CKV_AWS_378: Between the balancer and the task, in private subnets and between two security groups.
  name                 = "${var.bank.name}-dagster"
  vpc_id               = var.network.vpc_id
  target_type          = "ip"
  port                 = local.port
  protocol             = "HTTP"
  deregistration_delay = 10

  health_check {
    path = "/server_info"
    # Asked by address, the guard refuses: it is there, in the same process as Dagster.
    matcher             = "200,401,403"
    interval            = 15
    healthy_threshold   = 2
    unhealthy_threshold = 4
  }
}

resource "aws_lb_listener" "dagster" {
  load_balancer_arn = aws_lb.dagster.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.dagster.arn
  }
}

resource "aws_route53_record" "dagster" {
  zone_id = var.zone_id
  name    = var.host
  type    = "A"

  alias {
    name                   = aws_lb.dagster.dns_name
    zone_id                = aws_lb.dagster.zone_id
    evaluate_target_health = false
  }
}
