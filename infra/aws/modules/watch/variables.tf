variable "bank" {
  description = "What all parts of a bank have in common."
  type = object({
    name         = string
    data_key_arn = string
  })
}

variable "email" {
  description = "Who hears of alarms and budget."
  type        = string
}

variable "budget_usd" {
  description = "What a month may cost."
  type        = number
}

variable "functions" {
  description = "By service: its function."
  type        = map(object({ name = string, arn = string, alias = string, alias_arn = string, invoke_arn = string }))
}

variable "helpers" {
  description = "By name: the functions beside the services."
  type        = map(string)
}

variable "log_groups" {
  description = "By part: the log in which it says that something is wrong."
  type        = map(string)
}

variable "api_id" {
  description = "The gateway."
  type        = string
}

variable "proxy_name" {
  description = "The database's proxy."
  type        = string
}

variable "cluster_id" {
  description = "The database."
  type        = string
}

variable "connections_max" {
  description = "How many connections it takes."
  type        = number
}

variable "ecs_cluster" {
  description = "Where tasks run."
  type        = string
}

variable "dagster_service" {
  description = "Dagster's service."
  type        = string
}

variable "app_service" {
  description = "The app's service."
  type        = string
}

variable "dead_letter_queue" {
  description = "The queue of what failed for good."
  type        = string
}
