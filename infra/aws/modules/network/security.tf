# Who may speak to whom. All of it, in one place.

locals {
  parts = toset(["services", "proxy", "database", "dagster", "dagster_balancer", "app", "app_balancer", "kickoff", "rotation"])

  flows = {
    services_proxy    = { from = "services", to = "proxy", port = 5432 }
    proxy_database    = { from = "proxy", to = "database", port = 5432 }
    rotation_database = { from = "rotation", to = "database", port = 5432 }
    dagster_database  = { from = "dagster", to = "database", port = 5432 }
    balancer_dagster  = { from = "dagster_balancer", to = "dagster", port = 3000 }
    kickoff_dagster   = { from = "kickoff", to = "dagster_balancer", port = 443 }
    balancer_app      = { from = "app_balancer", to = "app", port = 8501 }
  }

  # AWS's own services, and the API by its public address.
  https_out = toset(["services", "dagster", "app", "rotation"])
}

data "aws_ec2_managed_prefix_list" "cloudfront" {
  name = "com.amazonaws.global.cloudfront.origin-facing"
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

resource "aws_vpc_security_group_egress_rule" "https" {
  for_each          = local.https_out
  description       = "to AWS and to the API"
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
