# Who may speak to whom. All of it, in one place.

locals {
  parts = toset([
    "services", "proxy", "database", "dagster", "dagster_balancer", "app", "app_balancer", "kickoff", "rotation", "endpoints",
  ])

  flows = {
    services_proxy     = { from = "services", to = "proxy", port = 5432 }
    proxy_database     = { from = "proxy", to = "database", port = 5432 }
    rotation_database  = { from = "rotation", to = "database", port = 5432 }
    dagster_database   = { from = "dagster", to = "database", port = 5432 }
    balancer_dagster   = { from = "dagster_balancer", to = "dagster", port = 3000 }
    kickoff_dagster    = { from = "kickoff", to = "dagster_balancer", port = 443 }
    balancer_app       = { from = "app_balancer", to = "app", port = 8501 }
    services_endpoints = { from = "services", to = "endpoints", port = 443 }
    dagster_endpoints  = { from = "dagster", to = "endpoints", port = 443 }
    app_endpoints      = { from = "app", to = "endpoints", port = 443 }
    rotation_endpoints = { from = "rotation", to = "endpoints", port = 443 }
  }

  # The app calls the API, and the services each other, by its public address: CloudFront's side towards visitors has no
  # list that a rule could name, and an HTTP API none inside a network.
  api_callers = toset(["services", "app"])
}

data "aws_ec2_managed_prefix_list" "cloudfront" {
  name = "com.amazonaws.global.cloudfront.origin-facing"
}

data "aws_ec2_managed_prefix_list" "gateway" {
  for_each = aws_vpc_endpoint.gateway
  name     = each.value.service_name
}

resource "aws_security_group" "part" {
  #checkov:skip=CKV2_AWS_5: Other modules attach them.
  for_each    = local.parts
  name        = "${var.bank.name}-${replace(each.value, "_", "-")}"
  description = "Tidemark: ${replace(each.value, "_", " ")}"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.bank.name}-${replace(each.value, "_", "-")}" }
}

resource "aws_vpc_security_group_egress_rule" "flow" {
  for_each                     = local.flows
  description                  = "to ${each.value.to}"
  security_group_id            = aws_security_group.part[each.value.from].id
  referenced_security_group_id = aws_security_group.part[each.value.to].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "flow" {
  for_each                     = local.flows
  description                  = "from ${each.value.from}"
  security_group_id            = aws_security_group.part[each.value.to].id
  referenced_security_group_id = aws_security_group.part[each.value.from].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

# Its image, and the tables that `prepare` looks at. An endpoint of this kind has no security group.
resource "aws_vpc_security_group_egress_rule" "gateway" {
  for_each          = data.aws_ec2_managed_prefix_list.gateway
  description       = "to ${each.key}"
  security_group_id = aws_security_group.part["dagster"].id
  prefix_list_id    = each.value.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "api" {
  for_each          = local.api_callers
  description       = "to the API"
  security_group_id = aws_security_group.part[each.value].id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_ingress_rule" "cloudfront" {
  description       = "from CloudFront"
  security_group_id = aws_security_group.part["app_balancer"].id
  prefix_list_id    = data.aws_ec2_managed_prefix_list.cloudfront.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
