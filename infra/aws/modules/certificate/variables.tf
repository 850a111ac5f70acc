variable "names" {
  description = "The names that it is for."
  type        = list(string)
}

variable "zone_id" {
  description = "The public zone that holds them."
  type        = string
}
