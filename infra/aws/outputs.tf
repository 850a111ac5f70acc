output "api_url" {
  description = "The API."
  value       = local.api_url
}

output "app_url" {
  description = "The app."
  value       = local.app_url
}

output "repositories" {
  description = "Where images are pushed to."
  value       = { for name, repository in module.images.repositories : name => repository.url }
}

output "ecs_cluster" {
  description = "Where tasks run."
  value       = module.pipeline.ecs_cluster.name
}

output "tasks" {
  description = "By name of a one-off task, which its container has too: what `aws ecs run-task` needs."
  value = {
    for name, family in module.pipeline.one_off_tasks : name => {
      container       = name
      task_definition = family
      subnets         = module.network.private_subnet_ids
      security_group  = module.network.security_group_ids["dagster"]
    }
  }
}

output "role_secrets" {
  description = "By role of the database: the secret with its password."
  value       = module.data.role_secrets.arns
}

output "functions" {
  description = "By name: every function."
  value       = merge({ for service, function in module.services.functions : service => function.name }, module.functions.functions)
}

output "services" {
  description = "By service: its function, the alias that others call, the newest version, and its memory."
  value = {
    for service, function in module.services.functions :
    service => {
      function  = function.name
      alias     = function.alias
      version   = function.version
      memory_mb = var.services[service].memory_mb
    }
  }
}

output "scaler_state" {
  description = "The parameter in which the scaler keeps its decisions."
  value       = module.functions.scaler_state
}

output "dead_letters" {
  description = "The queue of what failed for good."
  value       = module.functions.dead_letters.url
}

output "settings" {
  description = "Which variables each part of the bank is told."
  value       = merge(module.services.settings, module.functions.settings, module.pipeline.settings, { app = module.app.settings })
}
