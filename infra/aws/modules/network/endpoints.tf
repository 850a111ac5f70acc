# AWS's services by addresses inside the network: who works with nothing else needs no way to the internet. An endpoint
# gives nobody a right; its policy keeps out who comes with the rights of another account.

data "aws_caller_identity" "current" {}

locals {
  own_account = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "*"
      Resource  = "*"
      Condition = { StringEquals = { "aws:PrincipalAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })

  # Images' layers lie in a bucket of the registry, and nothing else is asked of S3.
  layers = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::prod-${var.bank.region}-starport-layer-bucket/*"
    }]
  })
}

# Free.
resource "aws_vpc_endpoint" "gateway" {
  for_each        = { dynamodb = local.own_account, s3 = local.layers }
  vpc_id          = aws_vpc.this.id
  service_name    = "com.amazonaws.${var.bank.region}.${each.key}"
  route_table_ids = [for table in aws_route_table.private : table.id]
  policy          = each.value
}

# Images, tasks, keys, logs, secrets, operators' sessions.
resource "aws_vpc_endpoint" "interface" {
  for_each            = toset(["ecr.api", "ecr.dkr", "ecs", "kms", "logs", "secretsmanager", "ssmmessages"])
  vpc_id              = aws_vpc.this.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${var.bank.region}.${each.value}"
  subnet_ids          = [for zone in local.served : aws_subnet.private[zone].id]
  security_group_ids  = [aws_security_group.part["endpoints"].id]
  private_dns_enabled = true
  policy              = local.own_account
}
