variable "name" {
  description = "Begins every name."
  type        = string
}

variable "recovery_window_days" {
  description = "How long a deleted secret can be had back; 0: not at all."
  type        = number
}
