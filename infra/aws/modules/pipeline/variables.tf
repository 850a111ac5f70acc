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

variable "is_protected" {
  description = "Whether what holds something refuses to be deleted."
  type        = bool
}

variable "host" {
  description = "The name by which Dagster is reached in the network."
  type        = string
}

variable "time_zone" {
  description = "Cuts days, weeks and months."
  type        = string
}

variable "cluster" {
  description = "The database."
  type        = object({ id = string, arn = string, endpoint = string, port = number })
}

variable "role_secret_arns" {
  description = "By database role: its secret."
  type        = map(string)
}

variable "administrator_secret_arn" {
  description = "The secret of the database's administrator."
  type        = string
}

variable "operator_secret_arn" {
  description = "The secret with the operators' password."
  type        = string
}

variable "identity_table" {
  description = "The table of identity documents."
  type        = object({ name = string, arn = string })
}

variable "data_key_table" {
  description = "The table of wrapped data keys."
  type        = object({ name = string, arn = string })
}
