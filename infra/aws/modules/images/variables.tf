variable "bank" {
  description = "What all parts of a bank have in common."
  type = object({
    name         = string
    data_key_arn = string
    is_protected = bool
  })
}
