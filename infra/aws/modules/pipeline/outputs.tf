output "ecs_cluster" {
  description = "Where tasks run."
  value       = { name = aws_ecs_cluster.this.name, arn = aws_ecs_cluster.this.arn }
}

output "service" {
  description = "Dagster's service."
  value       = aws_ecs_service.dagster.name
}

output "repository_url" {
  description = "Where Dagster's image is pushed to."
  value       = aws_ecr_repository.this.repository_url
}

output "prepare_task" {
  description = "The one-off task of migrations."
  value       = aws_ecs_task_definition.prepare.family
}

output "settings" {
  description = "By container: the names of the variables that it is told."
  value       = { for part, variables in local.environments : part => concat(keys(variables), keys(local.secrets[part])) }
}
