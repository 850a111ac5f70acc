variable "bank" {
  description = "What all parts of a bank have in common."
  type = object({
    name               = string
    region             = string
    data_key_arn       = string
    log_retention_days = number
  })
}

variable "cidr" {
  description = "The addresses of the network."
  type        = string
}

variable "zones" {
  description = "The letters of its availability zones."
  type        = list(string)
}

variable "is_redundant" {
  description = "Whether each zone has a NAT gateway and endpoints of its own, or all share those of one."
  type        = bool
}
