# The keys that everything is encrypted with, and the secrets by which parts of the bank know each other.

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  region  = data.aws_region.current.name
}

# For what lies on disks: databases, tables, logs, queues, secrets.
resource "aws_kms_key" "data" {
  description             = "${var.name}: data at rest"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.data.json
}

resource "aws_kms_alias" "data" {
  name          = "alias/${var.name}-data"
  target_key_id = aws_kms_key.data.key_id
}

data "aws_iam_policy_document" "data" {
  #checkov:skip=CKV_AWS_109: A key's policy is about that key alone; without the account nobody could ever change it.
  #checkov:skip=CKV_AWS_111: The same.
  #checkov:skip=CKV_AWS_356: The same.
  statement {
    sid       = "TheAccountDecidesByItsRoles"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${local.account}:root"]
    }
  }

  statement {
    sid       = "Logs"
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:aws:logs:${local.region}:${local.account}:*"]
    }
  }

  statement {
    sid       = "AlarmsAndSchedulesWriteToEncryptedTopicsAndQueues"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "events.amazonaws.com", "scheduler.amazonaws.com", "budgets.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

# Wraps the users' data keys. A key of its own: who may read disks may not read people.
resource "aws_kms_key" "people" {
  description             = "${var.name}: master key of the users' data keys"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.people.json
}

resource "aws_kms_alias" "people" {
  name          = "alias/${var.name}-people"
  target_key_id = aws_kms_key.people.key_id
}

data "aws_iam_policy_document" "people" {
  #checkov:skip=CKV_AWS_109: A key's policy is about that key alone; without the account nobody could ever change it.
  #checkov:skip=CKV_AWS_111: The same.
  #checkov:skip=CKV_AWS_356: The same.
  statement {
    sid       = "TheAccountDecidesByItsRoles"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${local.account}:root"]
    }
  }
}

# These stand in the configuration of CloudFront and of functions, which can't look secrets up. So Terraform has to
# know them, and its state is to be kept like one. A new one: `terraform apply -replace=…` of the resource.
data "aws_secretsmanager_random_password" "shared" {
  for_each            = toset(["edge", "app", "operator"])
  password_length     = 48
  exclude_punctuation = true
}

resource "terraform_data" "shared_secret" {
  for_each = data.aws_secretsmanager_random_password.shared
  input    = sensitive(each.value.random_password)

  lifecycle {
    ignore_changes = [input] # AWS makes up another at each look
  }
}

# For whoever may read it: people who look it up, and ECS, which hands it to its containers.
resource "aws_secretsmanager_secret" "shared" {
  #checkov:skip=CKV2_AWS_57: CloudFront and functions know it from Terraform, which therefore changes it: see README.
  for_each                = terraform_data.shared_secret
  name                    = "${var.name}/shared/${each.key}"
  description             = "By it the ${each.key} proves itself."
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = var.recovery_window_days
}

resource "aws_secretsmanager_secret_version" "shared" {
  for_each      = aws_secretsmanager_secret.shared
  secret_id     = each.value.id
  secret_string = terraform_data.shared_secret[each.key].output
}
