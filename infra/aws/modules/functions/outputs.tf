output "functions" {
  description = "The functions' names."
  value       = { for name, function in aws_lambda_function.function : name => function.function_name }
}

output "scaler_state" {
  description = "The parameter in which the scaler keeps its decisions."
  value       = local.state_name
}

output "dead_letters" {
  description = "The queue of what failed for good: name and address."
  value       = { name = aws_sqs_queue.dead_letters.name, url = aws_sqs_queue.dead_letters.url }
}

output "settings" {
  description = "By function: the names of the variables that it is told."
  value       = { for name, variables in local.environment : name => nonsensitive(keys(variables)) }
}
