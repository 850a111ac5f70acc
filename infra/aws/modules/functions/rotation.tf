# Each role's password changes in the first Sunday night of a month, and once when this is made: so whoever sets the
# bank up sees that it works.

resource "aws_secretsmanager_secret_rotation" "role" {
  for_each            = var.changes_passwords ? var.database.role_secrets.arns : {}
  secret_id           = each.value
  rotation_lambda_arn = aws_lambda_function.function["rotation"].arn

  rotation_rules {
    schedule_expression = "cron(0 2 ? * SUN#1 *)"
    duration            = "2h"
  }

  depends_on = [aws_lambda_permission.rotation]
}

resource "aws_lambda_permission" "rotation" {
  statement_id   = "secrets-manager"
  action         = "lambda:InvokeFunction"
  principal      = "secretsmanager.amazonaws.com"
  function_name  = aws_lambda_function.function["rotation"].function_name
  source_account = local.account
}
