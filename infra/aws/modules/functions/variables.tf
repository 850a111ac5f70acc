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
    private_subnet_ids = list(string)
    security_group_ids = map(string)
  })
}

variable "package" {
  description = "The folder of the archives, and their Python."
  type        = object({ folder = string, python = string })
}

variable "functions" {
  description = "By service: its function."
  type        = map(object({ name = string, arn = string, alias = string, alias_arn = string, invoke_arn = string }))
}

variable "services" {
  description = "By service: warm instances at least, instances at most."
  type        = map(object({ memory_mb = number, warm_min = number, warm_max = number, instances_max = number }))
}

variable "database" {
  description = "The cluster; the secrets of its roles: how their names begin, and by role the ARN; the certificate, in PEM, by which its own is checked."
  type = object({
    cluster      = object({ id = string, arn = string, endpoint = string, port = number })
    role_secrets = object({ prefix = string, arns = map(string) })
    ca           = string
  })
}

variable "limits" {
  description = "How many connections the services may have in all, and the database's least and most capacity."
  type        = object({ connections = number, capacity_min_acu = number, capacity_max_acu = number })
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

variable "changes_passwords" {
  description = "Whether the roles' passwords change by themselves: once the bank runs."
  type        = bool
}
