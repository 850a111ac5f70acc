output "data_key_arn" {
  description = "Encrypts what lies on disks."
  value       = aws_kms_key.data.arn
}

output "people_key_arn" {
  description = "Wraps the users' data keys."
  value       = aws_kms_key.people.arn
}

output "shared_secrets" {
  description = "By whom it proves: edge, app, operator."
  value       = { for name, secret in terraform_data.shared_secret : name => secret.output }
  sensitive   = true
}

output "shared_secret_arns" {
  description = "Where ECS reads them."
  value       = { for name, secret in aws_secretsmanager_secret.shared : name => secret.arn }
}
