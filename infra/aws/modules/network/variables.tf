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

variable "zones" {
  description = "The letters of its availability zones."
  type        = list(string)
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
