output "ecs_cluster" {
  description = "Where tasks run."
  value       = { name = aws_ecs_cluster.this.name, arn = aws_ecs_cluster.this.arn }
}

output "service" {
  description = "Dagster's service."
  value       = aws_ecs_service.dagster.name
}

output "one_off_tasks" {
  description = "By name of the container that works: the task."
  value       = { prepare = module.prepare.family, keys = module.keys.family }
}

output "settings" {
  description = "By container: the names of the variables that it is told."
  value       = merge(module.dagster.settings, module.backfill.settings, module.prepare.settings, module.keys.settings)
}
