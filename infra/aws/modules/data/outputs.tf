output "cluster" {
  description = "The cluster: identifier, ARN, writer's address, port."
  value = {
    id       = aws_rds_cluster.this.cluster_identifier
    arn      = aws_rds_cluster.this.arn
    endpoint = aws_rds_cluster.this.endpoint
    port     = local.port
  }
}

output "administrator_secret_arn" {
  description = "The administrator's user and password, which RDS rotates."
  value       = aws_rds_cluster.this.master_user_secret[0].secret_arn
}

output "proxy" {
  description = "The proxy: name, address, and what IAM calls it."
  value = {
    name        = aws_db_proxy.this.name
    endpoint    = aws_db_proxy.this.endpoint
    resource_id = element(split(":", aws_db_proxy.this.arn), 6)
  }
}

output "role_secrets" {
  description = "The secrets of the database's roles: how their names begin, and by role the ARN."
  value = {
    prefix = local.secret_prefix
    arns   = { for role, secret in aws_secretsmanager_secret.role : role => secret.arn }
  }
}

output "identity_table" {
  description = "The table of identity documents: name and ARN."
  value       = { name = aws_dynamodb_table.identity.name, arn = aws_dynamodb_table.identity.arn }
}

output "data_key_table" {
  description = "The table of wrapped data keys: name and ARN."
  value       = { name = aws_dynamodb_table.data_keys.name, arn = aws_dynamodb_table.data_keys.arn }
}

output "logs_bucket" {
  description = "The bucket of access logs: name and domain."
  value       = { name = aws_s3_bucket.logs.id, domain = aws_s3_bucket.logs.bucket_domain_name }

  # Whoever is to write there must be allowed to first.
  depends_on = [aws_s3_bucket_policy.logs, aws_s3_bucket_ownership_controls.logs]
}
