resource "aws_iam_role" "service" {
  for_each           = var.services
  name               = "${var.bank.name}-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "service" {
  for_each = var.services
  name     = "work"
  role     = aws_iam_role.service[each.key].id
  policy   = data.aws_iam_policy_document.service[each.key].json
}

data "aws_iam_policy_document" "service" {
  #checkov:skip=CKV_AWS_111: Lambda's network interfaces and traces have no resource to name; a test lists these actions.
  #checkov:skip=CKV_AWS_356: The same.
  for_each = var.services

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.service[each.key].arn}:*"]
  }

  # Lambda's own work for a function in a network; AWS takes no resource here.
  statement {
    sid = "Network"
    actions = [
      "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
      "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "Trace"
    actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    resources = ["*"]
  }

  statement {
    sid       = "Database"
    actions   = ["rds-db:connect"]
    resources = ["arn:aws:rds-db:${var.bank.region}:${local.account}:dbuser:${var.proxy.resource_id}/${each.key}_app"]
  }

  dynamic "statement" {
    for_each = each.key == "users" ? [1] : []

    content {
      sid = "People"
      actions = [
        "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
      ]
      resources = [var.people.identity_table.arn, var.people.data_key_table.arn]
    }
  }

  dynamic "statement" {
    for_each = each.key == "users" ? [1] : []

    content {
      sid       = "MasterKey"
      actions   = ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"]
      resources = [var.people.key_arn]
    }
  }

  dynamic "statement" {
    for_each = each.key == "users" ? [1] : []

    content {
      sid       = "TablesAreEncrypted"
      actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:DescribeKey"]
      resources = [var.bank.data_key_arn]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["dynamodb.${var.bank.region}.amazonaws.com"]
      }
    }
  }
}
