output "api_url" {
  description = "The API."
  value       = local.api_url
}

output "app_url" {
  description = "The app."
  value       = local.app_url
}

output "settings" {
  description = "Which variables each part of the bank is told."
  value       = module.services.settings
}
