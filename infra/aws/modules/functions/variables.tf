variable "name" {
  description = "Begins every name."
  type        = string
}

variable "region" {
  description = "The region."
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
  description = "Encrypts logs, queues and settings."
  type        = string
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
}

variable "archives" {
  description = "The folder of the archives."
  type        = string
}

variable "python" {
  description = "The Python of the archives."
  type        = string
}

variable "functions" {
  description = "By service: its function."
  type        = map(object({ name = string, arn = string, alias = string, alias_arn = string, invoke_arn = string }))
}

variable "services" {
  description = "By service: warm instances at least, instances at most."
  type        = map(object({ memory_mb = number, warm_min = number, warm_max = number, instances_max = number }))
}

variable "cluster" {
  description = "The database."
  type        = object({ id = string, arn = string, endpoint = string, port = number })
}

variable "service_connections_max" {
  description = "How many connections the services may have in all."
  type        = number
}

variable "capacity_min_acu" {
  description = "The least capacity of the database."
  type        = number
}

variable "capacity_max_acu" {
  description = "Its most."
  type        = number
}

variable "dagster_host" {
  description = "Where Dagster is."
  type        = string
}

variable "time_zone" {
  description = "The bank's clock."
  type        = string
}

variable "operator_password" {
  description = "Dagster asks for it."
  type        = string
  sensitive   = true
}
