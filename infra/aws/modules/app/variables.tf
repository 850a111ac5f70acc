variable "name" {
  description = "Begins every name."
  type        = string
}

variable "region" {
  description = "The region."
  type        = string
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets."
  type        = list(string)
}

variable "public_subnet_ids" {
  description = "Public subnets, of the load balancer."
  type        = list(string)
}

variable "security_group_ids" {
  description = "By part of the network."
  type        = map(string)
}

variable "data_key_arn" {
  description = "Encrypts logs, queues and images."
  type        = string
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
}

variable "certificate_arn" {
  description = "For the load balancer."
  type        = string
}

variable "zone_id" {
  description = "The public zone of the names."
  type        = string
}

variable "image_tag" {
  description = "Which image."
  type        = string
}

variable "cpu" {
  description = "CPU units of a task."
  type        = number
}

variable "memory_mb" {
  description = "Memory of a task."
  type        = number
}

variable "count_min" {
  description = "How many tasks at least."
  type        = number
}

variable "count_max" {
  description = "How many tasks at most."
  type        = number
}

variable "is_protected" {
  description = "Whether what holds something refuses to be deleted."
  type        = bool
}

variable "api_url" {
  description = "The API."
  type        = string
}

variable "app_url" {
  description = "The address that people type."
  type        = string
}

variable "origin_host" {
  description = "The name by which CloudFront reaches the load balancer."
  type        = string
}

variable "ecs_cluster" {
  description = "Where tasks run."
  type        = object({ name = string, arn = string })
}

variable "app_secret_arn" {
  description = "The secret by which the app proves itself."
  type        = string
}

variable "logs_bucket" {
  description = "The bucket of access logs."
  type        = string
}

variable "edge_secret" {
  description = "By it CloudFront proves itself."
  type        = string
  sensitive   = true
}
