resource "aws_iam_role" "function" {
  for_each           = local.shape
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

resource "aws_iam_role_policy" "function" {
  for_each = local.shape
  name     = "work"
  role     = aws_iam_role.function[each.key].id
  policy   = data.aws_iam_policy_document.function[each.key].json
}

data "aws_iam_policy_document" "function" {
  for_each = local.shape

  source_policy_documents = concat(
    each.value.in_network ? [data.aws_iam_policy_document.network.json] : [],
    each.key == "scaler" ? [data.aws_iam_policy_document.scaler.json] : [],
    each.key == "rotation" ? [data.aws_iam_policy_document.rotation.json] : [],
  )

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function[each.key].arn}:*"]
  }

  statement {
    sid       = "Trace"
    actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    resources = ["*"]
  }

  statement {
    sid       = "DeadLetters"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_letters.arn]
  }

  statement {
    sid       = "DeadLettersAndSecretsAreEncrypted"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.bank.data_key_arn]
  }
}

# Lambda's own work for a function in a network; AWS takes no resource here.
data "aws_iam_policy_document" "network" {
  #checkov:skip=CKV_AWS_111: Lambda's network interfaces and traces have no resource to name; a test lists these actions.
  #checkov:skip=CKV_AWS_356: The same.
  statement {
    sid = "Network"
    actions = [
      "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets",
      "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
    ]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "scaler" {
  statement {
    sid       = "Look"
    actions   = ["cloudwatch:GetMetricData", "application-autoscaling:DescribeScalableTargets"]
    resources = ["*"]
  }

  statement {
    sid       = "WarmInstances"
    actions   = ["application-autoscaling:RegisterScalableTarget"]
    resources = ["arn:aws:application-autoscaling:${var.bank.region}:${local.account}:scalable-target/*"]

    condition {
      test     = "StringEquals"
      variable = "application-autoscaling:scalable-dimension"
      values   = ["lambda:function:ProvisionedConcurrency"]
    }
  }

  statement {
    sid       = "Ceilings"
    actions   = ["lambda:GetFunctionConcurrency", "lambda:PutFunctionConcurrency"]
    resources = [for function in var.functions : function.arn]
  }

  statement {
    sid       = "DatabaseFloor"
    actions   = ["rds:DescribeDBClusters", "rds:ModifyDBCluster"]
    resources = [var.database.cluster.arn]
  }

  statement {
    sid       = "Memory"
    actions   = ["ssm:GetParameter", "ssm:PutParameter"]
    resources = ["arn:aws:ssm:${var.bank.region}:${local.account}:parameter${local.state_name}"]
  }
}

# Each role signs in to the database as itself: this needs no administrator.
data "aws_iam_policy_document" "rotation" {
  statement {
    sid = "Passwords"
    actions = [
      "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue",
      "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage",
    ]
    resources = values(var.database.role_secrets.arns)
  }
}
