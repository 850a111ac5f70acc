# The one-off task that exchanges the bank's keys: `tidemark cloud keys-rotate`. It alone in this module may use the
# users' keys; whoever prepares the database or works on the statistics may not.

module "keys" {
  source  = "../task"
  bank    = var.bank
  name    = "keys"
  image   = var.image
  size    = { cpu = 1024, memory_mb = 2048 }
  folders = local.folders

  containers = [{
    name    = "keys"
    command = ["rotate-keys"]
    environment = merge(local.common, {
      TIDEMARK_KMS_KEY_ID     = var.people.key_arn
      TIDEMARK_IDENTITY_TABLE = var.people.identity_table.name
      TIDEMARK_DATA_KEY_TABLE = var.people.data_key_table.name
    })
    # Half of a rotation is taken up by the next one; better it ends well.
    stop_timeout_s = 120
  }]
}

resource "aws_iam_role_policy" "keys" {
  name   = "work"
  role   = module.keys.role_id
  policy = data.aws_iam_policy_document.keys.json
}

data "aws_iam_policy_document" "keys" {
  statement {
    sid       = "DataKeys"
    actions   = ["dynamodb:Scan", "dynamodb:GetItem", "dynamodb:UpdateItem"]
    resources = [var.people.data_key_table.arn]
  }

  statement {
    sid       = "MasterKey"
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"]
    resources = [var.people.key_arn]
  }

  statement {
    sid       = "TableIsEncrypted"
    actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:DescribeKey"]
    resources = [var.bank.data_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["dynamodb.${var.bank.region}.amazonaws.com"]
    }
  }

  statement {
    sid       = "Password"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [var.database.role_secrets.arns["users_app"]]
  }

  statement {
    sid       = "PasswordIsEncrypted"
    actions   = ["kms:Decrypt"]
    resources = [var.bank.data_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${var.bank.region}.amazonaws.com"]
    }
  }
}
