output "functions" {
  description = "By service: the function's name, the alias that others call, and the role."
  value = {
    for service, function in aws_lambda_function.service : service => {
      name       = function.function_name
      version    = function.version
      arn        = function.arn
      alias      = aws_lambda_alias.live[service].name
      alias_arn  = aws_lambda_alias.live[service].arn
      invoke_arn = aws_lambda_alias.live[service].invoke_arn
    }
  }
}

output "settings" {
  description = "By service: the names of the variables that it is told."
  value       = { for service, variables in local.environment : service => nonsensitive(keys(variables)) }
}

output "log_groups" {
  description = "By service: its log."
  value       = { for service, group in aws_cloudwatch_log_group.service : service => group.name }
}
