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

variable "services" {
  description = "By service: memory, warm instances at least and at most, instances at most."
  type = map(object({
    memory_mb     = number
    warm_min      = number
    warm_max      = number
    instances_max = number
  }))
}

variable "package" {
  description = "The folder of the archives, and their Python."
  type        = object({ folder = string, python = string })
}

variable "proxy" {
  description = "The database's proxy: address, and what IAM calls it."
  type = object({
    name        = string
    endpoint    = string
    resource_id = string
  })
}

variable "api_url" {
  description = "The address by which clients know the API, and so the tokens' issuer."
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

variable "edge_secret" {
  description = "By it the edge proves itself."
  type        = string
  sensitive   = true
}

variable "app_secret" {
  description = "By it the app proves itself."
  type        = string
  sensitive   = true
}
