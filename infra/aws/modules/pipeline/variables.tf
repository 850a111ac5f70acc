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

variable "repository" {
  description = "Where Dagster's image lies."
  type        = object({ url = string, arn = string })
}

variable "image_tag" {
  description = "Which image."
  type        = string
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

variable "cluster" {
  description = "The database."
  type        = object({ id = string, arn = string, endpoint = string, port = number })
}

variable "database_ca" {
  description = "The certificate, in PEM, by which the database's is checked."
  type        = string
}

variable "role_secrets" {
  description = "The secrets of the database's roles: how their names begin, and by role the ARN."
  type        = object({ prefix = string, arns = map(string) })
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
