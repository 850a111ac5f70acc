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
  description = "CPU units and memory of Dagster's task."
  type        = object({ cpu = number, memory_mb = number })
}

variable "host" {
  description = "The name by which Dagster is reached in the network."
  type        = string
}

variable "time_zone" {
  description = "Cuts days, weeks and months."
  type        = string
}

variable "database" {
  description = "The cluster; the secrets of its roles: how their names begin, and by role the ARN; the certificate, in PEM, by which its own is checked."
  type = object({
    cluster      = object({ id = string, arn = string, endpoint = string, port = number })
    role_secrets = object({ prefix = string, arns = map(string) })
    ca           = string
  })
}

variable "administrator_secret_arn" {
  description = "The secret of the database's administrator."
  type        = string
}

variable "operator_secret_arn" {
  description = "The secret with the operators' password."
  type        = string
}

variable "people" {
  description = "What holds the users' data: tables of identity documents and of wrapped data keys, and the key that wraps these."
  type = object({
    identity_table = object({ name = string, arn = string })
    data_key_table = object({ name = string, arn = string })
    key_arn        = string
  })
}
