variable "bank" {
  description = "What all parts of a bank have in common."
  type = object({
    name               = string
    log_retention_days = number
  })
}

variable "api_host" {
  description = "Where clients reach the API."
  type        = string
}

variable "app_host" {
  description = "Where people reach the app."
  type        = string
}

variable "api_origin" {
  description = "Where the gateway is."
  type        = string
}

variable "app_origin" {
  description = "Where the app's load balancer is."
  type        = string
}

variable "zone_id" {
  description = "The public zone of the names."
  type        = string
}

variable "certificate_arn" {
  description = "For both hosts, from us-east-1."
  type        = string
}

variable "own_addresses" {
  description = "Addresses of the network, whose requests are many people's."
  type        = list(string)
}

variable "requests_per_5_minutes" {
  description = "What one address may ask."
  type        = number
}

variable "logs_bucket_domain" {
  description = "The bucket of access logs."
  type        = string
}

variable "edge_secret" {
  description = "By it CloudFront proves itself to services and load balancer."
  type        = string
  sensitive   = true
}
