output "service" {
  description = "The app's service."
  value       = aws_ecs_service.app.name
}

output "balancer" {
  description = "The load balancer, for metrics."
  value       = aws_lb.app.arn_suffix
}

output "settings" {
  description = "The names of the variables that the app is told."
  value       = module.task.settings["app"]
}
