variable "bank" {
  description = "What all parts of a bank have in common."
  type = object({
    name               = string
    region             = string
    data_key_arn       = string
    log_retention_days = number
  })
}

variable "network" {
  description = "The network, of the module of that name."
  type = object({
    vpc_id             = string
    private_subnet_ids = list(string)
    public_subnet_ids  = list(string)
    security_group_ids = map(string)
  })
}

variable "certificate_arn" {
  description = "For the load balancer."
  type        = string
}

variable "zone_id" {
  description = "The public zone of the names."
  type        = string
}

variable "image" {
  description = "Its repository, and which one of there."
  type        = object({ url = string, arn = string, tag = string })
}

variable "size" {
  description = "CPU units and memory of a task."
  type        = object({ cpu = number, memory_mb = number })
}

variable "tasks" {
  description = "How many tasks at least and at most."
  type        = object({ least = number, most = number })
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
