# The one-off task that makes roles, databases and tables, and brings them up to date. `tidemark deploy` starts it, and
# `tidemark cloud` for what only an administrator of the bank may do.

module "prepare" {
  source      = "../task"
  bank        = var.bank
  name        = "prepare"
  image       = var.image
  size        = { cpu = 1024, memory_mb = 2048 }
  folders     = local.folders
  secret_arns = [var.administrator_secret_arn]

  containers = [{
    name    = "prepare"
    command = ["prepare"]
    environment = merge(local.common, {
      TIDEMARK_IDENTITY_TABLE = var.people.identity_table.name
      TIDEMARK_DATA_KEY_TABLE = var.people.data_key_table.name
    })
    secrets = {
      TIDEMARK_ADMINISTRATOR          = "${var.administrator_secret_arn}:username::"
      TIDEMARK_ADMINISTRATOR_PASSWORD = "${var.administrator_secret_arn}:password::"
    }
  }]
}

resource "aws_iam_role_policy" "prepare" {
  name   = "work"
  role   = module.prepare.role_id
  policy = data.aws_iam_policy_document.prepare.json
}

# It looks whether the tables are there, which Terraform makes, and makes up the passwords that are missing.
data "aws_iam_policy_document" "prepare" {
  statement {
    sid       = "Tables"
    actions   = ["dynamodb:ListTables"]
    resources = ["*"]
  }

  statement {
    sid       = "Table"
    actions   = ["dynamodb:DescribeTable"]
    resources = [var.people.identity_table.arn, var.people.data_key_table.arn]
  }

  statement {
    sid       = "Passwords"
    actions   = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]
    resources = values(var.database.role_secrets.arns)
  }

  statement {
    sid       = "PasswordsAreEncrypted"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.bank.data_key_arn]
  }
}
