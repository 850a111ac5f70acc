variable "name" {
  description = "Begins every name."
  type        = string
}

variable "region" {
  description = "The region."
  type        = string
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

variable "archives" {
  description = "The folder of the archives."
  type        = string
}

variable "python" {
  description = "The Python of the archives."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets."
  type        = list(string)
}

variable "security_group_id" {
  description = "The services' part in the network."
  type        = string
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

variable "identity_table" {
  description = "The table of identity documents."
  type        = object({ name = string, arn = string })
}

variable "data_key_table" {
  description = "The table of wrapped data keys."
  type        = object({ name = string, arn = string })
}

variable "data_key_arn" {
  description = "Encrypts logs, settings and tables."
  type        = string
}

variable "people_key_arn" {
  description = "Wraps the users' data keys."
  type        = string
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

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
}
