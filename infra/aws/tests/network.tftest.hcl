# Ways out of the network, on a provider that makes everything up.

mock_provider "aws" {
  source = "./tests/aws"
}

variables {
  cidr         = "10.9.0.0/16"
  zones        = ["a", "b", "c"]
  is_redundant = false
}

run "all_zones_share_one_way_out" {
  module {
    source = "./modules/network"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(distinct([for route in aws_route.out : route.nat_gateway_id])) == 1
    error_message = "One NAT gateway for all."
  }

  assert {
    condition     = length(distinct(concat([for subnet in aws_subnet.public : subnet.cidr_block], [for subnet in aws_subnet.private : subnet.cidr_block]))) == 6
    error_message = "No two subnets share addresses."
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_egress_rule.api)) == toset(["services", "app"])
    error_message = "Who calls the API, and nobody else, may go to the internet."
  }

  assert {
    condition     = alltrue([for each in aws_vpc_endpoint.interface : each.private_dns_enabled && length(each.subnet_ids) == 1])
    error_message = "Names of AWS's services lead into the network, by one zone."
  }
}

run "each_zone_has_its_own" {
  module {
    source = "./modules/network"
  }

  variables {
    is_redundant = true
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 3
    error_message = "A NAT gateway in each zone."
  }

  assert {
    condition = alltrue([
      for zone, route in aws_route.out : route.nat_gateway_id == aws_nat_gateway.this[zone].id
    ])
    error_message = "A zone that is lost takes no other's way out along."
  }

  assert {
    condition     = alltrue([for each in aws_vpc_endpoint.interface : length(each.subnet_ids) == 3])
    error_message = "And no other's way to AWS's services."
  }
}
