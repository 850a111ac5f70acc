output "arn" {
  description = "This revision of the task."
  value       = aws_ecs_task_definition.this.arn
}

output "family" {
  description = "The task, whatever its revision."
  value       = aws_ecs_task_definition.this.family
}

output "family_arn" {
  description = "The same as IAM names it."
  value       = "${aws_ecs_task_definition.this.arn_without_revision}:*"
}

output "role_id" {
  description = "The containers' role, for policies."
  value       = aws_iam_role.work.id
}

output "role_arns" {
  description = "Whoever starts the task hands these on: ECS's role, and the containers'."
  value       = [aws_iam_role.start.arn, aws_iam_role.work.arn]
}

output "settings" {
  description = "By container: the names of the variables that it is told."
  value       = { for each in var.containers : each.name => concat(keys(each.environment), keys(each.secrets)) }
}

output "log_group_arn" {
  description = "What its containers say."
  value       = aws_cloudwatch_log_group.this.arn
}

output "environment" {
  description = "By container: what it is told."
  value       = { for each in var.containers : each.name => each.environment }
}
