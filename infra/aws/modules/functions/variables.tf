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

variable "role_secrets" {
  description = "The secrets of the database's roles: how their names begin, and by role the ARN."
  type        = object({ prefix = string, arns = map(string) })
}

variable "database_ca" {
  description = "The certificate, in PEM, by which the database's is checked."
  type        = string
}

variable "changes_passwords" {
  description = "Whether the roles' passwords change by themselves: once the bank runs."
  type        = bool
}
