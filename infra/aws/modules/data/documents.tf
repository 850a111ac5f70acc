# DynamoDB: identity documents, and the users' wrapped data keys.

resource "aws_dynamodb_table" "identity" {
  name                        = "${var.bank.name}-identity"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "user_id"
  deletion_protection_enabled = var.bank.is_protected

  attribute {
    name = "user_id"
    type = "S"
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.bank.data_key_arn
  }

  point_in_time_recovery {
    enabled                 = true
    recovery_period_in_days = 35
  }
}

# Whoever is deleted stays unreadable in every older backup, because their key's backups end after seven days.
# For the same reason no backup plan may take this table in.
resource "aws_dynamodb_table" "data_keys" {
  name                        = "${var.bank.name}-data-keys"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "user_id"
  deletion_protection_enabled = var.bank.is_protected

  attribute {
    name = "user_id"
    type = "S"
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.bank.data_key_arn
  }

  point_in_time_recovery {
    enabled                 = true
    recovery_period_in_days = 7
  }
}
