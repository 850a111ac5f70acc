# Functions come and go by the hundred; the proxy lends them few connections. It knows the services' roles only, and
# they prove themselves by their own IAM role: no function has a password.

resource "aws_db_proxy" "this" {
  name                   = var.bank.name
  engine_family          = "POSTGRESQL"
  role_arn               = aws_iam_role.proxy.arn
  vpc_subnet_ids         = var.network.private_subnet_ids
  vpc_security_group_ids = [var.network.security_group_ids.proxy]
  require_tls            = true
  idle_client_timeout    = 900
  debug_logging          = false # would log statements

  dynamic "auth" {
    for_each = local.service_roles

    content {
      auth_scheme = "SECRETS"
      iam_auth    = "REQUIRED"
      secret_arn  = aws_secretsmanager_secret.role[auth.value].arn
    }
  }

  depends_on = [aws_cloudwatch_log_group.proxy, aws_iam_role_policy.proxy]
}

resource "aws_db_proxy_default_target_group" "this" {
  db_proxy_name = aws_db_proxy.this.name

  connection_pool_config {
    # The rest is for the pipeline, migrations and people.
    max_connections_percent      = var.proxy_connections_percent
    max_idle_connections_percent = 10
    connection_borrow_timeout    = 5
  }
}

resource "aws_db_proxy_target" "this" {
  db_proxy_name         = aws_db_proxy.this.name
  target_group_name     = aws_db_proxy_default_target_group.this.name
  db_cluster_identifier = aws_rds_cluster.this.id
}

resource "aws_cloudwatch_log_group" "proxy" {
  name              = "/aws/rds/proxy/${var.bank.name}"
  retention_in_days = var.bank.log_retention_days
  kms_key_id        = var.bank.data_key_arn
}

resource "aws_iam_role" "proxy" {
  name               = "${var.bank.name}-proxy"
  assume_role_policy = data.aws_iam_policy_document.proxy_trust.json
}

data "aws_iam_policy_document" "proxy_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["rds.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "proxy" {
  name   = "read-passwords"
  role   = aws_iam_role.proxy.id
  policy = data.aws_iam_policy_document.proxy.json
}

data "aws_iam_policy_document" "proxy" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [for role in local.service_roles : aws_secretsmanager_secret.role[role].arn]
  }

  statement {
    actions   = ["kms:Decrypt"]
    resources = [var.bank.data_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${var.bank.region}.amazonaws.com"]
    }
  }
}
