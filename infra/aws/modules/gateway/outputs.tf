output "api_id" {
  description = "For metrics."
  value       = aws_apigatewayv2_api.this.id
}

output "host" {
  description = "Where CloudFront finds the API."
  value       = replace(aws_apigatewayv2_api.this.api_endpoint, "https://", "")
}
