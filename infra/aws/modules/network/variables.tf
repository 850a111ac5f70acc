variable "name" {
  description = "Begins every name."
  type        = string
}

variable "region" {
  description = "The region."
  type        = string
}

variable "cidr" {
  description = "The addresses of the network."
  type        = string
}

variable "zone_count" {
  description = "Over how many availability zones it stretches."
  type        = number
}

variable "is_nat_redundant" {
  description = "Whether each zone has a NAT gateway, or all share one."
  type        = bool
}

variable "data_key_arn" {
  description = "Encrypts logs."
  type        = string
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
}
